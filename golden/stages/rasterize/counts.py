"""Work of stage 7, rasterize, with sub-tile skipping: no picture, only counts, and so faster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.rules import ALPHA_MIN, Rules
from golden.stages.depth_sort.reference import TileLists
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.counts_kernel import (
    BinOrder,
    Ellipses,
    End,
    Picture,
    count,
)
from golden.stages.rasterize.reference import POWER_MARGIN, TRANSMITTANCE_MIN

Int64 = NDArray[np.int64]
SUBTILE_TESTS = ("none", "box", "ellipse")


@dataclass(frozen=True, eq=False)
class BinCounts:
    """Work of each bin, a square of bin_px, row after row.

    Parameters
    ----------
    fetched_splats : (B,) int64, splats read before every pixel of the bin was done.
    blended_pixel_splats : (B,) int64, splats added to a pixel, as golden.stages.rasterize.reference
        does.
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
    """What blending takes, bin by bin; fetched and blended equal
    golden.stages.rasterize.reference's for 16 px.

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
        q = np.maximum(2.0 * (POWER_MARGIN - np.log(ALPHA_MIN / splats.opacity)), 0.0)
    test = SUBTILE_TESTS.index(subtile_test)
    count(
        Ellipses(splats.mean2d, splats.conic, splats.opacity, q),
        BinOrder(lists.offsets, lists.splat, lists.grid[0]),
        Picture(camera.width, camera.height, bin_px, subtile_px, test),
        End(rules.alpha_max, ALPHA_MIN, TRANSMITTANCE_MIN, rules.t_min_is_done),
        counts.fetched_splats,
        counts.blended_pixel_splats,
        counts.subtile_histogram,
    )
    return counts
