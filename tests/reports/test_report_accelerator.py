"""The accelerator's frames in a report: what the RTL counted, beside what the models say."""

import json
from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from hw.host.register_map import frame_counters
from reports.html.page import report_page
from reports.measure.accelerator import accelerator_part, view_accelerator
from reports.text.accelerator_summary import accelerator_line
from reports.text.accelerator_text import accelerator_table, accelerator_view_table
from reports.text.markdown import report_markdown
from reports.text.summary import summary_text
from sim.rtl.accelerator_harness import MemoryModel
from sim.views.frame import run_frame

COUNTERS = frame_counters(Parameters())


def test_every_counter_of_every_view_is_in_the_document(document, measured):
    part = json.loads(json.dumps(document["accelerator"], allow_nan=False))
    assert part["views"] == document["views"]
    assert tuple(part["counters"]) == tuple(COUNTERS)
    frames = [view.accelerator for view in measured.projection.views]
    for name, of in part["counters"].items():
        assert of["meaning"] == COUNTERS[name]
        assert of["views"] == [frame.counters[name] for frame in frames]
        assert of["mean"] == pytest.approx(np.mean(of["views"]), abs=1e-6)
        assert of["slowest"] == max(of["views"])
        assert of["model"] == of["views"]
    assert part["differing"] == [[]] * 3
    assert part["mismatches"] == [0] * 3
    assert part["memory_latency_cycles"] == MemoryModel().latency_cycles


def test_counters_belong_to_the_views(document, measured):
    counters = document["accelerator"]["counters"]
    views = measured.projection.views
    assert counters["splats"]["views"] == [view.splats for view in views]
    assert counters["members"]["views"] == [view.members for view in views]
    tests = [v.clusters_tested for v in measured.cullings[1].views]
    assert counters["clusters_tested"]["views"] == tests
    for n in range(len(views)):
        parts = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
        total = sum(counters[name]["views"][n] for name in parts)
        assert counters["frame_cycles"]["views"][n] == total


def test_text_says_the_figures(document):
    part = document["accelerator"]
    cycles = part["counters"]["frame_cycles"]
    line = accelerator_line(document)
    assert line in summary_text(document)
    assert f"{cycles['mean']:,.0f} cycles in the mean frame" in line
    assert "17 of 17 counters have a model, all of them equal to it in 3 of 3 frames" in line
    assert "0 splats or counters differ" in line
    rows = {row.split("`")[1]: row for row in accelerator_table(document).splitlines()[2:]}
    assert set(rows) == set(COUNTERS)
    assert f"| {cycles['mean']:,.0f} | {cycles['slowest']:,} |" in rows["frame_cycles"]
    assert rows["frame_cycles"].endswith("| 3 of 3 |")
    assert rows["output_stalled_cycles"].endswith("| 3 of 3 |")
    views = accelerator_view_table(document).splitlines()[2:]
    for row, name, count in zip(views, part["views"], cycles["views"], strict=True):
        assert row.startswith(f"| {name} | {count:,} |")
        assert row.endswith(f"| {count:,} | 0 | none |")


def test_report_and_page_have_the_section(document, tmp_path):
    text = report_markdown(document, [])
    section = text.split("## The accelerator's RTL")[1].split("\n## ")[0]
    assert accelerator_table(document) in section
    assert accelerator_view_table(document) in section
    page = report_page(document, text, tmp_path)
    assert '<h2 id="the-accelerator-s-rtl">' in page
    assert f"<td>{COUNTERS['bus_wait_cycles']}</td>" in page


def test_what_differs_is_said(document, measured):
    frames = [view.accelerator for view in measured.projection.views]
    frame = frames[1]
    wrong = frame.expected | {"bus_beats": frame.expected["bus_beats"] + 1}
    frames[1] = replace(frame, expected=wrong, mismatches=4)
    part = accelerator_part(document["views"], "reach", frames)
    assert part["differing"] == [[], ["bus_beats"], []]
    other = document | {"accelerator": part}
    assert "equal to it in 2 of 3 frames; 4 splats or counters differ" in accelerator_line(other)
    assert accelerator_view_table(other).splitlines()[3].endswith("| 4 | bus_beats |")
    rows = {row.split("`")[1]: row for row in accelerator_table(other).splitlines()[2:]}
    assert rows["bus_beats"].endswith("| 2 of 3 |")


def test_without_the_rtl_nothing_is_claimed(document):
    part = accelerator_part(document["views"], "reach", [None] * 3)
    assert part is None
    other = document | {"accelerator": part}
    assert accelerator_line(other) == "The RTL of the whole accelerator was not run."
    assert accelerator_table(other) == accelerator_view_table(other) == ""
    text = report_markdown(other, [])
    assert "## The accelerator's RTL\n\nThe RTL of the whole accelerator was not run." in text


def test_only_frames_of_the_rtl_are_taken(measured, subject):
    from reports.measure.measure import packs

    reach = list(packs(subject))[-1]
    camera = subject.cameras[0]
    assert view_accelerator(None) is None
    assert view_accelerator(run_frame(reach, camera, subject.rules, "integer")) is None
    stalls = MemoryModel(output_stall_256=100)
    run = run_frame(reach, camera, subject.rules, "rtl", stalls)
    frame = view_accelerator(run)
    assert "frame_cycles" not in frame.expected  # the cycle model knows no such sink
    assert frame.differing == ()
    assert frame.counters["splats"] == measured.projection.views[0].splats
