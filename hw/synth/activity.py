"""Activity of a unit's nets: a number for all, or what was counted in a frame of the RTL."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from golden.errors import InputError
from golden.files import read_bytes
from hw.synth.units import STAGE_OF_UNIT

FORMAT = "splatsieve activity"
MOST = 2.0  # of a net that changes at both edges of the clock


@dataclass(frozen=True)
class NetActivity:
    """Transitions of a net in a cycle.

    Parameters
    ----------
    assumed : of every net, where nothing was measured.
    stages : mean of the nets of a stage by its name, empty where nothing was measured.
    frame : that they were counted in, one phrase.
    parameters : of the build that they were counted in, empty where the file does not say.
    """

    assumed: float = 0.1
    stages: dict[str, float] = field(default_factory=dict)
    frame: str = ""
    parameters: dict[str, object] = field(default_factory=dict)

    def of(self, unit: str) -> float:
        """Of the nets of a unit; raises InputError where it is no stage that was measured."""
        if not self.stages:
            return self.assumed
        stage = STAGE_OF_UNIT.get(unit, unit)
        if stage not in self.stages:
            raise InputError(
                f"the activity of {unit} was not measured, only that of {', '.join(self.stages)}: "
                "give a number, or leave the unit out."
            )
        return self.stages[stage]


def parse_activity(text: str) -> NetActivity:
    """A number, or the path of a file of `splatsieve frame --activity`.

    Raises InputError where it is neither, or the number is outside 0 to 2.
    """
    try:
        number = float(text)
    except ValueError:
        return read_activity(Path(text))
    if not 0 <= number <= MOST:
        raise InputError(f"an activity of {number:g} is outside 0 to 2: choose another.")
    return NetActivity(number)


def read_activity(path: Path) -> NetActivity:
    """What a file says of each stage; raises InputError where it is no such file."""
    try:
        document = json.loads(read_bytes(path))
        frame, stages = document["frame"], document["stages"]
        found = {str(name): float(stage["activity"]) for name, stage in stages.items()}
        parameters = dict(frame.get("parameters", {}))
        said = f"view {frame['view']} of {Path(frame['pack']).name}, {frame['size_px']} px"
        if document["format"] != FORMAT or not all(0 <= n <= MOST for n in found.values()):
            raise ValueError
    # ArithmeticError: a whole number beyond float64; RecursionError: lists within lists.
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        RecursionError,
    ) as error:
        raise InputError(
            f"{path} holds no activity: give a number, or a file that `splatsieve frame --engine "
            "rtl --activity FILE` wrote."
        ) from error
    return NetActivity(stages=found, frame=said, parameters=parameters)
