"""The tables that the hardware reads: numbers of a clustered scene into integer records."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.clustering.cluster import Clustering
from golden.gaussians.bound import SIZE_MARGIN, can_show, cluster_radii, reach_factor
from golden.gaussians.covariance import covariance_factor
from golden.grid import Grid
from golden.numbers.fixed import Fixed
from golden.pack.units import ball_exponents
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, GEOMETRY_DTYPE
from golden.scene import Scene

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

MIN_MEMBER_EXPONENT = -16

FACTOR_EXPONENT = Fixed(True, 8)
REACH_FACTOR = Fixed(False, 16, 14)
OPACITY_SCALE = 65_535

# The stored factor differs from the true one by half a unit in each of six entries, 1.23 units as
# a matrix, and the largest standard deviation is 2^(factor_bits - 2) units or more. Where the
# exponent stops at -128, less than a unit of it is lost.
STORED_SIZE_UNITS = 1.25
STORED_SIZE_FLOOR = 2.0**-126

# Radii are computed in float64, with fewer than 2^12 roundings of 2^-53 each.
FLOAT64_MARGIN = 2.0**-40


def geometry_records(
    scene: Scene, order: NDArray[np.uint32], params: Parameters
) -> NDArray[np.void]:
    """(N,) GEOMETRY_DTYPE in pack order, all but the offsets, which need the cluster table.

    k follows the larger of the true and of the stored opacity.
    """
    records = np.zeros(len(scene), dtype=GEOMETRY_DTYPE)
    largest = scene.scales.max(axis=1).astype(np.float64)
    exponents = factor_exponents(largest, params.factor_bits)
    stored = np.rint(scene.opacities.astype(np.float64) * OPACITY_SCALE)
    opacities = np.maximum(scene.opacities, stored / OPACITY_SCALE)
    factors = np.ceil(np.ldexp(reach_factor(opacities), REACH_FACTOR.fraction_bits))
    mantissas = np.rint(np.ldexp(covariance_factor(scene), -exponents[:, None]))
    limit = Fixed(True, params.factor_bits).max_int
    records["factor"] = np.clip(mantissas, -limit, limit)[order]
    records["factor_exponent"] = exponents[order]
    records["flags"] = can_show(opacities)[order]
    records["reach_factor"] = factors[order]
    records["opacity"] = stored[order]
    return records


def factor_exponents(largest: Float64, bits: int) -> Int32:
    """Smallest e, -128 to 127, such that L of the largest standard deviation fits in units of 2^e.

    It must be at most 2^(bits - 1) - 4 units, so that L rounded is below 2^(bits - 1) as a matrix.
    Beyond 127 (no scene has Gaussians of 2^142 scene units) it is cut to the largest mantissa.
    """
    room = (1 << (bits - 1)) - 4
    exponents = np.frexp(largest)[1] - (bits - 1)
    exponents += np.ldexp(largest, -exponents) > room
    cut: Int32 = np.clip(exponents, FACTOR_EXPONENT.min_int, FACTOR_EXPONENT.max_int)
    return cut


def ball_tables(
    scene: Scene,
    clustering: Clustering,
    geometry: NDArray[np.void],
    grid: Grid,
    radius: str,
    params: Parameters,
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Groups, (G,), and clusters, (M,), CLUSTER_DTYPE; fills `geometry["offset"]` on the way.

    Both have radii over their Gaussians, rounded up. safe: d_i is the larger of the distances from
    the rounded centre to the true and to the stored mean, e_i is not below the reach of the true
    and of the stored Gaussian; radii by golden.gaussians.bound.cluster_radii. 3sigma (the paper's):
    r = max_i(d_i + 3 s_i) for both radii, over all members, with the true mean. A radius beyond
    `params.radius` in the ball's unit becomes all ones.
    """
    # True means and their distances from the centres, scene units, pack order.
    means = scene.means[clustering.order].astype(np.float64)
    away = np.abs(means - np.repeat(clustering.centers, clustering.counts, axis=0)).max(axis=1)
    farthest = np.maximum.reduceat(away, clustering.starts)
    clusters, centers = _records(
        clustering.centers, clustering.starts, clustering.counts, farthest, grid, params
    )
    groups, group_centers = _records(
        clustering.group_centers,
        *(clustering.group_starts, clustering.group_counts),
        np.zeros(len(clustering.group_starts)),
        *(grid, params),
    )

    # True means about the rounded centres, and what is stored of them; grid units, pack order.
    means = np.ldexp(means - np.array(grid.origin), -grid.exponent)
    offsets = means - np.repeat(centers, clustering.counts, axis=0)
    units = np.repeat(clusters["exponent"].astype(np.int64), clustering.counts)
    own_offsets = np.ldexp(offsets, -units[:, None])
    exponents = _member_exponents(own_offsets, clustering.starts, params.offset_bits)
    clusters["member_exponent"] = exponents
    members = np.repeat(exponents, clustering.counts)
    geometry["offset"] = np.rint(np.ldexp(own_offsets, -members[:, None]))
    stored = np.ldexp(geometry["offset"].astype(np.float64), (members + units)[:, None])

    sizes = scene.scales.max(axis=1).astype(np.float64)[clustering.order]
    if radius == "3sigma":
        reaches, shows = 3 * sizes, np.ones(len(scene), dtype=np.bool_)
    else:
        reaches, shows = _stored_reaches(sizes, geometry, params), geometry["flags"] == 1
    reaches = np.ldexp(reaches, -grid.exponent)

    def fill(records: NDArray[np.void], starts: Int64, means: Float64, stored: Float64) -> None:
        distances = np.linalg.norm(means, axis=1)
        if radius == "safe":
            distances = np.maximum(distances, np.linalg.norm(stored, axis=1))
        low, high, mean = cluster_radii(distances, reaches, shows, starts)
        if radius == "3sigma":
            high = low
        down = -records["exponent"].astype(np.int64)
        for name, values in (("radius_low", low), ("radius_high", high), ("radius_mean", mean)):
            rounded = np.ceil(np.ldexp(values, down) * (1 + FLOAT64_MARGIN))
            records[name] = np.minimum(rounded, params.radius.max_int)

    fill(clusters, clustering.starts, offsets, stored)
    # About the groups' centres. Differences of rounded centres are exact, or far below a unit of
    # the coarser one, and each mean is again rounded once, near its own distance, so
    # FLOAT64_MARGIN holds here too.
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
    centers: Float64,
    bases: Int64,
    counts: Int64,
    farthest: Float64,
    grid: Grid,
    params: Parameters,
) -> tuple[NDArray[np.void], Float64]:
    """Records with all but radii and member exponents, and the rounded centres, grid units."""
    records = np.zeros(len(centers), dtype=CLUSTER_DTYPE)
    relative = centers - np.array(grid.origin)
    exponents = ball_exponents(relative, farthest, grid, params)
    rounded = np.rint(np.ldexp(relative, (-grid.exponent - exponents)[:, None]))
    records["center"], records["base"], records["count"] = rounded, bases, counts
    records["exponent"] = exponents
    return records, np.ldexp(rounded, exponents[:, None])


def _stored_reaches(sizes: Float64, geometry: NDArray[np.void], params: Parameters) -> Float64:
    """e_i >= k s of the true and of the stored Gaussian, scene units; k as stored, rounded up."""
    factors = np.ldexp(geometry["reach_factor"].astype(np.float64), -REACH_FACTOR.fraction_bits)
    margin = STORED_SIZE_UNITS * 2.0 ** (2 - params.factor_bits)
    return factors * (sizes * (1 + margin) + STORED_SIZE_FLOOR) * (1 + SIZE_MARGIN)


def _member_exponents(offsets: Float64, starts: Int64, bits: int) -> Int32:
    """Smallest e >= -16 of each cluster such that its offsets fit `bits` in units of 2^e."""
    largest = np.maximum.reduceat(np.abs(offsets).max(axis=1), starts)
    above_zero = np.maximum(largest, np.finfo(np.float64).smallest_subnormal)
    exponents = np.frexp(above_zero)[1] - (bits - 1)
    exponents += np.rint(np.ldexp(largest, -exponents)) > Fixed(True, bits).max_int
    cut: Int32 = np.maximum(exponents, MIN_MEMBER_EXPONENT)
    return cut
