"""The culling bound: how far a Gaussian can reach, and the ball of a cluster.

A Gaussian of largest standard deviation s and opacity o changes a pixel only where
alpha = o exp(-r^2/2) >= 1/255, that is within k = sqrt(2 ln(255 o)) standard deviations of its
2-D Gaussian. With reach e = k s, the ball of a cluster with members at distance d_i from its
centre is r(b) = max_i(d_i + b e_i), where b >= 1 is how much a plane's view magnifies a size.
r is convex in b, so a straight line between r(B_LOW) and r(B_HIGH) bounds it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.rules import ALPHA_MIN, LOW_PASS_PX2

Float64 = NDArray[np.float64]

B_LOW = 1.0
B_HIGH = 1.3

# Largest k: sqrt(2 ln 255) = 3.3290; gsplat cuts its extent at 3.33, so no rule reaches farther.
REACH_FACTOR_MAX = 3.33

# A float32 renderer computes alpha and the covariance with a few roundings of 2^-24 each, so a
# Gaussian may pass its 1/255 test, or reach a pixel, that much beyond the exact bound.
ALPHA_MARGIN = 2.0**-15
SIZE_MARGIN = 2.0**-15

# Low pass on the image, as a margin of a screen length: k sqrt(0.3), px.
LOW_PASS_REACH_PX = REACH_FACTOR_MAX * LOW_PASS_PX2**0.5 * (1 + SIZE_MARGIN)


def can_show(opacities: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Whether a Gaussian of that opacity can reach alpha 1/255 anywhere, (N,) bool."""
    return np.asarray(opacities >= ALPHA_MIN * (1 - ALPHA_MARGIN), dtype=np.bool_)


def reach_factor(opacities: NDArray[np.floating]) -> Float64:
    """k = sqrt(2 ln(255 o)), at least 0, widened by ALPHA_MARGIN; (N,) float64, 0 to 3.33."""
    ratio = opacities.astype(np.float64) * ((1 + ALPHA_MARGIN) / (ALPHA_MIN * (1 - ALPHA_MARGIN)))
    factor: Float64 = np.minimum(np.sqrt(2 * np.log(np.maximum(ratio, 1))), REACH_FACTOR_MAX)
    return factor


def reach(scales: NDArray[np.floating], opacities: NDArray[np.floating]) -> Float64:
    """e = k s_max, widened by SIZE_MARGIN; (N,) float64, scene units."""
    largest: Float64 = scales.max(axis=1).astype(np.float64)
    return reach_factor(opacities) * largest * (1 + SIZE_MARGIN)


def cluster_radii(
    distances: Float64, reaches: Float64, shows: NDArray[np.bool_], starts: NDArray[np.int64]
) -> tuple[Float64, Float64, Float64]:
    """r(B_LOW), r(B_HIGH) and max d of each cluster, each (M,) float64, scene units.

    Parameters
    ----------
    distances : (N,) from each Gaussian, in cluster order, to its cluster's centre.
    reaches : (N,) e_i, the same order.
    shows : (N,) bool; Gaussians that can never show count in no radius.
    starts : (M,) first Gaussian of each cluster; clusters are not empty.
    """

    def largest(values: Float64) -> Float64:
        return np.maximum.reduceat(np.where(shows, values, 0.0), starts)

    low = largest(distances + B_LOW * reaches)
    return low, largest(distances + B_HIGH * reaches), largest(distances)
