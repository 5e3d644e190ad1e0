"""The exported Verilog: deterministic, lint-clean, and described by its JSON."""

import json
import re
import subprocess

import pytest

from golden.errors import InputError
from golden.params import Parameters
from hw.verilog import cull_design, write_design
from sim.toolchain import VERILATOR_FLAGS, verilator_root

# What the generator cannot avoid: several modules in a file named after the top; a declaration
# with the reset value of a register; names of struct members that nothing reads.
GENERATOR_WARNINGS = ("DECLFILENAME", "PROCASSINIT", "UNUSEDSIGNAL")


@pytest.fixture(scope="module")
def design():
    return cull_design(Parameters())


def test_same_parameters_same_bytes(design):
    assert cull_design(Parameters()).text == design.text


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
    assert {"aclk", "aresetn", "busy", "s_axis_group_tdata", "m_axis_visible_tvalid"} <= set(
        described
    )
    formats = design.metadata["formats"]
    for port in design.metadata["ports"]:
        if "format" in port:
            assert formats[port["format"]]["bits"] == port["bits"], port["name"]


@pytest.mark.parametrize(
    ("stream", "bits"),
    [
        ("s_axis_group_tdata", 256),
        ("m_axis_request_tdata", 64),
        ("s_axis_cluster_tdata", 256),
        ("m_axis_visible_tdata", 160),
    ],
)
def test_records_fill_their_streams(design, stream, bits):
    next_bit = 0
    for field in design.metadata["records"][stream]:
        assert field["first_bit"] == next_bit
        next_bit += field["bits"]
    assert next_bit == bits
    port = next(p for p in design.metadata["ports"] if p["name"] == stream)
    assert port["bits"] == bits


def test_lint_clean(design, tmp_path):
    """No warning but those listed above and the widths of Amaranth's sign extension."""
    paths = write_design(design, tmp_path)
    command = [str(verilator_root() / "bin" / "verilator_bin"), "--lint-only", "-Wall"]
    allowed = [*VERILATOR_FLAGS, *(f"-Wno-{name}" for name in GENERATOR_WARNINGS)]
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
    assert json.loads(description.read_text())["latency_cycles"] == 7
    assert sorted(p.name for p in verilog.parent.iterdir()) == [description.name, verilog.name]


def test_folder_that_is_a_file_is_refused(design, tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_design(design, blocker)
    assert blocker.read_text() == ""
