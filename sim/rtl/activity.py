"""How often the nets of each stage change in a cycle, as Verilator counts it in a frame."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from golden.files import write_text
from golden.params import Parameters
from hw.stages.rows import stages_of
from hw.synth.activity import FORMAT
from sim.rtl.accelerator_harness import AcceleratorHarness

WHOLE = "accelerator"  # all nets, those of the stages too
WINDOW_CYCLES, PERIOD_CYCLES = 1_000, 10_000
_INSTANCE = re.compile(r"^\s*\(INSTANCE (\S+)")
_TOGGLES = re.compile(r"\(TC (\d+)\)")


@dataclass(frozen=True)
class Activity:
    """Of a stage's nets.

    Parameters
    ----------
    net_bits : bits of all nets, each name of a net that has several counted.
    moving_bits : of these, those that changed at all.
    transitions : of all bits in `cycles`, at most one a bit and cycle.
    cycles : looked at.
    """

    net_bits: int
    moving_bits: int
    transitions: int
    cycles: int

    @property
    def per_cycle(self) -> float:
        """transitions / (moving_bits cycles): bits that never change are not in a netlist."""
        looked = self.moving_bits * self.cycles
        return self.transitions / looked if looked else 0.0

    def as_json(self) -> dict[str, float]:
        """All members by name, and per_cycle as `activity`."""
        return asdict(self) | {"activity": self.per_cycle}


@dataclass
class ActivityWatch:
    """What `watched` found, once its frame is over.

    Parameters
    ----------
    stages : Activity by the name of the stage, and of WHOLE.
    """

    stages: dict[str, Activity] = field(default_factory=dict)


@contextmanager
def watched(bus: AcceleratorHarness, params: Parameters) -> Iterator[ActivityWatch]:
    """Counts the transitions of every net of a harness that traces activity meanwhile.

    WINDOW_CYCLES of every PERIOD_CYCLES are looked at, since looking is slow.
    """
    watch = ActivityWatch()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.saif"
        bus.begin_activity(path, WINDOW_CYCLES, PERIOD_CYCLES)
        try:
            yield watch
        finally:
            cycles = bus.end_activity()
        with path.open(encoding="utf-8") as lines:
            watch.stages = stage_activity(lines, params, cycles)


def stage_activity(lines: Iterator[str], params: Parameters, cycles: int) -> dict[str, Activity]:
    """Activity of each stage of a build, and of the whole, of a SAIF file of the top.

    Parameters
    ----------
    lines : as Verilator writes them: an instance, a net or a closing parenthesis each.
    cycles : that the file is of.
    """
    stage_of = {part: stage.name for stage in stages_of(params) for part in stage.parts}
    counts = {name: [0, 0, 0] for name in (WHOLE, *dict.fromkeys(stage_of.values()))}
    path: list[str] = []
    closing = 0  # parentheses of `(NET` that are open
    owners: list[list[int]] = []
    for line in lines:
        found = _TOGGLES.search(line)
        if found:
            toggles = int(found[1])
            toggles -= toggles == 1  # from the 0 before the first cycle
            for count in owners:
                count[0] += 1
                count[1] += toggles > 0
                count[2] += toggles
            continue
        instance = _INSTANCE.match(line)
        if instance:
            path.append(instance[1])
            owners = [counts[name] for name in _owners(path, stage_of)]
        elif line.strip() == "(NET":
            closing += 1
        elif line.strip() == ")" and closing:
            closing -= 1
        elif line.strip() == ")" and path:
            path.pop()
            owners = [counts[name] for name in _owners(path, stage_of)]
    return {
        name: Activity(bits, moving, changes, cycles)
        for name, (bits, moving, changes) in counts.items()
    }


def _owners(path: list[str], stage_of: dict[str, str]) -> list[str]:
    """Whose nets those of an instance are: the whole's, and a stage's."""
    if WHOLE not in path:
        return []
    inner = path[path.index(WHOLE) + 1 :]
    return [WHOLE, *([stage_of[inner[0]]] if inner and inner[0] in stage_of else [])]


def write_activity(path: Path, stages: dict[str, Activity], frame: dict[str, Any]) -> None:
    """A JSON file of a frame's activity, which `splatsieve synth --activity` reads.

    Parameters
    ----------
    frame : what was run.
    """
    found = {name: activity.as_json() for name, activity in stages.items()}
    document = {"format": FORMAT, "frame": frame, "stages": found}
    write_text(path, json.dumps(document, indent=1) + "\n")
