"""Both stages by each engine: they agree, and their counts mean what they say."""

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.image import psnr_db
from golden.pack import build_pack, scene_mask
from golden.records import SPLAT_DTYPE
from golden.render import render
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.formats import DROPS
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.gaussian_project.visibility import visibility
from golden.stages.tile_bin.reference import tile_bin_reference
from sim.model.stages.gaussian_project import project_cycles
from sim.views.cluster_cull import cull_views
from sim.views.differing import count_differing
from sim.views.draw import draw_stage
from sim.views.gaussian_project import project_views
from sim.views.gaussian_project_check import ProjectChecker

CAMERAS = default_cameras(3, 320, 200)
RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])


@pytest.fixture(scope="module")
def scene():
    return default_scene(20_000)


@pytest.fixture(scope="module")
def pack(scene):
    return build_pack(scene, ClusterOptions("reach", None, "safe", 0), INRIA)


@RULES
@pytest.mark.parametrize("engine", ["float", "integer"])
def test_members_are_kept_or_dropped_for_a_reason(pack, rules, engine):
    frames = list(project_views(pack, CAMERAS, rules, engine))
    culled = list(cull_views(pack, CAMERAS, rules, engine))
    assert [frame.view for frame in frames] == [camera.name for camera in CAMERAS]
    for camera, frame, alone in zip(CAMERAS, frames, culled, strict=True):
        np.testing.assert_array_equal(frame.culled.visible, alone.visible)
        assert tuple(frame.dropped) == DROPS
        assert frame.members == alone.visible_gaussians
        assert frame.members == len(frame.splats) + sum(frame.dropped.values())
        assert 0 < len(frame.splats) < frame.members
        assert np.flatnonzero(frame.kept).tolist() == frame.splats.index.tolist()
        assert not (frame.kept & ~scene_mask(pack, alone.visible)).any()
        assert frame.tile_pairs == len(tile_bin_reference(frame.splats, tile_grid(camera)))
        assert frame.cycles is frame.model_cycles is frame.mismatches is None


@RULES
def test_the_integer_model_keeps_its_bounds(pack, scene, rules):
    checker = ProjectChecker(pack, scene, rules)
    for camera, frame in zip(CAMERAS, project_views(pack, CAMERAS, rules, "integer"), strict=True):
        check = checker.check(camera, frame)
        needs = visibility(scene, camera, rules)
        assert check.lost == 0
        assert check.radii_positive == needs.radii_positive.sum()
        assert check.unnecessary == len(scene) - check.radii_positive
        assert check.found == (~needs.radii_positive & ~frame.kept).sum()
        assert check.cannot_reach == (~needs.can_reach).sum()
        assert check.compared + check.more_kept == len(frame.splats)
        assert check.fractions["more_kept_fraction"] < 0.005
        assert check.fractions["center_off_fraction"] < 0.002
        assert check.fractions["depth_off_fraction"] < 0.002
        assert frame.tile_pairs < check.reference_pairs


def test_the_float_engine_is_the_reference_on_stored_values(pack, scene):
    checker = ProjectChecker(pack, scene, GSPLAT)
    for camera, frame in zip(CAMERAS, project_views(pack, CAMERAS, GSPLAT, "float"), strict=True):
        check = checker.check(camera, frame)
        whole = gaussian_project_reference(scene, camera, GSPLAT)
        assert abs(len(frame.splats) - len(whole)) <= 0.001 * len(whole)
        assert check.lost == 0
        assert check.center_off <= 0.002 * check.compared


def test_the_checker_sees_losses_extras_and_errors(pack, scene):
    camera = CAMERAS[0]
    checker = ProjectChecker(pack, scene, INRIA)
    frame = next(project_views(pack, [camera], INRIA, "integer"))
    good = checker.check(camera, frame)

    reaching = np.flatnonzero(frame.kept & visibility(scene, camera, INRIA).can_reach)[:7]
    fewer = frame.kept.copy()
    fewer[reaching] = False
    assert checker.check(camera, replace(frame, kept=fewer)).lost == 7

    more = frame.kept.copy()
    unneeded = np.flatnonzero(~visibility(scene, camera, INRIA).radii_positive & ~frame.kept)[:5]
    more[unneeded] = True
    worse = checker.check(camera, replace(frame, kept=more))
    assert (worse.more_kept, worse.found) == (good.more_kept + 5, good.found - 5)

    moved = replace(frame.splats, mean2d=frame.splats.mean2d + np.array([0.0, 0.1]))
    assert checker.check(camera, replace(frame, splats=moved)).center_off > 0.99 * good.compared
    deeper = replace(frame.splats, depth=frame.splats.depth * (1 + 2.0**-13))
    assert checker.check(camera, replace(frame, splats=deeper)).depth_off > 0.99 * good.compared


