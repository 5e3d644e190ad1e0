"""Groups of clusters: the first of the two levels that a frame tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.clustering.ball import smallest_balls
from golden.clustering.kmeans import Progress, kmeans, silent
from golden.clustering.morton import morton_codes, morton_order
from golden.clustering.partition import cut_large, equal_runs, inverse, runs
from golden.clustering.refine import refine
from golden.gaussians.bound import cluster_radii

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# Weight of a size against a coordinate: big ones are parted from small ones around them.
SIZE_WEIGHT = 2.0


@dataclass(frozen=True, eq=False)
class Members:
    """What clusters and groups are made of; row i is Gaussian i of the scene.

    Parameters
    ----------
    points : (N, 3) float64 means, scene units.
    reaches : (N,) float64 e of golden.gaussians.bound.reach, scene units.
    shows : (N,) bool of golden.gaussians.bound.can_show; others count in no ball.
    """

    points: Float64
    reaches: Float64
    shows: NDArray[np.bool_]

    def of(self, chosen: NDArray[np.bool_]) -> Members:
        """Those chosen, (N,) bool."""
        return Members(self.points[chosen], self.reaches[chosen], self.shows[chosen])

    def ball_centers(self, order: Int64, starts: Int64) -> Float64:
        """Centres of the smallest balls around the runs of an order, (M, 3), scene units."""
        return smallest_balls(self.points[order], self.reaches[order], self.shows[order], starts)

    def radii(self, order: Int64, starts: Int64, centers: Float64) -> Float64:
        """max_i(|p_i - c| + e_i) over those of each run that show, (M,), scene units."""
        counts = np.diff(starts, append=len(order))
        distances = np.linalg.norm(self.points[order] - np.repeat(centers, counts, axis=0), axis=1)
        low, _, _ = cluster_radii(distances, self.reaches[order], self.shows[order], starts)
        return low


@dataclass(frozen=True, eq=False)
class Groups:
    """A partition of clusters; group g holds order[starts[g]] to order[starts[g + 1] - 1].

    Groups lie along a Morton curve of their centres, clusters of a group along one of theirs.

    Parameters
    ----------
    order : (M,) int64, the j-th cluster in pack order; a permutation.
    starts : (G,) int64, first cluster of each group in pack order, strictly ascending from 0.
    centers : (G, 3) float64, scene units: smallest ball around the balls of the group's Gaussians.
    """

    order: Int64
    starts: Int64
    centers: Float64


def group_clusters(
    members: Members,
    labels: Int64,
    centers: Float64,
    sizes: Float64 | None,
    groups: int,
    largest: int,
    seed: int,
    progress: Progress = silent,
) -> Groups:
    """Groups of neighbouring clusters; the same arguments give the same groups, bit for bit.

    K-means on the clusters' centres, or on (x, y, z, 2 r) and then moves of clusters
    (golden.clustering.refine) where their sizes count too. The
    group's own ball is one over Gaussians, which is tighter than one over the clusters' balls.

    Parameters
    ----------
    members : the Gaussians.
    labels : (N,) cluster of each Gaussian, 0 to M - 1, all used.
    centers : (M, 3) the clusters' centres, scene units.
    sizes : (M,) the clusters' radii, scene units; None to group by the centres only.
    groups : how many to aim at, 1 to M; equal centres and `largest` may change it.
    largest : most clusters in a group; larger groups are cut along a Morton curve.
    seed : of the random start of K-means.
    """

    def named(items: Iterable[int], _: str, /) -> Iterable[int]:
        return progress(items, "groups")

    features = centers if sizes is None else np.column_stack((centers, SIZE_WEIGHT * sizes))
    group_of = kmeans(features, groups, seed, named)
    if sizes is not None:
        shows = np.ones(len(sizes), dtype=np.bool_)
        group_of = refine(centers, sizes, shows, group_of, SIZE_WEIGHT, named)
    return _ordered(members, labels, centers, cut_large(group_of, centers, largest))


def group_runs(
    members: Members, labels: Int64, centers: Float64, groups: int, largest: int
) -> Groups:
    """Groups that are runs of equal length along a Morton curve of the clusters' centres.

    Parameters are those of group_clusters.
    """
    groups = max(groups, -(-len(centers) // largest))
    return _ordered(members, labels, centers, equal_runs(morton_order(centers), groups))


def _ordered(members: Members, labels: Int64, centers: Float64, group_of: Int64) -> Groups:
    """Centres of the groups, and the two levels of Morton order."""
    group_centers = members.ball_centers(*runs(group_of[labels]))
    curve = morton_order(group_centers)
    group_of = inverse(curve)[group_of]
    order = np.lexsort((morton_codes(centers), group_of))
    counts = np.bincount(group_of)
    return Groups(order, np.cumsum(counts) - counts, group_centers[curve])
