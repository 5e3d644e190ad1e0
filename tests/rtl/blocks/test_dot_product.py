"""dot_product and rounded_dot_product: compiled RTL against NumPy's integers."""

import numpy as np
import pytest
from amaranth.hdl import signed, unsigned
from amaranth.lib.wiring import In, Out

from hw.blocks.dot_product import dot_product, rounded_dot_product
from hw.blocks.pipeline import Block
from tests.rtl.blocks.block_checks import Case, check_blocks, spread


class Dot(Block):
    """Pairs of two shapes; rounded where a fraction is given."""

    def __init__(self, a, b, count: int, fraction: int | None = None):
        self._count, self._fraction = count, fraction
        super().__init__(
            {f"a{n}": In(a) for n in range(count)}
            | {f"b{n}": In(b) for n in range(count)}
            | {"o": Out(signed(62) if a.signed else unsigned(62))}
        )

    def build(self, p):
        pairs = [
            tuple(p.input(getattr(self, f"{side}{n}")) for side in "ab") for n in range(self._count)
        ]
        if self._fraction is None:
            return p.finish((self.o, dot_product(p, "sum", pairs)))
        return p.finish((self.o, rounded_dot_product(p, "sum", pairs, self._fraction)))


def case(rng, a, b, count, fraction=None):
    """Random operands of all sizes, and the least ones of all."""
    inputs = {}
    for n in range(count):
        for side, shape in (("a", a), ("b", b)):
            values = spread(rng, shape.width, 100_000, shape.signed)
            values[:4] = -(1 << shape.width - 1) if shape.signed else (1 << shape.width) - 1
            inputs[f"{side}{n}"] = values
    total = sum(inputs[f"a{n}"] * inputs[f"b{n}"] for n in range(count))
    if fraction:
        total = (total + (1 << fraction - 1)) >> fraction
    return Case(lambda: Dot(a, b, count, fraction), inputs, {"o": total})


@pytest.mark.parametrize("of", [signed, unsigned], ids=["signed", "unsigned"])
def test_sums_of_products(of):
    rng = np.random.default_rng(1)
    shapes = ((5, 7, 1), (18, 18, 2), (31, 18, 3), (32, 18, 2), (24, 17, 1), (28, 21, 4))
    check_blocks({f"d{a}_{b}_{n}": case(rng, of(a), of(b), n) for a, b, n in shapes})


def test_rounded_sums():
    """Where the adder of two places rounds too, and where an adder of its own does."""
    rng = np.random.default_rng(2)
    cases = {
        f"r{a}_{b}_{n}_{fraction}": case(rng, signed(a), signed(b), n, fraction)
        for a, b, n in ((31, 18, 3), (17, 18, 2), (31, 21, 3))
        for fraction in (15, 17, 20)
    }
    check_blocks(cases)
