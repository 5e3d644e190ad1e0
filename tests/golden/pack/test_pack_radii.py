"""The balls of a pack: every Gaussian, true and stored, lies inside, and none is too large."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions, cluster_gaussians
from golden.gaussians.bound import can_show, reach
from golden.pack import pack_clusters
from golden.params import Parameters
from golden.rules import INRIA
from tests.golden.hostile_scenes import make_scene
from tests.golden.pack.pack_cases import (
    NEVER,
    SCENES,
    ball_center,
    ball_unit,
    balls_of,
    exact,
    packed,
    plain_scene,
    stored_means,
)


def assert_inside(center, mean, radius, reaches, what):
    """|mean - center| + reach <= radius, without a square root."""
    room = radius - reaches
    distance2 = sum((a - b) ** 2 for a, b in zip(center, mean, strict=True))
    assert room >= 0, what
    assert room * room >= distance2, what


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize(
    ("method", "clusters"), [("paper", 1), ("paper", 9), ("reach", None), ("morton", 30)]
)
def test_every_gaussian_is_inside_its_balls(name, method, clusters):
    scene = SCENES[name]
    pack = packed(scene, method, clusters)
    e, shows = exact(reach(scene.scales, scene.opacities)), can_show(scene.opacities)
    means = [exact(m) for m in scene.means]
    stored = stored_means(pack)
    for ball, gaussians in balls_of(pack):
        unit, center = ball_unit(pack, ball), ball_center(pack, ball)
        low, high, mean_radius = (
            int(ball[f"radius_{kind}"]) * unit for kind in ("low", "high", "mean")
        )
        for i in gaussians:
            g = int(pack.order[i])
            if not shows[g] or ball["radius_high"] == NEVER:
                continue
            for mean in (means[g], stored[i]):
                for b in (Fraction(1), Fraction(115, 100), Fraction(13, 10)):
                    radius = low + (high - low) * (b - 1) / Fraction(3, 10)
                    assert_inside(center, mean, radius, b * e[g], (name, g, float(b)))
                assert_inside(center, mean, mean_radius, 0, (name, g, "mean"))


def test_3sigma_is_the_papers_radius_to_the_letter():
    means = [[0, 0, 0], [2, 0, 0], [1, 3, 0]]
    scales = [[0.5, 0.1, 0.1], [0.1, 0.25, 0.1], [0.1, 0.1, 1]]
    # the last can never show, and counts all the same
    scene = make_scene(means, scales=scales, opacities=[1, 0.5, 0])
    pack = packed(scene, "paper", 1, radius="3sigma")
    grid = 2.0**pack.meta.grid.exponent
    np.testing.assert_array_equal(pack.clusters["center"][0] * grid, [1, 1, 0])
    assert pack.clusters["radius_low"][0] == np.ceil((2 + 3) / grid * (1 + 2.0**-40))
    assert pack.clusters["radius_high"][0] == pack.clusters["radius_low"][0]
    assert pack.clusters["radius_mean"][0] == np.ceil(2 / grid * (1 + 2.0**-40))
    group = pack.groups[0]
    center = group["center"] * grid
    reached = (np.linalg.norm(means - center, axis=1) + 3 * np.float32(scales).max(axis=1)).max()
    assert group["radius_low"] == group["radius_high"] == np.ceil(reached / grid)
    assert (group["base"], group["count"]) == (0, 1)


def test_safe_leaves_out_what_never_shows():
    means = [[0, 0, 0], [2, 0, 0], [1, 300, 0]]
    scene = make_scene(means, scales=0.01, opacities=[1, 1, 0])
    for method in ("reach", "morton"):
        pack = packed(scene, method, 1)
        assert pack.clusters["radius_high"][0] * 2.0**pack.meta.grid.exponent < 1.1
        np.testing.assert_array_equal(np.sort(pack.geometry["flags"]), [0, 1, 1])


def test_radii_are_tight():
    """No more than a grid unit, the float64 margin and the stored size above the bound."""
    scene = plain_scene()
    options = ClusterOptions("paper", 10)
    clustering = cluster_gaussians(scene, options)
    pack = pack_clusters(scene, clustering, options, INRIA)
    grid = 2.0**pack.meta.grid.exponent
    order, starts = clustering.order, clustering.starts
    center = np.repeat(pack.clusters["center"] * grid, clustering.counts, axis=0)
    d = np.linalg.norm(scene.means[order] - center, axis=1)
    e = reach(scene.scales, scene.opacities)[order]
    shows = can_show(scene.opacities)[order]
    for b, kind in ((1, "low"), (1.3, "high")):
        bound = np.maximum.reduceat(np.where(shows, d + b * e, 0), starts)
        assert (pack.clusters[f"radius_{kind}"] * grid <= bound * (1 + 2.0**-12)).all()


def test_group_radii_are_tight():
    """Over Gaussians: never larger than over the clusters' balls, and smaller in the mean."""
    pack = packed(plain_scene(2000), clusters=200, per_group=10)
    grid = 2.0**pack.meta.grid.exponent
    bounds, radii = [], []
    for group, gaussians in list(balls_of(pack))[pack.meta.clusters :]:
        of = pack.clusters[int(group["base"]) :][: int(group["count"])]
        assert not of["exponent"].any()
        assert not group["exponent"]
        between = np.linalg.norm((of["center"] - group["center"]).astype(float), axis=1)
        bounds.append((between + of["radius_low"]).max() * grid)
        radii.append(group["radius_low"] * grid)
        assert len(gaussians) == of["count"].sum()
    assert (np.array(radii) <= np.array(bounds) + grid).all()
    assert np.mean(radii) < 0.97 * np.mean(bounds)


def test_radii_that_do_not_fit_say_never_cull():
    pack = packed(SCENES["beyond every radius"])
    assert (pack.clusters["radius_low"] == NEVER).all()
    assert (pack.clusters["radius_high"] == NEVER).all()
    narrow = packed(plain_scene(), params=Parameters(radius_bits=12))
    assert (narrow.clusters["radius_high"] == 4095).all()
