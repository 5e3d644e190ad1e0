"""The compiled loop of golden.raster_counts: a bin an item, its pixels in strips of eight columns.

A strip lies in one piece, row after row, so that the rows in which a splat touches it are one
vector: positions, exponents and transmittances are found in one loop.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.covariance import Float64
from golden.jit import parallel_kernel, parallel_range, serial_kernel

Int64 = NDArray[np.int64]
Pair = tuple[int, int]

WIDE = 8  # columns of a strip: compilers turn eights into vectors
AHEAD = 32  # splats read at once: their cache misses do not wait for one another
U, V, A, B, C, OPACITY, Q = range(7)  # columns of what is read ahead
MARGIN_PX = 1e-6  # spans are wider by this: what is rounded is tested again, pixel by pixel


@serial_kernel
def exp(x: float) -> float:
    """exp(x) of -8 <= x <= 0, relative error below 1e-8: a polynomial of y = x/16, ^16.

    The polynomial interpolates exp on [-1/2, 0] at the seven Chebyshev nodes; it is summed in
    pairs, which do not wait for one another.
    """
    y = x * 0.0625
    y2 = y * y
    low = (0.9999999998476684 + 0.9999999701235077 * y) + (
        0.49999904075071455 + 0.16665507879912614 * y
    ) * y2
    high = (0.04159966979958492 + 0.00813259929405571 * y) + 0.0010837822400000213 * y2
    p = low + high * (y2 * y2)
    p *= p
    p *= p
    p *= p
    return p * p


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
def row_mask(low: int, high: int, subtile: Int64) -> int:
    """Bits subtile[low] to subtile[high], 0 where high is below low."""
    if high < low:
        return 0
    first, last = int(subtile[low]), int(subtile[high])
    return ((1 << (last - first + 1)) - 1) << first


@serial_kernel
def _row_spans(
    u: float,
    v: float,
    q_a: float,
    det_a2: float,
    b_a: float,
    columns: int,
    first: int,
    last: int,
    lows: Int64,
    highs: Int64,
) -> None:
    """Columns that an ellipse around (u, v) touches in each of its rows."""
    low, high = lows[first : last + 1], highs[first : last + 1]
    for i in range(last - first + 1):
        dy = i + (first - v)
        half = math.sqrt(max(q_a - det_a2 * dy * dy, 0.0)) + MARGIN_PX
        low[i], high[i] = span(u - b_a * dy, half, columns)


@serial_kernel
def _read_ahead(
    splats: NDArray[np.int32],
    mean2d: Float64,
    conic: Float64,
    opacity: Float64,
    q: Float64,
    ahead: Float64,
) -> None:
    """Row i of `ahead` is splat i of `splats`."""
    for i in range(len(splats)):
        s = splats[i]
        ahead[i, U], ahead[i, V] = mean2d[s, 0], mean2d[s, 1]
        ahead[i, A], ahead[i, B], ahead[i, C] = conic[s, 0], conic[s, 1], conic[s, 2]
        ahead[i, OPACITY], ahead[i, Q] = opacity[s], q[s]


@serial_kernel
def _strip_rows(lows: Int64, highs: Int64, first: int, last: int, top: Int64, end: Int64) -> None:
    """Of each strip the first row of `first` to `last` that touches it, and the one behind the
    last; the end is not above the top where none does."""
    top[:], end[:] = last + 1, 0
    for row in range(first, last + 1):
        if lows[row] <= highs[row]:
            for strip in range(lows[row] // WIDE, highs[row] // WIDE + 1):
                top[strip] = min(top[strip], row)
                end[strip] = row + 1


@serial_kernel
def _blend(
    t: Float64,
    xs: Float64,
    ys: Float64,
    x: float,
    y: float,
    splat: Float64,
    alpha_max: float,
    alpha_min: float,
    t_min: float,
) -> Pair:
    """Transmittances of pixels at (x + xs, y + ys) behind a splat, a row of what is read ahead.

    Returns the pixels it is added to, and those of them that are left with t_min or less.
    """
    u, v, a, b, c = splat[U], splat[V], splat[A], splat[B], splat[C]
    opacity = splat[OPACITY]
    added, ends = 0, 0
    for i in range(len(t)):
        dx, dy = (x + xs[i]) - u, (y + ys[i]) - v
        power = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
        alpha = min(alpha_max, opacity * exp(max(power, -8.0)))
        used = (power <= 0.0) & (alpha >= alpha_min) & (t[i] >= 0.0)
        alpha = alpha if used else 0.0
        after = t[i] * (1.0 - alpha)
        t[i] = after
        added += int(used)
        ends += int(used & (after <= t_min))
    return added, ends


@parallel_kernel
def count(
    mean2d: Float64,
    conic: Float64,
    opacity: Float64,
    q: Float64,
    offsets: Int64,
    lists: NDArray[np.int32],
    across: int,
    width: int,
    height: int,
    bin_px: int,
    subtile_px: int,
    test: int,
    alpha_max: float,
    alpha_min: float,
    t_min: float,
    t_min_is_done: bool,
    fetched: Int64,
    blended: Int64,
    histogram: Int64,
) -> None:
    """Fills the last three, as golden.raster_counts.count_bins says.

    Parameters
    ----------
    q : (S,) float64, 2 ln(255 opacity), 0 where that is below 0: no unit.
    test : place in SUBTILE_TESTS.
    """
    for bin_ in parallel_range(len(fetched)):
        x0, y0 = (bin_ % across) * bin_px, (bin_ // across) * bin_px
        columns, rows = min(bin_px, width - x0), min(bin_px, height - y0)
        side = bin_px // subtile_px
        subtile = np.arange(bin_px) // subtile_px  # of a row or a column; a table, not a division
        strips = -(-columns // WIDE)
        live, live_mask = columns * rows, 0
        live_row, live_sub = np.zeros(strips * rows, np.int64), np.zeros(side * side, np.int64)
        t = np.full(strips * rows * WIDE, -1.0)  # transmittance; below 0: done, or no pixel
        for row in range(rows):
            for column in range(columns):
                live_sub[subtile[row] * side + subtile[column]] += 1
                at = column // WIDE * rows + row
                live_row[at] += 1
                t[at * WIDE + column % WIDE] = 1.0
        for k in range(side * side):
            live_mask |= int(live_sub[k] > 0) << k
        # Of each strip, rows with a pixel that is not done lie from live_top to before live_end.
        live_top, live_end = np.zeros(strips, np.int64), np.full(strips, rows)
        top, end = np.zeros(strips, np.int64), np.zeros(strips, np.int64)
        lows, highs = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        place = np.arange(rows * WIDE)
        xs, ys = (place % WIDE).astype(np.float64), (place // WIDE).astype(np.float64)
        ahead = np.empty((AHEAD, 7))
        fetched_here, blended_here = 0, 0
        for entry in range(offsets[bin_], offsets[bin_ + 1]):
            if live == 0:
                break
            if fetched_here % AHEAD == 0:
                next_ones = lists[entry : min(entry + AHEAD, offsets[bin_ + 1])]
                _read_ahead(next_ones, mean2d, conic, opacity, q, ahead)
            splat = ahead[fetched_here % AHEAD]
            fetched_here += 1
            u, v, a, b, c, q_s = splat[U], splat[V], splat[A], splat[B], splat[C], splat[Q]
            det = a * c - b * b
            first, last, ellipse = 0, rows - 1, det > 0.0 and a > 0.0
            if ellipse:
                first, last = span(v - y0 - 0.5, math.sqrt(q_s * a / det) + MARGIN_PX, rows)
            touched = -1 if test == 0 or not ellipse else 0
            if test == 1 and ellipse and first <= last:
                reach = math.sqrt(q_s * c / det) + MARGIN_PX
                low, high = span(u - x0 - 0.5, reach, columns)
                for i in range(subtile[first], subtile[last] + 1):
                    touched |= row_mask(low, high, subtile) << (i * side)
            if ellipse:
                q_a, det_a2, b_a = q_s / a, det / (a * a), b / a
                u_, v_ = u - x0 - 0.5, v - y0 - 0.5
                _row_spans(u_, v_, q_a, det_a2, b_a, columns, first, last, lows, highs)
            else:
                lows[:], highs[:] = 0, columns - 1
            if test == 2:
                for row in range(first, last + 1):
                    mask = row_mask(lows[row], highs[row], subtile)
                    touched |= mask << (subtile[row] * side)
            histogram[bin_, bits(touched & live_mask)] += 1
            _strip_rows(lows, highs, first, last, top, end)
            for strip in range(strips):
                begin, stop = max(top[strip], live_top[strip]), min(end[strip], live_end[strip])
                if begin >= stop:
                    continue
                at = strip * rows
                part = t[(at + begin) * WIDE : (at + stop) * WIDE]
                x, y = x0 + strip * WIDE + 0.5, y0 + begin + 0.5
                added, ends = _blend(part, xs, ys, x, y, splat, alpha_max, alpha_min, t_min)
                blended_here += added
                if ends == 0:
                    continue
                for i in range(len(part)):
                    after = part[i]
                    if after < 0.0 or after > t_min or not (t_min_is_done or after < t_min):
                        continue
                    blended_here -= 1  # it ends the pixel and is not added
                    part[i] = -1.0
                    live -= 1
                    row, column = begin + i // WIDE, strip * WIDE + i % WIDE
                    live_row[at + row] -= 1
                    k = subtile[row] * side + subtile[column]
                    live_sub[k] -= 1
                    if live_sub[k] == 0:
                        live_mask &= ~(1 << k)
                while live_top[strip] < live_end[strip] and live_row[at + live_top[strip]] == 0:
                    live_top[strip] += 1
                while live_top[strip] < live_end[strip] and live_row[at + live_end[strip] - 1] == 0:
                    live_end[strip] -= 1
        fetched[bin_], blended[bin_] = fetched_here, blended_here
