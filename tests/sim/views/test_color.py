"""Stages 1 to 4 by each engine: they agree, and what is cut and checked is what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.image import psnr_db
from golden.pack import build_pack, with_colors
from golden.params import Parameters
from golden.render import render
from golden.rules import GSPLAT, INRIA
from golden.stages.color.formats import LARGEST_COLOR
from golden.stages.color.reference import color_reference
from golden.view import view_frame
from sim.views.color import BUILD, color_views
from sim.views.color_check import COLOR_BOUND, check_colors
from sim.views.draw import draw_stage
from sim.views.gaussian_project import project_views
from sim.views.stages import drawn_stage_named, stage_named

CAMERAS = default_cameras(3, 320, 200)


@pytest.fixture(scope="module")
def scene():
    """Of which some colours are brighter than the hardware's formats hold."""
    plain = default_scene(20_000)
    sh = plain.sh.copy()
    sh[::50, 0] += 20
    sh[25::50, 0] -= 20
    return replace(plain, sh=sh)


@pytest.fixture(scope="module")
def pack(scene):
    options = ClusterOptions("reach", None, "safe", 0)
    return build_pack(scene, options, INRIA, colors="narrow")


@pytest.mark.parametrize("engine", ["float", "integer"])
def test_the_splats_are_those_of_the_projection(pack, engine):
    frames = color_views(pack, CAMERAS, INRIA, engine)
    before = project_views(pack, CAMERAS, INRIA, engine)
    for frame, projected in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame.projected.kept, projected.kept)
        np.testing.assert_array_equal(frame.projected.splats.index, projected.splats.index)
        assert frame.colors.shape == (len(projected.splats), 3)
        assert frame.rtl is frame.all_mismatches is None


def test_colors_are_the_models_in_the_scenes_order(pack):
    for camera, frame in zip(CAMERAS, color_views(pack, CAMERAS, INRIA, "integer"), strict=True):
        records = view_frame(pack, camera, INRIA, BUILD).colored
        of = {int(pack.order[r["splat"]["index"]]): r["color"] / 512 for r in records}
        expected = [of[index] for index in frame.projected.splats.index.tolist()]
        np.testing.assert_array_equal(frame.colors, expected)


def test_what_is_cut_is_counted(pack, scene):
    """The bright and the dark ones, by float and by the integer model alike."""
    frames = (color_views(pack, CAMERAS, INRIA, engine) for engine in ("float", "integer"))
    for whole, cut in zip(*frames, strict=True):
        index = cut.projected.splats.index
        bright, dark = (index % 50 == 0).sum(), (index % 50 == 25).sum()
        assert cut.cut_above == bright > 30
        assert cut.cut_below >= dark > 30
        assert cut.colors.max() == LARGEST_COLOR < whole.colors.max()
        assert cut.colors.min() == 0 == whole.colors.min()
        assert whole.cut_above == (whole.projected.splats.index % 50 == 0).sum()


def test_the_check_sees_what_is_off(pack, scene):
    frame = next(color_views(pack, CAMERAS[:1], INRIA, "integer"))
    good = check_colors(scene, CAMERAS[0], frame)
    assert 0 < good.color_rms < good.color_largest
    assert good.color_off_fraction < 0.01
    colors = frame.colors.copy()
    colors[: len(colors) // 4, 1] += 2 * COLOR_BOUND
    worse = check_colors(scene, CAMERAS[0], replace(frame, colors=colors))
    assert worse.color_off_fraction > 0.2
    exact = color_reference(scene, CAMERAS[0], frame.projected.splats)
    none = check_colors(scene, CAMERAS[0], replace(frame, colors=exact))
    assert (none.color_rms, none.color_largest, none.color_off_fraction) == (0, 0, 0)


def test_the_rtl_is_the_model(pack):
    models, hardware = (color_views(pack, CAMERAS, INRIA, engine) for engine in ("integer", "rtl"))
    for model, rtl in zip(models, hardware, strict=True):
        assert rtl.all_mismatches == rtl.rtl.mismatches == 0
        assert rtl.rtl.cycles >= rtl.rtl.model_cycles >= BUILD.color_cycles * len(rtl.colors)
        assert rtl.rtl.cycles == rtl.rtl.model_cycles or not rtl.rtl.model_is_exact
        assert rtl.projected.accelerator.counters["color_runs"] == rtl.rtl.runs > 0
        assert (rtl.cut_above, rtl.cut_below) == (model.cut_above, model.cut_below)
        np.testing.assert_array_equal(rtl.colors, model.colors)


def test_pictures_with_the_stages_colors_are_close():
    scene = default_scene(20_000)
    pack = build_pack(scene, ClusterOptions("reach", None, "safe", 0), GSPLAT, colors="narrow")
    pictures = {
        stage: list(draw_stage(scene, pack, CAMERAS, GSPLAT, stage, "integer"))
        for stage in ("gaussian", "color")
    }
    for camera, plain, colored in zip(CAMERAS, *pictures.values(), strict=True):
        assert colored.kept == plain.kept
        assert colored.mismatches is None
        whole = render(scene, camera, GSPLAT)
        assert 45 < psnr_db(colored.image, whole.image) < psnr_db(plain.image, whole.image)


@pytest.mark.parametrize("engine", ["integer", "rtl"])
def test_float16_colors_are_refused(pack, scene, engine):
    other = with_colors(pack, scene, "float16")
    with pytest.raises(InputError, match=r"pack the scene with --colors narrow\.$"):
        next(color_views(other, CAMERAS, INRIA, engine))
    assert len(next(color_views(other, CAMERAS, INRIA, "float")).colors)


def test_names():
    assert [stage_named(name) for name in ("cluster", "gaussian", "color")]
    assert drawn_stage_named("picture") == "picture"
    with pytest.raises(InputError, match=r"^stage picture counts no Gaussians: choose cluster, "):
        stage_named("picture")
    with pytest.raises(InputError, match=r"^stage 'pixel' is not known: choose cluster, gaussian "):
        stage_named("pixel")
    with pytest.raises(InputError, match=r"choose cluster, gaussian, color or picture\.$"):
        drawn_stage_named("pixel")
    assert Parameters().color_cycles == 0 < BUILD.color_cycles
