"""Binning, sorting and blending: closed forms at every pixel, order, early stop, bit equality."""

from __future__ import annotations

from dataclasses import replace

import numba
import numpy as np
import pytest

import golden.stages.rasterize.reference
import golden.stages.tile_bin.reference
from golden.errors import InputError
from golden.render import render
from golden.rules import GSPLAT, INRIA
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.gaussian_project.visibility import visibility
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking, scene_of

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
DC_OF_COLOR = np.sqrt(4 * np.pi)  # colour 1/2 + dc / DC_OF_COLOR


def colored(means, scales, opacities, colors):
    """Scene of balls with given colours."""
    return scene_of(means, scales, opacities=opacities, dc=(np.asarray(colors) - 0.5) * DC_OF_COLOR)


def blend_by_hand(scene, camera, rules, background):
    """Picture and blended pixel-splats by the docstring, pixel by pixel, over all splats."""
    splats = gaussian_project_reference(scene, camera, rules)
    order = np.argsort(splats.depth.astype(np.float32), kind="stable")
    colors = np.maximum(0, 0.5 + scene.sh[splats.index, 0].astype(float) / DC_OF_COLOR)
    picture, blended = np.zeros((camera.height, camera.width, 3)), 0
    for row in range(camera.height):
        for column in range(camera.width):
            transmittance = 1.0
            for s in order:
                x0, y0, x1, y1 = splats.tile_rect[s]
                if not (x0 <= column // 16 < x1 and y0 <= row // 16 < y1):
                    continue
                d = np.array([column + 0.5, row + 0.5]) - splats.mean2d[s]
                a, b, c = splats.conic[s]
                alpha = splats.opacity[s] * np.exp(-0.5 * d @ np.array([[a, b], [b, c]]) @ d)
                alpha = min(rules.alpha_max, alpha)
                if alpha < 1 / 255:
                    continue
                if transmittance * (1 - alpha) < 1e-4:
                    break
                picture[row, column] += transmittance * alpha * colors[s]
                transmittance *= 1 - alpha
                blended += 1
            picture[row, column] += transmittance * np.asarray(background)
    return picture, blended


@RULES
@pytest.mark.parametrize("size", [(40, 37), (16, 16), (1, 1), (33, 15)])
def test_one_gaussian_is_its_closed_form_at_every_pixel(rules, size):
    camera = looking(width=size[0], height=size[1], cx=size[0] / 2 + 0.2, cy=size[1] / 2 - 0.1)
    scene = colored([0, 0, 3], 0.3, 0.9, [[0.2, 0.6, 1.5]])
    rendered = render(scene, camera, rules)
    variance = np.array([(60 * 0.3 / 3) ** 2 + 0.3, (55 * 0.3 / 3) ** 2 + 0.3])
    x = np.arange(size[0]) + 0.5 - camera.cx
    y = (np.arange(size[1]) + 0.5 - camera.cy)[:, None]
    opacity = float(np.float32(0.9))
    alpha = opacity * np.exp(-0.5 * (x**2 / variance[0] + y**2 / variance[1]))
    alpha[alpha < 1 / 255] = 0
    np.testing.assert_allclose(rendered.image, alpha[..., None] * [0.2, 0.6, 1.5], atol=2e-7)
    counts = rendered.counts
    assert (counts.gaussians, counts.emitted) == (1, 1)
    assert counts.raster.blended_pixel_splats.sum() == (alpha > 0).sum()
    assert counts.raster.fetched_splats.sum() == counts.pairs <= np.prod(tile_grid(camera))
    if counts.pairs == np.prod(tile_grid(camera)):
        assert counts.raster.tested_pixel_splats.sum() == size[0] * size[1]


@RULES
@pytest.mark.parametrize("red_is_in_front", [True, False])
@pytest.mark.parametrize("stored_first", [True, False])
def test_two_overlapping_in_both_depth_orders(rules, red_is_in_front, stored_first):
    depths = [2, 3] if red_is_in_front else [3, 2]
    scene = colored([[0, 0, z] for z in depths], 5, [0.5, 0.75], [[1, 0, 0], [0, 1, 0]])
    if not stored_first:
        scene = scene_of(
            scene.means[::-1], 5, opacities=scene.opacities[::-1], dc=scene.sh[::-1, 0]
        )
    camera = looking(width=31, height=31)
    image = render(scene, camera, rules, background=(0, 0, 1)).image
    front, back = (0, 1) if red_is_in_front else (1, 0)
    alpha = [0.5, 0.75]
    expected = np.zeros(3)
    expected[front] = alpha[front]
    expected[back] = (1 - alpha[front]) * alpha[back]
    expected[2] = 0.125
    np.testing.assert_allclose(image[15, 15], expected, atol=1e-7)  # the mean is that centre


@RULES
@pytest.mark.parametrize("second_is_nearer_by", [0.0, 1e-9])
def test_float32_ties_in_depth_keep_the_order_of_the_scene(rules, second_is_nearer_by):
    camera = looking(width=31, height=31)
    pose = camera.viewmat.copy()
    pose[2, :3] = [second_is_nearer_by, 0, 1]  # depth = z + that x: differs in float64 only
    camera = replace(camera, pose=pose)
    scene = colored([[0, 0, 2], [-1e-3, 0, 2]], 5, 0.5, [[1, 0, 0], [0, 1, 0]])
    depth = gaussian_project_reference(scene, camera, rules).depth
    assert (depth[1] < depth[0]) == (second_is_nearer_by > 0)
    image = render(scene, camera, rules).image
    np.testing.assert_allclose(image[15, 15], [0.5, 0.25, 0], atol=1e-4)


@RULES
def test_a_pixel_stops_before_the_splat_that_would_close_it(rules):
    # alpha 0.9 at each of ten: T = 1e-3 after three, and the fourth would bring it to 1e-4
    colors = np.eye(10)[:, :3] + np.eye(10, 3, -3) * 7
    scene = colored([[0, 0, 2 + i / 10] for i in range(10)], 50, 0.9, colors)
    rendered = render(scene, looking(width=16, height=16), rules)
    wide = 1 - np.float64(np.float32(0.9))
    below = wide**4 < 1e-4
    fourth = 0 if below else wide**3 * 0.9 * 7
    np.testing.assert_allclose(
        rendered.image[8, 8], [0.9 + fourth, 0.09, 0.009], rtol=1e-3, atol=1e-5
    )
    stop = 4 if below else 5
    raster = rendered.counts.raster
    assert raster.fetched_splats.tolist() == [stop]
    assert raster.tested_pixel_splats.tolist() == [256 * stop]
    assert raster.blended_pixel_splats.tolist() == [256 * (stop - 1)]


def test_what_happens_exactly_at_the_limit_of_transmittance(monkeypatch):
    monkeypatch.setattr(golden.stages.rasterize.reference, "TRANSMITTANCE_MIN", 0.25)
    scene = colored([[0, 0, 2], [0, 0, 3]], 5, 0.5, [[1, 0, 0], [0, 1, 0]])
    camera = looking(width=31, height=31)
    assert render(scene, camera, INRIA).image[15, 15].tolist() == [0.5, 0.25, 0]
    assert render(scene, camera, GSPLAT).image[15, 15].tolist() == [0.5, 0, 0]


def test_alpha_is_cut_at_the_limit_of_the_rules():
    scene = colored([0, 0, 2], 50, 1.0, [[1, 1, 1]])
    camera = looking(width=15, height=15)
    for rules, limit in ((INRIA, 0.99), (GSPLAT, 0.999)):
        assert render(scene, camera, rules).image[7, 7, 0] == np.float32(limit)


@RULES
@pytest.mark.parametrize("seed", range(3))
def test_pictures_follow_the_docstring_pixel_by_pixel(rules, seed):
    scene, camera = hostile_scene(60, seed=seed), looking(seed + 20, width=35, height=21)
    background = (0.25, 0.5, 1.0)
    rendered = render(scene, camera, rules, background=background)
    picture, blended = blend_by_hand(scene, camera, rules, background)
    np.testing.assert_allclose(rendered.image, picture, rtol=1e-5, atol=1e-6)
    assert rendered.counts.raster.blended_pixel_splats.sum() == blended > 100


@RULES
@pytest.mark.parametrize("seed", range(6))
def test_gaussians_that_reach_no_pixel_change_no_bit(rules, seed):
    scene = hostile_scene(3000, seed=seed, spread=6)
    camera = looking(seed + 30, width=90, height=70, fx=40 * 3**seed, fy=40 * 3**seed)
    whole = render(scene, camera, rules)
    keep = visibility(scene, camera, rules).can_reach
    part = render(scene, camera, rules, keep)
    assert 0 < keep.sum() < 3000
    assert part.counts.gaussians == keep.sum()
    assert part.counts.emitted <= whole.counts.emitted
    assert np.array_equal(whole.image, part.image)
    # whereas the picture notices when half of what can reach is left out
    keep[np.flatnonzero(keep)[::2]] = False
    assert not np.array_equal(whole.image, render(scene, camera, rules, keep).image)


def test_a_conic_that_is_no_ellipse_is_skipped_where_its_power_is_positive():
    camera = looking(width=15, height=15)
    splats = gaussian_project_reference(scene_of([0, 0, 2], 5, opacities=0.5), camera, INRIA)
    splats.conic[:] = 0.01, 0.02, 0.01  # as rounding may leave of a needle, only worse
    lists = depth_sort_reference(tile_bin_reference(splats, (1, 1)), splats.depth)
    image, _ = rasterize_reference(splats, np.ones((1, 3)), lists, camera, INRIA)
    d = np.arange(15) - 7.0
    power = -0.005 * (d**2 + d[:, None] ** 2) - 0.02 * d * d[:, None]
    alpha = np.where(power > 0, 0, 0.5 * np.exp(np.minimum(power, 0)))
    assert (power > 0.1).any()
    np.testing.assert_allclose(image[..., 0], np.where(alpha < 1 / 255, 0, alpha), atol=1e-7)


def test_the_number_of_threads_changes_no_bit():
    scene, camera = hostile_scene(500, seed=1), looking(2, width=90, height=70)
    threads = numba.get_num_threads()
    image = render(scene, camera, INRIA).image
    try:
        numba.set_num_threads(1)
        assert np.array_equal(image, render(scene, camera, INRIA).image)
    finally:
        numba.set_num_threads(threads)


def test_nothing_in_view_is_the_background():
    rendered = render(scene_of([0, 0, -1], 0.1), looking(), INRIA, background=(0.5, 0, 1))
    assert np.array_equal(rendered.image, np.broadcast_to(np.float32([0.5, 0, 1]), (45, 70, 3)))
    assert rendered.counts.pairs == 0


def test_lists_are_sorted_by_tile_then_depth_then_scene():
    scene, camera = hostile_scene(400, seed=9), looking(10)
    splats = gaussian_project_reference(scene, camera, INRIA)
    depth = np.round(splats.depth)  # many ties
    pairs = tile_bin_reference(splats, tile_grid(camera))
    splat = np.repeat(np.arange(len(splats)), np.diff(pairs.first))
    order = np.lexsort([splat, depth[splat], pairs.tile])
    lists = depth_sort_reference(pairs, depth)
    assert len(np.unique(depth)) < len(splats) < len(pairs)
    assert np.array_equal(lists.splat, splat[order])
    assert np.array_equal(np.diff(lists.offsets), np.bincount(pairs.tile, minlength=15))
    for s in range(len(splats)):  # and the pairs are the rectangle
        x0, y0, x1, y1 = splats.tile_rect[s]
        tiles = pairs.tile[pairs.first[s] : pairs.first[s + 1]]
        assert tiles.tolist() == [5 * y + x for y in range(y0, y1) for x in range(x0, x1)]


def test_more_pairs_than_can_be_held_are_refused(monkeypatch):
    monkeypatch.setattr(golden.stages.tile_bin.reference, "MAX_PAIRS", 14)
    with pytest.raises(InputError, match="the view has 15 pairs of splat and tile where 14"):
        render(scene_of([0, 0, 1], 50), looking(), INRIA)


def test_lists_of_another_grid_are_refused():
    splats = gaussian_project_reference(scene_of([0, 0, 2], 5), looking(), INRIA)
    lists = depth_sort_reference(tile_bin_reference(splats, (5, 3)), splats.depth)
    with pytest.raises(InputError, match="lists of 5x3 tiles do not fit the view test of 71x50"):
        rasterize_reference(splats, np.ones((1, 3)), lists, looking(width=71, height=50), INRIA)
