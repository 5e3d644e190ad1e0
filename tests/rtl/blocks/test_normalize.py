"""Normalize and LeadingOne: compiled RTL against golden.numbers.bits."""

import numpy as np
import pytest

from golden.numbers.bits import leading_one, normalize
from hw.blocks.normalize import LeadingOne, Normalize
from tests.rtl.blocks.block_checks import Case, check_blocks, edges, spread


def normalize_case(in_bits, out_bits, values):
    place = leading_one(values)
    return Case(
        lambda: Normalize(in_bits, out_bits),
        {"value": values},
        {"exponent": place, "mantissa": normalize(values, place, out_bits)},
    )


def leading_one_case(in_bits, values):
    return Case(lambda: LeadingOne(in_bits), {"value": values}, {"place": leading_one(values)})


def test_every_value_of_small_widths():
    small = [(2, 1), (2, 5), (3, 2), (4, 4), (5, 3), (8, 1), (9, 12), (13, 5), (16, 6), (16, 18)]
    cases = {f"n{i}_{o}": normalize_case(i, o, np.arange(1 << i)) for i, o in small}
    cases |= {f"l{i}": leading_one_case(i, np.arange(1 << i)) for i in (2, 3, 4, 5, 9, 16)}
    check_blocks(cases)


def test_edges_and_a_million_random_values_of_wide_ones():
    rng = np.random.default_rng(0)
    values = {
        bits: np.concatenate([edges(bits), spread(rng, bits, 10**6)]) for bits in (32, 33, 64)
    }
    cases = {
        f"n{i}_{o}": normalize_case(i, o, values[i])
        for i, o in ((33, 18), (64, 18), (64, 63), (32, 24), (33, 12))
    }
    cases |= {f"l{bits}": leading_one_case(bits, values[bits]) for bits in (33, 64)}
    check_blocks(cases)


@pytest.mark.parametrize(
    ("in_bits", "cycles"), [(2, 1), (4, 1), (5, 2), (16, 2), (17, 3), (33, 3), (64, 3), (65, 4)]
)
def test_latency(in_bits, cycles):
    assert Normalize(in_bits, 18).latency_cycles == cycles
    assert LeadingOne(in_bits).latency_cycles == cycles


@pytest.mark.parametrize("make", [lambda: Normalize(1, 18), lambda: LeadingOne(1)])
def test_refuses_widths_without_a_place(make):
    with pytest.raises(ValueError, match=r"^a value of 1 bits has no place to look for: give it 2"):
        make()


def test_refuses_an_empty_mantissa():
    with pytest.raises(ValueError, match=r"^a mantissa of 0 bits is below 1 bit\.$"):
        Normalize(16, 0)
