"""Logarithm of whole numbers, and a power of two, by a table each, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import leading_one, normalize
from golden.numbers.fixed import Int64

LOG_INDEX_BITS = 9
LOG_TABLE_BITS = 9  # fraction bits of a logarithm
POWER_BITS = 16  # fraction bits of a power of two


def log2_table() -> Int64:
    """log2(1 + (i + 1/2) / 512) for i from 0 to 511, 9 fraction bits, nearest, cut below 1."""
    middle = 1 + (np.arange(1 << LOG_INDEX_BITS) + 0.5) / (1 << LOG_INDEX_BITS)
    nearest = np.rint(np.ldexp(np.log2(middle), LOG_TABLE_BITS))
    return np.minimum(nearest, (1 << LOG_TABLE_BITS) - 1).astype(np.int64)


def log2_of(value: NDArray[Any]) -> Int64:
    """log2 of whole numbers, 9 fraction bits; 0 counts as 1. Within 0.0025 of the true one.

    The place of the leading one, and the table by the nine bits below it.
    """
    place = leading_one(value)
    index = normalize(value, place, LOG_INDEX_BITS + 1) & ((1 << LOG_INDEX_BITS) - 1)
    result: Int64 = (place << LOG_TABLE_BITS) + log2_table()[index]
    return result


def power_table() -> Int64:
    """2^(-i / 512) for i from 0 to 511, u1.16, nearest: 65536 to 32812."""
    exact = np.exp2(-np.arange(1 << LOG_TABLE_BITS) / (1 << LOG_TABLE_BITS))
    return np.rint(np.ldexp(exact, POWER_BITS)).astype(np.int64)
