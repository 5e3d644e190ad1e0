"""Where a splat's ellipse lies in a bin: rows, columns, strips and sub-tiles, compiled."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.gaussians.covariance import Float64
from golden.jit import serial_kernel

Int64 = NDArray[np.int64]
Pair = tuple[int, int]

WIDE = 8  # columns of a strip: compilers turn eights into vectors
U, V, A, B, C, OPACITY, Q = range(7)  # of a splat: mean, conic, opacity, 2 ln(255 opacity)
MARGIN_PX = 1e-6  # spans are wider by this: what is rounded is tested again, pixel by pixel


@serial_kernel
def span(middle: float, half: float, pixels: int) -> Pair:
    """First and last whole number within `half` of `middle`, cut to 0 .. pixels - 1.

    The first is above the last where there is none. Cut before the conversion: a needle's reach
    can exceed any integer.
    """
    first = math.ceil(min(max(middle - half, 0.0), float(pixels)))
    return first, math.floor(max(min(middle + half, pixels - 1.0), -1.0))


@serial_kernel
def bits(mask: int) -> int:
    """Ones of a mask of up to 64 bits."""
    x = np.uint64(mask)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    low = np.uint64(0x3333333333333333)
    x = (x & low) + ((x >> np.uint64(2)) & low)
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@serial_kernel
def mask_of(left: Int64) -> int:
    """Mask of the places that are not 0."""
    mask = 0
    for k in range(len(left)):
        mask |= int(left[k] > 0) << k
    return mask


@serial_kernel
def row_mask(low: int, high: int, subtile: Int64) -> int:
    """Bits subtile[low] to subtile[high], 0 where high is below low."""
    if high < low:
        return 0
    first, last = int(subtile[low]), int(subtile[high])
    return ((1 << (last - first + 1)) - 1) << first


@serial_kernel
def row_spans(splat: Float64, x0: int, y0: int, columns: int, lows: Int64, highs: Int64) -> Pair:
    """First and last row of a bin at (x0, y0) that a splat's ellipse of alpha >= 1/255 touches, and
    in `lows` and `highs` the first and last column of each; all of them where it is no ellipse."""
    rows, q = len(lows), splat[Q]
    u, v = splat[U] - x0 - 0.5, splat[V] - y0 - 0.5
    a, b, c = splat[A], splat[B], splat[C]
    det = a * c - b * b
    if not (det > 0.0 and a > 0.0):
        lows[:], highs[:] = 0, columns - 1
        return 0, rows - 1
    first, last = span(v, math.sqrt(q * a / det) + MARGIN_PX, rows)
    q_a, det_a2, b_a = q / a, det / (a * a), b / a
    low, high = lows[first : last + 1], highs[first : last + 1]
    for i in range(last - first + 1):
        dy = i + (first - v)
        half = math.sqrt(max(q_a - det_a2 * dy * dy, 0.0)) + MARGIN_PX
        low[i], high[i] = span(u - b_a * dy, half, columns)
    return first, last


@serial_kernel
def touched_subtiles(
    test: int,
    splat: Float64,
    x0: int,
    columns: int,
    first: int,
    last: int,
    lows: Int64,
    highs: Int64,
    subtile: Int64,
    side: int,
) -> int:
    """Mask of the sub-tiles, row after row, that a splat is not skipped in; -1: in all."""
    a, b, c = splat[A], splat[B], splat[C]
    det = a * c - b * b
    if test == 0 or not (det > 0.0 and a > 0.0):
        return -1
    mask = 0
    if test == 1 and first <= last:
        reach = math.sqrt(splat[Q] * c / det) + MARGIN_PX
        low, high = span(splat[U] - x0 - 0.5, reach, columns)
        for i in range(subtile[first], subtile[last] + 1):
            mask |= row_mask(low, high, subtile) << (i * side)
    if test == 2:
        for row in range(first, last + 1):
            mask |= row_mask(lows[row], highs[row], subtile) << (subtile[row] * side)
    return mask


@serial_kernel
def strip_rows(lows: Int64, highs: Int64, first: int, last: int, top: Int64, end: Int64) -> None:
    """Of each strip the first row of `first` to `last` that touches it, and the one behind the
    last; the end is not above the top where none does."""
    top[:], end[:] = last + 1, 0
    for row in range(first, last + 1):
        if lows[row] <= highs[row]:
            for strip in range(lows[row] // WIDE, highs[row] // WIDE + 1):
                top[strip] = min(top[strip], row)
                end[strip] = row + 1
