"""The projection in a report: what is measured, and what document, text and figure say of it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from golden.gaussians.covariance import covariance3d
from golden.image import psnr_db
from golden.render import render
from reports.figures.projection import projection_figure
from reports.measure.measure import packs
from reports.measure.pictures import count_views
from reports.measure.projection import (
    SAME_DB,
    measure_projection,
    picture_distance_db,
    splat_pictures,
    spread,
)
from reports.measure.projection_part import projection_part
from reports.text.projection_summary import TARGET_DB, power_of_two, projection_lines
from reports.text.projection_text import projection_table
from reports.text.summary import summary_text
from sim.views.gaussian_project import project_views


@pytest.fixture(scope="module")
def reach(subject):
    return list(packs(subject))[-1]


def test_every_view_is_projected_checked_and_run(measured, subject):
    projection = measured.projection
    assert projection.method == "reach"
    assert len(projection.views) == len(subject.cameras)
    for view, culled in zip(projection.views, measured.cullings[1].views, strict=True):
        assert view.members == culled.gaussians_visible
        assert view.members == view.splats + sum(view.dropped.values())
        assert view.check.lost == view.rtl_mismatches == 0
        assert view.rtl_cycles == view.rtl_model_cycles > view.members
        assert view.check.unnecessary == culled.unnecessary
        assert view.tile_pairs <= view.check.reference_pairs


def test_the_rtl_runs_as_many_views_as_wanted(subject, reach):
    views = measure_projection(subject, reach, rtl_views=0).views
    assert [view.rtl_cycles for view in views] == [None] * len(views)
    views = measure_projection(subject, reach, rtl_views=1).views
    assert [view.rtl_cycles is None for view in views] == [False, True, True]


def test_pictures_of_splats_are_held_against_whole_ones(subject, measured, reach):
    for index, (camera, counts) in enumerate(zip(subject.cameras, measured.counts, strict=True)):
        frame = next(project_views(reach, [camera], subject.rules, "integer"))
        assert len(frame.splats) == measured.projection.views[index].splats
        image = next(splat_pictures(subject, reach, [index], covariance3d(subject.scene)))
        whole = render(subject.scene, camera, subject.rules).image
        assert counts.splat_psnr_db == pytest.approx(psnr_db(whole, image), abs=1e-9)
        assert TARGET_DB < counts.splat_psnr_db < SAME_DB
        assert picture_distance_db(whole, whole) == SAME_DB


def test_fewer_pictures_may_be_drawn(subject, measured, reach):
    counts = count_views(subject, measured.cullings, reach, splat_views=2)
    assert [view.splat_psnr_db is None for view in counts] == [False, False, True]
    for ours, all_ in zip(counts, measured.counts, strict=True):
        bare = replace(all_, color_psnr_db=None, exact_color_psnr_db=None)
        assert ours == replace(bare, splat_psnr_db=ours.splat_psnr_db)
    none = count_views(subject, measured.cullings, reach, splat_views=0)
    assert all(view.splat_psnr_db is None for view in none)


@pytest.mark.parametrize(
    ("total", "number", "places"),
    [(24, 2, [0, 12]), (3, 5, [0, 1, 2]), (5, 5, [0, 1, 2, 3, 4]), (3, 0, []), (7, 3, [0, 2, 4])],
)
def test_views_are_spread(total, number, places):
    assert spread(total, number) == places


def test_document_holds_what_was_measured(document, measured):
    part = json.loads(json.dumps(document["projection"], allow_nan=False))
    views = measured.projection.views
    assert part["clustering"] == "reach"
    assert part["members"]["views"] == [view.members for view in views]
    assert part["splats"]["mean"] == pytest.approx(np.mean([view.splats for view in views]))
    assert list(part["dropped"]) == ["opacity", "near", "outside"]
    for reason, of in part["dropped"].items():
        assert of["views"] == [view.dropped[reason] for view in views]
    assert part["lost"]["slowest"] == 0
    fractions = [view.check.fractions["more_kept_fraction"] for view in views]
    assert part["more_kept_fraction"]["views"] == pytest.approx(fractions, abs=1e-6)
    assert part["pictures"]["drawn"] == document["views"]
    drawn = part["pictures"]["psnr_db"]
    assert drawn["slowest"] == min(drawn["views"])
    assert part["rtl"]["cycles"] == part["rtl"]["model_cycles"]
    assert part["rtl"]["mismatches"] == [0, 0, 0]


def test_sentences_and_table_say_the_figures(document):
    part = document["projection"]
    text = summary_text(document)
    for line in projection_lines(document):
        assert line in text
    assert f"{part['pictures']['psnr_db']['mean']:.2f} dB in the mean of 3 views" in text
    assert "RTL of gaussian_project in 3 frames: 0 splats differ" in text
    assert "in 3 of 3 frames" in text
    rows = projection_table(document).splitlines()[2:]
    cells = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in rows}
    assert cells["kept: splats"] == f"{part['splats']['mean']:,.0f}"
    assert cells["dropped: before the near plane"] == f"{part['dropped']['near']['mean']:,.0f}"
    assert cells["lost"] == "0"


def test_what_went_wrong_is_said(document):
    broken = json.loads(json.dumps(document))
    part = broken["projection"]
    part["lost"]["views"][1] = 4
    part["rtl"]["mismatches"][0] = 2
    part["rtl"]["cycles"][2] += 1
    text = "\n".join(projection_lines(broken))
    assert "lost in all views: 4" in text
    assert "2 splats differ from the integer model" in text
    assert "in 2 of 3 frames" in text


def test_without_rtl_and_pictures(document, measured):
    views = tuple(
        replace(view, rtl_cycles=None, rtl_model_cycles=None, rtl_mismatches=None)
        for view in measured.projection.views
    )
    bare = replace(measured.projection, views=views)
    part = projection_part(document["views"], bare, {})
    assert part["pictures"] is part["rtl"] is None
    other = document | {"projection": part}
    lines = projection_lines(other)
    assert lines[-1] == "The RTL of gaussian_project was not run."
    assert not any("Pictures" in line for line in lines)
    assert "dB" not in projection_table(other)
    assert len(projection_figure(other).axes) == 1


@pytest.mark.parametrize(
    ("value", "text"), [(2.0**-5, "1/32"), (2.0**-14, "2^-14"), (2.0**-9, "1/512"), (1.0, "1/1")]
)
def test_bounds_read_as_powers_of_two(value, text):
    assert power_of_two(value) == text


def test_figure_stacks_all_members(document):
    figure = projection_figure(document)
    FigureCanvasAgg(figure).draw()
    bars, pictures = figure.axes
    heights = np.array([patch.get_height() for patch in bars.patches]).reshape(4, -1)
    members = np.array(document["projection"]["members"]["views"])
    share = 100 * members / document["scene"]["gaussians"]
    assert heights.sum(axis=0) == pytest.approx(share)
    low, high = pictures.get_ylim()
    drawn = document["projection"]["pictures"]["psnr_db"]["views"]
    assert low < min(drawn) <= max(drawn) < high
