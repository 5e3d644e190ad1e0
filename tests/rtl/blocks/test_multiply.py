"""Multiply, Square and ShiftAdd: compiled RTL against Python's and NumPy's integers."""

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import signed, unsigned
from amaranth.lib.wiring import In, Out

from hw.blocks.multiply import Multiply, ShiftAdd, Square
from hw.blocks.pipeline import Block
from tests.rtl.blocks.block_checks import Case, check_blocks, edges, spread

MASK = (1 << 64) - 1


class Halves(Block):
    """A product in two ports, for those that are wider than a port of the harness."""

    def __init__(self, make, bits):
        self._make, self._shape = make, make().signature.members["product"].shape
        names = [name for name, member in make().signature.members.items() if member.flow == In]
        super().__init__(
            {name: In(make().signature.members[name].shape) for name in names}
            | {"low": Out(64), "high": Out(type(self._shape)(bits - 64, self._shape.signed))}
        )
        self._names = names

    def build(self, p):
        inputs = {name: p.input(getattr(self, name)) for name in self._names}
        product = p.call("product", self._make(), **inputs)["product"]
        low = p.wire("low_bits", lambda v: v[:64], product)
        high = p.wire("high_bits", lambda v: v.shift_right(64), product)
        return p.finish((self.low, low), (self.high, high))


def shape_range(shape):
    low = -(1 << (shape.width - 1)) if shape.signed else 0
    return np.arange(low, low + (1 << shape.width))


def case(make, inputs):
    """The product of all inputs, of one twice; by Python's integers where 63 bits are too few."""
    operands = list(inputs.values()) * (2 if len(inputs) == 1 else 1)
    shape = make().signature.members["product"].shape
    if shape.width <= 63:
        return Case(make, inputs, {"product": operands[0] * operands[1]})
    exact = [x * y for x, y in zip(operands[0].tolist(), operands[1].tolist(), strict=True)]
    low = np.array([value & MASK for value in exact], dtype=np.uint64)
    if shape.width == 64:
        return Case(make, inputs, {"product": low.view(np.int64) if shape.signed else low})
    high = np.array([value >> 64 for value in exact])
    return Case(lambda: Halves(make, shape.width), inputs, {"low": low, "high": high})


def every_pair(a, b):
    pairs = np.stack(np.meshgrid(shape_range(a), shape_range(b)), axis=-1).reshape(-1, 2)
    return {"a": pairs[:, 0], "b": pairs[:, 1]}


@pytest.mark.parametrize("of", [signed, unsigned], ids=["signed", "unsigned"])
def test_every_pair_of_small_operands_in_up_to_five_chunks(of):
    cases = {}
    for a, b, operand_bits in (
        (6, 5, 18),
        (6, 5, 5),
        (6, 5, 4),
        (6, 5, 3),
        (6, 5, 2),
        (9, 2, 3),
        (2, 9, 3),
        (8, 8, 4),
        (7, 7, 6),
        (10, 8, 4),
        (1, 1, 2),
        (9, 1, 4),
    ):
        cases[f"m{a}_{b}_{operand_bits}"] = case(
            lambda a=a, b=b, bits=operand_bits: Multiply(of(a), of(b), bits),
            every_pair(of(a), of(b)),
        )
    for a, operand_bits in ((1, 18), (6, 18), (12, 7), (12, 4), (11, 3), (9, 2)):
        cases[f"s{a}_{operand_bits}"] = case(
            lambda a=a, bits=operand_bits: Square(of(a), bits), {"a": shape_range(of(a))}
        )
    check_blocks(cases)


def wide_operands(rng, a, b, count):
    """Every edge with every edge, then random ones."""
    x, y = (edges(shape.width, shape.signed) for shape in (a, b))
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return {
        "a": np.concatenate([grid[:, 0], spread(rng, a.width, count, a.signed)]),
        "b": np.concatenate([grid[:, 1], spread(rng, b.width, count, b.signed)]),
    }


@pytest.mark.parametrize("of", [signed, unsigned], ids=["signed", "unsigned"])
def test_edges_and_random_wide_operands(of):
    rng = np.random.default_rng(0)
    cases = {}
    for a, b, count in (
        (18, 18, 10**6),
        (25, 18, 10**6),
        (31, 18, 10**6),
        (19, 20, 10**6),
        (32, 32, 200_000),
        (36, 24, 10**6 // 5),
        (36, 36, 200_000),
    ):
        cases[f"m{a}_{b}"] = case(
            lambda a=a, b=b: Multiply(of(a), of(b)), wide_operands(rng, of(a), of(b), count)
        )
    for bits, count in ((18, 10**6), (25, 10**6), (32, 200_000), (36, 200_000)):
        cases[f"s{bits}"] = case(
            lambda bits=bits: Square(of(bits)), {"a": spread(rng, bits, count, of is signed)}
        )
    check_blocks(cases)


def test_products_of_adders_alone():
    """Every pair of small operands, edges and random ones of wide ones; no multiplier."""
    rng = np.random.default_rng(1)
    cases = {}
    for a, bits in ((signed(6), 5), (unsigned(6), 6), (signed(3), 1), (unsigned(2), 9)):
        cases[f"p{a.width}_{bits}"] = case(
            lambda a=a, bits=bits: ShiftAdd(a, bits), every_pair(a, unsigned(bits))
        )
    for a, bits in ((signed(20), 11), (unsigned(10), 6), (signed(19), 11)):
        cases[f"w{a.width}_{bits}"] = case(
            lambda a=a, bits=bits: ShiftAdd(a, bits),
            wide_operands(rng, a, unsigned(bits), 100_000),
        )
    check_blocks(cases)
    assert "cell $mul" not in rtlil.convert(ShiftAdd(signed(20), 11))
    assert [ShiftAdd(signed(8), bits).latency_cycles for bits in (1, 2, 6, 11)] == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("block", "multipliers", "cycles"),
    [
        (lambda: Multiply(unsigned(18), unsigned(18)), 1, 2),
        (lambda: Multiply(signed(18), signed(18)), 1, 2),
        (lambda: Multiply(unsigned(25), unsigned(18)), 2, 3),
        (lambda: Multiply(unsigned(32), unsigned(32)), 4, 4),
        (lambda: Multiply(unsigned(36), unsigned(36)), 4, 4),
        (lambda: Multiply(signed(31), signed(18)), 2, 3),
        (lambda: Multiply(signed(35), signed(35)), 4, 4),
        (lambda: Multiply(signed(36), signed(36)), 9, 5),
        (lambda: Square(unsigned(18)), 1, 2),
        (lambda: Square(unsigned(32)), 3, 3),
        (lambda: Square(signed(36)), 6, 4),
    ],
)
def test_multipliers_and_latency(block, multipliers, cycles):
    made = block()
    assert (made.multipliers, made.latency_cycles) == (multipliers, cycles)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Multiply(unsigned(4), signed(5)),
            r"unsigned\(4\) by signed\(5\) takes a wider multiplier: make both signed or none\.",
        ),
        (lambda: Multiply(4, 0), "an operand of 0 bits cannot be split for multipliers of 18: "),
        (lambda: Square(4, 1), "an operand of 4 bits cannot be split for multipliers of 1: "),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
