"""Areas of the stages of builds, each known by the Verilog that was mapped to gates.

A build has the area of a stage only where its own Verilog of that stage was mapped: the hash says
so, whatever the build's other parameters are. Nothing is scaled from one build to another.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from golden.errors import InputError
from golden.files import read_bytes, write_text
from hw.synth.area import Area, from_json, notes
from hw.synth.flow import YOSYS
from hw.synth.timing import STA
from hw.synth.units import BUILD_UNITS, build_parameters, stage_unit

FORMAT = "splatsieve areas of stages"
RESULTS = Path(__file__).with_name("stage_areas.json")


@dataclass(frozen=True)
class StageArea:
    """A stage in gates.

    Parameters
    ----------
    build : that it was mapped for, as --build names it. verilog_sha256 : of its Verilog.
    tools : versions of what mapped it. area : its unit is of hw.synth.units.BUILD_UNITS.
    activity_build : that its power's activity was counted in; empty: assumed, or in another one.
    """

    build: str
    verilog_sha256: str
    tools: dict[str, str]
    area: Area
    activity_build: str = ""


def load_stages(path: Path = RESULTS) -> list[StageArea]:
    """Those of a file that dump_stages gave the text of; raises InputError on another."""
    try:
        document = json.loads(read_bytes(path))
        if document["format"] != FORMAT:
            raise ValueError
        return [
            StageArea(
                e["build"],
                e["verilog_sha256"],
                e["tools"],
                from_json(e["area"]),
                e.get("activity_build", ""),
            )
            for e in document["stages"]
        ]
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path} holds no areas of stages: give a file of `splatsieve synth --build`."
        ) from error


def dump_stages(stages: list[StageArea]) -> str:
    """JSON text, in the order of the flow."""
    stages = sorted(stages, key=lambda s: (BUILD_UNITS.index(s.area.unit), s.verilog_sha256))
    entries = [
        {
            "build": stage.build,
            "verilog_sha256": stage.verilog_sha256,
            "tools": stage.tools,
            "activity_build": stage.activity_build,
            "area": stage.area.as_json() | {"cells_by_type": {}},
        }
        for stage in stages
    ]
    said = notes([stage.area for stage in stages])
    return json.dumps({"format": FORMAT, "stages": entries, "notes": said}, indent=1) + "\n"


def save_stages(stages: list[StageArea], path: Path) -> None:
    """Writes the file, whole or not at all."""
    write_text(path, dump_stages(stages))


def stages_of(build: str, known: list[StageArea]) -> dict[str, StageArea | None]:
    """Of each of BUILD_UNITS, what is known of that build's own Verilog; None: not mapped."""
    params = build_parameters(build)
    by_hash = {(stage.area.unit, stage.verilog_sha256): stage for stage in known}
    return {
        name: by_hash.get((name, stage_unit(name, params).verilog_sha256)) for name in BUILD_UNITS
    }


def tool_versions(timed: bool) -> dict[str, str]:
    """Of Yosys and, where it was used, of OpenSTA."""
    found = {YOSYS: version(YOSYS)}
    if timed:
        said = subprocess.run([STA, "-version"], capture_output=True, text=True, check=False)
        number = re.search(r"\d+\.\d+(\.\d+)?", said.stdout)
        found["opensta"] = number[0] if number else "unknown"
    return found
