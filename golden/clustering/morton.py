"""Order along a Morton (Z-order) curve: neighbours in space become neighbours in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

AXIS_BITS = 21

# Each step doubles the distance between the halves of the bits that are still together.
_SPREAD = (
    (32, 0x1F00000000FFFF),
    (16, 0x1F0000FF0000FF),
    (8, 0x100F00F00F00F00F),
    (4, 0x10C30C30C30C30C3),
    (2, 0x1249249249249249),
)


def morton_codes(points: NDArray[np.float64]) -> NDArray[np.uint64]:
    """63-bit Morton codes, (N,) uint64: bit 3i + a is bit i of axis a's cell.

    cell = min(floor((p - p_min) 2^21 / side), 2^21 - 1), with `side` the longest side of the
    bounding box, so that cells are cubes; 0 where all points are equal.

    Parameters
    ----------
    points : (N, 3) float64, finite, N >= 1.
    """
    corner = points.min(axis=0)
    side = float((points.max(axis=0) - corner).max())
    codes = np.zeros(len(points), dtype=np.uint64)
    if side == 0:
        return codes
    for axis in range(3):
        # Divided first: 2^21 / side is infinite for a side near the smallest float64.
        cells = (points[:, axis] - corner[axis]) / side * (1 << AXIS_BITS)
        bits = np.minimum(cells, (1 << AXIS_BITS) - 1).astype(np.uint64)
        for shift, mask in _SPREAD:
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        codes |= bits << np.uint64(axis)
    return codes


def morton_order(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Indices that sort the points along the curve, (N,) int64; equal codes keep their order."""
    return np.argsort(morton_codes(points), kind="stable")
