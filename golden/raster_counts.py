"""Work of stage 7, rasterize, with sub-tile skipping: no picture, only counts, and so faster."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.covariance import Float64
from golden.depth_sort import TileLists
from golden.gaussian_project import Splats
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.rasterize import POWER_MARGIN, TRANSMITTANCE_MIN
from golden.rules import ALPHA_MIN, Rules

Int64 = NDArray[np.int64]
SUBTILE_TESTS = ("none", "box", "ellipse")


@dataclass(frozen=True, eq=False)
class BinCounts:
    """Work of each bin, a square of bin_px, row after row.

    Parameters
    ----------
    fetched_splats : (B,) int64, splats read before every pixel of the bin was done.
    blended_pixel_splats : (B,) int64, splats added to a pixel, as golden.rasterize does.
    subtile_histogram : (B, n + 1) int64, fetched splats by the number of the bin's n sub-tiles in
        which they are worked on: those that have a pixel not done and that the splat touches.
    """

    fetched_splats: Int64
    blended_pixel_splats: Int64
    subtile_histogram: Int64


def count_bins(
    splats: Splats,
    lists: TileLists,
    camera: Camera,
    rules: Rules,
    bin_px: int,
    subtile_px: int,
    subtile_test: str,
) -> BinCounts:
    """What blending takes, bin by bin; fetched and blended equal golden.rasterize's for 16 px.

    A splat touches a row of pixels at distance dy where disc = a q - (ac - b^2) dy^2 >= 0, with
    q = 2 ln(255 opacity), from dx = (-b dy - sqrt(disc))/a to (-b dy + sqrt(disc))/a: there
    alpha >= 1/255. Only these pixels are looked at. "ellipse" skips sub-tiles without such a pixel
    centre, "box" those outside |dx| <= sqrt(q c/(ac - b^2)), |dy| <= sqrt(q a/(ac - b^2)), "none"
    only those whose pixels are all done.

    Parameters
    ----------
    lists : drawing order of each bin: its grid is that of bins of bin_px.
    subtile_px : side of a sub-tile, which divides bin_px.

    Source: the ellipse of constant alpha, Kerbl et al. 2023; sub-tile skipping, GSCore (2024).
    """
    bins, subtiles = len(lists.offsets) - 1, (bin_px // subtile_px) ** 2
    counts = BinCounts(
        np.zeros(bins, np.int64), np.zeros(bins, np.int64), np.zeros((bins, subtiles + 1), np.int64)
    )
    with np.errstate(divide="ignore"):  # opacity 0: nothing is above the threshold
        threshold = np.log(ALPHA_MIN / splats.opacity) - POWER_MARGIN
    _count(
        splats.mean2d,
        splats.conic,
        splats.opacity,
        threshold,
        lists.offsets,
        lists.splat,
        lists.grid[0],
        camera.width,
        camera.height,
        bin_px,
        subtile_px,
        SUBTILE_TESTS.index(subtile_test),
        rules.alpha_max,
        ALPHA_MIN,
        TRANSMITTANCE_MIN,
        rules.name == "gsplat",
        counts.fetched_splats,
        counts.blended_pixel_splats,
        counts.subtile_histogram,
    )
    return counts


@serial_kernel
def _exp(x: float) -> float:
    """exp(x) of -8 <= x <= 0, relative error below 1e-8: Taylor of x/16 to the ninth, ^16."""
    y = x * 0.0625
    p = 1.0 + y * (1 / 9)
    p = 1.0 + y * (1 / 8) * p
    p = 1.0 + y * (1 / 7) * p
    p = 1.0 + y * (1 / 6) * p
    p = 1.0 + y * (1 / 5) * p
    p = 1.0 + y * (1 / 4) * p
    p = 1.0 + y * (1 / 3) * p
    p = 1.0 + y * (1 / 2) * p
    p = 1.0 + y * p
    p *= p
    p *= p
    p *= p
    return p * p


@serial_kernel
def _span(middle: float, half: float, pixels: int) -> tuple[int, int]:
    """First and last whole number within `half` of `middle`, cut to 0 .. pixels - 1."""
    if middle + half < 0.0 or middle - half > pixels - 1.0:
        return 0, -1
    # cut before the conversion: a needle's reach can exceed any integer
    return math.ceil(max(middle - half, 0.0)), math.floor(min(middle + half, pixels - 1.0))


@serial_kernel
def _bits(mask: int) -> int:
    """Ones of a mask of up to 64 bits."""
    x = np.uint64(mask)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    low = np.uint64(0x3333333333333333)
    x = (x & low) + ((x >> np.uint64(2)) & low)
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@serial_kernel
def _row_mask(low: int, high: int, subtile_px: int) -> int:
    """Bits low/subtile_px to high/subtile_px, 0 where high is below low."""
    if high < low:
        return 0
    first, last = low // subtile_px, high // subtile_px
    return ((1 << (last - first + 1)) - 1) << first


@parallel_kernel
def _count(
    mean2d: Float64,
    conic: Float64,
    opacity: Float64,
    threshold: Float64,
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
    for bin_ in parallel_range(len(fetched)):
        x0, y0 = (bin_ % across) * bin_px, (bin_ // across) * bin_px
        columns, rows = min(bin_px, width - x0), min(bin_px, height - y0)
        side = bin_px // subtile_px
        live, live_mask = columns * rows, 0
        live_row, live_sub = np.full(rows, columns), np.zeros(side * side, np.int64)
        for row in range(rows):
            for column in range(columns):
                live_sub[row // subtile_px * side + column // subtile_px] += 1
        for k in range(side * side):
            live_mask |= int(live_sub[k] > 0) << k
        t = np.ones((rows, columns))  # transmittance; below 0: done
        lows, highs = np.zeros(bin_px, np.int64), np.zeros(bin_px, np.int64)
        alphas = np.empty(bin_px)
        fetched_here, blended_here = 0, 0
        for entry in range(offsets[bin_], offsets[bin_ + 1]):
            if live == 0:
                break
            s = lists[entry]
            fetched_here += 1
            limit, o = threshold[s], opacity[s]
            u, v = mean2d[s, 0] - x0 - 0.5, mean2d[s, 1] - y0 - 0.5
            a, b, c = conic[s, 0], conic[s, 1], conic[s, 2]
            det, q = a * c - b * b, max(-2.0 * limit, 0.0)
            ellipse = det > 0.0 and a > 0.0
            first_row, last_row = 0, rows - 1
            if ellipse:  # 1e-6 px more: what is rounded is tested again below
                first_row, last_row = _span(v, math.sqrt(q * a / det) + 1e-6, rows)
            touched = -1 if test == 0 or not ellipse else 0
            if test == 1 and ellipse:
                low, high = _span(u, math.sqrt(q * c / det) + 1e-6, columns)
                bits = _row_mask(low, high, subtile_px)
                if first_row <= last_row:
                    for i in range(first_row // subtile_px, last_row // subtile_px + 1):
                        touched |= bits << (i * side)
            for row in range(first_row, last_row + 1):
                low, high = 0, columns - 1
                if ellipse:
                    dy = row - v
                    half = math.sqrt(max(a * q - det * dy * dy, 0.0)) / a + 1e-6
                    low, high = _span(u - b * dy / a, half, columns)
                lows[row], highs[row] = low, high
                if test == 2:
                    touched |= _row_mask(low, high, subtile_px) << (row // subtile_px * side)
            histogram[bin_, _bits(touched & live_mask)] += 1
            for row in range(first_row, last_row + 1):
                if live_row[row] == 0:
                    continue
                dy = y0 + row + 0.5 - mean2d[s, 1]
                low, high = lows[row], highs[row]
                for column in range(low, high + 1):  # a loop of its own: the compiler vectorises it
                    dx = x0 + column + 0.5 - mean2d[s, 0]
                    power = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
                    alpha = min(alpha_max, o * _exp(max(power, -8.0)))
                    alphas[column] = alpha if power <= 0.0 else 0.0
                for column in range(low, high + 1):
                    before, alpha = t[row, column], alphas[column]
                    if before < 0.0 or alpha < alpha_min:
                        continue
                    after = before * (1.0 - alpha)
                    if after < t_min or (t_min_is_done and after == t_min):
                        t[row, column] = -1.0
                        live -= 1
                        live_row[row] -= 1
                        k = row // subtile_px * side + column // subtile_px
                        live_sub[k] -= 1
                        if live_sub[k] == 0:
                            live_mask &= ~(1 << k)
                        continue
                    t[row, column] = after
                    blended_here += 1
        fetched[bin_], blended[bin_] = fetched_here, blended_here
