"""One channel of a colour: the sum of a record's coefficients times the basis functions."""

from __future__ import annotations

from amaranth.hdl import Const, Mux, Shape
from amaranth.lib.wiring import In, Out

from golden.pack.color_record import DEGREES
from golden.params import Parameters
from golden.stages.color.basis import FUNCTIONS
from golden.stages.color.formats import (
    COLOR,
    EXPONENT_BITS,
    ColorFormats,
    constant_factor,
    room,
    rounding,
)
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight
from hw.blocks.weighted_sum import weighted_sum
from hw.layouts import color_mantissas, color_record, shape


class Evaluate(Block):
    """c = 1/2 + sum_l 2^(e_l + b_l) sum_k Y_k m_k, to nearest, cut to 0..1023.

    The mantissas have 4 or 5 bits: a product of one is the sum of a function shifted by each of
    its bits that are set. A degree's functions are summed a bit of the mantissas at a time, and
    then the bits: adders only. golden.stages.color.integer.evaluate, bit for bit.

    Latency: `latency_cycles`. Throughput: a channel a cycle. No multiplier.

    Members
    -------
    mantissas : In(color_mantissas), of the channel.
    exponents : In, of color_record.
    y_1 to y_15 : In(`basis`).
    color : Out(10), COLOR.
    """

    def __init__(self, params: Parameters):
        self._formats = formats = ColorFormats(params)
        super().__init__(
            {
                "mantissas": In(color_mantissas()),
                "exponents": In(color_record().members["exponents"]),
                **{f"y_{k + 1}": In(shape(formats.basis)) for k in range(FUNCTIONS)},
                "color": Out(shape(COLOR)),
            }
        )

    def build(self, p):
        formats = self._formats
        parts = [self._degree(p, degree) for degree in range(len(DEGREES))]
        pairs = [
            p.register(f"pair_{n}", lambda a, b: a + b, *parts[2 * n : 2 * n + 2]) for n in range(2)
        ]
        total = p.register("total", lambda a, b: a + b, *pairs)
        start = rounding(formats)
        below = formats.sum_fraction_bits - COLOR.fraction_bits
        rounded = p.register("rounded", lambda v: (v + start).shift_right(below), total)

        def cut(v):
            above = v[COLOR.bits :].any()
            return Mux(v[-1], 0, Mux(above, COLOR.max_int, v[: COLOR.bits]))

        return p.finish((self.color, p.register("cut", cut, rounded)))

    def _degree(self, p, degree):
        """A degree's sum in units of 2^-sum_fraction_bits, down."""
        exponent = p.input(self.exponents[f"e_{degree}"])
        up = p.wire(f"down_{degree}", lambda e: ~e, exponent)  # 15 - e
        products = self._constant_term(p) if degree == 0 else self._products(p, degree)
        bits = len(products.value) + room(degree, self._formats)
        moved = p.wire(f"moved_{degree}", lambda v: v << room(degree, self._formats), products)
        shifter = ShiftRight(Shape(bits, True), EXPONENT_BITS, "floor")
        return p.call(f"shift_{degree}", shifter, value=moved, amount=up)["result"]

    def _constant_term(self, p):
        mantissa = p.input(self.mantissas.m_0)
        return weighted_sum(p, "constant", [(mantissa, constant_factor(self._formats))])

    def _products(self, p, degree):
        """sum_k Y_k m_k of a degree, exactly; the mantissas' highest bit counts negative."""
        part = DEGREES[degree]
        numbers = range(part.first, part.first + part.coefficients)
        pairs = [
            (p.input(getattr(self, f"y_{k}")), p.input(self.mantissas[f"m_{k}"])) for k in numbers
        ]
        planes = [
            self._plane(p, f"plane_{degree}_{bit}", pairs, bit) for bit in range(part.mantissa.bits)
        ]
        weights = [1 << bit for bit in range(part.mantissa.bits)]
        weights[-1] = -weights[-1]
        return weighted_sum(p, f"degree_{degree}", list(zip(planes, weights, strict=True)))

    def _plane(self, p, name, pairs, bit):
        """The sum of the functions whose mantissa has that bit."""
        values = [
            (y, p.wire(f"{name}_{n}_bit", lambda v: v[bit], mantissa))
            for n, (y, mantissa) in enumerate(pairs)
        ]

        def chosen(y, digit):
            return Mux(digit, y, Const(0, 1))

        odd, even = values[: len(values) % 2], values[len(values) % 2 :]
        row = [p.register(f"{name}_first", chosen, *operands) for operands in odd]
        row += [
            p.register(
                f"{name}_pair_{n}",
                lambda y, a, z, b: chosen(y, a) + chosen(z, b),
                *(*even[n], *even[n + 1]),
            )
            for n in range(0, len(even), 2)
        ]
        return weighted_sum(p, name, [(value, 1) for value in row])
