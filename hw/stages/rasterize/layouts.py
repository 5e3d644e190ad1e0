"""Payloads of rasterize: bins, entries in a bin, words of an engine's queue, quads, pixels."""

from __future__ import annotations

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.constants import constant_formats
from golden.stages.rasterize.formats import (
    RATIO_FRACTION_BITS,
    RATIO_LIMIT,
    ROOT_BITS,
    STEP_BITS,
    TRANSMITTANCE_BITS,
    WIDTH_FRACTION_BITS,
    RasterFormats,
)
from golden.stages.tile_bin.entry import ENTRY_BITS, ENTRY_FIELDS
from hw.layouts import shape

SIZE_BITS = 14  # of a picture's side, px
BIN_SIZE_BITS = 7  # of a bin's side, px
RATIO_BITS = (4 * RATIO_LIMIT << RATIO_FRACTION_BITS).bit_length()  # with all lines' steps
RATIO_STEP_BITS = 2 + RATIO_FRACTION_BITS
MIDDLE_BITS = 33
SHIFT_BITS = 5


def rasterize_constants(params: Parameters) -> data.StructLayout:
    """Frame constants of rasterize, named by RasterizeConstants.as_ports."""
    return data.StructLayout({k: shape(v) for k, v in constant_formats(params).items()})


def raster_entry() -> data.StructLayout:
    """An entry of a sorted list; `last` ends the list of a bin."""
    return data.StructLayout({"entry": unsigned(ENTRY_BITS), "last": 1})


def raster_bin(params: Parameters) -> data.StructLayout:
    """A bin to be drawn.

    Members
    -------
    x, y : of its pixel (0, 0) in the picture, px.
    columns, rows : of it that belong to the picture, px, 1 to bin_px.
    address : of its pixel (0, 0) in memory, bytes, a multiple of 64.
    frame : of the two under way, as in run_request.
    """
    return data.StructLayout(
        {
            "x": unsigned(SIZE_BITS),
            "y": unsigned(SIZE_BITS),
            "columns": unsigned(BIN_SIZE_BITS),
            "rows": unsigned(BIN_SIZE_BITS),
            "address": unsigned(params.address_bits),
            "frame": 1,
        }
    )


def color() -> data.StructLayout:
    """R, G, B of an entry."""
    return data.StructLayout({name: shape(ENTRY_FIELDS[name][1]) for name in COLORS})


COLORS = ("red", "green", "blue")


def brush() -> data.StructLayout:
    """What an entry paints with: golden.stages.rasterize.entry_steps.Steps, without its place."""
    return data.StructLayout(
        {
            "p": unsigned(ROOT_BITS),
            "q": signed(ROOT_BITS + 1),
            "r": unsigned(ROOT_BITS),
            "opacity": shape(ENTRY_FIELDS["opacity"][1]),
            "color": color(),
            "swap": 1,
        }
    )


def prepared_entry(params: Parameters) -> data.StructLayout:
    """An entry in its bin, at the first line of its first group.

    Members
    -------
    brush : p, q, r, opacity, color, swap. x, y : X and Y at the first pixel.
    ratio, ratio_step, middle, slope, width, width_shift : as in Steps, at that line.
    first, last : lines of quads, cut to the bin. none : there are no lines.
    ends : the last entry of the bin.
    """
    lines = unsigned((Arrangement(params).side - 1).bit_length())
    return data.StructLayout(
        {
            "brush": brush(),
            "x": unsigned(STEP_BITS),
            "y": unsigned(STEP_BITS),
            "ratio": signed(RATIO_BITS),
            "ratio_step": unsigned(RATIO_STEP_BITS),
            "middle": signed(MIDDLE_BITS),
            "slope": shape(ENTRY_FIELDS["slope"][1]),
            "width": unsigned(WIDTH_FRACTION_BITS + 1),
            "width_shift": unsigned(SHIFT_BITS),
            "first": lines,
            "last": lines,
            "none": 1,
            "ends": 1,
        }
    )


def word_head(params: Parameters) -> data.StructLayout:
    """A group's part of an entry, without its quads.

    Members
    -------
    brush, x, y : as above, X and Y at the group's first pixel.
    group : of lines. buffer : of the two bins under way.
    background : all pixels, with all that is left of T. ends : nothing, the bin is at its end.
    """
    groups = Arrangement(params).groups
    return data.StructLayout(
        {
            "brush": brush(),
            "x": unsigned(STEP_BITS),
            "y": unsigned(STEP_BITS),
            "group": unsigned(max((groups - 1).bit_length(), 1)),
            "buffer": 1,
            "background": 1,
            "ends": 1,
        }
    )


def word(params: Parameters) -> data.StructLayout:
    """A word of an engine's queue: the quads of a group that are its own, a bit each."""
    mask = unsigned(Arrangement(params).mask_bits)
    return data.StructLayout({"head": word_head(params), "mask": mask})


def live_read(params: Parameters) -> data.StructLayout:
    """A group whose live quads are asked for: its number, of rows or columns, of which buffer."""
    head = word_head(params)
    return data.StructLayout({"group": head["group"].shape, "swap": 1, "buffer": 1})


def quad_place(params: Parameters) -> data.StructLayout:
    """Where a quad is: address in its engine's memory, and the buffer."""
    depth = Arrangement(params).depth
    return data.StructLayout({"address": unsigned((depth - 1).bit_length()), "buffer": 1})


def pixel_state() -> data.StructLayout:
    """T of a pixel, and whether it is done."""
    return data.StructLayout({"t": unsigned(TRANSMITTANCE_BITS), "done": 1})


def pixel_sums() -> data.StructLayout:
    """Colour sums of a pixel."""
    bits = unsigned(RasterFormats().sum_bits)
    return data.StructLayout({name: bits for name in COLORS})


def quad_states() -> data.ArrayLayout:
    """A pixel_state a lane; lane 2 j + i holds the quad's column i, row j."""
    return data.ArrayLayout(pixel_state(), LANES_PER_ENGINE)


def quad_sums() -> data.ArrayLayout:
    """A pixel_sums a lane."""
    return data.ArrayLayout(pixel_sums(), LANES_PER_ENGINE)
