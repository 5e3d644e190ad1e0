"""Stage 0, offline: Gaussians into clusters, clusters into groups, and where centres go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from golden.clustering.groups import SIZE_WEIGHT, Members, group_clusters, group_runs
from golden.clustering.kmeans import Progress, kmeans, silent
from golden.clustering.morton import morton_order
from golden.clustering.partition import (
    cut_far,
    cut_large,
    equal_runs,
    far_points,
    inverse,
    runs,
)
from golden.clustering.refine import refine
from golden.errors import InputError
from golden.gaussians.bound import can_show, reach
from golden.memory import need_memory
from golden.scene import MAX_GAUSSIANS, Scene

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

METHODS = ("paper", "reach", "morton")
RADII = ("safe", "3sigma")
DEFAULT_MEMBERS = {"paper": 98, "reach": 25, "morton": 32}
PACK_BYTES = 400  # of memory a Gaussian until its pack is written, beside the scene
DEFAULT_PER_GROUP = 24
# Rounds of K-means before members are moved: more of them find 0.01% more.
START_ROUNDS = 2
MAX_MEMBERS = 65_535


@dataclass(frozen=True)
class ClusterOptions:
    """How to cluster.

    Parameters
    ----------
    method : "paper": K-means on the position, centres at the centroid. "reach": K-means on
        (x, y, z, 2 e) with e the reach of golden.gaussians.bound, then moves of members
        (golden.clustering.refine), centres of the smallest ball. "morton":
        runs of equal length along a Morton curve, centres of the smallest ball.
    clusters : how many to aim at; None for one per 98 (paper), 25 (reach) or 32 (morton)
        Gaussians.
    radius : "safe": the bound of golden.gaussians.bound. "3sigma": the paper's, distance plus three
        standard deviations, which can lose Gaussians.
    seed : of the random starts of K-means, 0 to 2^63 - 1.
    per_group : clusters a group to aim at, 1 or more; 0 for one group, as any number of clusters
        or more gives. "reach": K-means on the clusters' (x, y, z, 2 r), then moves; "paper": on
        their centres; "morton": runs of equal length. The paper has no groups: its clusters stay
        its own, only their order follows the groups. Centres of groups are those of the smallest
        ball, always.

    Raises InputError on an unknown name or a number out of range.
    """

    method: Literal["paper", "reach", "morton"] = "reach"
    clusters: int | None = None
    radius: Literal["safe", "3sigma"] = "safe"
    seed: int = 0
    per_group: int = DEFAULT_PER_GROUP

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"method {self.method!r} is not known: choose paper, reach or morton.")
        if self.radius not in RADII:
            raise InputError(f"radius {self.radius!r} is not known: choose safe or 3sigma.")
        if self.clusters is not None and not 1 <= self.clusters <= MAX_GAUSSIANS:
            raise InputError(
                f"{self.clusters} clusters are outside 1..{MAX_GAUSSIANS}: choose another number, "
                "or none for the default."
            )
        if not 0 <= self.seed < 1 << 63:
            raise InputError(f"seed {self.seed} is outside 0..2^63-1: choose another.")
        if not 0 <= self.per_group <= MAX_GAUSSIANS:
            raise InputError(
                f"{self.per_group} clusters a group are outside 0..{MAX_GAUSSIANS}: choose another "
                "number, or 0 for one group."
            )

    def clusters_for(self, gaussians: int) -> int:
        """Clusters to aim at for a scene of that many Gaussians, 1 to `gaussians`."""
        default = round(gaussians / DEFAULT_MEMBERS[self.method])
        return min(max(default if self.clusters is None else self.clusters, 1), gaussians)

    def groups_for(self, clusters: int) -> int:
        """Groups to aim at for that many clusters, 1 to `clusters`."""
        return max(round(clusters / self.per_group), 1) if self.per_group else 1


@dataclass(frozen=True, eq=False)
class Clustering:
    """A scene in clusters and groups; cluster j holds order[starts[j]] to order[starts[j + 1] - 1].

    Groups lie along a Morton curve of their centres, clusters of a group along one of theirs,
    members of a cluster in the order of the scene.

    Parameters
    ----------
    order : (N,) uint32, index in the scene of the i-th Gaussian in pack order; a permutation.
    starts : (M,) int64, first Gaussian of each cluster in pack order, strictly ascending from 0.
    centers : (M, 3) float64, world space, scene units.
    group_starts : (G,) int64, first cluster of each group, strictly ascending from 0.
    group_centers : (G, 3) float64, world space, scene units.
    """

    order: NDArray[np.uint32]
    starts: Int64
    centers: Float64
    group_starts: Int64
    group_centers: Float64

    @property
    def counts(self) -> Int64:
        """Gaussians of each cluster, (M,) int64, 1 or more."""
        return np.diff(self.starts, append=len(self.order))

    @property
    def group_counts(self) -> Int64:
        """Clusters of each group, (G,) int64, 1 or more."""
        return np.diff(self.group_starts, append=len(self.starts))

    @property
    def group_bases(self) -> Int64:
        """First Gaussian of each group in pack order, (G,) int64."""
        return self.starts[self.group_starts]


def cluster_gaussians(
    scene: Scene,
    options: ClusterOptions,
    progress: Progress = silent,
    max_members: int = MAX_MEMBERS,
) -> Clustering:
    """Clusters of a scene, in groups; the same scene and options give the same, bit for bit.

    The number of clusters may differ from the one aimed at: K-means drops clusters that stay
    empty, one of more than `max_members` Gaussians is cut along a Morton curve, and one in which
    the scene's middle and what is far from it share their units, by distance. So may the number of
    groups, by the first two rules.

    Points far from all others (golden.clustering.partition.far_points) have their share of the
    clusters to themselves: K-means would give them most.
    """
    need_memory(scene.name, len(scene), PACK_BYTES)
    points = scene.means.astype(np.float64)
    members = Members(points, reach(scene.scales, scene.opacities), can_show(scene.opacities))
    aim, far = options.clusters_for(len(scene)), far_points(points)
    if far.any():
        of_far = max(round(aim * float(far.mean())), 1)
        labels = np.empty(len(points), np.int64)
        labels[~far] = _labels(members.of(~far), max(aim - of_far, 1), options, progress)
        labels[far] = labels[~far].max() + 1 + _labels(members.of(far), of_far, options, progress)
    else:
        labels = _labels(members, aim, options, progress)
    labels = cut_large(cut_far(labels, points), points, max_members)

    order, starts = runs(labels)
    if options.method == "paper":
        centers = _centroids(points[order], starts)
    else:
        centers = members.ball_centers(order, starts)

    aim = options.groups_for(len(starts))
    if options.method == "morton":
        groups = group_runs(members, labels, centers, aim, max_members)
    else:
        sizes = None if options.method == "paper" else members.radii(order, starts, centers)
        groups = group_clusters(
            members, labels, centers, sizes, aim, max_members, options.seed, progress
        )
    order, starts = runs(inverse(groups.order)[labels])
    return Clustering(
        order.astype(np.uint32), starts, centers[groups.order], groups.starts, groups.centers
    )


def _labels(members: Members, aim: int, options: ClusterOptions, progress: Progress) -> Int64:
    """Cluster of each member by the method of the options, (N,), 0 to M - 1, all used."""
    points = members.points
    if options.method == "morton":
        return equal_runs(morton_order(points), min(aim, len(points)))
    if options.method == "paper":
        return kmeans(points, aim, options.seed, progress)
    features = np.column_stack((points, SIZE_WEIGHT * members.reaches))
    labels = kmeans(features, aim, options.seed, progress, START_ROUNDS)
    return refine(points, members.reaches, members.shows, labels, SIZE_WEIGHT, progress)


def _centroids(points: Float64, starts: Int64) -> Float64:
    """Mean of each cluster's points."""
    counts = np.diff(starts, append=len(points))
    return np.add.reduceat(points, starts, axis=0) / counts[:, None]
