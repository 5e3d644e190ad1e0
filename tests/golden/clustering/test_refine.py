"""Moves of members between clusters: a smaller expected loss, and still a partition."""

import numpy as np
import pytest

from golden.clustering.ball import smallest_balls
from golden.clustering.kmeans import kmeans
from golden.clustering.partition import runs
from golden.clustering.refine import refine


def items(seed: int, count: int = 4000):
    """Points along surfaces, with a few huge members among many small ones."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(count, 3)) * [10, 10, 0.1]
    reaches = 0.02 * 10.0 ** np.abs(rng.normal(0, 0.6, count))
    return points, reaches, rng.random(count) < 0.95


def loss(points, reaches, shows, labels) -> float:
    """sum_c n_c r_c, balls as the pack makes them."""
    order, starts = runs(labels)
    centers = smallest_balls(points[order], reaches[order], shows[order], starts)
    counts = np.diff(starts, append=len(order))
    outer = np.linalg.norm(points[order] - np.repeat(centers, counts, axis=0), axis=1)
    outer = np.where(shows[order], outer + reaches[order], 0.0)
    return float((counts * np.maximum.reduceat(outer, starts)).sum())


@pytest.mark.parametrize("seed", range(3))
def test_loss_falls_and_the_partition_stays(seed):
    points, reaches, shows = items(seed)
    features = np.column_stack((points, 2 * reaches))
    before = kmeans(features, 120, seed)
    after = refine(points, reaches, shows, before, 2.0)
    assert loss(points, reaches, shows, after) < 0.98 * loss(points, reaches, shows, before)
    assert after.shape == before.shape
    used = np.bincount(after)
    assert (used > 0).all()
    assert len(used) == 120


def test_arguments_are_left_alone_and_the_result_repeats():
    points, reaches, shows = items(5)
    labels = kmeans(points, 60, 5)
    copies = [array.copy() for array in (points, reaches, shows, labels)]
    first = refine(points, reaches, shows, labels, 2.0)
    np.testing.assert_array_equal(first, refine(points, reaches, shows, labels, 2.0))
    for array, copy in zip((points, reaches, shows, labels), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("count", [1, 2, 3, 17])
@pytest.mark.parametrize("equal", [False, True])
def test_few_and_equal_items(count, equal):
    points, reaches, shows = items(7, count)
    if equal:
        points[:], reaches[:] = points[0], reaches[0]
    labels = np.arange(count) % 2 if count > 1 else np.zeros(1, dtype=np.int64)
    after = refine(points, reaches, shows, labels.astype(np.int64), 2.0)
    assert sorted(set(after.tolist())) == list(range(int(after.max()) + 1))


def test_items_that_never_show():
    points, reaches, _ = items(9, 300)
    shows = np.zeros(300, dtype=np.bool_)
    labels = kmeans(points, 12, 9)
    after = refine(points, reaches, shows, labels, 2.0)
    assert (np.bincount(after) > 0).all()


@pytest.mark.parametrize("count", [1, 40, 5000])
def test_singletons_stay_apart(count):
    """Nothing can be cut in two, so nothing is dissolved."""
    points, reaches, shows = items(11, count)
    after = refine(points, reaches, shows, np.arange(count), 2.0)
    np.testing.assert_array_equal(after, np.arange(count))


@pytest.mark.parametrize("pairs", [1, 50, 900])
def test_no_cluster_is_lost_among_singletons(pairs):
    """Where few clusters can be cut, no more are dissolved than are made."""
    points, reaches, shows = items(13, 2000 + pairs)
    labels = np.arange(2000 + pairs) % 2000
    assert len(np.bincount(refine(points, reaches, shows, labels, 2.0))) == 2000
