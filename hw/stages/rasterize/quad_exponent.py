"""A quad's four pixels: X, Y, the exponent, and alpha."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, Signal
from amaranth.lib import data
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.entry_steps import EXPONENT_OF_OPACITY
from golden.stages.rasterize.formats import (
    EXPONENT_FRACTION_BITS,
    EXPONENT_MAX,
    STEP_BITS,
    STEP_FRACTION_BITS,
    RasterFormats,
)
from hw.blocks.lut_ram import LUT_ROM
from hw.blocks.pipeline import Block
from hw.blocks.shift import select
from hw.stages.rasterize.layouts import brush

WHOLE_BITS = 3  # of the exponent where it is small enough


class QuadExponent(Block):
    """alpha of a quad's pixels: golden.stages.rasterize.blend, squared and alpha_of.

    Latency: `latency_cycles`; a quad a cycle. Multipliers: 6 of 8x8.

    Members
    -------
    brush : In(brush). x, y : In(16), X and Y at the group's first pixel.
    along, line : In, quads along the lines and lines of quads from there.
    limit : In(alpha_bits), alpha_max; held.
    alpha : Out(alpha_bits a lane). rest : Out(alpha_bits + 1 a lane), 1 - alpha, units of alpha.
    inside : Out(1 a lane), alpha is 1/255 or more.
    """

    def __init__(self, params: Parameters, formats: RasterFormats):
        arrangement = Arrangement(params)
        self._formats = formats
        super().__init__(
            {
                "brush": In(brush()),
                "x": In(STEP_BITS),
                "y": In(STEP_BITS),
                "along": In((arrangement.side - 1).bit_length()),
                "line": In(max((arrangement.lines - 1).bit_length(), 1)),
                "limit": In(formats.alpha_bits),
                "alpha": Out(data.ArrayLayout(formats.alpha_bits, LANES_PER_ENGINE)),
                "rest": Out(data.ArrayLayout(formats.alpha_bits + 1, LANES_PER_ENGINE)),
                "inside": Out(LANES_PER_ENGINE),
            }
        )

    def build(self, p):
        one = 1 << self._formats.alpha_bits
        self._least = Signal(self._formats.alpha_bits + 1, name="least_rest", reset_less=True)
        p.m.d.sync += self._least.eq(one - self.limit)
        steps = {name: p.input(self.brush[name]) for name in ("p", "q", "r", "opacity", "swap")}
        along, line = p.input(self.along), p.input(self.line)
        x = self._total(
            p, "x", p.input(self.x), [("p", steps["p"], along), ("q", steps["q"], line)]
        )
        y = self._total(p, "y", p.input(self.y), [("r", steps["r"], line)])
        both = p.register("p_and_q", lambda a, b: (a + b)[:STEP_BITS].as_signed(), steps["p"],
                          steps["q"])  # fmt: skip
        moves = [None, steps["p"], steps["q"], both]
        xs = [
            self._square(p, f"x_{n}", self._moved(p, f"x_{n}", x, v)) for n, v in enumerate(moves)
        ]
        ys = [
            self._square(p, f"y_{n}", self._moved(p, f"y_{n}", y, v))
            for n, v in enumerate((None, steps["r"]))
        ]
        found = [self._alpha(p, n, xs[n], ys[n // 2], steps["opacity"]) for n in range(4)]
        outputs = []
        for lane in range(LANES_PER_ENGINE):
            # Lanes are columns and rows of the picture: those between are exchanged by `swap`.
            other = {1: 2, 2: 1}.get(lane, lane)
            pair = found[lane], found[other]
            alpha, rest, inside = (
                p.wire(
                    f"{name}_lane_{lane}",
                    lambda s, a, b: Mux(s, b, a),
                    steps["swap"],
                    pair[0][part],
                    pair[1][part],
                )
                for part, name in enumerate(("alpha", "rest", "inside"))
            )
            outputs += [(self.alpha[lane], alpha), (self.rest[lane], rest)]
            outputs += [(self.inside[lane], inside)]
        return p.finish(*outputs)

    def _total(self, p, name, start, parts):
        """start + 2 step count of each part, modulo 2^STEP_BITS: a tree of adders."""
        terms = [start]
        for part, step, count in parts:
            for bit in range(len(count.value)):

                def term(step, count, bit=bit):
                    value = Cat(Const(0, bit + 1), step)
                    value = value.as_signed() if step.shape().signed else value
                    return Mux(count[bit], value, 0)

                terms.append(p.wire(f"{name}_{part}_{bit}", term, step, count))
        level = 0
        while len(terms) > 1:
            pairs = list(zip(terms[::2], terms[1::2], strict=False))
            odd = terms[-1:] if len(terms) % 2 else []
            terms = odd + [
                p.register(f"{name}_{level}_{n}", lambda a, b: (a + b)[:STEP_BITS], a, b)
                for n, (a, b) in enumerate(pairs)
            ]
            level += 1
        return terms[0]

    def _moved(self, p, name, value, step):
        if step is None:
            return p.register(f"{name}_at", lambda v: v, value)
        return p.register(f"{name}_at", lambda v, s: (v + s)[:STEP_BITS], value, step)

    def _square(self, p, name, value):
        """The square of X to nearest, cut below 4."""
        fraction = self._formats.square_fraction_bits
        down, most = STEP_FRACTION_BITS - fraction, (4 << fraction) - 1
        size = p.register(f"{name}_size", lambda v: Mux(v[-1], -v, v)[:STEP_BITS], value)
        near = p.register(f"{name}_near", lambda v: (v + (1 << (down - 1))) >> down, size)
        cut = p.register(f"{name}_cut", lambda v: Mux(v > most, most, v)[: most.bit_length()], near)
        return p.multiply(f"{name}_square", cut, cut)

    def _alpha(self, p, lane, x, y, opacity):
        total = p.register(f"total_{lane}", lambda a, b: a + b, x, y)
        down = 2 * self._formats.square_fraction_bits - EXPONENT_FRACTION_BITS
        exponent = p.register(
            f"exponent_{lane}",
            lambda v, o: (v >> down) + (o << EXPONENT_OF_OPACITY),
            total,
            opacity,
        )
        inside = p.register(f"within_{lane}", lambda e: e <= EXPONENT_MAX, exponent)
        index = p.wire(
            f"index_{lane}",
            lambda e: e[EXPONENT_FRACTION_BITS - self._formats.power_bits : EXPONENT_FRACTION_BITS],
            exponent,
        )
        table = [int(v) for v in self._formats.power]
        memory = Memory(shape=self._formats.alpha_bits, depth=len(table), init=table, attrs=LUT_ROM)
        p.m.submodules[f"power_{lane}"] = memory
        port = memory.read_port()
        p.m.d.comb += port.addr.eq(index.value)
        mantissa = p.input(port.data, exponent.cycle + 1)
        whole = p.wire(
            f"whole_{lane}",
            lambda e: e[EXPONENT_FRACTION_BITS : EXPONENT_FRACTION_BITS + WHOLE_BITS],
            exponent,
        )

        def shifted(v, digit):
            return select(digit, lambda n: Cat(Const(0, 1), v) >> n)

        halved = p.register(f"halved_{lane}", shifted, mantissa, whole)
        near = p.register(f"near_{lane}", lambda v: (v[1:] + v[0])[: len(v) - 1], halved)
        # The same of 1 - alpha: ~v = -1 - v.
        far = p.register(f"far_{lane}", lambda v: ~v[1:] + ~v[0], halved)
        limit, least = self.limit, self._least
        alpha = p.register(f"alpha_{lane}", lambda v: Mux(v > limit, limit, v), near)
        rest = p.register(f"rest_{lane}", lambda v, w: Mux(v > limit, least, w), near, far)
        return alpha, rest, inside
