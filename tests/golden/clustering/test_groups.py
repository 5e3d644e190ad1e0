"""Groups of clusters: partitions, order in memory, centres, what they do not change."""

from __future__ import annotations

import numpy as np
import pytest

from golden.clustering.ball import smallest_balls
from golden.clustering.cluster import METHODS, ClusterOptions, cluster_gaussians
from golden.clustering.morton import morton_codes, morton_order
from golden.clustering.partition import cut_large, equal_runs, inverse, runs
from golden.gaussians.bound import can_show, reach
from tests.golden.hostile_scenes import hostile_scenes, make_scene

SCENES = hostile_scenes()


def grouped(scene, method="reach", clusters=None, per_group=4, seed=0, **limits):
    options = ClusterOptions(method, clusters, seed=seed, per_group=per_group)
    return cluster_gaussians(scene, options, **limits)


def plain_scene(n=3000):
    return make_scene(np.random.default_rng(0).normal(size=(n, 3)))


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("clusters", "per_group"), [(None, 24), (40, 5), (10_000, 1), (60, 0)])
def test_every_scene_is_grouped(name, method, clusters, per_group):
    scene = SCENES[name]
    found = grouped(scene, method, clusters, per_group)
    groups, m = len(found.group_starts), len(found.starts)
    assert 1 <= groups <= m
    assert groups <= max(round(m / per_group), 1) if per_group else groups == 1
    assert found.group_starts.dtype == np.int64
    assert found.group_starts[0] == 0
    assert (np.diff(found.group_starts) > 0).all()
    assert found.group_counts.sum() == m
    assert found.group_centers.shape == (groups, 3)
    np.testing.assert_array_equal(found.group_bases, found.starts[found.group_starts])
    # groups along a curve, clusters of each along a curve
    np.testing.assert_array_equal(morton_order(found.group_centers), np.arange(groups))
    codes = morton_codes(found.centers)
    for of in np.split(codes, found.group_starts[1:]):
        assert (of[1:] >= of[:-1]).all()


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("method", METHODS)
def test_centres_are_those_of_the_smallest_ball_over_gaussians(name, method):
    scene = SCENES[name]
    found = grouped(scene, method, 40)
    o = found.order
    points, e = scene.means.astype(float), reach(scene.scales, scene.opacities)
    balls = smallest_balls(points[o], e[o], can_show(scene.opacities)[o], found.group_bases)
    # members of a ball in another order: equal up to the rounding of their mean
    size = np.abs(points).max() + e.max()
    np.testing.assert_allclose(balls, found.group_centers, rtol=1e-9, atol=1e-2 * size)
    distances = {}
    for key, centers in (("again", balls), ("found", found.group_centers)):
        of = np.repeat(centers, np.diff(found.group_bases, append=len(o)), axis=0)
        reached = np.linalg.norm(points[o] - of, axis=1) + e[o]
        distances[key] = np.maximum.reduceat(reached, found.group_bases)
    np.testing.assert_allclose(distances["again"], distances["found"], rtol=1e-2)


@pytest.mark.parametrize("method", METHODS)
def test_groups_change_no_cluster(method):
    """The same clusters, in another order."""
    scene = plain_scene()
    sets = []
    for per_group in (0, 1, 10):
        found = grouped(scene, method, 100, per_group)
        members = np.split(found.order, found.starts[1:])
        sets.append({(tuple(c), m.tobytes()) for c, m in zip(found.centers, members, strict=True)})
    assert len(sets[0]) == 100
    assert sets[0] == sets[1] == sets[2]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("per_group", "groups"), [(0, 1), (1, 120), (5, 24), (7, 17), (120, 1), (10**8, 1), (79, 2)]
)
def test_number_of_groups(method, per_group, groups):
    found = grouped(plain_scene(), method, 120, per_group)
    assert len(found.starts) == 120
    assert len(found.group_starts) == groups


@pytest.mark.parametrize(("clusters", "groups"), [(1, 1), (2, 1), (100, 4), (50_262, 2094)])
def test_default_number(clusters, groups):
    assert ClusterOptions().per_group == 24
    assert ClusterOptions().groups_for(clusters) == groups


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("largest", [1, 7, 64])
def test_large_groups_are_cut(method, largest):
    found = grouped(plain_scene(100), method, 100, per_group=0, max_members=largest)
    assert found.group_counts.max() <= largest
    assert len(found.group_starts) == -(-len(found.starts) // largest)


@pytest.mark.parametrize("method", METHODS)
def test_one_gaussian(method):
    found = grouped(make_scene([[0.25, -2, 5]]), method)
    for array in (found.order, found.starts, found.group_starts):
        assert array.tolist() == [0]
    np.testing.assert_array_equal(found.group_centers, [[0.25, -2, 5]])


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_groups(method):
    scene = plain_scene()
    first, again = (grouped(scene, method, 300, seed=5) for _ in range(2))
    for name in ("order", "starts", "centers", "group_starts", "group_centers"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    other = grouped(scene, method, 300, seed=6)
    assert np.array_equal(first.group_centers, other.group_centers) == (method == "morton")


def test_morton_groups_are_runs_of_equal_length():
    found = grouped(plain_scene(), "morton", 100, per_group=8)
    assert sorted(found.group_counts) == [8] * 8 + [9] * 4
    along = morton_order(found.centers)
    place = inverse(along)
    for first, count in zip(found.group_starts, found.group_counts, strict=True):
        assert (np.diff(place[first : first + count]) == 1).all()


def test_reach_parts_clusters_of_giants():
    """One group holds the giants, so that the other balls stay small."""
    rng = np.random.default_rng(0)
    scales = np.full((1000, 3), 0.01)
    giants = rng.choice(1000, 20, replace=False)
    scales[giants] = 3
    scene = make_scene(rng.uniform(-1, 1, (1000, 3)), scales=scales, opacities=0.9)
    mixed = {}
    for method in ("paper", "reach"):
        found = grouped(scene, method, 100, per_group=10)
        group_of = np.empty(1000, int)
        gaussians = np.diff(found.group_bases, append=1000)
        group_of[found.order] = np.repeat(np.arange(len(gaussians)), gaussians)
        mixed[method] = np.isin(group_of, group_of[giants]).sum()
    assert mixed["reach"] == 20
    assert mixed["paper"] > 500


@pytest.mark.parametrize(("items", "parts"), [(1, 1), (7, 3), (65, 2), (9, 9)])
def test_equal_runs(items, parts):
    order = np.random.default_rng(0).permutation(items)
    labels = equal_runs(order, parts)
    assert (np.diff(labels[order]) >= 0).all()
    counts = np.bincount(labels)
    assert len(counts) == parts
    assert counts.max() - counts.min() <= 1


def test_runs_and_their_inverse():
    labels = np.array([2, 0, 1, 0, 2, 2])
    order, starts = runs(labels)
    assert order.tolist() == [1, 3, 2, 0, 4, 5]
    assert starts.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(order[inverse(order)], np.arange(6))


def test_cut_large_keeps_what_fits():
    points = np.array([[x, 0, 0] for x in (3, 1, 2, 0, 9, 8)], float)
    labels = np.array([0, 0, 0, 0, 1, 1])
    np.testing.assert_array_equal(cut_large(labels, points, 4), labels)
    np.testing.assert_array_equal(cut_large(labels, points, 2), [1, 0, 1, 0, 2, 2])
