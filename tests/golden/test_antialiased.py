"""Antialiased rules: in closed form, against the definition in matrices, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import build_pack, scene_mask
from golden.params import Parameters
from golden.render import render
from golden.rules import GSPLAT, INRIA, rules_named
from golden.scene import Scene
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.gaussian_project.visibility import visibility
from golden.view import view_frame

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=lambda rules: rules.name)
CAMERA = Camera("v", 64, 64, 100.0, 100.0, 32.5, 32.5, np.eye(4))


def ball(size: float, opacity: float, z: float = 10.0) -> Scene:
    """A ball before the camera, at the centre of a pixel."""
    return Scene(
        "ball",
        means=np.float32([[0, 0, z]]),
        scales=np.full((1, 3), size, np.float32),
        quats=np.float32([[1, 0, 0, 0]]),
        opacities=np.float32([opacity]),
        sh=np.zeros((1, 1, 3), np.float32),
    )


def antialiased(rules):
    return rules_named(rules.name, antialiased=True)


@RULES
@pytest.mark.parametrize("size", [0.001, 0.02, 0.05, 1.0])
def test_a_ball_in_closed_form(rules, size):
    """Variance a = (100 size / 10)^2 px^2 on both axes: opacity a / (a + 0.3)."""
    scene = ball(size, 0.8)
    variance = (10 * np.float64(np.float32(size))) ** 2
    wanted = np.float64(np.float32(0.8)) * variance / (variance + 0.3)
    splats = gaussian_project_reference(scene, CAMERA, antialiased(rules))
    if rules is GSPLAT and wanted < 1 / 255:
        assert len(splats) == 0
        assert len(gaussian_project_reference(scene, CAMERA, rules)) == 1
        return
    np.testing.assert_allclose(splats.opacity, wanted, rtol=1e-9)
    plain = gaussian_project_reference(scene, CAMERA, rules)
    np.testing.assert_allclose(plain.opacity, np.float32(0.8))
    np.testing.assert_array_equal(plain.conic, splats.conic)
    if rules is GSPLAT:
        extent = min(3.33, np.sqrt(2 * np.log(255 * wanted)))
        assert splats.radius_px[0, 0] == np.ceil(extent * np.sqrt(variance + 0.3))


def test_light_is_kept_as_a_ball_shrinks_below_a_pixel():
    """The light of a picture, which without antialiasing stays that of the low pass."""
    sums = {}
    for rules in (INRIA, antialiased(INRIA)):
        for size in (0.01, 0.02):
            scene = ball(size, 0.9)
            scene.sh[:] = 1
            sums[rules.antialiased, size] = render(scene, CAMERA, rules).image.sum()
    assert sums[True, 0.02] / sums[True, 0.01] == pytest.approx(4, rel=0.25)
    assert sums[False, 0.02] / sums[False, 0.01] == pytest.approx(1, rel=0.2)


@RULES
def test_against_the_definition_in_matrices(rules):
    """opacity' / opacity = sqrt(det(J W S W^T J^T) / det(J W S W^T J^T + 0.3 I))."""
    scene, camera = default_scene(2000), default_cameras()[1].resized(160, 107)
    splats = gaussian_project_reference(scene, camera, antialiased(rules))
    assert len(splats) > 300
    wide = camera.viewmat[:3, :3]
    low_x, high_x, low_y, high_y = rules.clamp_limits(camera)
    for j in range(0, len(splats), 7):
        i = splats.index[j]
        axes = Rotation.from_quat(scene.quats[i], scalar_first=True).as_matrix()
        root = axes * scene.scales[i].astype(np.float64)
        x, y, z = wide @ scene.means[i].astype(np.float64) + camera.viewmat[:3, 3]
        x, y = np.clip(x / z, low_x, high_x), np.clip(y / z, low_y, high_y)
        jacobian = np.array([[camera.fx, 0, -camera.fx * x], [0, camera.fy, -camera.fy * y]]) / z
        sharp = jacobian @ wide @ root
        sharp = sharp @ sharp.T
        share = np.sqrt(max(0, np.linalg.det(sharp)) / np.linalg.det(sharp + 0.3 * np.eye(2)))
        wanted = share * np.float64(scene.opacities[i])
        np.testing.assert_allclose(splats.opacity[j], wanted, rtol=1e-5, atol=1e-9)


@RULES
def test_culling_loses_nothing(rules):
    """Pictures of what the clusters leave are equal, bit for bit; can_reach needs no more."""
    scene, cameras = default_scene(4000), default_cameras()[:8:3]
    sharp = antialiased(rules)
    pack = build_pack(scene, ClusterOptions("morton"), rules)
    for camera in (camera.resized(120, 80) for camera in cameras):
        whole = render(scene, camera, sharp).image
        kept = scene_mask(pack, view_frame(pack, camera, sharp).levels.visible)
        assert 0 < kept.sum() < len(scene)
        np.testing.assert_array_equal(render(scene, camera, sharp, kept).image, whole)
        needs = visibility(scene, camera, sharp).can_reach
        np.testing.assert_array_equal(render(scene, camera, sharp, needs).image, whole)
        assert not (needs & ~visibility(scene, camera, rules).can_reach).any()
        assert np.abs(render(scene, camera, rules).image - whole).max() > 0.01


def test_a_build_without_says_so():
    scene = default_scene(200)
    pack = build_pack(scene, ClusterOptions("morton"), INRIA)
    camera = default_cameras()[0].resized(64, 43)
    frame = view_frame(pack, camera, antialiased(INRIA))
    assert frame.levels.visible.any()
    with pytest.raises(InputError, match="this build has no antialiasing"):
        _ = frame.splats
    rules, able = replace(GSPLAT, antialiased=True), Parameters(antialiased=1)
    with pytest.raises(InputError, match="this build has no antialiasing"):
        gaussian_project_constants(camera, rules, pack.meta.grid, Parameters())
    for given in (rules, GSPLAT):
        made = gaussian_project_constants(camera, given, pack.meta.grid, able)
        assert made.as_ports()["antialiased"] == given.antialiased
    plain = gaussian_project_constants(camera, GSPLAT, pack.meta.grid, Parameters())
    assert "antialiased" not in plain.as_ports()
