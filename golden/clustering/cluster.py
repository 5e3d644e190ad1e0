"""Stage 0, offline: Gaussians into clusters, and where each cluster's centre goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from golden.bound import can_show, reach
from golden.clustering.ball import smallest_balls
from golden.clustering.kmeans import Progress, kmeans, silent
from golden.clustering.morton import morton_codes, morton_order
from golden.errors import InputError
from golden.scene import MAX_GAUSSIANS, Scene

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

METHODS = ("paper", "reach", "morton")
RADII = ("safe", "3sigma")
DEFAULT_MEMBERS = {"paper": 98, "reach": 32, "morton": 32}
MAX_MEMBERS = 65_535

# Weight of the reach against a coordinate: big Gaussians are parted from small ones around them.
REACH_WEIGHT = 2.0


@dataclass(frozen=True)
class ClusterOptions:
    """How to cluster.

    Parameters
    ----------
    method : "paper": K-means on the position, centres at the centroid. "reach": K-means on
        (x, y, z, 2 e) with e the reach of golden.bound, centres of the smallest ball. "morton":
        runs of equal length along a Morton curve, centres of the smallest ball.
    clusters : how many to aim at; None for one per 98 (paper) or 32 Gaussians (reach, morton).
    radius : "safe": the bound of golden.bound. "3sigma": the paper's, distance plus three
        standard deviations, which can lose Gaussians.
    seed : of the random start of K-means, 0 to 2^63 - 1.

    Raises InputError on an unknown name or a number out of range.
    """

    method: Literal["paper", "reach", "morton"] = "reach"
    clusters: int | None = None
    radius: Literal["safe", "3sigma"] = "safe"
    seed: int = 0

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

    def clusters_for(self, gaussians: int) -> int:
        """Clusters to aim at for a scene of so many Gaussians, 1 to `gaussians`."""
        default = round(gaussians / DEFAULT_MEMBERS[self.method])
        return min(max(default if self.clusters is None else self.clusters, 1), gaussians)


@dataclass(frozen=True, eq=False)
class Clustering:
    """A partition of a scene; cluster j holds order[starts[j]] to order[starts[j + 1] - 1].

    Clusters lie along a Morton curve of their centres, members in the order of the scene.

    Parameters
    ----------
    order : (N,) uint32, index in the scene of the i-th Gaussian in pack order; a permutation.
    starts : (M,) int64, first Gaussian of each cluster in pack order, strictly ascending from 0.
    centers : (M, 3) float64, world space, scene units.
    """

    order: NDArray[np.uint32]
    starts: Int64
    centers: Float64

    @property
    def counts(self) -> Int64:
        """Gaussians of each cluster, (M,) int64, 1 or more."""
        return np.diff(self.starts, append=len(self.order))


def cluster_gaussians(
    scene: Scene,
    options: ClusterOptions,
    progress: Progress = silent,
    max_members: int = MAX_MEMBERS,
) -> Clustering:
    """Clusters of a scene; the same scene and options give the same clusters, bit for bit.

    The number of clusters may differ from the one aimed at: K-means drops clusters that stay
    empty, and one of more than `max_members` Gaussians is cut along a Morton curve.
    """
    points = scene.means.astype(np.float64)
    reaches = reach(scene.scales, scene.opacities)
    aim = options.clusters_for(len(scene))
    if options.method == "morton":
        labels = np.empty(len(scene), dtype=np.int64)
        labels[morton_order(points)] = np.arange(len(scene)) * aim // len(scene)
    elif options.method == "reach":
        features = np.column_stack((points, REACH_WEIGHT * reaches))
        labels = kmeans(features, aim, options.seed, progress)
    else:
        labels = kmeans(points, aim, options.seed, progress)
    labels = _cut_large(labels, points, max_members)

    order, starts = _grouped(labels)
    if options.method == "paper":
        centers = _centroids(points[order], starts)
    else:
        shows = can_show(scene.opacities)
        centers = smallest_balls(points[order], reaches[order], shows[order], starts)
    curve = morton_order(centers)
    place = np.empty_like(curve)
    place[curve] = np.arange(len(curve))
    order, starts = _grouped(place[labels])
    return Clustering(order.astype(np.uint32), starts, centers[curve])


def _grouped(labels: Int64) -> tuple[Int64, Int64]:
    """Stable order by label, and where each label starts in it; every label is used."""
    counts = np.bincount(labels)
    return np.argsort(labels, kind="stable"), np.cumsum(counts) - counts


def _centroids(points: Float64, starts: Int64) -> Float64:
    """Mean of each cluster's points."""
    counts = np.diff(starts, append=len(points))
    return np.add.reduceat(points, starts, axis=0) / counts[:, None]


def _cut_large(labels: Int64, points: Float64, max_members: int) -> Int64:
    """Labels with clusters of more than `max_members` cut into equal runs along a Morton curve."""
    counts = np.bincount(labels)
    pieces = -(-counts // max_members)
    if pieces.max() == 1:
        return labels
    order = np.lexsort((morton_codes(points), labels))
    of = labels[order]
    place = np.arange(len(labels)) - (np.cumsum(counts) - counts)[of]
    cut = np.empty_like(labels)
    cut[order] = (np.cumsum(pieces) - pieces)[of] + place * pieces[of] // counts[of]
    return cut
