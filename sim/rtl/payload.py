"""Columns of numbers into the words of a payload, by the layout that the hardware gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from amaranth.hdl import Shape
from amaranth.lib import data
from numpy.typing import NDArray

WORD_BITS = 32


def leaves(layout: data.Layout, prefix: str = "", start: int = 0) -> dict[str, tuple[int, int]]:
    """First bit and width of each plain field, by its path with underscores."""
    found: dict[str, tuple[int, int]] = {}
    for name, field in layout:
        path = f"{prefix}{name}"
        if isinstance(field.shape, data.Layout):
            found |= leaves(field.shape, f"{path}_", start + field.offset)
        else:
            found[path] = (start + field.offset, Shape.cast(field.shape).width)
    return found


def packed(layout: data.Layout, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.uint32]:
    """(N, words) uint32, what Verilator takes for a port of that layout.

    Parameters
    ----------
    columns : (N,) integers of every field, by its path.

    Raises ValueError where a field is missing or unknown.
    """
    fields = leaves(layout)
    if set(fields) != set(columns):
        raise ValueError(f"columns {sorted(columns)} are given where fields are {sorted(fields)}.")
    count = len(next(iter(columns.values())))
    words = np.zeros((count, -(-layout.size // WORD_BITS)), np.uint32)
    for path, (start, bits) in fields.items():
        left = columns[path].astype(np.int64).astype(np.uint64) & np.uint64((1 << bits) - 1)
        word, shift = divmod(start, WORD_BITS)
        while bits > 0:
            words[:, word] |= (left << np.uint64(shift)).astype(np.uint32)
            taken = WORD_BITS - shift
            left, bits, word, shift = left >> np.uint64(taken), bits - taken, word + 1, 0
    return words
