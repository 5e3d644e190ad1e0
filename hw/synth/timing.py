"""OpenSTA on a mapped unit: the critical path, and the power at one activity of all nets."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError
from hw.synth.boxes import box_library
from hw.synth.gates import Mapped
from hw.synth.liberty import Library
from hw.synth.macros import Macro

STA = "sta"
POWER_MHZ = 1000.0  # the clock that power is reported at where none is asked for
MISSING = "OpenSTA is not installed, so there is no critical path and no power: install opensta."


@dataclass(frozen=True)
class Timing:
    """What OpenSTA finds, wires and clock tree not counted.

    Parameters
    ----------
    critical_ps : least period of the clock, between registers and memories.
    critical_from, critical_to : ends of that path, by hierarchical name.
    freq_mhz : clock that the power is of. activity : transitions of every net in a cycle.
    measured : frame that the activity was measured in; empty where it is assumed.
    internal_w, switching_w : power of the cells within and at their outputs' loads, no leakage.
    """

    critical_ps: float
    critical_from: str
    critical_to: str
    freq_mhz: float
    activity: float
    internal_w: float
    switching_w: float
    measured: str = ""

    @property
    def fmax_mhz(self) -> float:
        """Clock at which the critical path takes a period."""
        return 1e6 / self.critical_ps


def analyse(
    mapped: Mapped,
    top: str,
    library: Library,
    macros: list[Macro],
    activity: float,
    freq_mhz: float,
) -> Timing | None:
    """Critical path and power; None where OpenSTA is not installed.

    Without macros the paths from and to memories that are macros have no times and are left out.

    Raises InputError where OpenSTA fails or finds no path between registers.
    """
    if shutil.which(STA) is None:
        return None
    folder, name = mapped.netlist.parent, mapped.netlist.stem
    (folder / f"{library.name}.lib").write_text(library.text)
    libraries = [f"{library.name}.lib"]
    if macros and mapped.boxes:
        boxes = box_library([memory for memory, _ in mapped.boxes], macros)
        (folder / f"{name}_boxes.lib").write_text(boxes)
        libraries.append(f"{name}_boxes.lib")
    script = folder / f"{name}.tcl"
    script.write_text(
        _script(libraries, mapped.netlist.name, top, mapped.clock, activity, freq_mhz)
    )
    return parse_report(_run(script, folder), activity, freq_mhz)


def parse_report(report: str, activity: float, freq_mhz: float) -> Timing:
    """What is read of OpenSTA's report; raises InputError where it has no path or no power."""
    ends = [
        re.search(rf"^{name}: (\S+)", report, re.MULTILINE) for name in ("Startpoint", "Endpoint")
    ]
    slack = re.search(r"^\s*(-?[\d.]+)\s+slack", report, re.MULTILINE)
    number = r"([-+.\de]+)"
    power = re.search(rf"^Total\s+{number}\s+{number}\s+{number}\s+{number}", report, re.MULTILINE)
    if slack is None or power is None or ends[0] is None or ends[1] is None:
        raise InputError("OpenSTA reports no path between registers: give a unit that has some.")
    critical = 1e6 / freq_mhz - float(slack[1])
    powers = float(power[1]), float(power[2])
    return Timing(critical, ends[0][1], ends[1][1], freq_mhz, activity, *powers)


def _script(
    libraries: list[str], netlist: str, top: str, clock: str, activity: float, freq: float
) -> str:
    lines = [*(f"read_liberty {name}" for name in libraries), f"read_verilog {netlist}"]
    lines += [f"link_design {top}", "set_cmd_units -time ps -power W"]
    lines += [f"create_clock -name clk -period {1e6 / freq:.4f} [get_ports {clock}]"]
    lines += ["report_checks -path_delay max -digits 3"]
    lines += [
        f"set_power_activity -global -activity {activity} -duty 0.5",
        "report_power -digits 6",
    ]
    return "\n".join([*lines, "exit"]) + "\n"


def _run(script: Path, folder: Path) -> str:
    result = subprocess.run(
        [STA, "-no_splash", "-exit", script.name],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    report = result.stdout + result.stderr
    script.with_suffix(".sta").write_text(report)
    errors = re.findall(r"^Error: (.*)$", report, re.MULTILINE)
    if result.returncode or errors:
        reason = errors[0].rstrip(".") if errors else f"exit code {result.returncode}"
        raise InputError(f"OpenSTA fails ({reason}): see {folder}.")
    return report
