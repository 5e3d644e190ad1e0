"""The units of a pack: its origin, its finest unit, and the coarser ones of balls far from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.grid import Grid
from golden.params import Parameters

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# A grid finer than that shows nothing more: the nearest near plane is 0.01 scene units away, 5,000
# such units.
MIN_GRID_EXPONENT = -19
# Centres up to this many times (as a power of two) the median distance share the finest unit, or
# the distance below which an eighth lies where that is less: a scene within a larger one keeps its
# own.
SPREAD_BITS = {1 / 2: 2, 1 / 8: 4}
# An origin of its own is worth this many bits of the finest unit, or the scene keeps its own.
ORIGIN_GAIN_BITS = 4


def pack_grid(means: Float64, params: Parameters) -> Grid:
    """Grid of a scene with these means, (N, 3), scene units.

    The finest unit follows the median distance from the origin, or that of the nearest eighth, so
    that far Gaussians do not change it. The origin is the scene's own, or the mean nearest to the
    median of each coordinate where that makes the finest unit 2^ORIGIN_GAIN_BITS times finer or
    more.
    """
    middle = means[np.abs(means - lower_median(means)).max(axis=1).argmin()]
    plain, moved = (_finest_exponent(means - origin, params) for origin in (0, middle))
    if plain - moved < ORIGIN_GAIN_BITS:
        return Grid(plain)
    x, y, z = (float(coordinate) for coordinate in middle)
    return Grid(moved, (x, y, z))


def lower_median(values: Float64) -> Float64:
    """Median along the first axis, the lower of two: one of the values, never between two parts."""
    return _lower_quantile(values, 1 / 2)


def _lower_quantile(values: Float64, share: float) -> Float64:
    rank = int((len(values) - 1) * share)
    quantile: Float64 = np.partition(values, rank, axis=0)[rank]
    return quantile


def _finest_exponent(means: Float64, params: Parameters) -> int:
    away = np.abs(means).max(axis=1)
    held = [np.ldexp(_lower_quantile(away, share), bits) for share, bits in SPREAD_BITS.items()]
    return max(int(_fitting(np.array(min(held)), params)), MIN_GRID_EXPONENT)


def ball_exponents(centers: Float64, farthest: Float64, grid: Grid, params: Parameters) -> Int64:
    """Least e >= 0 of each ball such that its centre fits `params.center` in units of 2^e grid
    units, and its farthest member's offset its largest exponent; (M,).

    Parameters
    ----------
    centers : (M, 3) from the grid's origin, scene units.
    farthest : (M,) largest coordinate of a member's distance from the centre, scene units; 0 where
        no offsets are stored.
    """
    own = _fitting(np.abs(centers).max(axis=1), params)
    # An offset of 2^x grows by half a unit at most as its centre is rounded.
    offset = np.frexp(farthest)[1] + 1 - (params.offset_bits - 1) - params.max_member_exponent
    offset = np.where(farthest > 0, offset, own)
    exponents: Int64 = np.maximum(np.maximum(own, offset) - grid.exponent, 0).astype(np.int64)
    return exponents


def _fitting(largest: Float64, params: Parameters) -> Int64:
    """Least x such that a length of that many scene units, rounded to 2^x, fits `params.center`."""
    exponent = np.frexp(largest)[1].astype(np.int64) - (params.center_bits - 1)
    exponent += np.rint(np.ldexp(largest, -exponent)) > params.center.max_int
    # Zero fits any unit.
    return np.where(largest > 0, exponent, MIN_GRID_EXPONENT)
