"""The smallest ball around the balls of a cluster's members."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.jit import parallel_kernel, parallel_range, serial_kernel

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

# Measured on 50,262 clusters of a trained scene against 5,000 steps: radii larger by 0.13% in the
# mean and 0.4% at most.
STEPS = 128


def smallest_balls(
    points: Float64, reaches: Float64, counted: Bool, starts: Int64, steps: int = STEPS
) -> Float64:
    """Centres c that make max_i(|p_i - c| + e_i) of each cluster small, (M, 3) float64.

    From the mean on, step j moves c towards the far side of the farthest ball by r / (j + 1), but
    not past that ball's centre, and the best c on the way is kept: never worse than the mean.

    Parameters
    ----------
    points : (N, 3) float64, in cluster order, scene units.
    reaches : (N,) e_i >= 0, the same order and unit.
    counted : (N,) bool; others are ignored, unless a cluster holds nothing else.
    starts : (M,) first point of each cluster; clusters are not empty.
    steps : evaluations a cluster, 1 or more.

    Source: Badoiu and Clarkson, Smaller core-sets for balls (2003), with balls for points.
    """
    counts = np.diff(starts, append=len(points))
    nothing_counted = ~np.logical_or.reduceat(counted, starts)
    counted = counted | np.repeat(nothing_counted, counts)
    centers = np.empty((len(starts), 3))
    _smallest_balls(points, reaches, counted, starts, counts, steps, centers)
    return centers


@parallel_kernel
def _smallest_balls(
    points: Float64,
    reaches: Float64,
    counted: Bool,
    starts: Int64,
    counts: Int64,
    steps: int,
    centers: Float64,
) -> None:
    for cluster in parallel_range(len(starts)):
        first, end = starts[cluster], starts[cluster] + counts[cluster]
        _smallest_ball(
            points[first:end], reaches[first:end], counted[first:end], steps, centers[cluster]
        )


@serial_kernel
def _smallest_ball(
    points: Float64, reaches: Float64, counted: Bool, steps: int, center: Float64
) -> None:
    x, y, z, number = 0.0, 0.0, 0.0, 0
    for i in range(len(points)):
        if counted[i]:
            x, y, z = x + points[i, 0], y + points[i, 1], z + points[i, 2]
            number += 1
    x, y, z = x / number, y / number, z / number
    best = math.inf
    for step in range(1, steps + 1):
        radius, far, far_distance = -1.0, 0, 0.0
        for i in range(len(points)):
            if counted[i]:
                dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
                distance = math.sqrt(dx * dx + dy * dy + dz * dz)
                if distance + reaches[i] > radius:
                    radius, far, far_distance = distance + reaches[i], i, distance
        if radius < best:
            best = radius
            center[0], center[1], center[2] = x, y, z
        if far_distance == 0.0:  # no ball is smaller than its largest member
            break
        move = min(1.0, radius / (step + 1) / far_distance)
        x += (points[far, 0] - x) * move
        y += (points[far, 1] - y) * move
        z += (points[far, 2] - z) * move
