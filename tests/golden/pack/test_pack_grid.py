"""Where means are stored: the grid of the centres and the offsets of the members."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from golden.pack.tables import grid_exponent_for
from golden.params import Parameters
from tests.golden.hostile_scenes import make_scene
from tests.golden.pack.pack_cases import PARAMS, SCENES, exact, packed, stored_means


@pytest.mark.parametrize("name", SCENES)
def test_means_are_stored_to_half_a_unit(name):
    scene = SCENES[name]
    pack = packed(scene, "morton", 20)
    stored = stored_means(pack)
    units = np.repeat(pack.clusters["member_exponent"].astype(int), pack.clusters["count"])
    for i, g in enumerate(pack.order):
        unit = Fraction(2) ** (pack.meta.grid_exponent + int(units[i]))
        for a, b in zip(exact(scene.means[g]), stored[i], strict=True):
            # float64 rounds the offset first, in the last of 53 bits
            assert abs(a - b) <= unit / 2 * (1 + Fraction(1, 2**20))


@pytest.mark.parametrize("name", SCENES)
def test_member_exponents_are_the_smallest(name):
    pack = packed(SCENES[name], "morton", 20)
    largest = np.maximum.reduceat(
        np.abs(pack.geometry["offset"].astype(int)).max(axis=1), pack.clusters["base"]
    )
    exponents = pack.clusters["member_exponent"]
    assert exponents.min() >= -16
    assert largest.max() <= 32767
    assert (largest[exponents > -16] >= 16384).all()


def test_the_grid_holds_the_centres_of_groups():
    """A giant far out: the group's centre is near it, ten times as far as the cluster's."""
    means = np.append(np.zeros((9, 3)), [[100, 0, 0]], axis=0)
    scales = np.append(np.full(9, 0.01), 90.0)[:, None]
    scene = make_scene(means, scales=scales, opacities=1)
    pack = packed(scene, "paper", 1, Parameters(center_headroom_bits=0))
    farthest = PARAMS.center.max_int
    assert 6 * pack.clusters["center"][0, 0] < pack.groups["center"][0, 0] <= farthest


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
        (1.0, 12, -10),
        (2047 / 1024, 12, -10),
        (2, 12, -9),
    ],
)
def test_grid(largest, bits, exponent):
    centers = np.array([[0, largest, 0]], float)
    params = Parameters(center_bits=bits, center_headroom_bits=0)
    assert grid_exponent_for(centers, 0.0, params) == exponent


def test_grid_leaves_room_for_the_camera():
    """16 times as far away as the farthest centre, a camera is still within reach."""
    params = Parameters()
    for largest in (0.7, 21.0, 900.0):
        exponent = grid_exponent_for(np.array([[largest, 0, 0]]), 0.0, params)
        reach = params.camera_position.max_int * 2.0 ** (exponent - params.length_fraction_bits)
        assert 16 * largest <= reach <= 64 * max(largest, 1)


@pytest.mark.parametrize(
    ("farthest", "exponent"), [(127.0, -19), (129.0, -18), (2.0**20 - 1, -6), (1e30, 74)]
)
def test_grid_is_coarse_enough_for_the_farthest_member(farthest, exponent):
    """An offset of 15 bits and exponent 12 reaches 2^27 grid units; half of that is used."""
    assert grid_exponent_for(np.zeros((1, 3)), farthest, Parameters()) == exponent
