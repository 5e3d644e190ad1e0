"""Counts of blending by bins and sub-tiles, against the rasteriser and against brute force."""

from __future__ import annotations

import numpy as np
import pytest

from golden.rules import GSPLAT, INRIA
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.rasterize.counts import count_bins
from golden.stages.rasterize.counts_kernel import exp
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.rasterize.spans_kernel import bits, row_mask, span
from golden.stages.tile_bin.reference import tile_bin_reference
from sim.model.counts import bin_lists
from tests.golden.gaussian_project.projection_cases import hostile_scene, looking, scene_of

RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])


def splats_and_lists(scene, camera, rules, bin_px=16):
    splats = gaussian_project_reference(scene, camera, rules)
    return splats, bin_lists(splats, camera, bin_px)


@RULES
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("test", ["none", "box", "ellipse"])
def test_tiles_equal_the_rasteriser(rules, seed, test):
    scene, camera = hostile_scene(3000, seed=seed, spread=2), looking(seed, width=90, height=70)
    splats, lists = splats_and_lists(scene, camera, rules)
    drawn_from = depth_sort_reference(tile_bin_reference(splats, tile_grid(camera)), splats.depth)
    assert np.array_equal(lists.splat, drawn_from.splat)
    _, drawn = rasterize_reference(
        splats, color_reference(scene, camera, splats), lists, camera, rules
    )
    counts = count_bins(splats, lists, camera, rules, 16, 4, test)
    assert np.array_equal(counts.fetched_splats, drawn.fetched_splats)
    assert np.array_equal(counts.blended_pixel_splats, drawn.blended_pixel_splats)
    assert np.array_equal(counts.subtile_histogram.sum(axis=1), counts.fetched_splats)
    assert drawn.fetched_splats.sum() < len(lists.splat)  # some tile stops early


@RULES
def test_bins_of_any_size_blend_the_same(rules):
    """Larger rectangles bring splats to pixels where alpha < 1/255 only, under gsplat rules."""
    scene, camera = hostile_scene(1500, seed=5, spread=2), looking(6, width=120, height=100)
    blended = []
    for bin_px in (16, 32, 64):
        splats, lists = splats_and_lists(scene, camera, rules, bin_px)
        counts = count_bins(splats, lists, camera, rules, bin_px, 8, "ellipse")
        blended.append(int(counts.blended_pixel_splats.sum()))
    assert blended[0] > 1000
    if rules is GSPLAT:
        assert max(blended) - min(blended) <= 0.02 * blended[0]


def brute_force(splats, lists, camera, rules, bin_px, subtile_px):
    """(B, n + 1) histogram of the ellipse test, pixel by pixel."""
    side = bin_px // subtile_px
    histogram = np.zeros((len(lists.offsets) - 1, side * side + 1), np.int64)
    for bin_ in range(len(lists.offsets) - 1):
        x0, y0 = bin_ % lists.grid[0] * bin_px, bin_ // lists.grid[0] * bin_px
        columns, rows = min(bin_px, camera.width - x0), min(bin_px, camera.height - y0)
        x, y = np.meshgrid(x0 + np.arange(columns) + 0.5, y0 + np.arange(rows) + 0.5)
        sub = (y - y0).astype(int) // subtile_px * side + (x - x0).astype(int) // subtile_px
        t, open_ = np.ones((rows, columns)), np.ones((rows, columns), bool)
        for s in lists.splat[lists.offsets[bin_] : lists.offsets[bin_ + 1]]:
            if not open_.any():
                break
            dx, dy = x - splats.mean2d[s, 0], y - splats.mean2d[s, 1]
            a, b, c = splats.conic[s]
            power = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
            alpha = np.minimum(rules.alpha_max, splats.opacity[s] * np.exp(power))
            seen = alpha >= 1 / 255
            histogram[bin_, len(set(sub[seen]) & set(sub[open_]))] += 1
            after = t * (1 - alpha)
            done = after <= 1e-4 if rules is GSPLAT else after < 1e-4
            t = np.where(seen & open_ & ~done, after, t)
            open_ &= ~(seen & done)
    return histogram


