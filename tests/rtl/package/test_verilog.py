"""The exported Verilog: deterministic, lint-clean, and described by its JSON."""

import json
import re
import subprocess

import pytest

from golden.errors import InputError
from golden.params import Parameters
from hw.accelerator_top import AcceleratorTop
from hw.package.lint import WAIVED
from hw.tops import GaussianProjectTop
from hw.verilog import Design, cull_design, ports_of, project_design, write_design
from sim.rtl.toolchain import verilator_root

DESIGNS = {"cull": cull_design, "project": project_design}


@pytest.fixture(scope="module", params=[*DESIGNS, "options"])
def design(request) -> Design:
    if request.param == "options":
        return project_design(Parameters(antialiased=1, padded_splats=1))
    return DESIGNS[request.param](Parameters())


@pytest.mark.parametrize("name", DESIGNS)
def test_same_parameters_same_bytes(name):
    assert DESIGNS[name](Parameters()).text == DESIGNS[name](Parameters()).text


def test_json_lists_every_port_of_the_verilog(design):
    top = design.text[design.text.index(f"module {design.name}(") :]
    top = top[: top.index("endmodule")]
    declared = {
        name: (direction, int(high or 0) + 1)
        for direction, high, name in re.findall(
            r"^  (input|output) (?:\[(\d+):0\] )?(\w+);", top, re.M
        )
    }
    described = {p["name"]: (p["direction"], p["bits"]) for p in design.metadata["ports"]}
    assert described == declared
    assert {"aclk", "aresetn", "busy"} <= set(described)
    formats = design.metadata["formats"]
    assert set(formats) == {name for name in described if name.startswith("frame_")}
    for name, form in formats.items():
        assert described[name] == ("input", form["bits"])


@pytest.mark.parametrize(
    ("name", "stream", "bits"),
    [
        ("cull", "s_axis_group_tdata", 256),
        ("cull", "m_axis_request_tdata", 64),
        ("cull", "s_axis_cluster_tdata", 256),
        ("cull", "m_axis_visible_tdata", 160),
        ("project", "s_axis_member_tdata", 512),
        ("project", "m_axis_splat_tdata", 352),
    ],
)
def test_records_fill_their_streams(name, stream, bits):
    design = DESIGNS[name](Parameters())
    next_bit = 0
    for field in design.metadata["records"][stream]:
        assert field["first_bit"] == next_bit
        next_bit += field["bits"]
    assert next_bit == bits
    port = next(p for p in design.metadata["ports"] if p["name"] == stream)
    assert port["bits"] == bits


@pytest.mark.parametrize("lanes", [1, 2])
def test_padded_splats_take_a_power_of_two(lanes):
    """A record below, zeros above, a lane each."""
    ports = {}
    for padding in (0, 1):
        params = Parameters(padded_splats=padding, lanes=lanes)
        tops = {"project": GaussianProjectTop(params), "base": AcceleratorTop(params)}
        ports[padding] = {
            name: {port["name"]: port["bits"] for port in ports_of(top)}
            for name, top in tops.items()
        }
    for name, wide in ports[1].items():
        assert wide["m_axis_splat_tdata"] == 512 * lanes
        changed = {port for port, bits in wide.items() if bits != ports[0][name][port]}
        keep = {"m_axis_splat_tkeep"} if name == "base" else set()
        assert changed == {"m_axis_splat_tdata"} | keep
    assert ports[1]["base"]["m_axis_splat_tkeep"] == 64 * lanes
    with pytest.raises(ValueError, match="gives no splats away"):
        Parameters(padded_splats=1, color_cycles=4, raster_lanes=4)


def test_lint_clean(design, tmp_path):
    """No warning but those that hw.package.lint lists."""
    paths = write_design(design, tmp_path)
    command = [str(verilator_root() / "bin" / "verilator_bin"), "--lint-only", "-Wall"]
    allowed = [f"-Wno-{name}" for name in WAIVED]
    result = subprocess.run(
        [*command, *allowed, "--top-module", design.name, str(paths[0])],
        capture_output=True,
        text=True,
        env={"VERILATOR_ROOT": str(verilator_root())},
        check=False,
    )
    assert result.stderr == ""
    assert result.returncode == 0


def test_written_files_agree(design, tmp_path):
    verilog, description = write_design(design, tmp_path / "new" / "folder")
    assert verilog.read_text() == design.text
    assert json.loads(description.read_text()) == design.metadata
    assert sorted(p.name for p in verilog.parent.iterdir()) == [description.name, verilog.name]


def test_folder_that_is_a_file_is_refused(design, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_design(design, blocker)
    assert blocker.read_text() == ""
