"""Cost, Pareto front and the view from above in a report."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras
from golden.pack import build_pack
from reports.figures.clusters import (
    CAMERA_COLOR,
    DROPPED_COLOR,
    KEPT_COLOR,
    above_figure,
    pareto_figure,
    write_cluster_figures,
)
from reports.measure.above import above_part, clusters_above, plane_of
from reports.measure.pareto import MAX_VIEWS, MIN_VIEWS, chosen_views, measure_pareto
from reports.measure.subject import Subject
from reports.text.cost_tables import paper_cost_text
from reports.text.markdown import report_markdown
from reports.text.summary import summary_text
from sim.model.config import load_model_config
from sim.views.cluster_cull import CullChecker, cull_views

EDGE = load_model_config("edge")


@pytest.mark.parametrize("method", ["paper", "reach"])
def test_cost_follows_from_tests_and_gaussians_read(document, method):
    cost, entry = document["cost"]["methods"][method], document["methods"][method]
    n = document["scene"]["gaussians"]
    tests = np.array(entry["tests"]["views"])
    excluded = np.array(entry["excluded_fraction"]["views"])
    assert cost["tests"] == entry["tests"]
    assert cost["table_of_geometry"]["views"] == pytest.approx(tests / n, abs=1e-6)
    assert cost["tests_of_projection"]["views"] == pytest.approx(19 * tests / (58 * n), abs=1e-6)
    saved = excluded - 19 * tests / (58 * n)
    assert cost["saved_projection"]["views"] == pytest.approx(saved, abs=2e-6)
    assert cost["saved_bytes"]["views"] == pytest.approx(excluded - tests / n, abs=2e-6)
    splats = [np.array(document["methods"][m]["splats"]["views"]) for m in ("off", method)]
    left = 19 * tests + 58 * n * (1 - excluded) + 58 * splats[1]
    with_color = 1 - left / (58 * n + 58 * splats[0])
    assert cost["saved_with_color"]["views"] == pytest.approx(with_color, abs=2e-6)
    assert cost["saved_with_color"]["slowest"] == min(cost["saved_with_color"]["views"])
    assert cost["tests_of_projection"]["slowest"] == max(cost["tests_of_projection"]["views"])


def test_the_papers_clusters_are_tested_in_one_level(document):
    paper, reach = (document["methods"][name] for name in ("paper", "reach"))
    assert paper["groups"] == 1
    assert set(paper["tests"]["views"]) == {paper["clusters"] + 1}
    assert reach["groups"] > 1


def test_the_papers_figures_stand_beside_ours(document):
    text = report_markdown(document, [])
    claims = text.split("## Computation, by the paper's words")[1].split("## Accounting")[0]
    for figure in ("6.20 %", "38.30 %", "63.00 %"):
        assert figure in claims
    ours = document["cost"]["methods"]["paper"]
    for key in ("tests_of_projection", "saved_projection", "saved_with_color"):
        assert f"{100 * ours[key]['mean']:.2f} %" in claims
    beside = text.split("## The paper's claims beside ours")[1].split("## Culling")[0]
    for of in document["cost"]["methods"].values():
        for scope in of["whole_frame"].values():
            assert f"{100 * scope['saved']:.2f} %" in beside
            assert f"{100 * scope['tests_share']:.2f} %" in beside
    assert "70.63 % of what it calls computation" in beside  # (38.3 + 6.2) / 63
    # 38.3 % + 6.2 % = 44.5 % saved of 63 % excluded leaves 29.4 % that culling cannot touch.
    assert "29.37 %" in paper_cost_text(document)


def test_summary_holds_cost_and_front(document):
    text = summary_text(document)
    cost = document["cost"]["methods"]["reach"]
    assert f"{100 * cost['tests_of_projection']['mean']:.2f} % of the multiplications" in text
    best = max(p["found_fraction"] for p in document["pareto"]["points"] if p["method"] == "morton")
    assert f"morton {100 * best:.2f} %" in text


def test_points_are_those_of_the_checker(subject, measured):
    options = ClusterOptions("morton", round(len(subject.scene) / 98))
    pack = build_pack(subject.scene, options, subject.rules)
    checker = CullChecker(pack, subject.scene, subject.rules)
    frames = list(cull_views(pack, subject.cameras, subject.rules, "integer"))
    checks = [checker.check(*pair) for pair in zip(subject.cameras, frames, strict=True)]
    point = next(
        p
        for p in measured.pareto.points
        if (p.method, p.clusters) == ("morton", pack.meta.clusters)
    )
    assert point.tests == pytest.approx(np.mean([frame.tests for frame in frames]), abs=1e-3)
    shares = [check.found / check.unnecessary for check in checks]
    assert point.found_fraction == pytest.approx(np.mean(shares), abs=1e-6)
    assert point.found_fraction_worst == pytest.approx(min(shares), abs=1e-6)


def test_all_methods_are_on_the_front_and_lose_nothing(measured):
    points = measured.pareto.points
    assert [sum(p.method == m for p in points) for m in ("paper", "reach", "morton")] == [2, 3, 3]
    assert all(p.lost == 0 and 0 <= p.found_fraction_worst <= p.found_fraction <= 1 for p in points)
    assert list(points) == sorted(points, key=lambda p: (p.method, p.tests))


def test_points_of_all_views_take_the_chosen_views_only(measured, subject):
    culling = measured.cullings[1]
    # A view that is not chosen cannot matter.
    cameras = [replace(c, name=f"c{i}") for i, c in enumerate(default_cameras(40, 96, 64))]
    many = replace(subject, cameras=cameras)
    indices = chosen_views(many)
    worse = replace(culling.views[0], found=0)
    views = tuple(culling.views[0] if i in indices else worse for i in range(40))
    modelled = {"reach": measured.cycles.methods["reach"][:1] * 40}
    pareto = measure_pareto(many, [replace(culling, views=views)], modelled, EDGE)
    reach = max((p for p in pareto.points if p.method == "reach"), key=lambda point: point.clusters)
    assert reach.found_fraction_worst > 0
    assert pareto.views == tuple(f"c{i}" for i in indices)


@pytest.mark.parametrize(
    ("gaussians", "views", "expected"),
    [
        (1000, 3, [0, 1, 2]),
        (1000, 24, list(range(0, 24, 2))),
        (1_600_000, 292, [0, 97, 194]),
        (10_000_000, 2, [0, 1]),
    ],
)
def test_fewer_views_for_bigger_scenes(subject, gaussians, views, expected):
    class Big:
        def __len__(self):
            return gaussians

    cameras = [replace(subject.cameras[0], name=f"{i}") for i in range(views)]
    chosen = chosen_views(Subject(Big(), cameras, subject.rules))
    assert chosen == expected
    assert min(MIN_VIEWS, views) <= len(chosen) <= MAX_VIEWS


def camera_at(position, forward, up, name="a"):
    right = np.cross(forward, up)
    rotation = np.stack([right, -np.array(up, float), forward]).astype(float)
    viewmat = np.eye(4)
    viewmat[:3, :3], viewmat[:3, 3] = rotation, -rotation @ position
    return Camera(name, 64, 48, 50.0, 50.0, 32.0, 24.0, viewmat)


def test_the_plane_is_the_cameras_own_and_no_mirror_image():
    around = [(3, 0), (-3, 0), (0, 2), (0, -2)]
    for up in ([0, 0, 1], [0, 0, -1]):
        cameras = [camera_at([x, y, 5.0], [1, 0, 0], up) for x, y in around]
        axes = plane_of(cameras)
        np.testing.assert_allclose(np.abs(axes), [[1, 0, 0], [0, 1, 0]], atol=1e-12)
        # Seen against `up`: the third axis of a right-handed picture points at the viewer.
        np.testing.assert_allclose(np.cross(*axes), up, atol=1e-12)


@pytest.mark.parametrize("positions", [[(1, 2)], [(1, 2), (1, 2)], [(0, 0), (1, 1), (2, 2)]])
def test_cameras_on_a_line_give_the_first_ones_own_plane(positions):
    cameras = [camera_at([x, y, 0.0], [1, 0, 0], [0, 0, 1]) for x, y in positions]
    np.testing.assert_allclose(plane_of(cameras), cameras[0].viewmat[[0, 2], :3], atol=1e-12)


def test_the_view_from_above_is_that_of_the_first_view(subject, measured, document):
    above = measured.above
    assert (above.method, above.view) == ("reach", subject.cameras[0].name)
    assert above.kept.sum() == measured.cullings[1].views[0].clusters_visible
    left, right, bottom, top = above.limits
    assert left < above.cameras[:, 0].min() < above.cameras[:, 0].max() < right
    assert bottom < above.cameras[:, 1].min() < above.cameras[:, 1].max() < top
    assert above.inside.mean() > 0.8
    part = document["clusters_above"]
    assert part == above_part(above)
    assert part["kept_shown"] <= part["clusters_shown"] <= part["clusters"]
    # The optic axis lies between the corner rays, and they are scaled to one unit of depth.
    camera = subject.cameras[0]
    axes = plane_of(subject.cameras)
    np.testing.assert_allclose(above.corners.mean(axis=0), axes @ camera.viewmat[2, :3], atol=1e-9)


def test_a_ball_that_is_never_culled_has_no_circle(subject):
    pack = build_pack(subject.scene, ClusterOptions(), subject.rules)
    clusters = pack.clusters.copy()
    clusters["radius_high"][3] = (1 << 24) - 1
    above = clusters_above(subject, replace(pack, clusters=clusters))
    assert np.flatnonzero(np.isnan(above.radii)).tolist() == [3]
    assert above_figure(above, "x").axes


def test_clusters_above_in_few_colors(measured, document, tmp_path):
    """White, and the full colours of what is dropped, kept, and seen: none is merged away."""
    assert "clusters_above.png" in write_cluster_figures(document, measured.above, tmp_path)
    with Image.open(tmp_path / "clusters_above.png") as image:
        assert image.mode == "P"
        counts = {color: count for count, color in image.convert("RGB").getcolors()}
    assert counts[255, 255, 255] > max(count for color, count in counts.items() if min(color) < 255)
    for color in (DROPPED_COLOR, KEPT_COLOR, CAMERA_COLOR):
        assert counts[tuple(round(255 * part) for part in to_rgb(color))] > 30


def test_the_pareto_figure_takes_any_points(tmp_path):
    points = [
        {"method": "reach", "tests": 2000.0, "found_fraction": 0.98},
        {"method": "boxes", "tests": 900.5, "found_fraction": 0.9},
        {"method": "reach", "tests": 500.0, "found_fraction": 0.9},
    ]
    figure = pareto_figure(points, "somewhere")
    axes = figure.axes[0]
    assert [line.get_label() for line in axes.lines] == ["reach clusters, two levels", "boxes"]
    assert axes.lines[0].get_xdata().tolist() == [500.0, 2000.0]
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([90, 98])
    FigureCanvasAgg(figure)
    figure.savefig(tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 5000
