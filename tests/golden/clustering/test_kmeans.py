"""K-means: its cost, its fixed point, centres that run empty."""

from __future__ import annotations

import numpy as np
import pytest

from golden.clustering import kmeans as kmeans_module
from golden.clustering.kmeans import kmeans


def cost(points, labels):
    means = np.array([points[labels == j].mean(axis=0) for j in range(labels.max() + 1)])
    return ((points - means[labels]) ** 2).sum()


def plain_lloyd(points, clusters, seed, rounds=100):
    """The textbook: all distances, until nothing moves."""
    rng = np.random.default_rng(seed + 1000)
    centers = points[rng.choice(len(points), clusters, replace=False)]
    for _ in range(rounds):
        labels = ((points[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
        centers = np.array(
            [points[labels == j].mean(axis=0) if (labels == j).any() else c
             for j, c in enumerate(centers)]
        )  # fmt: skip
    return cost(points, np.unique(labels, return_inverse=True)[1])


@pytest.mark.parametrize("dimensions", [3, 4])
@pytest.mark.parametrize("spread", ["uniform", "normal", "clumps"])
def test_cost_near_a_plain_lloyd(dimensions, spread):
    rng = np.random.default_rng(3)
    points = {
        "uniform": rng.uniform(size=(500, dimensions)),
        "normal": rng.normal(size=(500, dimensions)),
        "clumps": rng.normal(size=(500, dimensions)) * 0.2 + rng.integers(0, 4, (500, 1)),
    }[spread]
    mine = np.mean([cost(points, kmeans(points, 25, seed)) for seed in range(6)])
    plain = np.mean([plain_lloyd(points, 25, seed) for seed in range(6)])
    assert mine <= 1.05 * plain


def test_kmeans_finds_what_is_plain_to_see():
    rng = np.random.default_rng(0)
    corners = np.array([[0, 0, 0], [100, 0, 0], [0, 100, 0], [0, 0, 100], [90, 90, 90.0]])
    truth = rng.integers(0, 5, 500)
    points = corners[truth] + rng.normal(size=(500, 3))
    # whatever the start, empty clusters go where points are far from their centre
    best = min((kmeans(points, 5, seed) for seed in range(5)), key=lambda k: cost(points, k))
    assert len(set(zip(truth, best, strict=True))) == 5


def test_labels_are_the_nearest_means_when_at_rest():
    points = np.random.default_rng(1).normal(size=(400, 3))
    labels = kmeans(points, 12, seed=0, iterations=1000)
    means = np.array([points[labels == j].mean(axis=0) for j in range(labels.max() + 1)])
    nearest = ((points[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(labels, nearest)


def test_an_empty_centre_moves_to_the_farthest_point():
    points = np.array([[0.0, 0], [1, 0], [10, 0], [13, 0]])
    labels, distances = np.array([0, 0, 2, 2]), np.array([0.5, 0.5, 1, 2])
    means = kmeans_module._means(points, labels, distances, np.zeros((4, 2)))
    np.testing.assert_array_equal(means[[0, 2]], [[0.5, 0], [11.5, 0]])
    assert sorted(means[[1, 3], 0]) == [10, 13]


@pytest.mark.parametrize("seed", range(5))
def test_the_start_is_distinct(seed):
    points = np.repeat(np.random.default_rng(0).normal(size=(20, 3)), 20, axis=0)
    labels = kmeans(points, 20, seed, iterations=0)
    np.testing.assert_array_equal(np.bincount(labels), np.full(20, 20))


def test_centres_that_stay_empty_are_dropped(monkeypatch):
    points = np.array([[0.0, 0, 0], [0, 0, 0], [9, 9, 9], [9, 9, 9], [9, 9, 9]])
    start = points[[0, 0, 2, 2, 2]]
    monkeypatch.setattr(kmeans_module, "_distinct_sample", lambda *_: start)
    labels = kmeans(points, 5, seed=0)
    assert sorted(np.bincount(labels)) == [2, 3]
