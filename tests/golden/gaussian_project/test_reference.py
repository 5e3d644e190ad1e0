"""gaussian_project against its equations, one Gaussian at a time in plain NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from golden.errors import InputError
from golden.gaussians.covariance import Covariances, covariance3d
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.reference import gaussian_project_reference
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking, scene_of

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
CAMERAS = {
    "centred": looking(),
    "posed": looking(seed=5, width=333, height=201, fx=250, fy=300),
    "off-centre": looking(seed=6, cx=5.25, cy=60.5),
    "outside the picture": looking(seed=7, cx=-40, cy=20),
    "wide": looking(seed=8, fx=12, fy=9),
    "tele": looking(seed=9, fx=900, fy=900),
}


def project_one(scene, camera, rules, i):
    """Splat i as a dict, None where it is dropped; matrices as the docstring writes them."""
    opacity = float(scene.opacities[i])
    rotation, translation = camera.viewmat[:3, :3], camera.viewmat[:3, 3]
    x, y, z = rotation @ scene.means[i].astype(float) + translation
    if (z <= rules.near) if rules.name == "inria" else (z < rules.near or z > 1e10):
        return None
    w_xyz = scene.quats[i].astype(float)
    local = Rotation.from_quat(w_xyz[[1, 2, 3, 0]]).as_matrix()
    sigma = local @ np.diag(scene.scales[i].astype(float) ** 2) @ local.T
    lows_highs = rules.clamp_limits(camera)
    tx = z * np.clip(x / z, lows_highs[0], lows_highs[1])
    ty = z * np.clip(y / z, lows_highs[2], lows_highs[3])
    fx, fy = camera.fx, camera.fy
    jacobian = np.array([[fx / z, 0, -fx * tx / z**2], [0, fy / z, -fy * ty / z**2]])
    cov = jacobian @ rotation @ sigma @ rotation.T @ jacobian.T + 0.3 * np.eye(2)
    u, v = fx * x / z + camera.cx, fy * y / z + camera.cy
    grid = -(-camera.width // 16), -(-camera.height // 16)
    if rules.name == "inria":
        mid = np.trace(cov) / 2
        largest = mid + np.sqrt(max(0.1, mid**2 - np.linalg.det(cov)))
        radius = [int(np.ceil(3 * np.sqrt(largest)))] * 2
        rect = [int((m - 0.5 - r) / 16) for m, r in zip((u, v), radius, strict=True)]
        rect += [int((m - 0.5 + r + 15) / 16) for m, r in zip((u, v), radius, strict=True)]
    else:
        if opacity < 1 / 255:
            return None
        extent = min(3.33, np.sqrt(2 * np.log(255 * opacity)))
        radius = [int(np.ceil(extent * np.sqrt(cov[k, k]))) for k in (0, 1)]
        if min(radius) <= 0:
            return None
        sides = ((u, radius[0], camera.width), (v, radius[1], camera.height))
        if any(m + r <= 0 or m - r >= side for m, r, side in sides):
            return None
        rect = [int(np.floor((m - r) / 16)) for m, r, _ in sides]
        rect += [int(np.ceil((m + r) / 16)) for m, r, _ in sides]
    rect = [min(max(edge, 0), side) for edge, side in zip(rect, grid + grid, strict=True)]
    if rect[0] >= rect[2] or rect[1] >= rect[3]:
        return None
    inverse = np.linalg.inv(cov)
    return {
        "index": i,
        "mean2d": (u, v),
        "conic": (inverse[0, 0], inverse[0, 1], inverse[1, 1]),
        "depth": z,
        "opacity": opacity,
        "radius_px": radius,
        "tile_rect": rect,
    }


@RULES
@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_splats_are_those_of_the_equations(rules, camera):
    scene = hostile_scene(300, seed=11)
    expected = [project_one(scene, camera, rules, i) for i in range(len(scene))]
    expected = [splat for splat in expected if splat is not None]
    splats = gaussian_project_reference(scene, camera, rules)
    assert 5 < len(expected) < 300
    for field in ("index", "opacity", "radius_px", "tile_rect"):
        np.testing.assert_array_equal(getattr(splats, field), [s[field] for s in expected])
    for field in ("mean2d", "depth"):
        np.testing.assert_allclose(getattr(splats, field), [s[field] for s in expected], 1e-9)
    # a needle's conic loses digits as its determinant cancels, in any order of operations
    conic = np.array([s["conic"] for s in expected])
    assert (np.abs(splats.conic - conic).max(1) / np.abs(conic).max(1)).max() < 1e-7


@pytest.mark.parametrize(
    ("rules", "depth", "drawn"),
    [
        (INRIA, 0.25, False),
        (INRIA, np.nextafter(np.float32(0.25), np.float32(1)), True),
        (GSPLAT, 0.25, True),
        (GSPLAT, np.nextafter(np.float32(0.25), np.float32(0)), False),
        (INRIA, 3e10, True),
        (GSPLAT, 3e10, False),
        (INRIA, -1, False),
        (GSPLAT, -1, False),
        (INRIA, 0, False),
        (GSPLAT, 0, False),
    ],
)
def test_near_and_far_plane(rules, depth, drawn):
    scene = scene_of([0, 0, depth], 0.01)
    splats = gaussian_project_reference(scene, looking(), replace(rules, near=0.25))
    assert len(splats) == drawn


@pytest.mark.parametrize(
    ("rules", "opacity", "drawn"),
    [
        (INRIA, 0, True),
        (GSPLAT, 0, False),
        (GSPLAT, np.nextafter(np.float32(1 / 255), np.float32(0)), False),
        (GSPLAT, np.float32(1 / 255), True),
    ],
)
def test_faint_gaussians(rules, opacity, drawn):
    scene = scene_of([0, 0, 2], 0.01, opacities=opacity)
    assert len(gaussian_project_reference(scene, looking(), rules)) == drawn


def test_closed_form_of_a_ball_on_the_axis():
    # sigma 0.5 at depth 2: cov = (fx s/z)^2 + 0.3
    splats = gaussian_project_reference(scene_of([0, 0, 2], 0.5, opacities=1), looking(), INRIA)
    cov_xx, cov_yy = 15.0**2 + 0.3, 13.75**2 + 0.3
    np.testing.assert_allclose(splats.conic, [[1 / cov_xx, 0, 1 / cov_yy]], rtol=1e-14)
    np.testing.assert_array_equal(splats.mean2d, [[35, 22.5]])
    assert splats.radius_px.tolist() == [[46, 46]]  # 3 sqrt(225.3) = 45.03
    axes = gaussian_project_reference(scene_of([0, 0, 2], 0.5, opacities=1), looking(), GSPLAT)
    assert axes.radius_px.tolist() == [[50, 46]]  # k = 3.329 of sqrt(225.3), sqrt(189.4)


@pytest.mark.parametrize(
    ("u", "v", "drawn"),
    [
        (-2, 22.5, False),
        (-1.9375, 22.5, True),
        (72, 22.5, False),
        (71.9375, 22.5, True),
        (35, -2, False),
        (35, -1.9375, True),
        (35, 47, False),
        (35, 46.9375, True),
    ],
)
def test_gsplat_drops_what_its_radius_keeps_off_the_picture(u, v, drawn):
    # a point of opacity 1 has radius ceil(3.329 sqrt(0.3)) = 2 px; the picture is 70x45 px
    scene = scene_of([(u - 35) / 64, (v - 22.5) / 64, 1], 1e-5, opacities=1)
    assert len(gaussian_project_reference(scene, looking(fx=64, fy=64), GSPLAT)) == drawn


@RULES
def test_a_splat_does_not_depend_on_what_else_is_kept(rules):
    scene, camera = hostile_scene(400, seed=12), looking(seed=13)
    everything = gaussian_project_reference(scene, camera, rules)
    keep = np.random.default_rng(1).random(400) < 0.3
    some = gaussian_project_reference(scene, camera, rules, keep, covariance3d(scene))
    place = np.flatnonzero(keep[everything.index])
    assert 0 < len(place) < len(everything)
    for field in ("index", "mean2d", "conic", "depth", "opacity", "radius_px", "tile_rect"):
        assert np.array_equal(getattr(some, field), getattr(everything, field)[place]), field


@RULES
def test_absurd_sizes_do_not_wrap_around(rules):
    scene = scene_of([[0, 0, 0.3], [3e38, 0, 1], [0, 3e38, 1]], [[3e37, 3e37, 3e37]])
    splats = gaussian_project_reference(scene, looking(fx=1e12, fy=1e12), rules)
    assert splats.index.tolist() == [0]
    assert splats.radius_px.tolist() == [[2**31 - 1] * 2]
    assert splats.tile_rect.tolist() == [[0, 0, 5, 3]]


def test_nothing_in_view():
    splats = gaussian_project_reference(scene_of([0, 0, -5], 0.1), looking(), INRIA)
    assert len(splats) == 0
    assert splats.conic.shape == (0, 3)


def test_masks_and_covariances_of_another_scene_are_refused():
    scene, other = hostile_scene(6, seed=1), hostile_scene(7, seed=1)
    for keep in (np.ones(7, bool), np.ones(6, np.uint8), np.ones((6, 1), bool)):
        with pytest.raises(InputError, match=r"keep is .* where bool \(6,\) is needed"):
            gaussian_project_reference(scene, looking(), INRIA, keep)
    with pytest.raises(InputError, match="7 covariances do not fit 6 Gaussians"):
        gaussian_project_reference(scene, looking(), INRIA, None, covariance3d(other))
    with pytest.raises(InputError, match="do not fit 6 reaches"):
        Covariances(np.zeros((7, 6)), np.zeros(6))
