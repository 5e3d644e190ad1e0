"""A splat with its colour into a list entry, and where it lies in the bins of its rectangle."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, unsigned
from amaranth.lib.wiring import In, Out

from golden.numbers.logarithm import LOG_TABLE_BITS
from golden.params import Parameters
from golden.stages.tile_bin.encode import OPACITY_LOG2
from golden.stages.tile_bin.entry import (
    ENTRY_FIELDS,
    KEY_BITS,
    KEY_KNEE,
    KEY_MANTISSA_BITS,
)
from hw.blocks.held_block import HeldBlock, start_member
from hw.blocks.logarithm import Logarithm
from hw.blocks.normalize import Normalize
from hw.blocks.shift import ShiftRight
from hw.layouts import colored_splat
from hw.stages.tile_bin.center import Center
from hw.stages.tile_bin.entry_spans import FIELDS as SPAN_FIELDS
from hw.stages.tile_bin.entry_spans import EntrySpans
from hw.stages.tile_bin.layouts import (
    ENTRY_PARTS,
    SPAN_PARTS,
    entry_spans,
    list_entry,
    splat_cycles,
    tile_bin_constants,
)
from hw.stages.tile_bin.rectangle import Rectangle
from hw.stages.tile_bin.splat_shape import ROUNDED_BITS, SplatShape

KNEE_PLACE = 16  # KEY_KNEE is 15 2^16


class Encode(HeldBlock):
    """The entry of a splat and where it lies: golden's encode, bin_rects and entry_spans.

    Latency: `latency_cycles`. Multipliers: those of SplatShape, EntrySpans and Rectangle.
    Where color_cycles is above 1 splats are so many cycles apart and held for as many, and each
    part of ENTRY_PARTS and SPAN_PARTS is there in one cycle alone, as soon as it is known.

    Members
    -------
    start : In(1), of a splat's first cycle; where color_cycles is above 1.
    constants : In(tile_bin_constants), held while splats are under way.
    colored : In(colored_splat).
    entry : Out(list_entry). spans : Out(entry_spans).
    none : Out(1), the splat touches no bin of the strip.

    Attributes
    ----------
    none_cycle, entry_cycles, span_cycles : from a splat's start to `none` and to each part; once
        latency_cycles has been asked for.
    """

    def __init__(self, params: Parameters):
        self._params, self.cycles = params, splat_cycles(params)
        self.none_cycle = 0
        self.entry_cycles: list[int] = []
        self.span_cycles: list[int] = []
        super().__init__(
            {
                **start_member(self.cycles),
                "constants": In(tile_bin_constants(params)),
                "colored": In(colored_splat(params)),
                "entry": Out(list_entry()),
                "spans": Out(entry_spans(params)),
                "none": Out(1),
            }
        )

    def build(self, p):
        splat, color = self.colored.splat, self.colored.color
        center = p.inline(
            "center", Center(self._params), u=p.input(splat.mean2d.u), v=p.input(splat.mean2d.v)
        )
        conic = {name: p.input(splat.conic[name]) for name in "abc"}
        form = p.inline(
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
        rectangle, spans = Rectangle(self._params), EntrySpans(self._params)
        p.m.d.comb += rectangle.constants.eq(self.constants)
        tiles = {name: p.input(splat.tile_rect[name]) for name in ("x0", "y0", "x1", "y1")}
        bins = p.inline("rectangle", rectangle, **tiles)
        none = bins.pop("none")
        looked = {name: fields[name] for name in SPAN_FIELDS}
        spans = p.inline("spans", spans, **bins, **looked)
        if self.cycles > 1:
            return self._leave(p, fields, spans, none)
        return p.finish(
            *((self.entry[name], fields[name]) for name in ENTRY_FIELDS),
            (self.spans, spans["spans"]),
            (self.none, none),
        )

    def _leave(self, p, fields, spans, none):
        """Parts leave as soon as they are known, and once it is known whether they have to."""
        self.none_cycle = none.cycle
        p.m.d.comb += self.none.eq(none.value)
        for parts, view, values, cycles in (
            (ENTRY_PARTS, self.entry, fields, self.entry_cycles),
            (SPAN_PARTS, self.spans, spans, self.span_cycles),
        ):
            for names in parts:
                cycle = max(none.cycle, *(values[name].cycle for name in names))
                cycles.append(cycle)
                p.m.d.comb += [view[name].eq(p.peek(values[name], cycle)) for name in names]
        return max(*self.entry_cycles, *self.span_cycles)

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
