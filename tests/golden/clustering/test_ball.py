"""Smallest enclosing balls of balls."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from golden.clustering.ball import smallest_balls


def radius(center, points, reaches):
    return (np.linalg.norm(points - center, axis=1) + reaches).max()


def one_ball(points, reaches, counted=None):
    counted = np.ones(len(points), bool) if counted is None else counted
    points, reaches = np.asarray(points, float), np.asarray(reaches, float)
    return smallest_balls(points, reaches, counted, np.array([0]))[0]


def optimum(points, reaches):
    """Radius by a general solver: minimise r subject to |p_i - c| + e_i <= r."""
    scale = np.ptp(points, axis=0).max() + reaches.max()
    p, e = (points - points.mean(axis=0)) / scale, reaches / scale

    def slack(x):
        return x[3] - e - np.sqrt(((p - x[:3]) ** 2).sum(axis=1) + 1e-18)

    best = np.inf
    for start in (np.zeros(3), p[np.argmax(e)] + 1e-3):
        guess = np.append(start, radius(start, p, e) * 1.1)
        found = minimize(
            lambda x: x[3],
            guess,
            method="SLSQP",
            constraints={"type": "ineq", "fun": slack},
            options={"maxiter": 500, "ftol": 1e-12},
        )
        best = min(best, radius(found.x[:3], p, e))
    return best * scale


SETS = {
    "points in a cube": (lambda g: g.uniform(-1, 1, (30, 3)), lambda g: np.zeros(30)),
    "points on a sphere": (
        lambda g: (lambda v: v / np.linalg.norm(v, axis=1, keepdims=True))(g.normal(size=(30, 3))),
        lambda g: np.zeros(30),
    ),
    "balls of all sizes": (lambda g: g.normal(size=(40, 3)), lambda g: np.exp(g.normal(-2, 2, 40))),
    "one giant": (lambda g: g.normal(size=(40, 3)), lambda g: np.append(np.zeros(39), 1.5)),
    "a line": (lambda g: g.normal(size=(9, 1)) * [1.0, 2, 3], lambda g: g.uniform(0, 1, 9)),
    "a far outlier": (
        lambda g: np.vstack((g.normal(size=(25, 3)), [[1e4, 0, 0]])),
        lambda g: g.uniform(0, 1, 26),
    ),
    "far from the origin": (lambda g: 1e6 + g.normal(size=(25, 3)), lambda g: g.uniform(0, 1, 25)),
    "three": (lambda g: g.normal(size=(3, 3)), lambda g: g.uniform(0, 1, 3)),
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("seed", range(3))
def test_within_two_percent_of_the_optimum(name, seed):
    rng = np.random.default_rng(seed)
    points, reaches = SETS[name][0](rng), SETS[name][1](rng)
    found = radius(one_ball(points, reaches), points, reaches)
    assert found <= 1.02 * optimum(points, reaches)


def test_known_balls():
    np.testing.assert_array_equal(one_ball([[1, 2, 3]], [5]), [1, 2, 3])
    np.testing.assert_array_equal(one_ball([[1, 2, 3]] * 4, [5, 0, 1, 5]), [1, 2, 3])
    np.testing.assert_allclose(one_ball([[-1, 0, 0], [1, 0, 0]], [0, 0]), [0, 0, 0], atol=1e-9)
    # from -1 to 1 + 2: centre at 1, reached from both sides
    np.testing.assert_allclose(one_ball([[-1, 0, 0], [1, 0, 0]], [0, 2]), [1, 0, 0], atol=0.03)


def test_a_ball_that_holds_all_others_is_the_answer():
    points = np.vstack((np.random.default_rng(0).normal(size=(50, 3)), [[0.3, 0.2, 0.1]]))
    reaches = np.append(np.zeros(50), 100.0)
    np.testing.assert_allclose(one_ball(points, reaches), points[-1], atol=1e-12)


def test_never_worse_than_the_mean():
    rng = np.random.default_rng(1)
    for _ in range(20):
        points, reaches = rng.normal(size=(12, 3)), np.exp(rng.normal(-1, 2, 12))
        mean = radius(points.mean(axis=0), points, reaches)
        assert radius(one_ball(points, reaches), points, reaches) <= mean * (1 + 1e-15)


def test_what_does_not_count_is_ignored():
    rng = np.random.default_rng(2)
    points, reaches = rng.normal(size=(20, 3)), rng.uniform(0, 1, 20)
    counted = rng.random(20) < 0.5
    alone = one_ball(points[counted], reaches[counted])
    np.testing.assert_array_equal(one_ball(points, reaches, counted), alone)
    nothing = one_ball(points, reaches, np.zeros(20, bool))
    np.testing.assert_array_equal(nothing, one_ball(points, reaches))


def test_each_cluster_is_on_its_own():
    rng = np.random.default_rng(3)
    points, reaches = rng.normal(size=(60, 3)), rng.uniform(0, 1, 60)
    starts = np.array([0, 1, 20, 59])
    together = smallest_balls(points, reaches, np.ones(60, bool), starts)
    for j, (a, b) in enumerate(zip(starts, [1, 20, 59, 60], strict=True)):
        np.testing.assert_array_equal(together[j], one_ball(points[a:b], reaches[a:b]))


@pytest.mark.parametrize("size", [1e-40, 1e38])
def test_extreme_sizes(size):
    rng = np.random.default_rng(4)
    points, reaches = rng.normal(size=(20, 3)), rng.uniform(0, 1, 20)
    large = one_ball(points * size, reaches * size)
    np.testing.assert_allclose(large / size, one_ball(points, reaches), atol=0.05)
