"""The tables that the hardware reads: numbers of a clustered scene into integer records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.bound import SIZE_MARGIN, can_show, cluster_radii, reach_factor
from golden.clustering.cluster import Clustering
from golden.covariance import covariance3d
from golden.fixed import Fixed
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, GEOMETRY_DTYPE
from golden.scene import Scene

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

# A grid finer than that shows nothing more: the nearest near plane is 0.01 scene units away, 5,000
# such units. Coarser than a small scene's centres need, it leaves the camera room to stand back.
MIN_GRID_EXPONENT = -19
MIN_MEMBER_EXPONENT = -16

MANTISSA = Fixed(True, 16)
COVARIANCE_EXPONENT = Fixed(True, 8)
REACH_FACTOR = Fixed(False, 16, 14)
OPACITY_SCALE = 65_535

# The largest mantissa is 2^14 or more and each is half a unit off at most, so the stored largest
# variance exceeds the true one by 1.5/2^14 at most, its root by half of that, and by less than
# 2^-63 scene units where the exponent stops at -128.
STORED_SIZE_MARGIN = 2.0**-14
STORED_SIZE_FLOOR = 2.0**-63

# Radii are computed in float64, with fewer than 2^12 roundings of 2^-53 each.
FLOAT64_MARGIN = 2.0**-40


def grid_exponent_for(centers: Float64, params: Parameters) -> int:
    """Smallest g >= -19 such that all centres, rounded to units of 2^g, fit `params.center` with
    its center_headroom_bits to spare."""
    largest = float(np.abs(centers).max())
    used = Fixed(True, params.center_bits - params.center_headroom_bits)
    exponent = int(np.frexp(largest)[1]) - (used.bits - 1)
    if round(float(np.ldexp(largest, -exponent))) > used.max_int:
        exponent += 1
    return max(exponent, MIN_GRID_EXPONENT)


def geometry_records(scene: Scene, order: NDArray[np.uint32]) -> NDArray[np.void]:
    """(N,) GEOMETRY_DTYPE in pack order, all but the offsets, which need the cluster table."""
    records = np.zeros(len(scene), dtype=GEOMETRY_DTYPE)
    mantissas, exponents = _block_floats(covariance3d(scene).sigma)
    factors = np.ceil(np.ldexp(reach_factor(scene.opacities), REACH_FACTOR.fraction_bits))
    records["covariance"] = mantissas[order]
    records["covariance_exponent"] = exponents[order]
    records["flags"] = can_show(scene.opacities)[order]
    records["reach_factor"] = factors[order]
    records["opacity"] = np.rint(scene.opacities.astype(np.float64) * OPACITY_SCALE)[order]
    return records


def ball_tables(
    scene: Scene,
    clustering: Clustering,
    geometry: NDArray[np.void],
    grid_exponent: int,
    radius: str,
    params: Parameters,
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Groups, (G,), and clusters, (M,), CLUSTER_DTYPE; fills `geometry["offset"]` on the way.

    Both have radii over their Gaussians, rounded up. safe: d_i is the larger of the distances from
    the rounded centre to the true and to the stored mean, e_i is not below the reach of the true
    and of the stored Gaussian; radii by golden.bound.cluster_radii. 3sigma (the paper's): r =
    max_i(d_i + 3 s_i) for both radii, over all members, with the true mean. A radius beyond
    `params.radius` becomes all ones.
    """
    groups, group_centers = _records(
        clustering.group_centers, clustering.group_starts, clustering.group_counts, grid_exponent
    )
    clusters, centers = _records(
        clustering.centers, clustering.starts, clustering.counts, grid_exponent
    )

    # True means about the rounded centres, and what is stored of them; grid units, pack order.
    means = np.ldexp(scene.means[clustering.order].astype(np.float64), -grid_exponent)
    offsets = means - np.repeat(centers, clustering.counts, axis=0)
    exponents = _member_exponents(offsets, clustering.starts)
    clusters["member_exponent"] = exponents
    units = np.repeat(exponents, clustering.counts)[:, None]
    geometry["offset"] = np.rint(np.ldexp(offsets, -units))
    stored = np.ldexp(geometry["offset"].astype(np.float64), units)

    sizes = scene.scales.max(axis=1).astype(np.float64)[clustering.order]
    if radius == "3sigma":
        reaches, shows = 3 * sizes, np.ones(len(scene), dtype=np.bool_)
    else:
        reaches, shows = _stored_reaches(sizes, geometry), geometry["flags"] == 1
    reaches = np.ldexp(reaches, -grid_exponent)

    def fill(records: NDArray[np.void], starts: Int64, means: Float64, stored: Float64) -> None:
        distances = np.linalg.norm(means, axis=1)
        if radius == "safe":
            distances = np.maximum(distances, np.linalg.norm(stored, axis=1))
        low, high, mean = cluster_radii(distances, reaches, shows, starts)
        if radius == "3sigma":
            high = low
        for name, values in (("radius_low", low), ("radius_high", high), ("radius_mean", mean)):
            rounded = np.ceil(values * (1 + FLOAT64_MARGIN))
            records[name] = np.minimum(rounded, params.radius.max_int)

    fill(clusters, clustering.starts, offsets, stored)
    # About the groups' centres. Differences of rounded centres are exact and each mean is again
    # rounded once, near its own distance, so FLOAT64_MARGIN holds here too.
    gaussians = np.diff(clustering.group_bases, append=len(scene))
    between = centers - np.repeat(group_centers, clustering.group_counts, axis=0)
    fill(
        groups,
        clustering.group_bases,
        means - np.repeat(group_centers, gaussians, axis=0),
        stored + np.repeat(between, clustering.counts, axis=0),
    )
    return groups, clusters


