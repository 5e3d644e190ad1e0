"""Depth codes: exact where linear, in order everywhere, back within what an octave keeps."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from golden.numbers.depth import depth_code, depth_of_code

DEPTHS = st.integers(1, (1 << 32) - 1)
UNITS = st.integers(0, 255)


def code(z: int, exponent: int) -> int:
    return int(depth_code(np.array([z]), np.array([exponent]))[0])


@given(DEPTHS, UNITS, DEPTHS, UNITS)
def test_codes_are_in_the_order_of_depths(z, k, other, unit):
    a, b = z << k, other << unit
    if a <= b:
        assert code(z, k) <= code(other, unit)
    if a > b * (1 + 2.0**-22):
        assert code(z, k) > code(other, unit)


@given(DEPTHS, UNITS)
def test_codes_are_read_back(z, k):
    exact, found = z << k, depth_of_code(np.array([code(z, k)], np.uint32))[0]
    assert code(z, k) < 1 << 32
    if exact < 1 << 31:
        assert code(z, k) == found == exact
    else:
        assert 1 - 2.0**-23 <= found / float(exact) <= 1


def test_ends():
    assert code(1, 0) == 1
    assert code(1, 30) == (1 << 30)
    assert code((1 << 31) - 1, 0) == (1 << 31) - 1
    assert code(1, 31) == code(1 << 31, 0) == 1 << 31
    assert code((1 << 32) - 1, 255) == (1 << 32) - 1
