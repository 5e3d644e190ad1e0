"""Integer operations that the model and the hardware share by name: leading ones, shifts, cuts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Int64

UInt64 = NDArray[np.uint64]


def round_up(value: int, multiple: int) -> int:
    """The least multiple that is not below a value."""
    return -(-value // multiple) * multiple


def leading_one(value: NDArray[Any]) -> Int64:
    """Position of the highest set bit of non-negative integers below 2^64; 0 where there is none.

    Equals floor(log2(value)).
    """
    unsigned = value.astype(np.uint64)
    high = unsigned >> np.uint64(32)
    # A 32-bit integer is exact in float64, so its exponent is that of the integer.
    upper = np.frexp(high.astype(np.float64))[1] + 31
    lower = np.frexp((unsigned & np.uint64(0xFFFFFFFF)).astype(np.float64))[1] - 1
    return np.maximum(np.where(high > 0, upper, lower), 0).astype(np.int64)


def normalize(value: NDArray[Any], place: Int64, bits: int) -> Int64:
    """The `bits` bits of a value from its bit `place` down, rounded down; zeros fill from below.

    Negative values are rounded down too. value < 2^63 where it is signed.
    """
    if value.dtype == np.uint64:
        down = np.maximum(place - (bits - 1), 0).astype(np.uint64)
        up = np.maximum((bits - 1) - place, 0).astype(np.uint64)
        return ((value >> down) << up).astype(np.int64)
    return (value >> np.maximum(place - (bits - 1), 0)) << np.maximum((bits - 1) - place, 0)


def saturate(value: Int64, bits: int) -> Int64:
    """Cut to a signed format of that many bits, symmetrically: +-(2^(bits - 1) - 1)."""
    limit = (1 << (bits - 1)) - 1
    return np.clip(value, -limit, limit)


def round_shift(value: Int64, shift: Int64 | int) -> Int64:
    """floor(value / 2^shift + 1/2) for shifts of 1 or more."""
    half = np.left_shift(np.int64(1), np.asarray(shift, dtype=np.int64) - 1)
    return (value + half) >> shift


def ceil_shift(value: Int64, shift: Int64 | int) -> Int64:
    """ceil(value / 2^shift) for shifts of 0 or more."""
    return -((-value) >> shift)
