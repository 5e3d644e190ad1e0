"""Real spherical harmonics of degree 1 to 3."""

from __future__ import annotations

from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.color.basis import (
    CUBIC,
    FUNCTIONS,
    LINEAR,
    POLYNOMIALS,
    PRODUCTS,
    QUADRATIC,
    factor,
)
from golden.stages.color.formats import ColorFormats
from hw.blocks.held_block import HeldBlock
from hw.blocks.weighted_sum import weighted_sum
from hw.layouts import shape

AXES = "xyz"


class Basis(HeldBlock):
    """Y_1 to Y_15 of a unit vector: golden.stages.color.basis, bit for bit.

    Latency: `latency_cycles`: products of coordinates, polynomials times their constants by adders,
    products with a coordinate, roundings. Multipliers: for each `cycles`, of 6 and 7 products.

    Parameters
    ----------
    cycles : that items are apart.

    Members
    -------
    start : In(1).
    x, y, z : In(`direction` of ColorFormats).
    y_1 to y_15 : Out(`basis`).
    """

    def __init__(self, params: Parameters, cycles: int):
        self.cycles = cycles
        self._formats = formats = ColorFormats(params)
        super().__init__(
            {
                "start": In(1),
                **{axis: In(shape(formats.direction)) for axis in AXES},
                **{f"y_{k + 1}": Out(shape(formats.basis)) for k in range(FUNCTIONS)},
            }
        )

    def build(self, p):
        formats, y = self._formats, self._formats.basis_fraction_bits
        direction_bits, square_bits = formats.direction_fraction_bits, formats.square_fraction_bits
        coordinate = {axis: p.input(getattr(self, axis)) for axis in AXES}
        product = self._products(p, coordinate)
        functions = [
            self._scaled(
                p, name, {name: 1}, coordinate, constant, direction_bits + formats.factor_bits - y
            )
            for name, constant in LINEAR
        ]
        functions += [
            self._scaled(
                p, name, POLYNOMIALS[name], product, constant, square_bits + formats.factor_bits - y
            )
            for name, constant in QUADRATIC
        ]
        scaled = {
            (name, constant): self._scaled(
                p, f"{name}_cubic", POLYNOMIALS[name], product, constant, formats.factor_bits
            )
            for name, constant, _ in CUBIC
        }
        cubic = p.multiply_all(
            "cubic", [(scaled[name, number], coordinate[axis]) for name, number, axis in CUBIC]
        )
        down = square_bits + direction_bits - y
        functions += [self._rounded(p, f"cubic_{n}_rounded", v, down) for n, v in enumerate(cubic)]
        return p.finish(
            *(
                (
                    getattr(self, f"y_{k}"),
                    p.wire(f"y_{k}_cut", lambda v: v[: formats.basis.bits].as_signed(), function),
                )
                for k, function in enumerate(functions, 1)
            )
        )

    def _products(self, p, coordinate):
        """Products of two coordinates, to nearest."""
        pairs = [(coordinate[name[0]], coordinate[name[1]]) for name in PRODUCTS]
        down = 2 * self._formats.direction_fraction_bits - self._formats.square_fraction_bits
        bits = self._formats.square.bits
        rounded = {}
        for name, value in zip(PRODUCTS, p.multiply_all("product", pairs), strict=True):
            whole = self._rounded(p, f"{name}_rounded", value, down)
            rounded[name] = p.wire(f"{name}_cut", lambda v: v[:bits].as_signed(), whole)
        return rounded

    def _scaled(self, p, name, terms, values, constant, down):
        """A polynomial times its constant, divided by 2^down, to nearest.

        Of one variable with a known term, the constant is part of the weights; of two, the
        polynomial comes first: fewer digits.
        """
        number, half = factor(constant, self._formats), 1 << (down - 1)
        known = terms.get("one", 0) << self._formats.square_fraction_bits
        variables = [(values[term], weight) for term, weight in terms.items() if term != "one"]
        name = name.replace("-", "_less_")
        if len(variables) > 1:
            polynomial = weighted_sum(p, f"{name}_polynomial", variables)
            total = weighted_sum(p, name, [(polynomial, number)], half)
        else:
            ((value, weight),) = variables
            total = weighted_sum(p, name, [(value, weight * number)], known * number + half)
        # No function of a unit vector is longer; a multiplier's operand must not be.
        bits = self._formats.polynomial.bits
        return p.wire(f"{name}_scaled", lambda v: v.shift_right(down)[:bits].as_signed(), total)

    def _rounded(self, p, name, value, down):
        return p.register(name, lambda v: (v + (1 << (down - 1))).shift_right(down), value)