@RULES
@pytest.mark.parametrize(("bin_px", "subtile_px"), [(16, 16), (16, 8), (16, 4), (32, 4), (32, 8)])
def test_sub_tiles_of_the_ellipse_pixel_by_pixel(rules, bin_px, subtile_px):
    scene, camera = hostile_scene(150, seed=8), looking(9, width=70, height=50)
    splats, lists = splats_and_lists(scene, camera, rules, bin_px)
    counts = count_bins(splats, lists, camera, rules, bin_px, subtile_px, "ellipse")
    expected = brute_force(splats, lists, camera, rules, bin_px, subtile_px)
    assert np.array_equal(counts.subtile_histogram, expected)
    assert (expected.sum(axis=0) > 0).sum() > 1


def test_one_ball_touches_the_sub_tiles_that_it_should():
    """Radius sqrt(2 ln(255 x 0.8)) x 2 px = 6.5 px around the corner of four 8x8 sub-tiles."""
    camera = looking(width=16, height=16)
    splats, lists = splats_and_lists(scene_of([0, 0, 2], 0.05, opacities=0.8), camera, GSPLAT)
    splats.conic[:] = 0.25, 0.0, 0.25
    for (u, v), ellipse, box in (
        ((8.0, 8.0), 4, 4),
        ((4.0, 4.0), 4, 4),  # reaches 10.5
        ((1.2, 1.2), 1, 1),  # reaches 7.7: pixel centre 7.5
        ((3.3, 3.3), 3, 4),  # 9.8 on each axis, but not the corner (8.5, 8.5) at 7.4 px
    ):
        splats.mean2d[:] = u, v
        for test, number in (("ellipse", ellipse), ("box", box), ("none", 4)):
            counts = count_bins(splats, lists, camera, GSPLAT, 16, 8, test)
            assert counts.subtile_histogram[0].tolist() == [int(n == number) for n in range(5)]


def test_a_done_sub_tile_is_skipped():
    """Opaque splats over everything: after the first few no pixel is left, nothing is fetched."""
    scene = scene_of([[0, 0, 2 + i / 10] for i in range(20)], 50, opacities=0.9)
    camera = looking(width=16, height=16)
    splats, lists = splats_and_lists(scene, camera, GSPLAT)
    counts = count_bins(splats, lists, camera, GSPLAT, 16, 8, "none")
    assert counts.fetched_splats[0] in (4, 5)
    assert counts.subtile_histogram[0, 4] == counts.fetched_splats[0]


def test_a_conic_that_is_no_ellipse_is_looked_at_everywhere():
    camera = looking(width=15, height=15)
    splats, lists = splats_and_lists(scene_of([0, 0, 2], 5, opacities=0.5), camera, INRIA)
    splats.conic[:] = 0.01, 0.02, 0.01
    _, drawn = rasterize_reference(splats, np.ones((1, 3)), lists, camera, INRIA)
    counts = count_bins(splats, lists, camera, INRIA, 16, 8, "ellipse")
    assert counts.blended_pixel_splats.sum() == drawn.blended_pixel_splats.sum() > 0
    assert counts.subtile_histogram[0, 4] == 1


def test_the_parts():
    x = np.linspace(-8, 0, 4001)
    assert np.abs(np.array([exp(v) for v in x]) / np.exp(x) - 1).max() < 1e-8
    assert [bits(m) for m in (0, 1, 0b1011, -1, 1 << 62)] == [0, 1, 3, 64, 1]
    quarters = np.arange(32) // 4
    assert [row_mask(*pair, quarters) for pair in ((0, 31), (5, 5), (3, 2))] == [255, 2, 0]
    assert [span(2.5, 1.5, 10), span(-5.0, 4.0, 10), span(12.0, 2.5, 10)] == [
        (1, 4),
        (0, -1),
        (10, 9),
    ]
    assert span(0.0, 1e300, 16) == (0, 15)
