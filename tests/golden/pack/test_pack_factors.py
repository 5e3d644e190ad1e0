"""The factor L of a covariance as it is stored: how far off, how large, and inside its balls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from golden.gaussians.bound import REACH_FACTOR_MAX, reach, reach_factor
from golden.gaussians.covariance import covariance3d, covariance_factor
from golden.pack.tables import STORED_SIZE_UNITS, factor_exponents, geometry_records
from golden.params import Parameters
from tests.golden.hostile_scenes import make_scene
from tests.golden.pack.pack_cases import (
    NEVER,
    PARAMS,
    SCENES,
    ball_center,
    ball_unit,
    balls_of,
    packed,
    stored_means,
)

# Below that no scene's exponent stops: its factors keep all their bits.
FULL = [n for n in SCENES if n not in ("smallest numbers", "tiny and near the origin")]


def lower(six):
    """(N, 3, 3) lower triangular matrices of l00, l10, l11, l20, l21, l22."""
    matrices = np.zeros((len(six), 3, 3))
    matrices[:, *np.tril_indices(3)] = six
    return matrices


def symmetric(six):
    """(N, 3, 3) of xx, xy, xz, yy, yz, zz."""
    xx, xy, xz, yy, yz, zz = np.asarray(six, float).T
    return np.moveaxis(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]), -1, 0)


def stored_sigma(geometry):
    """(N,) largest singular value of the stored L, scene units."""
    norm = np.linalg.norm(lower(geometry["factor"]), 2, axis=(1, 2))
    return np.ldexp(norm, geometry["factor_exponent"].astype(int))


@pytest.mark.parametrize("name", SCENES)
def test_the_factor_is_a_root_of_the_covariance(name):
    """L L^T = Sigma, to float64; its largest singular value is the largest scale."""
    scene = SCENES[name]
    unit = scene.scales.max(axis=1).astype(float)
    factor = lower(covariance_factor(scene)) / unit[:, None, None]
    sigma = symmetric(covariance3d(scene).sigma / unit[:, None] / unit[:, None])
    if name == "smallest numbers":  # 2^-126 squared leaves float64's normal numbers on the way
        sigma = np.zeros_like(sigma) + np.eye(3)
    assert np.abs(factor @ factor.transpose(0, 2, 1) - sigma).max() < 1e-14
    assert (np.einsum("nii->ni", factor) >= 0).all()
    np.testing.assert_allclose(np.linalg.norm(factor, 2, axis=(1, 2)), 1, rtol=1e-14)


def test_the_factor_keeps_the_thin_axes():
    """Singular values are the scales, down to a billionth of the largest."""
    scales = 10.0 ** np.random.default_rng(0).uniform(-9, 0, (500, 3))
    scene = make_scene(np.zeros((500, 3)), scales=scales)
    values = np.linalg.svd(lower(covariance_factor(scene)), compute_uv=False)
    wanted = -np.sort(-scene.scales.astype(float), axis=1)
    assert (np.abs(values - wanted) <= 1e-15 * wanted[:, :1]).all()


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_factors_are_stored_to_half_a_unit(name, bits):
    scene = SCENES[name]
    order = np.arange(len(scene), dtype=np.uint32)[::-1]
    records = geometry_records(scene, order, Parameters(factor_bits=bits))
    exponents = records["factor_exponent"].astype(int)
    true = np.ldexp(covariance_factor(scene)[order], -exponents[:, None])
    assert np.abs(records["factor"] - true).max() <= 0.5
    norm = np.linalg.norm(lower(records["factor"]), 2, axis=(1, 2))
    # Smallest exponent: a quarter of the format, or a little less of it, is always reached.
    largest = np.ldexp(scene.scales.max(axis=1).astype(float)[order], -exponents)
    assert (largest <= 2 ** (bits - 1) - 4).all()
    assert (largest > 2 ** (bits - 2) - 2).all()
    assert norm.max() < 2 ** (bits - 1) - 1
    assert (np.abs(norm - largest) < STORED_SIZE_UNITS).all()


@pytest.mark.parametrize(
    ("largest", "exponent"),
    [
        (1.0, -14),
        (32764.0, 0),
        (np.nextafter(32764.0, np.inf), 1),
        (32768.0, 1),
        (16384.0, 0),
        (np.nextafter(16382.0, np.inf), 0),
        (16382.0, -1),
        (float(np.finfo(np.float32).tiny), -128),
        (32764 * 2.0**-128, -128),
        (float(np.finfo(np.float32).max), 114),
        (32764 * 2.0**127, 127),
        (1e300, 127),
    ],
)
def test_factor_exponents(largest, exponent):
    assert factor_exponents(np.array([largest]), 16).tolist() == [exponent]


def test_the_smallest_and_largest_gaussians_of_float32():
    """2^-126 is 4 units of 2^-128 and 2^128 far from 127, where exponents end."""
    tiny, huge = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
    scene = make_scene(np.zeros((2, 3)), scales=[[tiny] * 3, [huge] * 3], opacities=1)
    records = geometry_records(scene, np.arange(2, dtype=np.uint32), PARAMS)
    assert records["factor_exponent"].tolist() == [-128, 114]
    assert np.abs(lower(records["factor"])[0] - 4 * np.eye(3)).max() == 0
    assert np.linalg.norm(lower(records["factor"])[1], 2) == 16384


@pytest.mark.parametrize("name", SCENES)
def test_stored_reaches_are_inside_too(name):
    """As the hardware reads them: k and the largest standard deviation of the record."""
    pack = packed(SCENES[name], "morton", 20)
    assert_inside_balls(pack)


def assert_inside_balls(pack):
    e = pack.geometry["reach_factor"] / 2**14 * stored_sigma(pack.geometry)
    stored = np.array(stored_means(pack), dtype=float)
    shows = pack.geometry["flags"] == 1
    for ball, gaussians in balls_of(pack):
        if ball["radius_high"] == NEVER:
            continue
        i = np.array(gaussians)[shows[gaussians]]
        unit, center = float(ball_unit(pack, ball)), np.array(ball_center(pack, ball), float)
        distance = np.linalg.norm(stored[i] - center, axis=1)
        for b, kind in ((1.0, "low"), (1.3, "high")):
            radius = ball[f"radius_{kind}"] * unit * (1 + 1e-12)
            assert (distance + b * e[i] <= radius).all()


def test_a_factor_that_grows_in_rounding_is_inside():
    """Mantissas 16384.51 and 0.51 all round up: the stored size is a unit larger."""
    true = lower([[16384.51, 0.51, 16384.51, 0.51, 0.51, 16384.51]])[0]
    axes, sizes, _ = np.linalg.svd(true)
    axes *= np.linalg.det(axes)
    scene = make_scene([[0, 0, 0]], scales=[sizes / 64], opacities=1)
    x, y, z, w = Rotation.from_matrix(axes).as_quat()
    pack = packed(replace(scene, quats=np.array([[w, x, y, z]], np.float32)))
    assert pack.geometry["factor"][0].tolist() == [16385, 1, 16385, 1, 1, 16385]
    assert 0.9 < stored_sigma(pack.geometry)[0] * 64 - sizes[0] < STORED_SIZE_UNITS
    assert_inside_balls(pack)
    # More than the bound's own margin, so the stored size must count.
    reached = pack.geometry["reach_factor"][0] / 2**14 * stored_sigma(pack.geometry)[0]
    assert reached > reach(scene.scales, scene.opacities)[0] * (1 + 2.0**-17)


def test_reach_factors_are_rounded_up_from_the_larger_opacity():
    """The stored opacity, nearest in 65535ths, may be above the true one: k holds for both."""
    edge = np.float32(1 / 255)
    opacities = [0, np.nextafter(edge, np.float32(0)), edge, 0.004, 0.1, 0.5, 0.999, 1]
    opacities = np.float32([*opacities, 257.4 / 65535, 256.6 / 65535, 256.4 / 65535])
    n = len(opacities)
    scene = make_scene(np.eye(n, 3), opacities=opacities)
    records = geometry_records(scene, np.arange(n, dtype=np.uint32), PARAMS)
    np.testing.assert_array_equal(records["opacity"], [round(float(o) * 65535) for o in opacities])
    larger = np.maximum(opacities, records["opacity"] / 65535)
    stored, wanted = records["reach_factor"] / 2**14, reach_factor(larger)
    assert (stored >= wanted).all()
    assert (stored - wanted < 2.0**-14).all()
    assert stored.max() <= np.ceil(REACH_FACTOR_MAX * 2**14) / 2**14
    # 256.6 rounds to 257, which is 1/255 of 65535 and shows; 256.4 does not.
    assert records["flags"].tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]
