"""Moves of members between clusters, compiled; all change the labels in place.

Common parameters
-----------------
points, reaches, shows : of the N items, as in golden.clustering.refine.
labels : (N,) int64, cluster of each item.
order, starts : items by cluster, and first one of each of the M clusters, before the moves.
centers : (M, 3), stay where they are. radii : (M,), grow where a member comes to lie outside.
counts : (M,) members. near : (M, K) neighbours of each cluster. gone : (M,) bool, taking no more.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

# Moves that gain nothing but rounding are left out.
LEAST_GAIN = 1e-9
HALVING_ROUNDS = 4


@serial_kernel
def _outreach(
    points: Float64, reaches: Float64, shows: Bool, item: int, centers: Float64, cluster: int
) -> float:
    """Radius that a ball needs to hold an item: |p - c| + e, 0 where the item never shows."""
    if not shows[item]:
        return 0.0
    dx = points[item, 0] - centers[cluster, 0]
    dy = points[item, 1] - centers[cluster, 1]
    dz = points[item, 2] - centers[cluster, 2]
    return math.sqrt(dx * dx + dy * dy + dz * dz) + float(reaches[item])


@serial_kernel
def _cheapest(
    points: Float64,
    reaches: Float64,
    shows: Bool,
    item: int,
    source: int,
    centers: Float64,
    radii: Float64,
    counts: Int64,
    near: Int64,
    gone: Bool,
) -> tuple[int, float, float]:
    """Neighbour whose n r grows least by an item, that growth, and the radius needed; or -1."""
    best, least, needed = -1, math.inf, 0.0
    for target in near[source]:
        if target != source and not gone[target]:
            radius = _outreach(points, reaches, shows, item, centers, target)
            grown = max(radius, radii[target])
            cost = (counts[target] + 1) * grown - counts[target] * radii[target]
            if cost < least:
                best, least, needed = target, cost, radius
    return best, least, needed


@serial_kernel
def _move(
    item: int,
    source: int,
    target: int,
    radius: float,
    labels: Int64,
    counts: Int64,
    radii: Float64,
) -> None:
    """Puts an item into another cluster, which then needs at least that radius."""
    labels[item] = target
    counts[target] += 1
    counts[source] -= 1
    radii[target] = max(radii[target], radius)


@serial_kernel
def move_members(
    points: Float64,
    reaches: Float64,
    shows: Bool,
    labels: Int64,
    order: Int64,
    starts: Int64,
    centers: Float64,
    radii: Float64,
    counts: Int64,
    near: Int64,
    gone: Bool,
) -> None:
    """Moves that lower sum_c n_c r_c, cluster by cluster; each keeps one member at least.

    With members in falling order of the radius they need, the first t leave together, t chosen
    for the largest n r - (n - t) r_t - sum of costs where r_t is what the rest needs. Of the
    others those leave that cost less than their share r_t.
    """
    for source in range(len(starts)):
        first = starts[source]
        end = starts[source + 1] if source + 1 < len(starts) else len(order)
        size = end - first
        if size < 2:
            continue
        needs = np.empty(size)
        for j in range(size):
            needs[j] = _outreach(points, reaches, shows, order[first + j], centers, source)
        places = np.argsort(-needs, kind="mergesort")
        # Of members that came in this pass only the radius is known.
        floor = radii[source] if counts[source] > size else 0.0
        targets = np.empty(size - 1, dtype=np.int64)
        costs, radii_needed = np.empty(size - 1), np.empty(size - 1)
        total, best_gain, leaving = 0.0, 0.0, 0
        for j in range(size - 1):
            targets[j], costs[j], radii_needed[j] = _cheapest(
                points, reaches, shows, order[first + places[j]], source,
                centers, radii, counts, near, gone,
            )  # fmt: skip
            total += costs[j]
            rest = max(needs[places[j + 1]], floor)
            gain = counts[source] * radii[source] - (counts[source] - j - 1) * rest - total
            if gain > best_gain:
                best_gain, leaving = gain, j + 1
        rest = max(needs[places[leaving]], floor)
        for j in range(size - 1):
            if targets[j] >= 0 and (j < leaving or costs[j] < rest * (1 - LEAST_GAIN)):
                item = order[first + places[j]]
                _move(item, source, targets[j], radii_needed[j], labels, counts, radii)
        radii[source] = rest


@serial_kernel
def dissolve(
    points: Float64,
    reaches: Float64,
    shows: Bool,
    labels: Int64,
    order: Int64,
    starts: Int64,
    centers: Float64,
    radii: Float64,
    counts: Int64,
    near: Int64,
    gone: Bool,
) -> None:
    """Sends each member of the clusters that are gone where it costs least, if there is one."""
    for source in range(len(starts)):
        if gone[source]:
            end = starts[source + 1] if source + 1 < len(starts) else len(order)
            for place in range(starts[source], end):
                item = order[place]
                target, _, radius = _cheapest(
                    points, reaches, shows, item, source, centers, radii, counts, near, gone
                )
                if target >= 0:
                    _move(item, source, target, radius, labels, counts, radii)


@serial_kernel
def split(
    points: Float64,
    reaches: Float64,
    labels: Int64,
    order: Int64,
    starts: Int64,
    chosen: Int64,
    size_weight: float,
) -> None:
    """Cuts the chosen clusters in two by 2-means on (x, y, z, weight e); new labels from M on.

    It starts from the member farthest from the mean and the one farthest from that; a cluster of
    equal members stays whole.
    """
    new = len(starts)
    for cluster in chosen:
        first = starts[cluster]
        end = starts[cluster + 1] if cluster + 1 < len(starts) else len(order)
        size = end - first
        features = np.empty((size, 4))
        for j in range(size):
            item = order[first + j]
            for axis in range(3):
                features[j, axis] = points[item, axis]
            features[j, 3] = size_weight * reaches[item]
        center = np.zeros(4)
        for j in range(size):
            center += features[j]
        one = features[_farthest(features, center / size)].copy()
        other = features[_farthest(features, one)].copy()
        side = np.zeros(size, dtype=np.bool_)
        for _ in range(HALVING_ROUNDS):
            sum_one, sum_other, number = np.zeros(4), np.zeros(4), 0
            for j in range(size):
                side[j] = _squared(features[j], other) < _squared(features[j], one)
                if side[j]:
                    sum_other += features[j]
                    number += 1
                else:
                    sum_one += features[j]
            if number == 0 or number == size:
                break
            one, other = sum_one / (size - number), sum_other / number
        if side.any() and not side.all():
            for j in range(size):
                if side[j]:
                    labels[order[first + j]] = new
            new += 1


@serial_kernel
def _squared(a: Float64, b: Float64) -> float:
    total = 0.0
    for axis in range(len(a)):
        total += (a[axis] - b[axis]) * (a[axis] - b[axis])
    return total


@serial_kernel
def _farthest(features: Float64, center: Float64) -> int:
    best, place = -1.0, 0
    for j in range(len(features)):
        distance = _squared(features[j], center)
        if distance > best:
            best, place = distance, j
    return place
