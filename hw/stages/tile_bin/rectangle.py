"""The bins of a splat's tiles."""

from __future__ import annotations

from amaranth.hdl import Mux
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import BIN_BITS, tiles_per_bin_shift
from golden.stages.tile_bin.spans import band_bits
from hw.blocks.held_block import InlineBlock
from hw.blocks.multiply import ShiftAdd
from hw.stages.tile_bin.layouts import bin_bits, tile_bin_constants

TILE_BITS = 16


class Rectangle(InlineBlock):
    """golden's bin_rects.

    Latency: `latency_cycles`. Multipliers: 1 of 7 x 10 where splats are some cycles apart, and
    otherwise none: a product is made of adders.

    Members
    -------
    constants : In(tile_bin_constants), held. x0, y0, x1, y1 : In(16), tiles.
    first : Out(bin_bits), number of the upper left bin. left, row : Out(band_bits), where it lies
        in the picture. columns, rows : Out(band_bits), bins beyond it.
    none : Out(1), there is no bin; then no other output counts.
    """

    def __init__(self, params: Parameters):
        self._params, bits = params, band_bits(params)
        super().__init__(
            {
                "constants": In(tile_bin_constants(params)),
                **{name: In(TILE_BITS) for name in ("x0", "y0", "x1", "y1")},
                "first": Out(bin_bits(params)),
                **{name: Out(bits) for name in ("left", "row", "columns", "rows")},
                "none": Out(1),
            }
        )

    def steps(self, p, *, x0, y0, x1, y1):
        shift, k, bits = tiles_per_bin_shift(self._params), self.constants, band_bits(self._params)
        up = (1 << shift) - 1
        left = p.register("left_all", lambda v: (v >> shift)[:BIN_BITS], x0)
        right = p.register("right_all", lambda v: ((v + up) >> shift)[: BIN_BITS + 1], x1)
        right = p.register("right", lambda v: Mux(v > k.across, k.across, v)[:BIN_BITS], right)
        top = p.register("top_all", lambda v: (v >> shift) - k.first_row, y0)
        top = p.register("top", lambda v: Mux(v < 0, 0, v)[:BIN_BITS], top)
        bottom = p.register("bottom_all", lambda v: ((v + up) >> shift) - k.first_row, y1)
        bottom = p.register(
            "bottom", lambda v: Mux(v < 0, 0, Mux(v > k.down, k.down, v))[:BIN_BITS], bottom
        )
        none = p.register("no_bin", lambda x0, x1, y0, y1: (x1 <= x0) | (y1 <= y0),
                          left, right, top, bottom)  # fmt: skip
        columns = p.register("columns_beyond", lambda a, b: (b - a - 1)[:bits], left, right)
        rows = p.register("rows_beyond", lambda a, b: (b - a - 1)[:bits], top, bottom)
        row = p.register("row_all", lambda v: (v + k.first_row)[:bits], top)
        start = self._row_start(p, top, bits)
        first = p.register("number", lambda a, b: (a + b)[: bin_bits(self._params)], start, left)
        return {
            "first": first,
            "left": p.wire("left_low", lambda v: v[:bits], left),
            "row": row,
            "columns": columns,
            "rows": rows,
            "none": none,
        }

    def _row_start(self, p, top, bits):
        """Bins of the rows above."""
        across = self.constants.across
        if p.cycles > 1:
            return p.multiply("row_start", p.wire("down", lambda v: v[:bits], top), across)
        product = ShiftAdd(across.shape(), bits)
        p.m.d.comb += product.a.eq(across)
        down = p.wire("down", lambda v: v[:bits], top)
        return p.call("row_start", product, b=down)["product"]
