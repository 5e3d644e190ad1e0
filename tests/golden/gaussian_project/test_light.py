"""Antialiased opacities of the integer model: against float64, what is dropped, and how far off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.numbers.logarithm import POWER_BITS, power_table
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA, rules_named
from golden.stages.gaussian_project.footprint import footprint
from golden.stages.gaussian_project.formats import FOOTPRINT_MARGIN, ProjectionFormats
from golden.stages.gaussian_project.integer import gaussian_project
from golden.stages.gaussian_project.light import WHOLE_MAX, lessened, light_loss
from golden.stages.gaussian_project.place import place
from golden.stages.gaussian_project.reference import gaussian_project_reference
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking
from tests.golden.gaussian_project.projection_run import run_view

PARAMS = Parameters(antialiased=1)
FORMATS = ProjectionFormats(PARAMS)
# Of opacity', of 65535ths, and of the share of light for each px that an axis may be off.
RELATIVE, STEPS, PER_PX = 0.0025, 1.5 / 65535, 3.7
HOSTILE = {
    f"{seed} {width}": (seed, width, height, focal)
    for seed in range(2)
    for width, height, focal in ((70, 45, 60.0), (1559, 1039, 1160.0), (3840, 2160, 9000.0))
}


def check(scene, camera, rules):
    """Every splat within the bound; what is dropped is too faint. Returns what was seen."""
    sharp = rules_named(rules.name, antialiased=True)
    options = ClusterOptions("reach", max(len(scene) // 32, 1))
    run = run_view(scene, camera, sharp, options, params=PARAMS)
    true = gaussian_project_reference(scene, camera, sharp)
    _, mine, theirs = np.intersect1d(run.splats.index, true.index, return_indices=True)
    order = np.argsort(run.pack.order[run.projected.splats["index"]], kind="stable")
    members = run.members[run.projected.kept][order][mine]
    where = place(members, run.constants, FORMATS)
    shape = footprint(members, where, run.constants, FORMATS)
    mantissa = np.ldexp(where.depth_mantissa.astype(float), 1 - PARAMS.mantissa_bits)
    unit_px = np.ldexp(1.0, shape.exponent) / mantissa
    trust = np.ldexp(1.0, where.error_exponent - where.depth_exponent)
    axis_px = (FOOTPRINT_MARGIN + 4 * trust * np.ldexp(1.0, PARAMS.factor_bits - 1)) * unit_px
    opacity = scene.opacities[true.index[theirs]].astype(float)
    due, got = true.opacity[theirs], run.splats.opacity[mine]
    formats = RELATIVE * due + STEPS
    error = np.abs(got - due)
    assert (error <= formats + PER_PX * opacity * axis_px).all()
    share = ((error - formats) / (opacity * axis_px + 1e-9)).max()
    print(f"off {np.median(error):.2g}, {error.max():.2g}; of an axis {share:.3f} a px")
    assert share < PER_PX / 10
    # A Gaussian that could reach a pixel is dropped where its light is too little, only.
    light = np.zeros(len(scene))
    light[true.index] = true.opacity
    lost = run.needed & ~run.kept
    assert (light[lost] < 1 / 255).all()
    if rules is GSPLAT:  # whose reference leaves those out itself
        assert not lost.any()
    less = got < opacity - 0.01
    return len(mine), int(less.sum()), int(lost.sum())


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=lambda rules: rules.name)
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_scenes(case, rules):
    seed, width, height, focal = HOSTILE[case]
    camera = looking(seed + 10, width, height, focal, focal)
    seen, less, _ = check(hostile_scene(1500, seed), camera, rules)
    assert seen > 200
    assert less > 0.1 * seen or width > 1000


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=lambda rules: rules.name)
def test_a_view_of_the_default_scene(rules):
    seen, less, lost = check(default_scene(8000), default_cameras()[1], rules)
    assert less > 0.02 * seen
    assert bool(lost) == (rules is INRIA)


def test_without_it_the_model_is_the_same():
    """A build that has it and a frame that does not ask for it."""
    scene, camera = hostile_scene(1500, 3), looking(13)
    plain = run_view(scene, camera, INRIA)
    able = run_view(scene, camera, INRIA, pack=plain.pack, params=PARAMS)
    assert (plain.constants.antialiased, able.constants.antialiased) == (None, 0)
    np.testing.assert_array_equal(able.projected.splats, plain.projected.splats)
    asked = gaussian_project(able.members, replace(able.constants, antialiased=1), PARAMS)
    assert len(asked.splats) < len(plain.projected.splats)
    assert asked.dropped["opacity"] > plain.projected.dropped["opacity"]


def test_a_loss_in_closed_form():
    """A whole loss is a shift, 0 takes nothing, the largest leaves nothing; others to 1.5 steps."""
    opacity = np.arange(65536)
    np.testing.assert_array_equal(lessened(opacity, np.zeros(65536, np.int64)), opacity)
    for whole in range(WHOLE_MAX + 1):
        loss = np.full(65536, whole << 9)
        np.testing.assert_array_equal(lessened(opacity, loss), opacity >> whole)
    assert (lessened(opacity, np.full(65536, 31 << 9)) <= 1).all()
    halves = np.array([65535])
    for loss in range(0, 4096, 7):
        exact = 65535 * 2.0 ** (-loss / 512)
        assert -0.5 <= exact - lessened(halves, np.array([loss]))[0] <= 1.5
    assert power_table()[0] == 1 << POWER_BITS


def test_determinants_that_rounding_makes_odd():
    """None below 0, none with a sharp one above the other: light is never made."""
    shape = run_shape()
    spoilt = replace(shape, sharp_xx=shape.xx + 5, sharp_yy=shape.yy + 5)
    assert (light_loss(spoilt, FORMATS) == 0).all()
    nothing = replace(shape, sharp_xx=0 * shape.xx)
    assert (light_loss(nothing, FORMATS) > 9 << 9).all()


def run_shape():
    scene, camera = hostile_scene(300, 5), looking(15)
    run = run_view(scene, camera, INRIA, params=PARAMS)
    members = run.members[run.projected.kept]
    where = place(members, run.constants, FORMATS)
    return footprint(members, where, run.constants, FORMATS)
