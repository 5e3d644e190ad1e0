"""Designs of a sweep: what is known of each, which ones none beats, and their files."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PIL import Image

from hw.synth.area import Area
from hw.synth.stage_areas import StageArea
from hw.synth.timing import Timing
from hw.synth.units import BUILD_UNITS
from reports.designs import write_designs
from reports.measure import designs
from reports.measure.designs import DesignPoint, design_points, fronts
from reports.text.designs_text import designs_text

VIEW, SIZE = "a.jpg", "800x533"
TIMING = Timing(
    critical_ps=1250.0,
    critical_from="a",
    critical_to="b",
    freq_mhz=1000.0,
    activity=0.05,
    internal_w=0.002,
    switching_w=0.001,
    measured=f"view {VIEW} of bonsai.pack, {SIZE} px",
)
AREA = Area(
    unit="cull",
    library="tiny",
    cells=10,
    registers=1,
    cell_area_um2=1000.0,
    cell_leakage_w=0.0005,
    macro_bits=64,
    register_bits=0,
    macros={"ram": 1},
    macro_area_um2=500.0,
    macro_leakage_w=0.1,
    macro_cycle_j=1e-9,
    timing=TIMING,
    seconds=1.0,
    cells_by_type={},
)


def row(build="render", view=VIEW, frame_ms=2.0, dram_mj="3.0", culling="on", bandwidth="51.2"):
    return {
        "scene": "bonsai.spz",
        "scene_sha256": "s",
        "clustering": "reach",
        "rules": "gsplat",
        "size_px": SIZE,
        "config_sha256": f"{build} {bandwidth}",
        "culling": culling,
        "build": build,
        "view": view,
        "frame_ms": str(frame_ms),
        "dram_energy_mj": dram_mj,
        "bandwidth_gb_per_s": bandwidth,
        "clock_mhz": "1000",
    }


def stage(unit, **changes):
    found = StageArea("render", f"hash {unit}", {"yosys": "1"}, replace(AREA, unit=unit), "render")
    return replace(found, **changes)


@pytest.fixture
def stages(monkeypatch):
    """Stages by name of every build, which a test may change."""
    found: dict[str, StageArea | None] = {name: stage(name) for name in BUILD_UNITS}
    monkeypatch.setattr(designs, "stages_of", lambda build, known: found)
    return found


def test_area_is_the_sum_of_seven_stages_and_energy_is_power_times_time(stages):
    (point,) = design_points([row(), row(culling="off")], [])
    assert point.area_mm2 == pytest.approx(7 * 1500e-6)
    assert point.cell_mm2 == pytest.approx(7 * 1000e-6)
    assert point.slowest_mhz == pytest.approx(800)
    # 3.5 mW a stage of cells, without the macros' 0.1 W; W x ms = mJ
    assert point.logic_mj == pytest.approx(7 * 0.0035 * 2.0)
    assert (point.dram_mj, point.frames_per_s, point.unmapped) == (3.0, 500.0, ())


def test_a_stage_that_was_not_mapped_leaves_the_design_without_an_area(stages):
    stages["rasterize"] = None
    (point,) = design_points([row()], [])
    assert (point.area_mm2, point.cell_mm2, point.slowest_mhz, point.logic_mj) == (None,) * 4
    assert point.unmapped == ("rasterize",)
    assert fronts([point], "area_mm2") == []
    assert fronts([point], "dram_mj") == [point]
    assert "not mapped: rasterize" in designs_text([point], "c")


@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        ([row(view="b.jpg")], {}),  # another view than the activity's
        ([row(), row(view="b.jpg")], {}),  # a mean of several
        ([row(build="render raster_lanes=16")], {}),  # another build
        ([row()], {"activity_build": ""}),  # assumed, or of another build
        ([row()], {"area": replace(AREA, timing=None)}),
        ([row()], {"area": replace(AREA, timing=replace(TIMING, freq_mhz=500.0))}),
    ],
)
def test_logic_is_known_only_in_the_build_and_view_of_the_activity(stages, rows, changes):
    stages["cull"] = stage("cull", **changes)
    (point,) = design_points(rows, [])
    assert point.logic_mj is None
    assert point.area_mm2 is not None
    assert "not known" in designs_text([point], "c")


def test_energy_that_is_not_known_is_in_no_front(stages):
    (point,) = design_points([row(dram_mj="not known")], [])
    assert point.dram_mj is None
    assert fronts([point], "dram_mj") == []
    assert fronts([point], "area_mm2") == [point]


def test_machines_by_formula_are_no_designs(stages):
    assert design_points([row(build="none")], []) == []


def point_of(area, ms):
    return DesignPoint(
        "s",
        SIZE,
        1,
        f"render raster_lanes={area}",
        51.2,
        1000.0,
        ms,
        1.0,
        area,
        area,
        1.0,
        None,
        (),
    )


def test_a_front_is_what_none_beats():
    small, slow, fast, same = point_of(1, 9.0), point_of(2, 9.5), point_of(3, 4.0), point_of(3, 5.0)
    assert fronts([same, fast, slow, small], "area_mm2") == [small, fast]


def test_files_are_made_of_the_points(stages, tmp_path):
    rows = [row(), row(build="render raster_lanes=16", frame_ms=1.0, dram_mj="not known")]
    points = design_points(rows, [])
    said = write_designs(points, tmp_path, "splatsieve sweep --areas a.json")
    document = json.loads((tmp_path / "designs.json").read_text())
    assert document["command"] == "splatsieve sweep --areas a.json"
    assert [p["build"] for p in document["points"]] == [p.build for p in points]
    assert document["points"][0]["frames_per_s"] == points[0].frames_per_s
    text = (tmp_path / "designs.md").read_text()
    assert text.startswith("```\nsplatsieve sweep --areas a.json\n```")
    assert "an estimate" in text
    assert Image.open(said["designs_figure"]).format == "PNG"
