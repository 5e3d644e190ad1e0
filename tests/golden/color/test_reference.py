"""Spherical harmonics: orthonormal, with the known first functions, and clamped at zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.rules import INRIA
from golden.scene import Scene
from golden.stages.color.reference import color_reference, sh_basis
from golden.stages.gaussian_project.reference import gaussian_project_reference
from tests.golden.gaussian_project.projection_cases import looking, scene_of


def sphere(order: int):
    """Directions and weights that integrate polynomials of degree 2 order - 1 over the sphere."""
    z, weight = np.polynomial.legendre.leggauss(order)
    phi = 2 * np.pi * np.arange(2 * order) / (2 * order)
    ring = np.sqrt(1 - z**2)
    points = np.stack(
        [ring[:, None] * np.cos(phi), ring[:, None] * np.sin(phi), z[:, None] + 0 * phi], axis=-1
    )
    return points.reshape(-1, 3), np.repeat(weight * np.pi / order, 2 * order)


@pytest.mark.parametrize("degree", range(5))
def test_basis_is_orthonormal(degree):
    directions, weights = sphere(10)
    basis = sh_basis(directions, degree)
    assert basis.shape[1] == (degree + 1) ** 2
    gram = basis.T @ (weights[:, None] * basis)
    np.testing.assert_allclose(gram, np.eye(basis.shape[1]), atol=1e-13)


@pytest.mark.parametrize(
    ("column", "function"),
    [
        (0, lambda x, y, z: 0.5 / np.sqrt(np.pi) + 0 * x),
        (1, lambda x, y, z: -np.sqrt(3 / (4 * np.pi)) * y),
        (2, lambda x, y, z: np.sqrt(3 / (4 * np.pi)) * z),
        (3, lambda x, y, z: -np.sqrt(3 / (4 * np.pi)) * x),
        (4, lambda x, y, z: 0.5 * np.sqrt(15 / np.pi) * x * y),
        (5, lambda x, y, z: -0.5 * np.sqrt(15 / np.pi) * y * z),
        (6, lambda x, y, z: 0.25 * np.sqrt(5 / np.pi) * (3 * z**2 - 1)),
        (7, lambda x, y, z: -0.5 * np.sqrt(15 / np.pi) * x * z),
        (8, lambda x, y, z: 0.25 * np.sqrt(15 / np.pi) * (x**2 - y**2)),
        (9, lambda x, y, z: -0.25 * np.sqrt(35 / (2 * np.pi)) * y * (3 * x**2 - y**2)),
        (12, lambda x, y, z: 0.25 * np.sqrt(7 / np.pi) * (5 * z**3 - 3 * z)),
        (15, lambda x, y, z: -0.25 * np.sqrt(35 / (2 * np.pi)) * x * (x**2 - 3 * y**2)),
        (16, lambda x, y, z: 0.75 * np.sqrt(35 / np.pi) * x * y * (x**2 - y**2)),
        (20, lambda x, y, z: 3 / 16 / np.sqrt(np.pi) * (35 * z**4 - 30 * z**2 + 3)),
        (24, lambda x, y, z: 3 / 16 * np.sqrt(35 / np.pi) * (x**4 - 6 * x**2 * y**2 + y**4)),
    ],
)
def test_known_functions(column, function):
    directions, _ = sphere(4)
    values = sh_basis(directions, 4)[:, column]
    np.testing.assert_allclose(values, function(*directions.T), atol=1e-14)


@pytest.mark.parametrize("degree", range(5))
def test_color_is_the_clamped_sum_toward_the_mean(degree):
    rng = np.random.default_rng(degree)
    flat = scene_of(np.append(rng.uniform(-1, 1, (60, 2)), rng.uniform(-3, 9, (60, 1)), 1), 0.1)
    sh = rng.normal(size=(60, (degree + 1) ** 2, 3)).astype(np.float32)
    scene = Scene("test", flat.means, flat.scales, flat.quats, flat.opacities, sh)
    pose = np.eye(4)
    pose[:3, 3] = 0.1, -0.2, 0.3
    camera = replace(looking(), pose=pose)
    splats = gaussian_project_reference(scene, camera, INRIA)
    assert 3 < len(splats) < 60
    toward = scene.means[splats.index] - camera.position
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    values = np.einsum("mk,mkc->mc", sh_basis(toward, degree), sh[splats.index].astype(float))
    colors = color_reference(scene, camera, splats)
    np.testing.assert_allclose(colors, np.maximum(values + 0.5, 0), atol=1e-13)
    assert (colors == 0).any()
    assert (colors > 1).any()  # not cut at 1


def test_colors_do_not_depend_on_what_else_is_drawn():
    scene = scene_of([[0, 0, 2], [0.1, 0, 3], [0.2, 0.1, 4]], 0.1, dc=[0.1, 0.2, 0.3])
    alone = gaussian_project_reference(scene, looking(), INRIA, np.array([False, True, False]))
    together = gaussian_project_reference(scene, looking(), INRIA)
    one = color_reference(scene, looking(), alone)
    assert np.array_equal(one, color_reference(scene, looking(), together)[1:2])
    np.testing.assert_allclose(one, 0.5 + np.float32(0.2) * 0.5 / np.sqrt(np.pi), rtol=1e-15)
