"""Leading ones, shifts and cuts against Python's integers."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest

from golden.numbers.bits import ceil_shift, leading_one, normalize, round_shift, saturate


def unsigned_values():
    """0, the neighbours of every power of two below 2^64, and random ones of all magnitudes."""
    near = {(1 << place) + step for place in range(65) for step in (-2, -1, 0, 1, 2)}
    rng = np.random.default_rng(0)
    wide = rng.integers(0, (1 << 64) - 1, 3000, dtype=np.uint64, endpoint=True)
    random = (wide >> rng.integers(0, 64, 3000).astype(np.uint64)).tolist()
    return sorted(value for value in near | set(random) if 0 <= value < 1 << 64)


def signed_values(bits, count=1500):
    rng = np.random.default_rng(bits)
    limit = 1 << (bits - 1)
    random = rng.integers(-limit, limit, count) >> rng.integers(0, bits, count)
    near = [
        sign * (1 << place) + step
        for place in range(bits - 1)
        for sign in (-1, 1)
        for step in (-1, 0, 1)
    ]
    edges = [-limit, limit - 1, *near]
    return np.array(sorted({v for v in [*random.tolist(), *edges] if -limit <= v < limit}))


def test_leading_one_is_the_bit_length_up_to_64_bits():
    values = unsigned_values()
    assert values[-1] == 2**64 - 1
    expected = [max(value.bit_length() - 1, 0) for value in values]
    np.testing.assert_array_equal(leading_one(np.array(values, dtype=np.uint64)), expected)


def test_leading_one_of_signed_storage():
    values = [value for value in unsigned_values() if value < 1 << 63]
    places = leading_one(np.array(values, dtype=np.int64))
    assert places.dtype == np.int64
    np.testing.assert_array_equal(places, [max(value.bit_length() - 1, 0) for value in values])


@pytest.mark.parametrize("bits", [1, 2, 8, 12, 18, 24, 63])
def test_normalize_keeps_the_upper_bits_of_every_value(bits):
    values = unsigned_values()
    array = np.array(values, dtype=np.uint64)
    place = leading_one(array)
    expected = [
        floor(v * Fraction(2) ** (bits - 1 - p))
        for v, p in zip(values, place.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(normalize(array, place, bits), expected)
    assert (normalize(array, place, bits) >> (bits - 1))[1:].all()


@pytest.mark.parametrize("bits", [1, 12, 18])
def test_normalize_of_signed_values_rounds_down_by_another_place(bits):
    values = signed_values(40)
    for place in (0, 5, bits - 1, bits, 30, 41):
        expected = [floor(v * Fraction(2) ** (bits - 1 - place)) for v in values.tolist()]
        np.testing.assert_array_equal(normalize(values, np.int64(place), bits), expected)


@pytest.mark.parametrize("bits", [2, 8, 26, 48])
def test_saturate_is_symmetric(bits):
    limit = 2 ** (bits - 1) - 1
    values = signed_values(50)
    expected = [max(-limit, min(limit, value)) for value in values.tolist()]
    np.testing.assert_array_equal(saturate(values, bits), expected)
    np.testing.assert_array_equal(
        saturate(np.array([-limit - 1, limit + 1]), bits), [-limit, limit]
    )


@pytest.mark.parametrize("shift", [1, 2, 3, 17, 40, 61])
def test_round_shift_is_the_nearest_and_up_where_two_are(shift):
    values = signed_values(62)
    expected = [floor(Fraction(v, 1 << shift) + Fraction(1, 2)) for v in values.tolist()]
    np.testing.assert_array_equal(round_shift(values, shift), expected)
    np.testing.assert_array_equal(round_shift(values, np.full(len(values), shift)), expected)


@pytest.mark.parametrize("shift", [0, 1, 2, 17, 40, 62])
def test_ceil_shift_is_up(shift):
    values = signed_values(62)
    expected = [ceil(Fraction(v, 1 << shift)) for v in values.tolist()]
    np.testing.assert_array_equal(ceil_shift(values, np.int64(shift)), expected)


def test_shifts_by_an_amount_of_each_value():
    rng = np.random.default_rng(5)
    values = signed_values(62)
    shifts = rng.integers(1, 62, len(values))
    pairs = list(zip(values.tolist(), shifts.tolist(), strict=True))
    np.testing.assert_array_equal(
        round_shift(values, shifts), [floor(Fraction(v, 1 << s) + Fraction(1, 2)) for v, s in pairs]
    )
    np.testing.assert_array_equal(
        ceil_shift(values, shifts), [ceil(Fraction(v, 1 << s)) for v, s in pairs]
    )
