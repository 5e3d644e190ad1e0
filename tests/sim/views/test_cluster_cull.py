"""The engines of the cull command agree, and its counts mean what they say."""

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import build_pack, scene_mask
from golden.rules import INRIA
from golden.stages.gaussian_project.visibility import visibility
from sim.views.cluster_cull import CullChecker, cull_views

CAMERAS = default_cameras(4, 320, 200)


@pytest.fixture(scope="module")
def scene():
    return default_scene(20_000)


@pytest.fixture(scope="module")
def pack(scene):
    return build_pack(scene, ClusterOptions("reach", None, "safe", 0), INRIA)


def test_engines_agree(pack):
    frames = {e: list(cull_views(pack, CAMERAS, INRIA, e)) for e in ("float", "integer", "rtl")}
    for exact, integer, rtl in zip(*frames.values(), strict=True):
        assert not (exact.visible & ~integer.visible).any()
        np.testing.assert_array_equal(integer.visible, rtl.visible)
        assert rtl.mismatches == 0
        assert rtl.cycles == rtl.model_cycles
        assert rtl.groups_tested == len(pack.groups)
        assert integer.visible.sum() <= integer.clusters_tested < len(pack.clusters)
        assert integer.tests == rtl.groups_tested + rtl.clusters_tested
        assert integer.visible_gaussians - exact.visible_gaussians < 0.01 * len(pack)


def test_counts_follow_the_masks(pack, scene):
    checker = CullChecker(pack, scene, INRIA)
    for camera, frame in zip(CAMERAS, cull_views(pack, CAMERAS, INRIA, "integer"), strict=True):
        kept = scene_mask(pack, frame.visible)
        assert frame.visible_gaussians == kept.sum()
        assert frame.excluded_fraction == pytest.approx(1 - kept.mean())
        needs = visibility(scene, camera, INRIA)
        check = checker.check(camera, frame)
        assert check.lost == 0
        assert check.unnecessary == (~needs.radii_positive).sum()
        assert check.found == (~kept & ~needs.radii_positive).sum()
        assert check.found > 0.5 * check.unnecessary


def test_the_checker_sees_a_loss(pack, scene):
    camera = CAMERAS[0]
    frame = next(cull_views(pack, [camera], INRIA, "integer"))
    fewer = frame.visible.copy()
    fewer[np.flatnonzero(fewer)[:200]] = False
    assert CullChecker(pack, scene, INRIA).check(camera, replace(frame, visible=fewer)).lost > 0


def test_other_scene_is_refused(pack):
    with pytest.raises(InputError, match="pack the scene again"):
        CullChecker(pack, default_scene(19_000), INRIA)


def test_unknown_engine_is_refused(pack):
    with pytest.raises(InputError, match="engine 'gpu' is not known: choose float, integer or rtl"):
        next(cull_views(pack, CAMERAS, INRIA, "gpu"))
