"""Partitions made for culling: members move between balls while the expected loss falls.

A plane drops a cluster only where it drops the whole ball, so an item of size e in a ball of radius
r stays visible over r - e too much of the plane's way, in the mean over directions. Summed over all
items, and since sum e is given, what a clustering loses is

    loss ~ sum_c n_c r_c,    r_c = max_i(|p_i - center_c| + e_i)

where K-means minimises sum_i |p_i - mean|^2: outliers in crowded clusters cost too little there,
and those in sparse places too much.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from golden.clustering.ball import smallest_balls
from golden.clustering.kmeans import Progress, silent
from golden.clustering.moves import dissolve, move_members, split
from golden.clustering.partition import runs
from golden.gaussians.bound import cluster_radii

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

# Measured on a trained scene of 1.6 million Gaussians in 64,000 clusters (bonsai), all 292 views:
# twice the rounds, twice the neighbours or more exact balls find 0.02% more each.
ROUNDS = 6
SETTLING_ROUNDS = 2
TURNOVER = 0.1
NEIGHBOURS = 16
BALL_STEPS = 8


def refine(
    points: Float64,
    reaches: Float64,
    shows: Bool,
    labels: Int64,
    size_weight: float,
    progress: Progress = silent,
    rounds: int = ROUNDS,
) -> Int64:
    """Labels of a partition with a smaller sum_c n_c r_c, (N,) int64, 0 to M - 1, all used.

    Each round finds the balls, then moves members to the neighbouring ball where they cost least:
    the outer ones of a ball together, as far in as that pays, and inner ones into any smaller
    ball they fit in already. Then, but not in the last rounds, the clusters of the smallest
    n_c r_c are dissolved into their neighbours and as many of the largest are cut in two, fewer
    from round to round. M stays close to the number it starts with. The same arguments give
    the same labels, whatever the number of cores.

    Parameters
    ----------
    points : (N, 3) float64, finite, scene units.
    reaches : (N,) float64 e_i >= 0, scene units.
    shows : (N,) bool; others count in no ball.
    labels : (N,) int64 to start from, 0 to M - 1, all used.
    size_weight : of a size against a coordinate, where neighbours are sought and clusters cut.
    rounds : 1 or more; the last SETTLING_ROUNDS move members only.
    """
    labels = labels.copy()
    aim = int(labels.max()) + 1
    turning = max(rounds - SETTLING_ROUNDS, 0)
    for step in progress(range(rounds), "refine"):
        order, starts = runs(labels)
        counts = np.diff(starts, append=len(order))
        centers = smallest_balls(points[order], reaches[order], shows[order], starts, BALL_STEPS)
        distances = np.linalg.norm(points[order] - np.repeat(centers, counts, axis=0), axis=1)
        radii = cluster_radii(distances, reaches[order], shows[order], starts)[0].copy()
        near = _neighbours(centers, size_weight * radii)
        gone = np.zeros(len(starts), dtype=np.bool_)
        balls = (centers, radii, counts, near, gone)
        move_members(points, reaches, shows, labels, order, starts, *balls)
        if step < turning:
            order, starts = runs(labels)
            by_loss = np.argsort(counts * radii, kind="stable")
            share = int(TURNOVER * len(starts) * (1 - step / turning))
            # One member cannot be cut. No more may go than come, and none that are cut.
            large = by_loss[counts[by_loss] > 1]
            large = large[max(len(large) - max(share + aim - len(starts), 0), 0) :]
            small = np.setdiff1d(by_loss, large, assume_unique=True)  # in the order of by_loss
            gone[small[: max(len(large) + len(starts) - aim, 0)]] = True
            split(points, reaches, labels, order, starts, large, size_weight)
            dissolve(points, reaches, shows, labels, order, starts, *balls)
        used = np.bincount(labels) > 0
        labels = (np.cumsum(used) - 1)[labels]
    return labels


def _neighbours(centers: Float64, sizes: Float64) -> Int64:
    """The NEIGHBOURS nearest clusters of each, itself mostly the first, (M, up to NEIGHBOURS)."""
    features = np.column_stack((centers, sizes))
    number = min(NEIGHBOURS, len(centers))
    _, near = cKDTree(features).query(features, np.arange(1, number + 1), workers=-1)
    return np.asarray(near, dtype=np.int64)
