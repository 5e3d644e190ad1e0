"""The colours in a report: what is measured, and what document and text say of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.image import psnr_db
from golden.render import render
from golden.scene import SH_COEFFICIENTS
from reports.measure.coloring import color_pictures, measure_coloring, narrow_pack
from reports.measure.coloring_part import coloring_part
from reports.measure.measure import packs
from reports.measure.pictures import count_views
from reports.measure.projection import SAME_DB
from reports.measure.steps import coloring_line
from reports.text.color_summary import TOO_MANY, color_lines
from reports.text.color_text import color_table, color_text
from reports.text.markdown import report_markdown
from reports.text.summary import summary_text
from sim.views.color import color_views
from sim.views.color_check import check_colors

# Least PSNR that pictures with integer colours shall have against those with float64 colours.
LEAST_DB = 60


@pytest.fixture(scope="module")
def narrow(subject):
    return narrow_pack(subject, list(packs(subject))[-1])


def test_every_view_is_evaluated_checked_and_run(measured, subject, narrow):
    coloring = measured.coloring
    assert coloring.method == narrow.meta.method == "reach"
    frames = color_views(narrow, subject.cameras, subject.rules, "integer")
    views = zip(subject.cameras, coloring.views, measured.projection.views, frames, strict=True)
    for camera, view, projected, frame in views:
        assert view.splats == projected.splats
        assert (view.cut_above, view.cut_below) == (frame.cut_above, frame.cut_below)
        assert view.check == check_colors(subject.scene, camera, frame)
        assert view.check.color_rms < 0.01
        assert 1 < view.runs < view.splats
        assert view.rtl.mismatches == 0
        assert view.rtl.runs == view.runs
        assert view.rtl.cycles == view.model_cycles or not view.model_is_exact
        assert view.rtl.cycles >= view.model_cycles


def test_the_rtl_runs_as_many_views_as_wanted(subject, narrow):
    views = measure_coloring(subject, narrow, rtl_views=0).views
    assert [view.rtl for view in views] == [None] * len(views)
    coloring = measure_coloring(subject, narrow, rtl_views=1)
    assert [view.rtl is None for view in coloring.views] == [False, True, True]
    assert "; in 1 views 0 RTL splats differ from the model" in coloring_line(coloring)


def test_pictures_with_the_colors_are_held_against_whole_and_exact_ones(subject, measured, narrow):
    pictures = color_pictures(subject, narrow, range(len(subject.cameras)))
    for camera, counts, drawn in zip(subject.cameras, measured.counts, pictures, strict=True):
        whole = render(subject.scene, camera, subject.rules).image
        integers, exact = drawn
        assert counts.color_psnr_db == pytest.approx(psnr_db(whole, integers), abs=1e-9)
        assert counts.exact_color_psnr_db == pytest.approx(psnr_db(exact, integers), abs=1e-9)
        assert LEAST_DB < counts.exact_color_psnr_db < SAME_DB
        assert counts.color_psnr_db < counts.splat_psnr_db  # the records round


def test_fewer_pictures_may_be_drawn(subject, measured, narrow):
    counts = count_views(subject, measured.cullings, narrow, narrow, splat_views=2)
    assert [view.color_psnr_db is None for view in counts] == [False, False, True]
    assert [view.exact_color_psnr_db is None for view in counts] == [False, False, True]


def test_document_holds_what_was_measured(document, measured):
    part = json.loads(json.dumps(document["color"], allow_nan=False))
    views = measured.coloring.views
    assert part["clustering"] == "reach"
    assert part["splats"]["views"] == document["projection"]["splats"]["views"]
    assert part["cut_below"]["views"] == [view.cut_below for view in views]
    assert part["largest"]["slowest"] == pytest.approx(max(view.largest for view in views))
    rms = [view.check.color_rms for view in views]
    assert part["color_rms"]["views"] == pytest.approx(rms, abs=1e-6)
    assert part["pictures"]["drawn"] == document["views"]
    for name in ("whole_db", "exact_db"):
        assert part["pictures"][name]["slowest"] == min(part["pictures"][name]["views"])
    assert part["rtl"]["cycles"]["views"] == [view.rtl.cycles for view in views]
    assert part["rtl"]["mismatches"] == [0, 0, 0]


def test_sentences_and_table_say_the_figures(document):
    part, methods = document["color"], document["methods"]
    text = summary_text(document)
    for line in color_lines(document):
        assert line in text
    assert f"{part['pictures']['exact_db']['mean']:.2f} dB in the mean of 3 views" in text
    assert "RTL of color alone in 3 frames, a splat every 4 cycles: 0 splats differ" in text
    assert "in 3 of 3 frames" in color_lines(document)[-1]
    rows = color_table(document).splitlines()[2:]
    cells = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in rows}
    assert cells["splats"] == f"{part['splats']['mean']:,.0f}"
    assert cells["with a channel below 0: cut"] == f"{part['cut_below']['mean']:,.0f}"
    assert cells["cycles of its RTL (3 views)"] == f"{part['rtl']['cycles']['mean']:,.0f}"
    for name, what in (("off", "without culling"), ("reach", "with reach clusters")):
        cycles = methods[name]["front_end_color_cycles"]["mean"]
        assert cells[f"front end and colour {what}, cycles, as configured"] == f"{cycles:,.0f}"
    gain = methods["reach"]["front_end_color_gain"]["mean"]
    assert cells["gain of culling there, x"] == f"{gain:.2f}"
    assert "a memory of 100 cycles of latency" in color_text(document)
    page = report_markdown(document, ())
    assert page.index("## Projection") < page.index("## Colour") < page.index("## The accelerator")
    assert color_table(document) in page


def test_what_went_wrong_is_said(document):
    broken = json.loads(json.dumps(document))
    part = broken["color"]
    part["cut_above"]["views"][1] = 7
    part["rtl"]["mismatches"][0] = 2
    part["rtl"]["cycles"]["views"][2] = part["rtl"]["model_cycles"][2] - 1
    text = "\n".join(color_lines(broken))
    assert "cuts a channel at 2 in 7 of" in text
    assert "2 splats differ from the integer model" in text
    assert "in 2 of 3 frames" in text


def test_without_rtl_and_pictures(document, measured):
    views = tuple(replace(view, rtl=None) for view in measured.coloring.views)
    bare = replace(measured.coloring, views=views)
    part = coloring_part(document["views"], bare, {}, {})
    assert part["pictures"] is part["rtl"] is None
    other = document | {"color": part}
    assert color_lines(other)[-1] == "The RTL of color was not run."
    assert "dB" not in color_table(other) + "".join(color_lines(other))
    assert "RTL" not in color_table(other)
    assert "RTL" not in coloring_line(bare)


def test_a_scene_whose_colors_fit_no_record(subject, document):
    """Of degree 4: said in the section, and nothing is made up."""
    scene = subject.scene
    more = SH_COEFFICIENTS[4] - scene.sh.shape[1]
    wider = replace(scene, sh=np.pad(scene.sh, ((0, 0), (0, more), (0, 0))))
    other = replace(subject, scene=wider)
    assert narrow_pack(other, list(packs(other))[-1]) is None
    assert coloring_part(document["views"], None, {}, {}) is None
    bare = document | {"color": None}
    assert color_lines(bare) == [TOO_MANY]
    assert (color_text(bare), color_table(bare)) == (TOO_MANY, "")
