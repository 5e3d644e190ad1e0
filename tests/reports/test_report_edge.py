"""What a report says of the derived edge GPU, of INRIA's frames on it, and of energy and area."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from golden.scene import Scene
from hw.synth.area import load
from reports.measure.gpu import gpu_reference
from reports.measure.inria import inria_part
from reports.measure.results import report_document
from reports.text.markdown import report_markdown
from sim.gpu.edge_gpu import edge_gpu
from sim.gpu.inria_times import inria_times
from sim.gpu.trace import save_trace
from tests.reports.report_cases import DEVICE, trace_of


def test_inria_frames_are_derived_and_shown(document):
    large, small = document["inria"]
    assert (large["resolution_px"], small["resolution_px"]) == ([1559, 1039], [800, 533])
    derived = inria_times(1559, 1039).derived_ms(edge_gpu("xavier_nx"))
    assert large["derived_ms"] == pytest.approx(derived, abs=1e-6)
    assert large["derived_frames_per_s"] == pytest.approx(1e3 / derived, abs=1e-5)
    assert large["frame_over_it"] is None  # of another scene than bonsai
    text = report_markdown(document, [])
    assert "Jetson Xavier NX would draw 5.7 frames/s at 1559x1039, where about 5 frames/s" in text
    assert "| 1559x1039 | 2.89 | 2.47 | 174." in text
    assert "| another size |" in text
    assert "Whole frames are clocked: every cycle of the RTL of `render_edge`" in text


def test_our_frame_over_inrias_is_of_the_same_scene_and_size(subject, measured, monkeypatch):
    edge = edge_gpu("xavier_nx")
    cameras = [camera.resized(1559, 1039) for camera in subject.cameras]
    same_size = replace(subject, cameras=cameras)
    assert [p["frame_over_it"] for p in inria_part(same_size, measured.cycles, edge)] == [None] * 2
    monkeypatch.setattr(Scene, "__len__", lambda _: 1_608_399)
    large, small = inria_part(same_size, measured.cycles, edge)
    frames = [view.frame.frame_cycles for view in measured.cycles.methods["reach"]]
    ours_ms = sum(frames) / len(frames) / 1e6
    assert large["frame_over_it"] == pytest.approx(large["derived_ms"] / ours_ms, rel=1e-5)
    assert small["frame_over_it"] is None


def test_a_gpu_between_the_balances_makes_a_report_that_says_so(subject, measured, tmp_path):
    """As an RTX 4090 is: 82 operations a byte, where blending has 59 and a Xavier NX 14."""
    path = tmp_path / "rtx.json"
    wide = replace(DEVICE, sm_count=128, sm_clock_max_mhz=2520.0, memory_peak_gb_per_s=1008.0)
    save_trace(replace(trace_of(subject), device=wide), path)
    gpu = gpu_reference(path, subject)
    document = report_document(subject, measured, (gpu,), "", "splatsieve report default -o r")
    assert document["gpu"]["edge"]["note"].startswith("A lower bound: rasterize has operations")
    slowest_rate = 1008.0 / 59.7
    assert document["gpu"]["edge"]["kernels_ms"]["mean"] == pytest.approx(0.4 * slowest_rate)
    text = report_markdown(document, [])
    assert document["gpu"]["edge"]["note"] in text
    assert "between both balances, the smaller ratio, x16.9" in text


def test_energy_and_area_are_those_of_the_stages(document):
    text = report_markdown(document, [])
    section = text.split("## Energy and area")[1].split("##")[0]
    assert "| `cull` |" in section
    assert "no layout" in section
    assert [entry["unit"] for entry in document["area"]["areas"]] == [a.unit for a in load()]


def test_energy_of_the_dram_is_the_models_and_an_estimate(document, measured):
    frames = [view.frame for view in measured.cycles.methods["reach"]]
    part = document["methods"]["reach"]["dram_energy_mj"]
    assert part["views"] == [round(frame.dram_energy_mj, 6) for frame in frames]
    terms = document["methods"]["reach"]["dram_energy_terms_mj"]
    assert sum(terms.values()) == pytest.approx(part["mean"], abs=1e-5)
    text = report_markdown(document, [])
    section = text.split("## Energy and area")[1].split("##")[0]
    assert "An estimate by the formulas" in section
    assert "VDD1 and VDD2, without I/O" in section
    assert "| reach |" in section


def test_energy_that_is_not_known_is_said_to_be(document):
    other = json.loads(json.dumps(document))
    other["configuration"]["memory"]["currents"] = None
    for of in other["methods"].values():
        of["dram_energy_mj"] = of["dram_energy_terms_mj"] = None
    section = report_markdown(other, []).split("## Energy and area")[1].split("##")[0]
    assert "Energy of the DRAM: not known" in section
    assert "activates, mJ" not in section


def test_without_a_gpu_nothing_is_derived(subject, measured):
    document = report_document(subject, measured, (), "no trace", "splatsieve report default -o r")
    assert document["inria"] == []
    assert "INRIA rasteriser" not in report_markdown(document, [])
