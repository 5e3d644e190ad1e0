"""`splatsieve verilog` as a user calls it."""

import json

import pytest

from golden.params import Parameters
from hw.host.register_docs import c_header, regs_markdown
from hw.host.register_rdl import system_rdl
from tests.cli.calls import call, refuse

ACCELERATOR_PORTS = (
    "aclk",
    "aresetn",
    "s_axil_awaddr",
    "m_axi_araddr",
    "m_axis_splat_tlast",
    "irq",
)
# Of the files that every preset has, behind its module's name.
ENDS = (".v", ".json", ".vlt", ".core", ".xml", ".sdc", "_ooc.xdc")
# Preset -> module, files besides those, some ports.
PRESETS = {
    "base": (
        "splatsieve",
        ("regs.md", "splatsieve_regs.h", "splatsieve_regs.rdl"),
        ACCELERATOR_PORTS,
    ),
    "cull": ("splatsieve_cluster_cull", (), ("s_axis_group_tdata", "m_axis_visible_tdata")),
    "project": ("splatsieve_gaussian_project", (), ("s_axis_member_tdata", "m_axis_splat_tdata")),
    "wide": (
        "splatsieve_wide",
        ("splatsieve_wide_regs.md", "splatsieve_wide_regs.h", "splatsieve_wide_regs.rdl"),
        ACCELERATOR_PORTS,
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The presets of default parameters in one folder, that without a name last."""
    folder = tmp_path_factory.mktemp("verilog") / "new" / "folder"
    for preset in ("cull", "project"):
        call("verilog", "-o", folder, "--preset", preset)
    call("verilog", "-o", folder)
    return folder


def test_presets_share_a_folder(folder):
    expected = {
        name
        for preset, (module, more, _) in PRESETS.items()
        if preset != "wide"
        for name in (*(f"{module}{end}" for end in ENDS), *more)
    }
    assert {path.name for path in folder.iterdir() if path.is_file()} == expected
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "driver",
        *(f"{module}_tb" for module, _, _ in list(PRESETS.values())[:3]),
    }


@pytest.mark.parametrize("preset", ["base", "cull", "project"])
def test_verilog_and_json_are_of_one_module(folder, preset):
    check_module(folder, preset)


def check_module(folder, preset):
    module, _, ports = PRESETS[preset]
    text = (folder / f"{module}.v").read_text()
    described = json.loads((folder / f"{module}.json").read_text())
    assert text.count(f"\nmodule {module}(") == 1
    assert described["name"] == module
    assert set(ports) <= {port["name"] for port in described["ports"]}
    wide = preset == "wide"
    parameters = described["parameters"]
    assert (parameters["data_bits"], parameters["lanes"]) == ((512, 2) if wide else (256, 1))
    widths = {port["name"]: port["bits"] for port in described["ports"]}
    if "m_axi_rdata" in widths:
        assert widths["m_axi_rdata"] == parameters["data_bits"]
        assert widths["m_axis_splat_tdata"] == 352 * parameters["lanes"]


def test_registers_are_those_of_the_parameters(folder):
    check_registers(folder, "base", Parameters())


@pytest.mark.slow  # two lanes, generated: 20 s where they are not in the cache
def test_wide_preset(tmp_path):
    call("verilog", "-o", tmp_path, "--preset", "wide")
    check_module(tmp_path, "wide")
    check_registers(tmp_path, "wide", Parameters(data_bits=512, lanes=2))
    assert len(list(tmp_path.iterdir())) == 10


def check_registers(folder, preset, params):
    page, header, rdl = (folder / name for name in PRESETS[preset][1])
    assert page.read_text() == regs_markdown(params)
    assert header.read_text() == c_header(params)
    assert rdl.read_text() == system_rdl(params, PRESETS[preset][0])


def test_text_and_json_name_the_files(tmp_path):
    described = json.loads(call("verilog", "-o", tmp_path, "--preset", "cull", "--json"))
    written = {str(path) for path in tmp_path.rglob("*") if path.is_file()}
    assert set(described["files"]) == written
    latency = described["latency_cycles"]
    lines = call("verilog", "-o", tmp_path, "--preset", "cull").splitlines()
    assert [line.split(",")[0] for line in lines[:-1]] == described["files"]
    assert lines[-1].endswith(f"the cluster stage alone, latency {latency} cycles")


def test_all_files_or_none(tmp_path):
    (tmp_path / "splatsieve_cluster_cull.json").mkdir()
    refuse(
        "splatsieve_cluster_cull.json is a folder", "verilog", "-o", tmp_path, "--preset", "cull"
    )
    assert [p.name for p in tmp_path.rglob("*") if not p.is_dir()] == []


@pytest.mark.parametrize("preset", ["", "small", "BASE"])
def test_unknown_presets_are_refused(tmp_path, preset):
    message = f"preset {preset!r} is not known: choose base, cull, project, wide"
    refuse(message, "verilog", "-o", tmp_path / "v", "--preset", preset)
    assert not (tmp_path / "v").exists()


def test_parameters_of_ones_own(tmp_path):
    words = ("verilog", "-o", tmp_path, "--preset", "cull", "--set", "center_bits=20")
    described = json.loads(call(*words, "--set", "radius_bits=18", "--json"))
    parameters = described["parameters"]
    assert (parameters["center_bits"], parameters["radius_bits"]) == (20, 18)
    assert parameters["count_bits"] == Parameters().count_bits
    assert "alone, with center_bits=20, latency" in call(*words)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("data_bits=100",), "data_bits = 100 is not a power of two"),
        (("lanes=9",), "lanes = 9 is outside 1..8"),
        (("lanes",), "lanes sets no parameter: write NAME=VALUE"),
        (("Lanes=2",), "Lanes=2 sets no parameter"),
        (("lanes=two",), "'two' is no whole number"),
        (("lanes=-1",), "'-1' is no whole number"),
        (("raster_lanes=4",), "needs color_cycles too"),
        (("raster_lanes=4", "color_cycles=4"), "begin with the preset render"),
    ],
)
def test_parameters_that_cannot_be_are_refused(tmp_path, changes, message):
    words = [word for change in changes for word in ("--set", change)]
    refuse(message, "verilog", "-o", tmp_path / "v", *words)
    assert not (tmp_path / "v").exists()
