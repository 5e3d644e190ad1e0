"""The two visibility masks against splats, closed forms and every pixel of a small picture."""

from __future__ import annotations

import numpy as np
import pytest

from golden.gaussians.covariance import covariance3d
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.gaussian_project.visibility import can_reach, radii_positive, visibility
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking, scene_of

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
SEEDS = range(5)


def largest_alpha(splats, camera):
    """Largest alpha of each splat over all pixel centres."""
    x = np.arange(camera.width) + 0.5
    y = (np.arange(camera.height) + 0.5)[:, None]
    largest = []
    for (u, v), (a, b, c), opacity in zip(splats.mean2d, splats.conic, splats.opacity, strict=True):
        power = -0.5 * (a * (x - u) ** 2 + c * (y - v) ** 2) - b * (x - u) * (y - v)
        power = np.where(power > 0, -np.inf, power)
        largest.append(float((opacity * np.exp(power)).max()))
    return np.array(largest)


@RULES
@pytest.mark.parametrize("seed", SEEDS)
def test_masks_agree_with_the_splats_and_with_every_pixel(rules, seed):
    scene, camera = hostile_scene(400, seed=seed), looking(seed=seed + 50, cx=50.0)
    masks = visibility(scene, camera, rules)
    splats = gaussian_project_reference(scene, camera, rules)
    assert np.array_equal(np.flatnonzero(masks.radii_positive), splats.index)
    reaching = largest_alpha(splats, camera) >= 1 / 255
    claimed = masks.can_reach[splats.index]
    assert not (reaching & ~claimed).any()
    assert not (masks.can_reach & ~masks.radii_positive).any()
    # conservative, yet of some use: the box may claim more than reaches, not everything
    assert reaching.sum() <= claimed.sum() < 1.5 * reaching.sum() + 5


@RULES
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
@pytest.mark.parametrize(("inside", "expected"), [(1e-4, True), (-1e-4, False)])
def test_edge_of_the_box_lies_where_alpha_is_one_255th(rules, side, inside, expected):
    # a ball at depth 1 and just within reach of the outermost pixel centres
    camera, opacity = looking(fx=60, fy=60), np.float32(0.0625)
    reach = np.sqrt(2 * np.log(255 * 0.0625))
    axis = 0 if side in ("left", "right") else 1
    extent = (camera.width, camera.height)[axis]
    toward = -1 if side in ("left", "top") else 1
    edge = 0.5 if toward < 0 else extent - 0.5
    # the Jacobian depends on the place, so walk to the place where the two meet
    place = edge
    for _ in range(60):
        offset = (place - extent / 2) / 60
        cov = (60 * 0.03) ** 2 * (1 + offset**2) + 0.3
        place = edge + toward * (reach * np.sqrt(cov) - inside)
    mean = [0.0, 0.0, 1.0]
    mean[axis] = (place - extent / 2) / 60
    scene = scene_of(mean, 0.03, opacities=opacity)
    assert can_reach(scene, camera, rules).tolist() == [expected]


def test_faint_gaussians_reach_nothing():
    scene = scene_of([[0, 0, 2]] * 2, 0.1, opacities=[0.9 / 255, 1.5 / 255])
    assert radii_positive(scene, looking(cx=35.5, cy=22.5), INRIA).tolist() == [True, True]
    assert can_reach(scene, looking(cx=35.5, cy=22.5), INRIA).tolist() == [False, True]


@RULES
def test_keep_and_reused_covariances_change_nothing_for_the_kept(rules):
    scene, camera = hostile_scene(200, seed=3), looking(seed=4)
    keep = np.arange(200) % 3 != 0
    whole = visibility(scene, camera, rules)
    part = visibility(scene, camera, rules, covariance3d(scene), keep)
    assert np.array_equal(part.radii_positive, whole.radii_positive & keep)
    assert np.array_equal(part.can_reach, whole.can_reach & keep)
