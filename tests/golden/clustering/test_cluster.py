"""Clustering: partitions, determinism, cost, order in memory."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.spatial import cKDTree

from golden.clustering import kmeans as kmeans_module
from golden.clustering.ball import smallest_balls
from golden.clustering.cluster import METHODS, ClusterOptions, cluster_gaussians
from golden.errors import InputError
from golden.gaussians.bound import can_show, reach
from tests.golden.hostile_scenes import hostile_scenes, make_scene

SCENES = hostile_scenes()


def labels_of(clustering):
    labels = np.empty(len(clustering.order), int)
    labels[clustering.order] = np.repeat(np.arange(len(clustering.starts)), clustering.counts)
    return labels


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("clusters", [None, 1, 7, 10_000])
def test_every_scene_is_partitioned(name, method, clusters):
    scene = SCENES[name]
    found = cluster_gaussians(scene, ClusterOptions(method, clusters))
    assert found.order.dtype == np.uint32
    np.testing.assert_array_equal(np.sort(found.order), np.arange(len(scene)))
    assert found.starts[0] == 0
    assert found.counts.min() >= 1
    assert found.counts.sum() == len(scene)
    assert len(found.starts) <= len(scene)
    if clusters is not None:
        # Gaussians far from all others are in clusters of their own.
        assert len(found.starts) <= clusters + 3 * (name == "outliers")
    assert found.centers.dtype == np.float64
    assert np.isfinite(found.centers).all()
    for members in np.split(found.order, found.starts[1:]):
        assert (np.diff(members.astype(int)) > 0).all(), "members lie in the order of the scene"
    assert found.group_starts[0] == 0
    assert found.group_counts.min() >= 1
    assert found.group_counts.sum() == len(found.starts)
    assert np.isfinite(found.group_centers).all()


@pytest.mark.parametrize("method", ["paper", "reach"])
@pytest.mark.parametrize(("name", "distinct"), [("all equal", 1), ("duplicates", 20)])
def test_no_more_clusters_than_distinct_points(name, distinct, method):
    scene = SCENES[name]
    sizes = np.full((len(scene), 3), 0.1)
    same = make_scene(scene.means, scales=sizes, opacities=0.5)
    assert len(cluster_gaussians(same, ClusterOptions(method, 300)).starts) == distinct


@pytest.mark.parametrize(
    ("method", "gaussians", "clusters"),
    [("paper", 980, 10), ("paper", 1, 1), ("reach", 250, 10), ("morton", 321, 10), ("reach", 9, 1)],
)
def test_default_number(method, gaussians, clusters):
    assert ClusterOptions(method).clusters_for(gaussians) == clusters


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"clusters": 0}, "0 clusters are outside 1..100000000"),
        ({"clusters": -5}, "-5 clusters are outside"),
        ({"clusters": 2**31}, "2147483648 clusters are outside"),
        ({"per_group": -1}, "-1 clusters a group are outside 0..100000000"),
        ({"per_group": 2**31}, "2147483648 clusters a group are outside"),
        ({"method": "kmeans"}, "method 'kmeans' is not known: choose paper, reach or morton."),
        ({"radius": "2sigma"}, "radius '2sigma' is not known: choose safe or 3sigma."),
        ({"seed": -1}, "seed -1 is outside"),
        ({"seed": 2**63}, "is outside 0..2\\^63-1"),
    ],
)
def test_refused_options(changes, message):
    with pytest.raises(InputError, match=message):
        ClusterOptions(**changes)


class FixedWorkers:
    """A tree that searches on that many cores, whatever it is asked for."""

    def __init__(self, points, workers):
        self.tree, self.workers = cKDTree(points), workers

    def query(self, points, workers):
        assert workers == -1
        return self.tree.query(points, workers=self.workers)


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_clusters(method, monkeypatch):
    scene = make_scene(np.random.default_rng(0).normal(size=(3000, 3)))
    options = ClusterOptions(method, 100, seed=5)
    first = cluster_gaussians(scene, options)
    for workers in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(kmeans_module, "cKDTree", partial(FixedWorkers, workers=workers))
            again = cluster_gaussians(scene, options)
        np.testing.assert_array_equal(first.order, again.order)
        np.testing.assert_array_equal(first.centers, again.centers)
    other = cluster_gaussians(scene, ClusterOptions(method, 100, seed=6))
    assert np.array_equal(first.order, other.order) == (method == "morton")


def test_progress_sees_every_round():
    seen = []

    def progress(items, description):
        seen.append(description)
        return items

    scene = make_scene(np.random.default_rng(0).normal(size=(200, 3)))
    cluster_gaussians(scene, ClusterOptions("paper", 10), progress)
    assert seen == ["K-means", "groups"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("limit", [1, 7, 64])
def test_large_clusters_are_cut(method, limit):
    scene = make_scene(np.random.default_rng(0).normal(size=(500, 3)))
    found = cluster_gaussians(scene, ClusterOptions(method, 9), max_members=limit)
    whole = cluster_gaussians(scene, ClusterOptions(method, 9))
    assert found.counts.max() <= limit
    assert len(found.starts) == (-(-whole.counts // limit)).sum()
    pairs = set(zip(labels_of(found), labels_of(whole), strict=True))
    assert len(pairs) == len(found.starts), "a piece lies inside one cluster"


def test_clusters_over_16_bits_are_cut():
    scene = make_scene(np.zeros((70_000, 3)), scales=0.1, opacities=0.5)
    found = cluster_gaussians(scene, ClusterOptions("paper", 1))
    np.testing.assert_array_equal(found.counts, [35_000, 35_000])


def test_centres():
    scene = make_scene(np.random.default_rng(0).normal(size=(300, 3)))
    points = scene.means.astype(float)
    paper = cluster_gaussians(scene, ClusterOptions("paper", 10))
    for center, members in zip(paper.centers, np.split(paper.order, paper.starts[1:]), strict=True):
        np.testing.assert_allclose(center, points[members].mean(axis=0), atol=1e-14)
    for method in ("reach", "morton"):
        found = cluster_gaussians(scene, ClusterOptions(method, 10))
        o, e = found.order, reach(scene.scales, scene.opacities)
        shows = can_show(scene.opacities)
        balls = smallest_balls(points[o], e[o], shows[o], found.starts)
        np.testing.assert_array_equal(found.centers, balls)


def test_centroids_far_from_the_origin():
    scene = SCENES["tiny and far from the origin"]
    found = cluster_gaussians(scene, ClusterOptions("paper", 1))
    exact = [
        float(sum(map(int, scene.means[:, a].astype(float) * 2**12)) / 2**12) for a in range(3)
    ]
    np.testing.assert_allclose(found.centers[0] * len(scene), exact, rtol=1e-15)


def test_reach_parts_the_giants():
    rng = np.random.default_rng(0)
    scales = np.full((1000, 3), 0.01)
    giants = rng.choice(1000, 20, replace=False)
    scales[giants] = 3
    scene = make_scene(rng.uniform(-1, 1, (1000, 3)), scales=scales, opacities=0.9)
    mixed = {}
    for method in ("paper", "reach"):
        labels = labels_of(cluster_gaussians(scene, ClusterOptions(method, 30)))
        inside = np.unique(labels[giants])
        mixed[method] = np.isin(labels, inside).sum()
    assert mixed["reach"] == 20
    assert mixed["paper"] > 200


def test_morton_runs_are_of_equal_length():
    runs = cluster_gaussians(make_scene(np.ones((65, 3))), ClusterOptions("morton", 2))
    np.testing.assert_array_equal(runs.order, np.arange(65))
    np.testing.assert_array_equal(runs.counts, [33, 32])


def test_each_gaussian_its_own_cluster():
    """As many clusters as Gaussians are aimed at, and made."""
    rng = np.random.default_rng(3)
    scene = make_scene(rng.normal(size=(5000, 3)), opacities=0.5)
    assert len(cluster_gaussians(scene, ClusterOptions("reach", 5000)).starts) == 5000
