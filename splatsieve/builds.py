"""The build that --preset and --set ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from golden.params import Parameters
    from golden.rules import Rules
    from hw.package.presets import Preset


def preset_with(name: str, changes: list[str]) -> Preset:
    """A preset with NAME=VALUE of each change.

    Raises InputError where there is no such preset, where a change is not legal, or where it makes
    a build of another kind.
    """
    from golden.errors import InputError
    from hw.package.presets import PRESETS

    if name not in PRESETS:
        raise InputError(f"preset {name!r} is not known: choose {', '.join(PRESETS)}.")
    chosen = PRESETS[name]
    changed = replace(chosen, params=changed_parameters(chosen.params, changes))
    if changed.draws != chosen.draws:
        other = "render" if changed.draws else "base"
        raise InputError(
            f"raster_lanes={changed.params.raster_lanes} makes another kind of build of {name}: "
            f"begin with --preset {other}."
        )
    return changed


def picture_build(rules: Rules) -> Parameters:
    """The build whose pictures commands draw where none is named, antialiased as the rules are."""
    from hw.package.presets import PRESETS

    params: Parameters = PRESETS["render"].params
    return params.with_antialiasing(rules.antialiased)


def changed_parameters(params: Parameters, changes: list[str]) -> Parameters:
    """The parameters with NAME=VALUE of each change; raises InputError where that is not legal."""
    from golden.errors import InputError
    from golden.params import parameter_ranges

    values: dict[str, int] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if name not in parameter_ranges() or not equals:
            raise InputError(
                f"--set {change} sets no parameter: write NAME=VALUE, with a name of the table in "
                "hw/README.md."
            )
        if not value.isdecimal():
            raise InputError(f"--set {change}: {value!r} is no whole number.")
        values[name] = int(value)
    try:
        return replace(params, **values)
    except ValueError as error:
        raise InputError(f"--set {' '.join(changes)}: {error}") from error
