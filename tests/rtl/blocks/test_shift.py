"""ShiftRight and ShiftLeft: compiled RTL against Python's integers and golden.numbers.bits."""

import numpy as np
import pytest
from amaranth.hdl import signed, unsigned

from golden.numbers.bits import ceil_shift, round_shift, saturate
from hw.blocks.shift import ROUNDINGS, ShiftLeft, ShiftRight
from tests.rtl.blocks.block_checks import Case, check_blocks, edges, spread


def right_case(shape, amount_bits, rounding, values, amounts):
    # Beyond 62 places nothing changes: values are below 2^61 here.
    shift = np.minimum(amounts, 62)
    if rounding == "floor":
        result = values >> shift
    elif rounding == "ceil":
        result = ceil_shift(values, shift)
    else:
        result = np.where(shift == 0, values, round_shift(values, np.maximum(shift, 1)))
    return Case(
        lambda: ShiftRight(shape, amount_bits, rounding),
        {"value": values, "amount": amounts},
        {"result": result},
    )


def left_case(shape, amount_bits, out_bits, values, amounts):
    """Python's integers: the true product may have hundreds of bits."""
    products = [
        value << amount for value, amount in zip(values.tolist(), amounts.tolist(), strict=True)
    ]
    limit = (1 << (out_bits - shape.signed)) - 1
    result = [max(min(value, limit), -limit) for value in products]
    return Case(
        lambda: ShiftLeft(shape, amount_bits, out_bits),
        {"value": values, "amount": amounts},
        {"result": np.array(result)},
    )


def every_pair(shape, amount_bits):
    low = -(1 << (shape.width - 1)) if shape.signed else 0
    values = np.arange(low, low + (1 << shape.width))
    pairs = np.stack(np.meshgrid(values, np.arange(1 << amount_bits)), axis=-1).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def wide_pairs(shape, amount_bits, count, seed):
    """All amounts with every edge, then random ones."""
    rng = np.random.default_rng(seed)
    special = edges(shape.width, shape.signed)
    amounts = np.arange(1 << amount_bits)
    values = np.concatenate(
        [np.repeat(special, len(amounts)), spread(rng, shape.width, count, shape.signed)]
    )
    random = rng.integers(0, 1 << amount_bits, count)
    return values, np.concatenate([np.tile(amounts, len(special)), random])


SMALL = [(signed(9), 4), (unsigned(9), 4), (signed(6), 5), (unsigned(5), 3), (signed(12), 1)]
TINY = [(signed(1), 2), (unsigned(1), 1), (unsigned(2), 6), (signed(3), 6)]


@pytest.mark.parametrize("rounding", ROUNDINGS)
def test_right_by_every_amount(rounding):
    cases = {
        f"{'us'[shape.signed]}{shape.width}_{amount_bits}": right_case(
            shape, amount_bits, rounding, *every_pair(shape, amount_bits)
        )
        for shape, amount_bits in SMALL + TINY
    }
    for shape, amount_bits in ((signed(36), 5), (unsigned(36), 6), (signed(47), 5)):
        pairs = wide_pairs(shape, amount_bits, 300_000, 1)
        cases[f"wide{shape.width}_{amount_bits}"] = right_case(shape, amount_bits, rounding, *pairs)
    check_blocks(cases)


@pytest.mark.parametrize("shape_of", [signed, unsigned], ids=["signed", "unsigned"])
def test_left_by_every_amount(shape_of):
    cases = {}
    for width, amount_bits, out_bits in (
        (6, 4, 8),
        (9, 3, 9),
        (10, 4, 5),
        (5, 6, 20),
        (3, 2, 12),
        (2, 1, 2),
        (8, 2, 3),
    ):
        pairs = every_pair(shape_of(width), amount_bits)
        name = f"small{width}_{amount_bits}_{out_bits}"
        cases[name] = left_case(shape_of(width), amount_bits, out_bits, *pairs)
    for width, amount_bits, out_bits in ((33, 5, 26), (18, 6, 40), (40, 3, 22)):
        pairs = wide_pairs(shape_of(width), amount_bits, 200_000, 2)
        name = f"wide{width}_{amount_bits}_{out_bits}"
        cases[name] = left_case(shape_of(width), amount_bits, out_bits, *pairs)
    check_blocks(cases)


def test_left_saturates_as_the_model_does():
    values, amounts = wide_pairs(signed(30), 5, 1000, 3)
    expected = left_case(signed(30), 5, 26, values, amounts).expected["result"]
    np.testing.assert_array_equal(saturate(values << amounts, 26), expected)


@pytest.mark.parametrize(("amount_bits", "cycles"), [(1, 1), (2, 1), (3, 2), (5, 3), (6, 3)])
def test_latency(amount_bits, cycles):
    shape = signed(20)
    assert ShiftRight(shape, amount_bits, "floor").latency_cycles == cycles
    assert ShiftRight(shape, amount_bits, "nearest").latency_cycles == cycles + 1
    assert ShiftRight(shape, amount_bits, "ceil").latency_cycles == cycles + 1
    assert ShiftLeft(shape, amount_bits, 24).latency_cycles == cycles + 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ShiftRight(8, 0, "floor"), "a shift by an amount of 0 bits is none: give it 1"),
        (lambda: ShiftLeft(8, 0, 8), "a shift by an amount of 0 bits is none: give it 1"),
        (lambda: ShiftRight(8, 3, "up"), "a rounding is one of floor, nearest, ceil, not 'up'"),
        (lambda: ShiftLeft(signed(8), 3, 1), "a result of 1 bits is too narrow: give it 2 or"),
        (lambda: ShiftLeft(8, 3, 0), "a result of 0 bits is too narrow: give it 1 or"),
    ],
)
def test_refuses(make, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        make()
