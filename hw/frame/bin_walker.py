"""The bins of a picture one after another, for rasterize: where each lies, and in memory."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import SIZE_BITS
from golden.stages.tile_bin.constants import BIN_BITS
from hw.stages.rasterize.layouts import raster_bin

PIXEL_BYTES = 4


class BinWalker(wiring.Component):
    """Bins of a strip in rows, as depth_sort sends their lists.

    x = bin_px column; y = bin_px (first_row + row); address = picture + 4 x + stride bin_px row.
    A bin at the picture's right or lower edge has the columns or rows that are left of it.

    Latency: 2 cycles from `start` to the first bin. Throughput: a bin in 2 cycles.

    Members
    -------
    start : In(1), for a cycle, while not busy.
    across, down, first_row : In(10), of TileBinConstants, held while busy.
    last_pixel_x, last_pixel_y : In(14), of the picture, held while busy.
    picture : In(address_bits), of the strip's first pixel, a multiple of 64, held while busy.
    stride : In(20), bytes from a row of pixels to the next one, held while busy.
    frame : In(1), held while busy.
    o : Out(stream of raster_bin).
    busy : Out(1), from the cycle after start until the last bin was taken.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "start": In(1),
                **{name: In(BIN_BITS) for name in ("across", "down", "first_row")},
                "last_pixel_x": In(SIZE_BITS),
                "last_pixel_y": In(SIZE_BITS),
                "picture": In(params.address_bits),
                "stride": In(20),
                "frame": In(1),
                "o": Out(stream.Signature(raster_bin(params))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        side = self._params.bin_px
        shift = side.bit_length() - 1
        column, row = Signal(BIN_BITS), Signal(BIN_BITS)
        line = Signal(self._params.address_bits, reset_less=True)  # of the row's first pixel
        place = Signal(self._params.address_bits, reset_less=True)
        offer = self.o.payload
        ends_row, ends_column = Signal(), Signal()  # of the bin that is offered
        ends = ends_row & ends_column
        m.d.comb += offer.frame.eq(self.frame)
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [column.eq(0), row.eq(0), self.busy.eq(1)]
                m.d.sync += [line.eq(self.picture), place.eq(self.picture)]
                m.next = "PLACE"
            with m.State("PLACE"):
                x, y = column << shift, (self.first_row + row) << shift
                m.d.sync += [
                    ends_row.eq(column + 1 == self.across),
                    ends_column.eq(row + 1 == self.down),
                    offer.x.eq(x),
                    offer.y.eq(y),
                    offer.columns.eq(_left(x, self.last_pixel_x, side)),
                    offer.rows.eq(_left(y, self.last_pixel_y, side)),
                    offer.address.eq(place),
                    self.o.valid.eq(1),
                ]
                m.next = "OFFER"
            with m.State("OFFER"), m.If(self.o.ready):
                m.d.sync += [self.o.valid.eq(0), column.eq(column + 1)]
                m.d.sync += place.eq(place + side * PIXEL_BYTES)
                m.next = "PLACE"
                with m.If(ends_row):
                    below = line + (self.stride << shift)
                    m.d.sync += [column.eq(0), row.eq(row + 1), line.eq(below), place.eq(below)]
                with m.If(ends):
                    m.d.sync += self.busy.eq(0)
                    m.next = "IDLE"
        return m


def _left(first, last, side):
    """Pixels of a bin that begins at `first` in a picture whose last one is `last`."""
    rest = last + 1 - first
    return Mux(rest < side, rest, side)
