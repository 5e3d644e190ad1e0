"""The test of a group of lines: which quads of each an entry touches."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, Shape, Signal, signed, unsigned
from amaranth.lib import data
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from golden.stages.rasterize.formats import (
    CIRCLE_BITS,
    RATIO_FRACTION_BITS,
    REACH_FRACTION_BITS,
    WIDTH_FRACTION_BITS,
    circle_table,
)
from golden.stages.rasterize.lines import REACH_UP
from golden.stages.tile_bin.entry import ENTRY_FIELDS, SLOPE_FRACTION_BITS
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.layouts import shape
from hw.stages.rasterize.layouts import (
    MIDDLE_BITS,
    RATIO_BITS,
    RATIO_STEP_BITS,
    SHIFT_BITS,
    live_read,
    word_head,
)

SPAN_BITS = 28  # of an end of a span, REACH_FRACTION_BITS


def line_group(params: Parameters) -> data.StructLayout:
    """A group of lines of an entry, its numbers at the group's first line of pixels.

    Members
    -------
    head : passed on.
    ratio, ratio_step, middle, slope, width, width_shift : as in prepared_entry.
    lines : of the group, those that the entry may touch, a bit a line of quads.
    """
    return data.StructLayout(
        {
            "head": word_head(params),
            "ratio": signed(RATIO_BITS),
            "ratio_step": unsigned(RATIO_STEP_BITS),
            "middle": signed(MIDDLE_BITS),
            "slope": shape(ENTRY_FIELDS["slope"][1]),
            "width": unsigned(WIDTH_FRACTION_BITS + 1),
            "width_shift": unsigned(SHIFT_BITS),
            "lines": unsigned(Arrangement(params).lines),
        }
    )


class LineTest(Block):
    """Quads of each line of a group that an entry touches: golden.stages.rasterize.lines.

    Latency: `latency_cycles`; a group a cycle. Multipliers: 2 of 9x9 a line of quads.

    Members
    -------
    group : In(line_group).
    coming : Out(live_read), of the group whose quads come in the next cycle.
    head : Out(word_head). quads : Out(array of a mask of `side` bits a line).
    """

    def __init__(self, params: Parameters):
        self._arrangement = arrangement = Arrangement(params)
        self._side = arrangement.side
        super().__init__(
            {
                "group": In(line_group(params)),
                "coming": Out(live_read(params)),
                "head": Out(word_head(params)),
                "quads": Out(data.ArrayLayout(arrangement.side, arrangement.lines)),
            }
        )

    def build(self, p):
        group, count = self.group, 2 * self._arrangement.lines
        field = {
            name: p.input(getattr(group, name))
            for name in ("ratio", "ratio_step", "middle", "slope", "width", "width_shift", "lines")
        }
        background = p.input(group.head.background)
        ratios = self._along(p, "ratio", field["ratio"], field["ratio_step"], count, 1)
        middles = self._along(p, "middle", field["middle"], field["slope"], count, -1)
        spans = [self._span(p, n, ratios[n], middles[n], field) for n in range(count)]
        outputs = [(self.head, p.input(group.head))]
        for line, (even, odd) in enumerate(zip(spans[::2], spans[1::2], strict=True)):
            wanted = p.wire(f"wanted_{line}", lambda v, line=line: v[line], field["lines"])
            mask = self._mask(p, line, even, odd, wanted, background)
            outputs.append((self.quads[line], mask))
        cycles = p.finish(*outputs)
        head, coming = self.group.head, Signal.like(self.coming)
        p.m.d.comb += [
            coming.group.eq(head.group),
            coming.swap.eq(head.brush.swap),
            coming.buffer.eq(head.buffer),
            self.coming.eq(p.at(p.input(coming), cycles - 1)),
        ]
        return cycles

    def latency_of(self, port: str) -> int:
        """From an input to that output."""
        return self.latency_cycles - (port == "coming")

    def _along(self, p, name, start, step, count, sign):
        """start +- n step of each line n: from eighth lines, and steps between them."""
        own = start.value.shape()

        def times(v, n):
            """n v of 0 to 7, an adder at most."""
            zero = Const(0, 1)
            return {
                0: zero,
                1: v,
                2: v << 1,
                3: (v << 1) + v,
                4: v << 2,
                5: (v << 2) + v,
                6: (v << 2) + (v << 1),
                7: (v << 3) - v,
            }[n]

        def added(a, b):
            total = (a + b if sign > 0 else a - b)[: len(a)]
            return total.as_signed() if Shape.cast(own).signed else total

        multiples = [
            p.register(f"{name}_times_{n}", lambda v, n=n: times(v, n), step)
            for n in range(min(count, 8))
        ]
        starts = [start]
        for high in range(1, -(-count // 8)):
            starts.append(
                p.register(
                    f"{name}_start_{high}", lambda a, m: added(a, m << 3), start, multiples[high]
                )
            )
        return [
            p.register(f"{name}_{n}", added, starts[n // 8], multiples[n % 8]) for n in range(count)
        ]

    def _span(self, p, n, ratio, middle, field):
        """First and last pixel of a line of pixels, and whether there are any."""
        size = p.register(f"size_{n}", lambda v: Mux(v < 0, -v, v)[: RATIO_BITS - 1], ratio)
        beyond = p.wire(f"beyond_{n}", lambda v: v[RATIO_FRACTION_BITS:].any(), size)
        first = RATIO_FRACTION_BITS - CIRCLE_BITS
        index = p.wire(f"index_{n}", lambda v: v[first:RATIO_FRACTION_BITS], size)
        table = circle_table()
        memory = Memory(
            shape=WIDTH_FRACTION_BITS + 1, depth=len(table), init=[int(v) for v in table]
        )
        p.m.submodules[f"circle_{n}"] = memory
        port = memory.read_port()
        p.m.d.comb += port.addr.eq(index.value)
        circle = p.input(port.data, index.cycle + 1)
        product = p.multiply(f"product_{n}", circle, field["width"])
        raised = p.wire(f"raised_{n}", lambda v: Cat(Const(0, REACH_UP), v), product)
        shifter = ShiftRight(raised.value.shape(), SHIFT_BITS, "floor")
        half = p.call(f"shift_{n}", shifter, value=raised, amount=field["width_shift"])["result"]
        half = p.register(f"half_{n}", lambda v: v + 1, half)
        down = SLOPE_FRACTION_BITS - REACH_FRACTION_BITS
        middle = p.wire(f"cut_{n}", lambda v: v >> down, middle)
        unit, side = (1 << REACH_FRACTION_BITS) - 1, 2 * self._side
        low = p.register(
            f"low_{n}", lambda m, h: (m - h + unit) >> REACH_FRACTION_BITS, middle, half
        )
        high = p.register(f"high_{n}", lambda m, h: (m + h) >> REACH_FRACTION_BITS, middle, half)
        none = p.register(
            f"none_{n}",
            lambda a, b, t: (a > b) | (b < 0) | (a > side - 1) | t,
            low,
            high,
            beyond,
        )
        bits = (side - 1).bit_length()
        low = p.register(f"first_{n}", lambda v: Mux(v < 0, 0, v)[1:bits], low)
        high = p.register(f"last_{n}", lambda v: Mux(v > side - 1, side - 1, v)[1:bits], high)
        return low, high, none

    def _mask(self, p, line, even, odd, wanted, background):
        """Quads from the first of both lines of pixels to the last."""

        def least(a, b, no_a, no_b):
            return Mux(no_a, b, Mux(no_b | (a < b), a, b))

        def most(a, b, no_a, no_b):
            return Mux(no_a, b, Mux(no_b | (a > b), a, b))

        nones = even[2], odd[2]
        low = p.register(f"low_quad_{line}", least, even[0], odd[0], *nones)
        high = p.register(f"high_quad_{line}", most, even[1], odd[1], *nones)
        shown = p.register(f"shown_{line}", lambda a, b, w: ~(a & b) & w, *nones, wanted)

        def mask(a, b, shown, background):
            most = self._side - 1
            # The first and the last quad have one end each to be compared with.
            bits = [a == 0, *((a <= n) & (b >= n) for n in range(1, most)), b == most]
            return (Cat(*bits) & shown.replicate(self._side)) | background.replicate(self._side)

        return p.register(f"mask_{line}", mask, low, high, shown, background)
