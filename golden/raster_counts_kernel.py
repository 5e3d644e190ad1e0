"""The compiled loop of golden.raster_counts: a bin an item, the pixels of a splat a vector."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.covariance import Float64
from golden.jit import parallel_kernel, parallel_range, serial_kernel

Int64 = NDArray[np.int64]
Pair = tuple[int, int]

WIDE = 8  # pixels of a row are taken in eights, which compilers turn into vectors
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
def _pixels(live: int, low: int, high: int) -> int:
    """Pixels of a row to work on, rounded up to eights; 0 where all are done or none is touched."""
    return (high - low + WIDE) // WIDE * WIDE if live > 0 and low <= high else 0


@serial_kernel
def _gather(
    t: Float64,
    at: int,
    pixels: int,
    x: float,
    u: float,
    dy: float,
    a: float,
    b: float,
    c: float,
    n: int,
    powers: Float64,
    ts: Float64,
) -> None:
    """Exponents of pixels of a row, the first at x, and their transmittances, from place n on."""
    # Unsigned places are not looked at for counting from the end.
    source, target = np.uint64(at), np.uint64(n)
    for i in range(np.uint64(pixels)):
        dx = (x + i) - u
        powers[target + i] = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
        ts[target + i] = t[source + i]


@serial_kernel
def _scatter(t: Float64, at: int, pixels: int, n: int, ts: Float64) -> None:
    """Transmittances of pixels of a row, from place n on, back into the row."""
    target, source = np.uint64(at), np.uint64(n)
    for i in range(np.uint64(pixels)):
        t[target + i] = ts[source + i]


@serial_kernel
def _blend(
    powers: Float64,
    ts: Float64,
    n: int,
    opacity: float,
    alpha_max: float,
    alpha_min: float,
    t_min: float,
) -> Pair:
    """Transmittances of n pixels behind a splat; pixels it is added to, and those at t_min."""
    power, t = powers[:n], ts[:n]
    added, ends = 0, 0
    for i in range(n):
        alpha = min(alpha_max, opacity * exp(max(power[i], -8.0)))
        used = (power[i] <= 0.0) & (alpha >= alpha_min) & (t[i] >= 0.0)
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
        live, live_mask = columns * rows, 0
        live_row, live_sub = np.full(rows, columns), np.zeros(side * side, np.int64)
        stride = bin_px + WIDE
        t = np.full(rows * stride, -1.0)  # transmittance; below 0: done, or no pixel
        for row in range(rows):
            for column in range(columns):
                live_sub[subtile[row] * side + subtile[column]] += 1
                t[row * stride + column] = 1.0
        for k in range(side * side):
            live_mask |= int(live_sub[k] > 0) << k
        lows, highs = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        powers, ts = np.empty(rows * stride), np.empty(rows * stride)
        fetched_here, blended_here = 0, 0
        for entry in range(offsets[bin_], offsets[bin_ + 1]):
            if live == 0:
                break
            s = lists[entry]
            fetched_here += 1
            u, v, a, b, c = mean2d[s, 0], mean2d[s, 1], conic[s, 0], conic[s, 1], conic[s, 2]
            det = a * c - b * b
            first, last, ellipse = 0, rows - 1, det > 0.0 and a > 0.0
            if ellipse:
                first, last = span(v - y0 - 0.5, math.sqrt(q[s] * a / det) + MARGIN_PX, rows)
            touched = -1 if test == 0 or not ellipse else 0
            if test == 1 and ellipse and first <= last:
                reach = math.sqrt(q[s] * c / det) + MARGIN_PX
                low, high = span(u - x0 - 0.5, reach, columns)
                for i in range(subtile[first], subtile[last] + 1):
                    touched |= row_mask(low, high, subtile) << (i * side)
            if ellipse:
                q_a, det_a2, b_a = q[s] / a, det / (a * a), b / a
                u_, v_ = u - x0 - 0.5, v - y0 - 0.5
                _row_spans(u_, v_, q_a, det_a2, b_a, columns, first, last, lows, highs)
            else:
                lows[:], highs[:] = 0, columns - 1
            if test == 2:
                for row in range(first, last + 1):
                    mask = row_mask(lows[row], highs[row], subtile)
                    touched |= mask << (subtile[row] * side)
            histogram[bin_, bits(touched & live_mask)] += 1
            n = 0
            for row in range(first, last + 1):
                pixels, at = _pixels(live_row[row], lows[row], highs[row]), row * stride + lows[row]
                if pixels == 0:
                    continue
                x, dy = x0 + lows[row] + 0.5, y0 + row + 0.5 - v
                _gather(t, at, pixels, x, u, dy, a, b, c, n, powers, ts)
                n += pixels
            added, ends = _blend(powers, ts, n, opacity[s], alpha_max, alpha_min, t_min)
            blended_here += added
            n = 0
            for row in range(first, last + 1):
                pixels, at = _pixels(live_row[row], lows[row], highs[row]), row * stride + lows[row]
                if pixels == 0:
                    continue
                _scatter(t, at, pixels, n, ts)
                n += pixels
                if ends == 0:
                    continue
                for column in range(lows[row], highs[row] + 1):
                    after = t[row * stride + column]
                    if after < 0.0 or after > t_min or not (t_min_is_done or after < t_min):
                        continue
                    blended_here -= 1  # it ends the pixel and is not added
                    t[row * stride + column] = -1.0
                    live -= 1
                    live_row[row] -= 1
                    k = subtile[row] * side + subtile[column]
                    live_sub[k] -= 1
                    if live_sub[k] == 0:
                        live_mask &= ~(1 << k)
        fetched[bin_], blended[bin_] = fetched_here, blended_here
