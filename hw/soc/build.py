"""What is written for a board, through the FPGA's tools of the project's packages."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from golden.errors import InputError
from hw.synth.devices import FAMILIES
from hw.synth.flow import ECPPACK, NEXTPNR, YOSYS, run_tool

NETLIST, BITSTREAM = "netlist", "bitstream"
SCRIPT, REPORT = "build_board.sh", "board_report.json"
# Word in the script that LiteX writes -> tool.
TOOLS = {"yosys": YOSYS, "nextpnr-ecp5": NEXTPNR, "ecppack": ECPPACK}
QUIET = {
    YOSYS: ["-q"],
    NEXTPNR: ["-q", "--report", REPORT, "--log", "board_nextpnr.log"],
    ECPPACK: [],
}


@dataclass(frozen=True)
class Clock:
    """A clock after place and route: reached, and asked for by the board's constraints; MHz."""

    name: str
    reached_mhz: float
    asked_mhz: float


@dataclass(frozen=True)
class Build:
    """A board's build.

    Parameters
    ----------
    resources : of hw.synth.devices.RESOURCES -> number in the netlist.
    clocks : after place and route; none where it ended at the netlist.
    used : nextpnr's kind of cell -> used, available; the same.
    seconds : tool -> that it took.
    """

    resources: dict[str, int]
    clocks: tuple[Clock, ...] = ()
    used: dict[str, tuple[int, int]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


def build_board(folder: Path, until: str) -> Build:
    """Does line by line what the script of the board says.

    Parameters
    ----------
    folder : that hw.soc.boards wrote; netlist, logs and board.bit come into it.
    until : NETLIST or BITSTREAM.

    Raises InputError where the script calls a tool of a vendor, or one of them fails: above all
    where the system does not fit.
    """
    lines = [shlex.split(line) for line in (folder / SCRIPT).read_text().splitlines()]
    steps = [words for words in lines if words and words[0] not in ("set", "#")]
    seconds: dict[str, float] = {}
    for name, *arguments in steps:
        if name not in TOOLS:
            raise InputError(
                f"this board is built by {name}, which is not here: run {SCRIPT} where it is."
            )
        if until == NETLIST and name != "yosys":
            break
        tool = TOOLS[name]
        seconds[name] = run_tool(tool, [*QUIET[tool], *arguments], folder)
    module = json.loads((folder / "board.json").read_text(encoding="utf-8"))["modules"]["board"]
    cells = Counter(cell["type"] for cell in module["cells"].values())
    resources = FAMILIES["ecp5"].resources(cells)
    if until == NETLIST:
        return Build(resources, seconds=seconds)
    clocks, used = read_report(json.loads((folder / REPORT).read_text(encoding="utf-8")))
    return Build(resources, clocks, used, seconds)


def read_report(report: dict) -> tuple[tuple[Clock, ...], dict[str, tuple[int, int]]]:
    """Clocks, the one with the least margin first, and cells of nextpnr's report."""
    clocks = [
        Clock(name, speed["achieved"], speed["constraint"])
        for name, speed in report["fmax"].items()
    ]
    clocks.sort(key=lambda clock: clock.reached_mhz / clock.asked_mhz)
    used = {
        kind: (number["used"], number["available"])
        for kind, number in report["utilization"].items()
        if number["used"]
    }
    return tuple(clocks), used
