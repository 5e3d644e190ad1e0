"""The width study: its points, the document, its table and figure, refusals, committed results."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from golden.image import read_image
from golden.params import Parameters
from golden.rules import GSPLAT
from reports.benches.bench_widths import markdown, study
from reports.benches.width_figure import width_figure, write_width_figure
from reports.benches.width_study import LOW_FACTOR_BITS, LOW_FACTOR_WIDTHS, RANGES, variations
from tests.reports.report_cases import tiny_subject

RESULTS = Path(__file__).resolve().parents[2] / "reports" / "results"
NAMES = ("screen_fraction_bits", "conic_bits")


def test_points_change_one_width_and_are_legal():
    usual = asdict(Parameters())
    for point in variations():
        others = {"mantissa_bits": {"factor_bits"}}.get(point.parameter, set())
        assert asdict(point.params)[point.parameter] == point.width
        assert set(point.changed) <= {point.parameter} | others
        assert (point.changed == {}) == (asdict(point.params) == usual)
    for name, widths in RANGES.items():
        points = [point for point in variations([name]) if not point.curve.endswith("10")]
        assert [point.width for point in points] == list(widths)
        assert [point.width for point in points if not point.changed] == [usual[name]]


def test_mantissas_have_two_curves():
    points = variations(["mantissa_bits"])
    low = [point for point in points if point.params.factor_bits == LOW_FACTOR_BITS]
    assert tuple(point.width for point in low) == LOW_FACTOR_WIDTHS
    widest = [point.params for point in points if point not in low]
    assert [p.factor_bits for p in widest] == [11, 12, 13, 14, 15, 16, 16]
    assert len({point.curve for point in points}) == 2


@pytest.fixture(scope="module")
def result():
    subject = tiny_subject(views=2)
    return study(subject.scene, [subject, replace(subject, rules=GSPLAT)], NAMES, "the command")


def test_document(result):
    rows = result["points"]
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["command"], result["rules"]) == ("the command", ["inria", "gsplat"])
    assert (result["gaussians"], result["size_px"], len(result["views"])) == (2500, [96, 64], 2)
    # Those that have come since are of stages that the study has not.
    assert result["chosen"].items() <= asdict(Parameters()).items()
    assert result["versions"]["splatsieve"]
    expected = [
        (rules, p.parameter, p.width) for rules in result["rules"] for p in variations(NAMES)
    ]
    assert [(row["rules"], row["parameter"], row["width"]) for row in rows] == expected
    for row in rows:
        assert row["lost"] == 0
        assert row["psnr_db"] == min(row["psnr_db_views"]) <= row["psnr_db_mean"]
        assert 0 <= row["depth_off_fraction"] <= 1
        assert 0 < row["tile_pairs"] <= row["tile_pairs_worst"]
        assert 0.5 < row["kept_over_radii_positive"] < 1.2


def test_bits_buy_what_they_should(result):
    def of(parameter, width, key, rules="gsplat"):
        wanted = (rules, parameter, width)
        rows = result["points"]
        return next(r[key] for r in rows if (r["rules"], r["parameter"], r["width"]) == wanted)

    for rules in result["rules"]:
        assert of("conic_bits", 12, "psnr_db", rules) + 6 < of("conic_bits", 18, "psnr_db", rules)
        fewer, more = (of("screen_fraction_bits", w, "center_off_fraction", rules) for w in (4, 8))
        assert fewer > 50 * more
        pairs = [of("screen_fraction_bits", w, "tile_pairs", rules) for w in (4, 6, 8)]
        assert pairs == sorted(pairs, reverse=True)
        # The chosen point of every parameter is the same measurement.
        default = [r for r in result["points"] if r["rules"] == rules and not r["changed"]]
        assert len(default) == len(NAMES)
        assert len({row["psnr_db"] for row in default}) == 1
    # A conic's width moves nothing but the picture.
    assert len({of("conic_bits", w, "tile_pairs") for w in RANGES["conic_bits"]}) == 1


def test_table(result):
    lines = markdown(result).splitlines()
    assert len(lines) == 2 + len(variations(NAMES))
    assert len({line.count("|") for line in lines}) == 1
    assert [line for line in lines if line.startswith("| **")] == [lines[6], lines[-1]]
    assert lines[6].startswith("| **screen_fraction_bits 8** | ")
    inria, gsplat = (
        next(r for r in result["points"] if r["rules"] == rules and r["width"] == 12)
        for rules in ("inria", "gsplat")
    )
    assert f"| conic_bits 12 | {inria['psnr_db']:.2f} / {gsplat['psnr_db']:.2f} | " in lines[7]


def test_figure(result, tmp_path):
    figure = width_figure(result)
    assert [axes.get_title() for axes in figure.axes] == list(NAMES)
    for axes in figure.axes:
        labels = axes.get_legend_handles_labels()[1]
        assert {"inria", "gsplat", "chosen", "least that is asked for"} <= set(labels)
    path = tmp_path / "widths.png"
    write_width_figure(result, path)
    assert min(read_image(path).shape[:2]) > 300
    assert list(tmp_path.iterdir()) == [path]


def test_committed_results_lose_nothing_and_are_on_their_page():
    result = json.loads((RESULTS / "widths.json").read_text())
    assert {row["parameter"] for row in result["points"]} == set(RANGES)
    assert all(row["lost"] == 0 for row in result["points"])
    chosen = [row for row in result["points"] if not row["changed"]]
    # Those that have come since are of stages that the study has not; one has gone, with the bits
    # that packs of version 3 left empty.
    chosen_then = dict(result["chosen"])
    assert chosen_then.pop("center_headroom_bits") == 2
    assert chosen_then.items() <= asdict(Parameters()).items()
    assert min(row["psnr_db"] for row in chosen) >= result["bounds"]["psnr_db"]
    assert markdown(result) in (RESULTS / "widths.md").read_text()
    assert read_image(RESULTS / "widths.png").size > 0
