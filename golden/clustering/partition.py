"""Partitions as labels: their runs in memory, and parts that are too large cut in pieces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.clustering.morton import morton_codes

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# A part may be this many times as wide as its nearest point is from the scene's middle.
FAR_SPREAD = 16
# Far points are this many times as far from the middle as is usual.
FAR_TIMES = 64
MIDDLE_TIMES = 4
# Parts up to that width, scene units, are fine enough wherever they are.
FAR_FLOOR = 2.0**-7


def runs(labels: Int64) -> tuple[Int64, Int64]:
    """Stable order by label, (N,), and where each label starts in it, (M,); all labels are used."""
    counts = np.bincount(labels)
    return np.argsort(labels, kind="stable"), np.cumsum(counts) - counts


def equal_runs(order: Int64, parts: int) -> Int64:
    """Labels 0 to parts - 1 of runs along an order, of lengths that differ by 1 at most."""
    labels = np.empty(len(order), dtype=np.int64)
    labels[order] = np.arange(len(order)) * parts // len(order)
    return labels


def inverse(order: Int64) -> Int64:
    """Place of each item in an order; an order of the items' places the other way round."""
    places = np.empty_like(order)
    places[order] = np.arange(len(order))
    return places


def cut_large(labels: Int64, points: Float64, largest: int) -> Int64:
    """Labels with parts of more than `largest` points cut into equal runs along a Morton curve."""
    counts = np.bincount(labels)
    pieces = -(-counts // largest)
    if pieces.max() == 1:
        return labels
    order = np.lexsort((morton_codes(points), labels))
    of = labels[order]
    place = np.arange(len(labels)) - (np.cumsum(counts) - counts)[of]
    cut = np.empty_like(labels)
    cut[order] = (np.cumsum(pieces) - pieces)[of] + place * pieces[of] // counts[of]
    return cut


def distances_from_middle(points: Float64) -> Float64:
    """Distance of each point from the scene's middle, or the usual one where that is more, (N,).

    Middle: the median of each coordinate. Distance: its largest coordinate. The usual one is the
    median, or MIDDLE_TIMES that of the nearest eighth where far points are the most.
    """
    away = np.abs(points - np.median(points, axis=0)).max(axis=1)
    eighth, median = np.quantile(away, (1 / 8, 1 / 2))
    farther: Float64 = np.maximum(away, max(min(float(median), MIDDLE_TIMES * eighth), FAR_FLOOR))
    return farther


def far_points(points: Float64) -> NDArray[np.bool_]:
    """(N,) bool, more than FAR_TIMES as far from the scene's middle as is usual."""
    away = distances_from_middle(points)
    return np.asarray(away > FAR_TIMES * away.min(), dtype=np.bool_)


def cut_far(labels: Int64, points: Float64) -> Int64:
    """Labels with parts of near and far points cut into shells about the scene's middle.

    Offsets in a part have one unit, 2^-15 of the part's width, which must suit its nearest point.
    With r of distances_from_middle, a part wider than FAR_SPREAD min(r) is cut where r doubles. Of
    an ordinary scene none is.
    """
    away = distances_from_middle(points)
    order, starts = runs(labels)
    width = np.zeros(len(starts))
    for axis in points[order].T:
        spread = np.maximum.reduceat(axis, starts) - np.minimum.reduceat(axis, starts)
        width = np.maximum(width, spread)
    mixed = width > FAR_SPREAD * np.minimum.reduceat(away[order], starts)
    if not mixed.any():
        return labels
    shell = np.where(mixed[labels], np.frexp(away / away.min())[1], 0)
    _, cut = np.unique(np.stack((labels, shell)), axis=1, return_inverse=True)
    return cut.reshape(-1).astype(np.int64)