def test_the_rtl_is_the_model(pack):
    frames = (project_views(pack, CAMERAS, INRIA, engine) for engine in ("integer", "rtl"))
    for model, rtl in zip(*frames, strict=True):
        assert rtl.mismatches == rtl.culled.mismatches == rtl.all_mismatches == 0
        assert rtl.cycles == rtl.model_cycles > rtl.members
        assert dict(rtl.dropped) == dict(model.dropped)
        np.testing.assert_array_equal(rtl.kept, model.kept)
        for name in ("mean2d", "conic", "depth", "opacity", "radius_px", "tile_rect"):
            np.testing.assert_array_equal(getattr(rtl.splats, name), getattr(model.splats, name))


@RULES
def test_pictures_of_integer_splats_are_close(pack, scene, rules):
    pictures = draw_stage(scene, pack, CAMERAS, rules, "gaussian", "integer")
    for camera, picture in zip(CAMERAS, pictures, strict=True):
        whole = render(scene, camera, rules)
        assert 50 < psnr_db(picture.image, whole.image) < 100
        counts = picture.counts
        assert picture.kept == counts.emitted < picture.members == counts.gaussians
        assert picture.mismatches is None


def test_pictures_of_visible_clusters_are_equal(pack, scene):
    picture = next(draw_stage(scene, pack, CAMERAS, INRIA, "cluster", "integer"))
    whole = render(scene, CAMERAS[0], INRIA)
    np.testing.assert_array_equal(picture.image, whole.image)
    assert picture.kept == picture.members < len(scene)


def records(*indices):
    splats = np.zeros(len(indices), SPLAT_DTYPE)
    splats["index"] = indices
    return splats


@pytest.mark.parametrize(
    ("found", "expected", "count"),
    [
        ((), (), 0),
        ((1, 2, 3), (1, 2, 3), 0),
        ((1, 9, 3), (1, 2, 3), 1),
        ((2, 1, 3), (1, 2, 3), 2),
        ((1, 3), (1, 2, 3), 1),
        ((1, 2, 2, 3), (1, 2, 3), 1),
        ((7, 8), (1, 2, 3), 3),
        ((), (1, 2, 3), 3),
    ],
    ids=["none", "same", "other bits", "order", "missing", "extra", "nothing right", "nothing"],
)
def test_differing_records_are_counted(found, expected, count):
    assert count_differing(records(*found), records(*expected)) == count


@pytest.mark.parametrize(
    ("kept", "lanes", "cycles"),
    [
        ([], 1, 0),
        ([True], 1, 22),  # taken in cycle 0, its splat in cycle 20, and counted
        ([False], 1, 19),
        ([True, False], 1, 22),
        ([True, False, False, False], 1, 22),
        ([False] * 9 + [True], 1, 31),
        ([True] * 9, 4, 24),
    ],
)
def test_cycles_end_with_the_last_splat_or_drop(kept, lanes, cycles):
    assert project_cycles(np.array(kept, dtype=np.bool_), 20, lanes) == cycles


def test_unknown_names_are_refused(pack, scene):
    with pytest.raises(InputError, match="engine 'gpu' is not known: choose float, integer or rtl"):
        next(project_views(pack, CAMERAS, INRIA, "gpu"))
    with pytest.raises(InputError, match="pack the scene again"):
        ProjectChecker(pack, default_scene(19_000), INRIA)
    with pytest.raises(InputError, match="pack the scene again"):
        next(draw_stage(default_scene(19_000), pack, CAMERAS, INRIA, "gaussian", "integer"))
