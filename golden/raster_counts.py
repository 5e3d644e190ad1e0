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
from golden.jit import parallel_kernel, parallel_range
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
        live = columns * rows
        live_sub = np.zeros((side, side), np.int64)
        for row in range(rows):
            for column in range(columns):
                live_sub[row // subtile_px, column // subtile_px] += 1
        t = np.ones((rows, columns))  # transmittance; below 0: done
        lows, highs = np.zeros(bin_px, np.int64), np.zeros(bin_px, np.int64)
        touched = np.zeros((side, side), np.bool_)
        fetched_here, blended_here = 0, 0
        for entry in range(offsets[bin_], offsets[bin_ + 1]):
            if live == 0:
                break
            s = lists[entry]
            fetched_here += 1
            limit, o = threshold[s], opacity[s]
            u, v = mean2d[s, 0] - x0 - 0.5, mean2d[s, 1] - y0 - 0.5
            a, b, c = conic[s, 0], conic[s, 1], conic[s, 2]
            det, q = a * c - b * b, -2.0 * limit
            ellipse = det > 0.0 and a > 0.0
            first_row, last_row = 0, rows - 1
            if ellipse:  # a pixel more on each side, since what is rounded is tested again below
                reach = math.sqrt(max(q, 0.0) * a / det) + 1e-6
                # cut before the conversion: a needle's reach can exceed any integer
                first_row = math.ceil(max(v - reach, 0.0))
                last_row = math.floor(min(v + reach, rows - 1.0)) if v + reach >= 0.0 else -1
            touched[:] = test == 0
            if test == 1 and first_row <= last_row:
                reach = math.sqrt(max(q, 0.0) * c / det) + 1e-6 if ellipse else 1e9
                low = math.ceil(max(u - reach, 0.0))
                high = math.floor(min(u + reach, columns - 1.0)) if u + reach >= 0.0 else -1
                if low <= high:
                    for i in range(first_row // subtile_px, last_row // subtile_px + 1):
                        for j in range(low // subtile_px, high // subtile_px + 1):
                            touched[i, j] = True
            for row in range(first_row, last_row + 1):
                lows[row], highs[row] = 0, columns - 1
                if not ellipse:
                    continue
                dy = row - v
                disc = a * q - det * dy * dy
                half = math.sqrt(max(disc, 0.0)) / a + 1e-6
                middle = u - b * dy / a
                lows[row] = math.ceil(max(middle - half, 0.0))
                highs[row] = -1
                if middle + half >= 0.0:
                    highs[row] = math.floor(min(middle + half, columns - 1.0))
                if test == 2:
                    for j in range(lows[row] // subtile_px, highs[row] // subtile_px + 1):
                        if lows[row] <= highs[row]:
                            touched[row // subtile_px, j] = True
            if test == 2 and not ellipse:
                touched[:] = True
            worked = 0
            for i in range(side):
                for j in range(side):
                    worked += int(touched[i, j] and live_sub[i, j] > 0)
            histogram[bin_, worked] += 1
            for row in range(first_row, last_row + 1):
                dy = y0 + row + 0.5 - mean2d[s, 1]
                for column in range(lows[row], highs[row] + 1):
                    before = t[row, column]
                    if before < 0.0:
                        continue
                    dx = x0 + column + 0.5 - mean2d[s, 0]
                    power = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
                    if power < limit or power > 0.0:
                        continue
                    alpha = min(alpha_max, o * math.exp(power))
                    if alpha < alpha_min:
                        continue
                    after = before * (1.0 - alpha)
                    if after < t_min or (t_min_is_done and after == t_min):
                        t[row, column] = -1.0
                        live -= 1
                        live_sub[row // subtile_px, column // subtile_px] -= 1
                        continue
                    t[row, column] = after
                    blended_here += 1
        fetched[bin_], blended[bin_] = fetched_here, blended_here
