"""Alpha and depth beside a picture: in closed form, and integer against float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.maps import maps_of_frame
from golden.pack import build_pack
from golden.render import render
from golden.rules import GSPLAT, INRIA
from golden.scene import Scene
from golden.view import ListMemory, view_frame
from hw.package.presets import PRESETS

PARAMS = PRESETS["render"].params
CAMERA = Camera("v", 65, 65, 60.0, 60.0, 32.5, 32.5, np.eye(4))


def blobs(depths, opacities) -> Scene:
    """Gaussians in a row before the camera, each many pixels wide."""
    count = len(depths)
    return Scene(
        "blobs",
        means=np.array([[0, 0, z] for z in depths], np.float32),
        scales=np.full((count, 3), 3.0, np.float32),
        quats=np.tile(np.float32([1, 0, 0, 0]), (count, 1)),
        opacities=np.array(opacities, np.float32),
        sh=np.zeros((count, 1, 3), np.float32),
    )


def test_two_before_each_other_in_closed_form():
    """At the middle: weights 0.5 and 0.5 * 0.8, alpha 1 - 0.5 * 0.2."""
    maps = render(blobs([4, 8], [0.5, 0.8]), CAMERA, INRIA, with_maps=True).maps
    assert maps.alpha[32, 32] == pytest.approx(0.9, abs=1e-6)
    assert maps.depth[32, 32] == pytest.approx((0.5 * 4 + 0.4 * 8) / 0.9, abs=1e-5)


def test_nothing_is_zero_and_the_background_changes_none():
    scene = blobs([4], [0.7])
    scene.means[0, 0], scene.scales[:] = -2, 0.05
    one, other = (
        render(scene, CAMERA, INRIA, None, behind, with_maps=True).maps
        for behind in ((0, 0, 0), (1, 1, 1))
    )
    assert one.alpha.max() > 0.5
    assert not one.depth[one.alpha == 0].any()
    np.testing.assert_allclose(one.depth[one.alpha > 0], 4, rtol=1e-5)
    np.testing.assert_array_equal(one.alpha, other.alpha)
    np.testing.assert_array_equal(one.depth, other.depth)
    assert render(scene, CAMERA, INRIA).maps is None


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=lambda rules: rules.name)
def test_the_integer_model_against_float64(rules):
    """Of 1,000 pixels all but one within 0.03 in alpha and 1 % of the range of depths; where light
    ends a splat earlier or later, alpha differs by what that splat adds."""
    scene, camera = default_scene(4000), default_cameras()[3].resized(120, 80)
    pack = build_pack(scene, ClusterOptions("morton"), rules, colors="narrow")
    frame = view_frame(pack, camera, rules, PARAMS, (1.0, 0.5, 0.0))
    integer = maps_of_frame(frame)
    float_ = render(scene, camera, rules, with_maps=True).maps
    off = np.abs(integer.alpha - float_.alpha)
    assert np.percentile(off, 99.9) < 0.03
    assert off.mean() < 0.001
    seen = float_.alpha > 0.5
    assert seen.mean() > 0.5
    deviation = np.abs(integer.depth - float_.depth)[seen] / float(np.ptp(frame.decoded.depth))
    assert np.percentile(deviation, 99.9) < 0.01
    assert deviation.mean() < 0.001
    np.testing.assert_array_equal(integer.alpha, frame.picture[..., 3] / np.float32(255))


def test_a_view_in_strips_has_the_same_maps():
    scene, camera = default_scene(4000), default_cameras()[3].resized(180, 120)
    pack = build_pack(scene, ClusterOptions("morton"), INRIA, colors="narrow")
    whole = view_frame(pack, camera, INRIA, PARAMS)
    pages = whole.lists.pages
    little = replace(whole, memory=ListMemory(list_bytes=2048 * (pages - 1)))
    assert len(little.parts) > 1
    one, other = maps_of_frame(whole), maps_of_frame(little)
    np.testing.assert_array_equal(one.alpha, other.alpha)
    np.testing.assert_array_equal(one.depth, other.depth)


def test_a_view_that_sees_nothing():
    pack = build_pack(blobs([-4, -8], [0.5, 0.5]), ClusterOptions("morton"), INRIA, colors="narrow")
    maps = maps_of_frame(view_frame(pack, CAMERA, INRIA, PARAMS))
    assert not maps.alpha.any()
    assert not maps.depth.any()
