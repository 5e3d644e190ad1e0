"""The culling bound: reach, ball and its two radii."""

import numpy as np
import pytest

from golden.gaussians.bound import (
    B_HIGH,
    B_LOW,
    REACH_FACTOR_MAX,
    can_show,
    cluster_radii,
    reach,
    reach_factor,
)


def test_reach_factor_covers_the_ellipse_of_alpha_1_255():
    opacities = np.linspace(1 / 255, 1, 1000)
    factor = reach_factor(opacities)
    alpha = opacities * np.exp(-(factor**2) / 2)
    assert (alpha <= 1 / 255 * (1 + 1e-12)).all()  # beyond the reach alpha is below 1/255
    assert (alpha >= 1 / 255 * (1 - 3e-4)).all()  # and the reach is not much longer than needed
    assert factor.max() <= REACH_FACTOR_MAX


@pytest.mark.parametrize(
    ("opacity", "shows"), [(0.0, False), (0.0039, False), (1 / 255, True), (0.004, True), (1, True)]
)
def test_can_show(opacity, shows):
    opacities = np.array([opacity], dtype=np.float32)
    assert can_show(opacities)[0] == shows


def test_can_show_has_the_stated_margin_for_float32():
    below = np.float32(1 / 255) * np.float32(1 - 1e-6)
    assert can_show(np.array([below]))[0]


def test_reach_uses_the_longest_axis():
    scales = np.array([[1.0, 5.0, 2.0]], dtype=np.float32)
    value = reach(scales, np.array([1.0], dtype=np.float32))[0]
    assert 5 * np.sqrt(2 * np.log(255)) < value < 5 * 3.3302


@pytest.mark.parametrize("seed", range(5))
def test_line_between_the_radii_bounds_every_magnification(seed):
    rng = np.random.default_rng(seed)
    distances = 10.0 ** rng.uniform(-4, 3, 500)
    reaches = 10.0 ** rng.uniform(-4, 3, 500)
    shows = rng.random(500) < 0.9
    starts = np.sort(rng.choice(np.arange(1, 500), 40, replace=False))
    starts = np.concatenate([[0], starts])
    low, high, mean = cluster_radii(distances, reaches, shows, starts)
    for b in np.linspace(B_LOW, B_HIGH, 13):
        weight = (b - B_LOW) / (B_HIGH - B_LOW)
        line = low + weight * (high - low)
        for cluster, members in enumerate(np.split(np.arange(500), starts[1:])):
            seen = members[shows[members]]
            if len(seen):
                assert line[cluster] * (1 + 1e-12) >= (distances[seen] + b * reaches[seen]).max()
                assert mean[cluster] == distances[seen].max()
