"""The integer model of gaussian_fetch against its float64 reference, within the stated bound."""

from __future__ import annotations

import numpy as np
import pytest

from golden.camera import Camera
from golden.default_scene import default_cameras, default_scene
from golden.pack import scene_mask
from golden.pack.unpack import stored_gaussians
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_fetch.reference import (
    FetchedGaussians,
    center_bound,
    gaussian_fetch_reference,
)
from golden.view import ViewFrame, view_frame
from tests.golden.hostile_scenes import make_scene
from tests.golden.pack.pack_cases import packed

DEFAULT = Parameters()
NARROW = Parameters(center_bits=14, length_fraction_bits=2, rotation_fraction_bits=15)
SCENES = {
    "default": lambda: default_scene(4000),
    "large": lambda: make_scene(np.random.default_rng(3).normal(size=(600, 3)) * 4e4, seed=3),
    "small": lambda: make_scene(np.random.default_rng(4).normal(size=(600, 3)), seed=4),
}


def turned(camera: Camera, angles) -> Camera:
    """The camera with its axes turned about x, y and z, at its place."""
    viewmat = camera.viewmat.copy()
    for axis, angle in enumerate(angles):
        turn, (i, j) = np.eye(3), [n for n in range(3) if n != axis]
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = np.sin(angle), -np.sin(angle)
        viewmat[:3] = turn @ viewmat[:3]
    return Camera(
        *(camera.name, camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy),
        viewmat,
    )


def cameras_of(scene) -> list[Camera]:
    """At the scene's own size: along the axes, where entries of +1 are cut, and turned."""
    size = float(np.abs(scene.means).max())
    views = []
    for n, angles in enumerate([(0, 0, 0), (0, np.pi / 2, 0), (0.3, -1.1, 2.0), (2.9, 0.01, 0.7)]):
        viewmat = np.eye(4)
        viewmat[:3, 3] = size * np.array([0.31, -0.17, 0.6 * n])
        views.append(turned(Camera(f"{n}", 160, 100, 90, 90, 80, 50, viewmat), angles))
    return views


def centers(frame: ViewFrame) -> np.ndarray:
    """(N, 3) the integer model's centres, scene units."""
    of_frame = frame.pack.meta.grid.frame_exponent(frame.camera, frame.params)
    units = frame.members["exponent"].astype(np.int64) + of_frame
    return np.ldexp(
        frame.members["center_camera"], (units - frame.params.length_fraction_bits)[:, None]
    )


def off_by(frame: ViewFrame, exact: FetchedGaussians) -> np.ndarray:
    """(N,) largest error of a coordinate, over the bound: 1 at most."""
    bound = center_bound(frame.pack, frame.camera, frame.params)
    of_member = np.repeat(bound, frame.pack.clusters["count"])[exact.index]
    return np.abs(centers(frame) - exact.center_camera).max(axis=1) / of_member


@pytest.mark.parametrize("params", [DEFAULT, NARROW], ids=["default", "narrow"])
@pytest.mark.parametrize("name", list(SCENES))
def test_the_same_gaussians_at_the_same_places(name, params):
    scene = SCENES[name]()
    pack = packed(scene, "morton", 60, params=params)
    worst, members = 0.0, 0
    for camera in cameras_of(scene):
        for rules in (INRIA, GSPLAT):
            frame = view_frame(pack, camera, rules, params)
            exact = gaussian_fetch_reference(pack, frame.levels.visible, camera)
            assert frame.members["index"].tolist() == exact.index.tolist()
            if len(exact):
                worst = max(worst, off_by(frame, exact).max())
                members += len(exact)
    assert members > 500
    # Within the bound, which is no more than a few times what is met.
    assert 0.2 < worst <= 1


def test_means_are_those_that_are_stored():
    scene = SCENES["default"]()
    pack = packed(scene, "reach", 60)
    for camera in default_cameras(3, 160, 100):
        frame = view_frame(pack, camera, INRIA)
        exact = gaussian_fetch_reference(pack, frame.levels.visible, camera)
        stored = stored_gaussians(pack)
        of_scene = pack.order[exact.index]
        np.testing.assert_array_equal(exact.means.astype(np.float32), stored.means[of_scene])
        given = scene_mask(pack, frame.levels.visible)
        assert sorted(of_scene) == np.flatnonzero(given).tolist()
        # A member's own records give the same mean: its cluster's centre, turned back, and offset.
        geometry, exponent = frame.members["geometry"], frame.members["member_exponent"]
        of_frame = pack.meta.grid.frame_exponent(camera, DEFAULT)
        units = exponent + frame.members["exponent"].astype(np.int64) + of_frame
        offset = np.ldexp(geometry["offset"].astype(np.float64), units[:, None])
        placed = centers(frame) @ camera.viewmat[:3, :3] + camera.position + offset
        bound = 3**0.5 * center_bound(pack, camera, DEFAULT).max()
        assert np.abs(placed - exact.means).max() <= bound


def test_a_camera_that_is_off_is_seen():
    """A camera that is moved by twice the bound is beyond it."""
    pack = packed(SCENES["default"](), "morton", 60)
    camera = default_cameras(3, 160, 100)[0]
    frame = view_frame(pack, camera, INRIA)
    viewmat = camera.viewmat.copy()
    viewmat[0, 3] += 2 * center_bound(pack, camera, DEFAULT).max()
    moved = Camera(
        *(camera.name, camera.width, camera.height, camera.fx, camera.fy, camera.cx, camera.cy),
        viewmat,
    )
    right = gaussian_fetch_reference(pack, frame.levels.visible, camera)
    wrong = gaussian_fetch_reference(pack, frame.levels.visible, moved)
    assert off_by(frame, right).max() <= 1 < off_by(frame, wrong).max()


def test_nothing_visible_is_nothing_read():
    pack = packed(SCENES["default"](), "morton", 60)
    camera = default_cameras(3, 160, 100)[0]
    none = gaussian_fetch_reference(pack, np.zeros(len(pack.clusters), np.bool_), camera)
    assert (len(none), none.means.shape, none.center_camera.shape) == (0, (0, 3), (0, 3))
    with pytest.raises(ValueError, match=r"^\(3,\) clusters are named where \d+ are\.$"):
        gaussian_fetch_reference(pack, np.ones(3, np.bool_), camera)
