"""The compiled loop of golden.stages.rasterize.counts: a bin an item, its pixels in strips of eight
columns.

A strip lies in one piece, row after row, so that the rows in which a splat touches it are one
vector: positions, exponents and transmittances are found in one loop.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.gaussians.covariance import Float64
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.stages.rasterize.spans_kernel import (
    OPACITY,
    WIDE,
    A,
    B,
    C,
    Int64,
    Pair,
    Q,
    U,
    V,
    bits,
    mask_of,
    row_spans,
    strip_rows,
    touched_subtiles,
)

AHEAD = 32  # splats read at once: their cache misses do not wait for one another


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


@serial_kernel
def _end(
    t: Float64,
    first_row: int,
    first_column: int,
    t_min: float,
    t_min_is_done: bool,
    subtile: Int64,
    side: int,
    live_row: Int64,
    live_sub: Int64,
) -> int:
    """Pixels of a strip's rows, from first_row on, that a splat ends: it is not added to those.

    Their transmittance becomes -1, and those left in their row and in their sub-tile fewer.
    """
    ended = 0
    for i in range(len(t)):
        if t[i] < 0.0 or t[i] > t_min or not (t_min_is_done or t[i] < t_min):
            continue
        t[i] = -1.0
        ended += 1
        row, column = first_row + i // WIDE, first_column + i % WIDE
        live_row[row] -= 1
        live_sub[subtile[row] * side + subtile[column]] -= 1
    return ended


class Ellipses(NamedTuple):
    """Splats, a row each.

    Parameters
    ----------
    mean2d, conic, opacity : of Splats.
    q : (S,) float64, 2 ln(255 opacity), 0 where that is below 0: no unit.
    """

    mean2d: Float64
    conic: Float64
    opacity: Float64
    q: Float64


class BinOrder(NamedTuple):
    """Drawing order of the bins, `across` of them in a row."""

    offsets: Int64
    splat: NDArray[np.int32]
    across: int


class Picture(NamedTuple):
    """Sizes, px.

    Parameters
    ----------
    test : place in SUBTILE_TESTS.
    """

    width: int
    height: int
    bin_px: int
    subtile_px: int
    test: int


class End(NamedTuple):
    """What a rule set says of alpha, and of the T at which a pixel is done."""

    alpha_max: float
    alpha_min: float
    t_min: float
    t_min_is_done: bool


@parallel_kernel
def count(
    splats: Ellipses,
    order: BinOrder,
    picture: Picture,
    end: End,
    fetched: Int64,
    blended: Int64,
    histogram: Int64,
) -> None:
    """Fills the last three, as golden.stages.rasterize.counts.count_bins says.

    They are no tuple: of one the compiled loop fills a copy.
    """
    mean2d, conic, opacity, q = splats
    offsets, lists, across = order
    width, height, bin_px, subtile_px, test = picture
    alpha_max, alpha_min, t_min, t_min_is_done = end
    for bin_ in parallel_range(len(fetched)):
        x0, y0 = (bin_ % across) * bin_px, (bin_ // across) * bin_px
        columns, rows = min(bin_px, width - x0), min(bin_px, height - y0)
        side = bin_px // subtile_px
        subtile = np.arange(bin_px) // subtile_px  # of a row or a column; a table, not a division
        strips = -(-columns // WIDE)
        live = columns * rows
        live_row, live_sub = np.zeros(strips * rows, np.int64), np.zeros(side * side, np.int64)
        t = np.full(strips * rows * WIDE, -1.0)  # transmittance; below 0: done, or no pixel
        for row in range(rows):
            for column in range(columns):
                live_sub[subtile[row] * side + subtile[column]] += 1
                at = column // WIDE * rows + row
                live_row[at] += 1
                t[at * WIDE + column % WIDE] = 1.0
        live_mask = mask_of(live_sub)
        # Of each strip, rows with a pixel that is not done lie from live_top to before live_end.
        live_top, live_end = np.zeros(strips, np.int64), np.full(strips, rows)
        top, below = np.zeros(strips, np.int64), np.zeros(strips, np.int64)
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
            first, last = row_spans(splat, x0, y0, columns, lows, highs)
            touched = touched_subtiles(
                test, splat, x0, columns, first, last, lows, highs, subtile, side
            )
            histogram[bin_, bits(touched & live_mask)] += 1
            strip_rows(lows, highs, first, last, top, below)
            for strip in range(strips):
                begin, stop = max(top[strip], live_top[strip]), min(below[strip], live_end[strip])
                if begin >= stop:
                    continue
                at = strip * rows
                part = t[(at + begin) * WIDE : (at + stop) * WIDE]
                x, y = x0 + strip * WIDE + 0.5, y0 + begin + 0.5
                added, ends = _blend(part, xs, ys, x, y, splat, alpha_max, alpha_min, t_min)
                blended_here += added
                if ends == 0:
                    continue
                row_left = live_row[at : at + rows]
                column = strip * WIDE
                ended = _end(
                    part, begin, column, t_min, t_min_is_done, subtile, side, row_left, live_sub
                )
                blended_here -= ended
                live -= ended
                live_mask = mask_of(live_sub)
                while live_top[strip] < live_end[strip] and live_row[at + live_top[strip]] == 0:
                    live_top[strip] += 1
                while live_top[strip] < live_end[strip] and live_row[at + live_end[strip] - 1] == 0:
                    live_end[strip] -= 1
        fetched[bin_], blended[bin_] = fetched_here, blended_here
