"""What joins tile_bin, depth_sort and rasterize: their courses, their memory, their windows."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, DomainRenamer, Module, Signal
from amaranth.lib import wiring

from golden.params import Parameters
from golden.stages.tile_bin.constants import PAGE_BYTES
from hw.bus.flat_axi import PORT
from hw.bus.write_master import WriteMaster
from hw.frame.bin_walker import BinWalker
from hw.frame.frame_control import FrameControl
from hw.frame.list_control import ListControl
from hw.frame.phases import LIST, RENDER
from hw.frame.render_control import RenderControl

# Clients of the write master, first served first.
LISTS, PICTURE = range(2)


def write_queue_beats(params: Parameters) -> tuple[int, int]:
    """Depths of the queues of lists and picture: short ones, in LUTs, where few lanes draw.

    The lists never wait long but for a chunk of each bin at the end, the picture for a row of a
    bin.
    """
    return (16, 16) if params.has_few_lanes else (64, 64)


@dataclass(frozen=True)
class Held:
    """What the back end keeps of the frames: of that whose lists are made, and of that drawn.

    Parameters
    ----------
    made : Signal(tile_bin_constants), of the lists that are made.
    lists : the same, of those that are drawn.
    raster : Signal(constants of the row of rasterize), of the frame that is drawn.
    picture_address, picture_bytes : Signal(address_bits), the window of its picture.
    """

    made: Signal
    lists: Signal
    raster: Signal
    picture_address: Signal
    picture_bytes: Signal


def join_back_end(
    m: Module,
    params: Parameters,
    parts: dict[str, wiring.Component],
    control: FrameControl,
    held: Held,
) -> WriteMaster:
    """Adds what the three stages need beside them to an accelerator, and returns its write master.

    Parameters
    ----------
    parts : of the rows of the stages.
    """
    tile_bin, depth_sort, rasterize = (parts[n] for n in ("tile_bin", "depth_sort", "rasterize"))
    listing, drawing, walker = ListControl(params), RenderControl(params), BinWalker(params)
    m.submodules.list_control = DomainRenamer(LIST.name)(listing)
    m.submodules.render_control = DomainRenamer(RENDER.name)(drawing)
    m.submodules.bin_walker = DomainRenamer(RENDER.name)(walker)
    writer = WriteMaster(params, write_queue_beats(params))
    m.submodules.writer = DomainRenamer(PORT)(writer)
    started = Signal()
    m.d.sync += started.eq(control.take)
    m.d.comb += [
        listing.start.eq(started),
        listing.streamed.eq(control.streamed),
        listing.lists_done.eq(tile_bin.done),
        listing.lists_outcome.eq(tile_bin.outcome),
        listing.drained.eq(writer.drained[LISTS]),
        control.listed.eq(listing.listed),
        control.list_code.eq(listing.code),
        drawing.start.eq(control.draw),
        drawing.sort_busy.eq(depth_sort.busy),
        drawing.walk_busy.eq(walker.busy),
        drawing.raster_busy.eq(rasterize.busy),
        drawing.drained.eq(writer.drained[PICTURE]),
        control.rendered.eq(drawing.rendered),
        *(control.write_error[frame].eq(writer.error[frame]) for frame in range(2)),
        control.write_outside.eq(Cat(writer.outside[frame] for frame in range(2))),
        writer.flush.eq(control.flush_reader),
    ]
    _lists(m, listing, drawing, parts, control)
    _picture(m, drawing, walker, parts, control, held)
    _windows(m, params, writer, parts, held)
    return writer


def _lists(m, listing, drawing, parts, control):
    """tile_bin's lists, read by depth_sort; its heads and pages stay on the chip."""
    tile_bin, depth_sort = parts["tile_bin"], parts["depth_sort"]
    bins = Signal.like(tile_bin.bins, name="drawn_bins", reset_less=True)
    with m.If(control.draw):
        m.d.sync += bins.eq(tile_bin.bins)
    m.d.comb += [
        tile_bin.start.eq(listing.lists_start),
        tile_bin.finish.eq(listing.lists_finish),
        tile_bin.frame.eq(control.stream_frame),
        tile_bin.read_frame.eq(control.back_frame),
        depth_sort.start.eq(drawing.sort_start),
        depth_sort.bins.eq(bins),
        tile_bin.number.eq(depth_sort.number),
        depth_sort.length.eq(tile_bin.length),
        depth_sort.first_page.eq(tile_bin.first_page),
        tile_bin.page.eq(depth_sort.page),
        depth_sort.next_page.eq(tile_bin.next_page),
    ]


def _picture(m, drawing, walker, parts, control, held):
    """Bins and their entries in order into rasterize."""
    depth_sort, rasterize = parts["depth_sort"], parts["rasterize"]
    wiring.connect(m, walker.o, rasterize.bins)
    m.d.comb += [
        walker.start.eq(drawing.sort_start),
        *(getattr(walker, n).eq(held.lists[n]) for n in ("across", "down", "first_row")),
        walker.last_pixel_x.eq(held.raster.last_pixel_x),
        walker.last_pixel_y.eq(held.raster.last_pixel_y),
        walker.stride.eq(held.raster.stride_bytes),
        walker.picture.eq(held.picture_address),
        walker.frame.eq(control.back_frame),
        rasterize.clear.eq(control.draw),
        rasterize.i.valid.eq(depth_sort.o.valid),
        rasterize.i.payload.entry.eq(depth_sort.o.payload.entry.as_value()),
        rasterize.i.payload.last.eq(depth_sort.o.payload.last),
        depth_sort.o.ready.eq(rasterize.i.ready),
    ]


def _windows(m, params, writer, parts, held):
    """Each client writes within its own window: the list memory, the picture."""
    wiring.connect(m, parts["tile_bin"].writes, writer.writes[LISTS])
    wiring.connect(m, parts["rasterize"].o, writer.writes[PICTURE])
    page_bits = PAGE_BYTES.bit_length() - 1
    first = Signal(params.address_bits, name="lists_first")
    end, picture_end = (Signal(params.address_bits, name=n) for n in ("lists_end", "picture_end"))
    # A cycle behind the constants, and long before the first write.
    m.d.sync += [
        first.eq(held.made.list_page << page_bits),
        end.eq((held.made.list_page + held.made.pages) << page_bits),
        picture_end.eq(held.picture_address + held.picture_bytes),
    ]
    m.d.comb += [
        writer.window_first[LISTS].eq(first),
        writer.window_end[LISTS].eq(end),
        writer.window_first[PICTURE].eq(held.picture_address),
        writer.window_end[PICTURE].eq(picture_end),
    ]
