"""A splat with its colour into a list entry, and the rectangle of bins that it touches."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, unsigned
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import BIN_BITS, tiles_per_bin_shift
from golden.stages.tile_bin.encode import LOG_TABLE_BITS, OPACITY_LOG2
from golden.stages.tile_bin.entry import (
    ENTRY_FIELDS,
    KEY_BITS,
    KEY_KNEE,
    KEY_MANTISSA_BITS,
)
from hw.blocks.multiply import times_constant
from hw.blocks.normalize import Normalize
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.layouts import colored_splat
from hw.stages.tile_bin.center import Center
from hw.stages.tile_bin.layouts import bin_bits, binned_entry, tile_bin_constants
from hw.stages.tile_bin.logarithm import Logarithm
from hw.stages.tile_bin.splat_shape import ROUNDED_BITS, SplatShape

KNEE_PLACE = 16  # KEY_KNEE is 15 2^16


class Encode(Block):
    """The entry of a splat: golden.stages.tile_bin.encode, and golden's bin_rects.

    Latency: `latency_cycles`. Multipliers: those of SplatShape, and 1 for the bin's number.

    Members
    -------
    constants : In(tile_bin_constants), held while splats are under way.
    colored : In(colored_splat).
    binned : Out(binned_entry). none : Out(1), the splat touches no bin of the strip.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "constants": In(tile_bin_constants(params)),
                "colored": In(colored_splat(params)),
                "binned": Out(binned_entry(params)),
                "none": Out(1),
            }
        )

    def build(self, p):
        splat, color = self.colored.splat, self.colored.color
        center = p.call(
            "center", Center(self._params), u=p.input(splat.mean2d.u), v=p.input(splat.mean2d.v)
        )
        conic = {name: p.input(splat.conic[name]) for name in "abc"}
        form = p.call(
            "shape",
            SplatShape(self._params),
            **conic,
            exponent=p.input(splat.conic_exponent),
            far=center["far"],
            halvings=center["halvings"],
        )
        fields = {
            "u": center["center_u"],
            "v": center["center_v"],
            "swap": form["swap"],
            "slope": form["slope"],
            "w1": form["w1"],
            "w2": form["w2"],
            "opacity": self._opacity(p, p.input(splat.opacity)),
            **{name: p.input(color[name]) for name in ("red", "green", "blue")},
            "far": center["far"],
            "key": self._key(p, p.input(splat.depth)),
        }
        columns, rows, first, none = self._bins(p, splat.tile_rect)
        return p.finish(
            *((self.binned.entry[name], fields[name]) for name in ENTRY_FIELDS),
            (self.binned.first, first),
            (self.binned.columns, columns),
            (self.binned.rows, rows),
            (self.none, none),
        )

    def _opacity(self, p, opacity):
        """-log2 in codes, nearest, cut at 255."""
        log = p.call("log_opacity", Logarithm(16), value=opacity)["log"]
        one = (OPACITY_LOG2 << LOG_TABLE_BITS) + (1 << ROUNDED_BITS >> 1)
        code = p.register("opacity_code", lambda v: ((one - v) >> ROUNDED_BITS).as_unsigned(), log)
        top = ENTRY_FIELDS["opacity"][1].max_int
        return p.register("opacity_cut", lambda v: Mux(v > top, top, v)[: top.bit_length()], code)

    def _key(self, p, depth):
        """golden's depth_key."""
        amount, bits = self.constants.depth_shift, len(depth.value)
        block = ShiftRight(unsigned(bits), len(amount), "floor")
        p.m.d.comb += block.amount.eq(amount)
        shifted = p.call("key_shift", block, value=depth)["result"]
        normal = p.call("key_normalize", Normalize(bits, KEY_MANTISSA_BITS + 1), value=shifted)
        knee = KEY_KNEE >> KNEE_PLACE
        is_beyond = p.register(
            "is_beyond",
            lambda v: v[KEY_BITS:].any() | (v[KNEE_PLACE:KEY_BITS] == knee),
            shifted,
        )

        def key(is_beyond, value, place, mantissa):
            steps = (place - (KEY_BITS - 1))[: KNEE_PLACE - KEY_MANTISSA_BITS]
            beyond = Cat(mantissa[:KEY_MANTISSA_BITS], steps, Const(knee, KEY_BITS - KNEE_PLACE))
            return Mux(is_beyond, beyond, value[:KEY_BITS])

        return p.register("key", key, is_beyond, shifted, normal["exponent"], normal["mantissa"])

    def _bins(self, p, rect):
        """Bins beyond the first across and down, number of the first, and whether there is none."""
        shift, k = tiles_per_bin_shift(self._params), self.constants
        up = (1 << shift) - 1
        x0, y0, x1, y1 = (p.input(rect[name]) for name in ("x0", "y0", "x1", "y1"))

        left = p.register("left", lambda v: (v >> shift)[:BIN_BITS], x0)
        right = p.register("right_all", lambda v: ((v + up) >> shift)[: BIN_BITS + 1], x1)
        right = p.register("right", lambda v: Mux(v > k.across, k.across, v)[:BIN_BITS], right)
        top = p.register("top_all", lambda v: (v >> shift) - k.first_row, y0)
        top = p.register("top", lambda v: Mux(v < 0, 0, v)[:BIN_BITS], top)
        bottom = p.register("bottom_all", lambda v: ((v + up) >> shift) - k.first_row, y1)
        bottom = p.register(
            "bottom", lambda v: Mux(v < 0, 0, Mux(v > k.down, k.down, v))[:BIN_BITS], bottom
        )
        none = p.register("none", lambda x0, x1, y0, y1: (x1 <= x0) | (y1 <= y0),
                          left, right, top, bottom)  # fmt: skip
        columns = p.register("columns", lambda a, b: (b - a - 1)[:BIN_BITS], left, right)
        rows = p.register("rows", lambda a, b: (b - a - 1)[:BIN_BITS], top, bottom)
        start = times_constant(p, "row_start", top, k.across)
        first = p.register("first", lambda a, b: (a + b)[: bin_bits(self._params)], start, left)
        return columns, rows, first, none
