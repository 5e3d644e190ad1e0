"""Where means are stored: origin, units of the balls, and offsets of the members."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from golden.grid import Grid
from golden.pack.units import ball_exponents, lower_median, pack_grid
from golden.params import Parameters
from tests.golden.hostile_scenes import make_scene
from tests.golden.pack.pack_cases import PARAMS, SCENES, ball_unit, exact, packed, stored_means


@pytest.mark.parametrize("name", SCENES)
def test_means_are_stored_to_half_a_unit(name):
    scene = SCENES[name]
    pack = packed(scene, "morton", 20)
    stored = stored_means(pack)
    units = [ball_unit(pack, c) * Fraction(2) ** int(c["member_exponent"]) for c in pack.clusters]
    cluster_of = np.repeat(np.arange(len(units)), pack.clusters["count"])
    for i, g in enumerate(pack.order):
        unit = units[cluster_of[i]]
        for a, b in zip(exact(scene.means[g]), stored[i], strict=True):
            # float64 rounds the offset first, in the last of 53 bits
            assert abs(a - b) <= unit / 2 * (1 + Fraction(1, 2**20))


@pytest.mark.parametrize("name", SCENES)
def test_exponents_are_the_smallest(name):
    pack = packed(SCENES[name], "morton", 20)
    largest = np.maximum.reduceat(
        np.abs(pack.geometry["offset"].astype(int)).max(axis=1), pack.clusters["base"]
    )
    exponents = pack.clusters["member_exponent"]
    assert exponents.min() >= -16
    assert largest.max() <= 32767
    assert (largest[exponents > -16] >= 16384).all()
    for table in (pack.clusters, pack.groups):
        coarse = table["exponent"] > 0
        widest = np.abs(table["center"]).max(axis=1)
        assert (coarse <= ((widest >= 2**22) | (table["member_exponent"] >= 11))).all()


def test_a_group_has_a_unit_of_its_own():
    """A giant far out: the group's centre is near it, ten times as far as the cluster's."""
    means = np.append(np.zeros((9, 3)), [[100, 0, 0]], axis=0)
    scales = np.append(np.full(9, 0.01), 90.0)[:, None]
    pack = packed(make_scene(means, scales=scales, opacities=1), "paper", 1)
    group = pack.groups[0]
    assert 2**22 <= group["center"][0] <= PARAMS.center.max_int
    assert group["exponent"] == 3
    assert group["center"][0] * float(ball_unit(pack, group)) == 100
    assert pack.clusters["exponent"].tolist() == [0, 3]


@pytest.mark.parametrize(
    ("largest", "bits", "exponent"),
    [
        (0.0, 24, -19),
        (1e-20, 24, -19),
        (15.9, 24, -19),
        (16.0, 24, -18),
        (8388607.0, 24, 0),
        (8388607.49, 24, 0),
        (8388607.6, 24, 1),
        (-8388608.0, 24, 1),
        (3e38, 24, 105),
        (2047 / 512, 12, -9),
        (4, 12, -8),
    ],
)
def test_the_unit_of_a_ball(largest, bits, exponent):
    centers, params = np.array([[0, largest, 0]], float), Parameters(center_bits=bits)
    assert ball_exponents(centers, np.zeros(1), Grid(-19), params).tolist() == [exponent + 19]


@pytest.mark.parametrize(
    ("farthest", "exponent"), [(127.0, -19), (129.0, -18), (2.0**20 - 1, -6), (1e30, 74)]
)
def test_units_are_coarse_enough_for_the_farthest_member(farthest, exponent):
    """An offset of 15 bits and exponent 12 reaches 2^27 units; half of that is used."""
    found = ball_exponents(np.zeros((1, 3)), np.array([farthest]), Grid(-19), Parameters())
    assert found.tolist() == [exponent + 19]


def cloud(scale, offset=(0, 0, 0), far=0.0, share=0.0, count=400):
    """Means about an offset; a share of them `far` from it."""
    rng = np.random.default_rng(3)
    means = rng.normal(size=(count, 3)) * scale
    distant = rng.random(count) < share
    means[distant] *= far / np.linalg.norm(means[distant], axis=1, keepdims=True)
    return (means + offset).astype(np.float32).astype(float)


@pytest.mark.parametrize("far", [1e4, 1e6, 1e9, 1e30])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.8])
def test_far_gaussians_do_not_change_the_finest_unit(far, share):
    near = pack_grid(cloud(50.0), PARAMS)
    grid = pack_grid(cloud(50.0, far=far, share=share), PARAMS)
    assert near.origin == grid.origin == (0, 0, 0)
    assert -16 <= near.exponent <= grid.exponent + 1
    assert grid.exponent <= near.exponent + 3  # 16 distances of an eighth instead of 4 medians


@pytest.mark.parametrize("far", [0.0, 1e4, 1e9])
def test_a_far_scene_has_an_origin_of_its_own(far):
    offset = np.array((4e6, -3.2e5, 120))
    grid = pack_grid(cloud(50.0, offset, far, 0.3 if far else 0), PARAMS)
    assert np.abs(np.array(grid.origin) - offset).max() < 50
    assert abs(grid.exponent - pack_grid(cloud(50.0), PARAMS).exponent) <= 1


def test_a_scene_about_its_origin_keeps_it():
    for scale in (1e-3, 1.0, 1e3):
        assert pack_grid(cloud(scale, (2 * scale, 0, scale)), PARAMS).origin == (0, 0, 0)


def test_the_lower_median_is_one_of_the_values():
    values = np.array([[5.0, 1], [-1, 1e9], [1e9, 2], [0, -3]])
    assert lower_median(values).tolist() == [0, 1]


def test_units_are_never_coarser_than_one_grid_for_all():
    """What packs had before: one unit with which the farthest centre filled 22 bits."""
    for name, scene in SCENES.items():
        pack = packed(scene)
        widest = max(float(np.abs(scene.means).max()), 2.0**-19)
        one = max(int(np.frexp(widest)[1]) - 21, -19)
        far = np.abs(pack.clusters["center"]).max(axis=1) >= 2**22
        finest = pack.meta.grid.exponent + pack.clusters["exponent"].astype(int)
        # A ball's centre may stand farther out than all means, on a giant.
        assert (finest <= one)[~far].all() or name == "one giant among many tiny", name
