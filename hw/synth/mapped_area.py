"""From a unit to its area, critical path and power in a library's gates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hw.synth.activity import NetActivity
from hw.synth.area import Area, area_of
from hw.synth.gates import map_gates
from hw.synth.liberty import Library
from hw.synth.macros import Macro
from hw.synth.timing import analyse
from hw.synth.units import Unit


def mapped_area(
    unit: Unit,
    library: Library,
    macros: list[Macro],
    activity: NetActivity,
    freq_mhz: float,
    folder: Path,
) -> Area:
    """A unit mapped to gates in a folder, with OpenSTA's critical path and power where it is there.

    Parameters
    ----------
    activity : of its nets. freq_mhz : that power is at.

    Raises InputError where a tool fails, or the library lacks a cell.
    """
    mapped = map_gates(unit, library, folder)
    timing = analyse(mapped, unit.top, library, macros, activity.of(unit.name), freq_mhz)
    if timing is not None:
        timing = replace(timing, measured=activity.frame)
    return area_of(unit.name, mapped, library, macros, timing)