def _records(
    centers: Float64, bases: Int64, counts: Int64, grid_exponent: int
) -> tuple[NDArray[np.void], Float64]:
    """Records with all but radii and exponents, and the rounded centres, grid units."""
    records = np.zeros(len(centers), dtype=CLUSTER_DTYPE)
    rounded = np.rint(np.ldexp(centers, -grid_exponent))
    records["center"], records["base"], records["count"] = rounded, bases, counts
    return records, rounded


def _stored_reaches(sizes: Float64, geometry: NDArray[np.void]) -> Float64:
    """e_i >= k s of the true and of the stored Gaussian, scene units; k as stored, rounded up."""
    factors = np.ldexp(geometry["reach_factor"].astype(np.float64), -REACH_FACTOR.fraction_bits)
    stored = sizes * (1 + STORED_SIZE_MARGIN) + STORED_SIZE_FLOOR
    return factors * stored * (1 + SIZE_MARGIN)


def _block_floats(values: Float64) -> tuple[Float64, Int32]:
    """(N, 6) mantissas of 16 bits, nearest, and (N,) exponents: value = mantissa 2^exponent.

    The largest mantissa of a row has 15 bits beside its sign. The exponent stops at -128 (smaller
    rows lose bits, down to zero) and at 127 (larger rows keep their shape and shrink: no scene has
    Gaussians of 2^71 scene units).
    """
    exponents = _fitting_exponents(np.abs(values).max(axis=1))
    exponents = np.maximum(exponents, COVARIANCE_EXPONENT.min_int)
    mantissas = np.rint(np.ldexp(values, -exponents[:, None]))
    return mantissas, np.minimum(exponents, COVARIANCE_EXPONENT.max_int)


def _member_exponents(offsets: Float64, starts: Int64) -> Int32:
    """Smallest e >= -16 of each cluster such that its offsets fit 16 bits in units of 2^e."""
    largest = np.maximum.reduceat(np.abs(offsets).max(axis=1), starts)
    return np.maximum(_fitting_exponents(largest), MIN_MEMBER_EXPONENT)


def _fitting_exponents(largest: Float64) -> Int32:
    """Smallest e such that the values >= 0, rounded to units of 2^e, are at most 32767."""
    above_zero = np.maximum(largest, np.finfo(np.float64).smallest_subnormal)
    exponents = np.frexp(above_zero)[1] - (MANTISSA.bits - 1)
    exponents += np.rint(np.ldexp(largest, -exponents)) > MANTISSA.max_int
    return exponents
