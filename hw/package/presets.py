"""The presets of `splatsieve verilog`: one table that command, documents and tests read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from golden.errors import InputError, shown
from golden.params import Parameters, parameter_ranges
from hw.verilog import (
    Design,
    accelerator_design,
    cull_design,
    project_design,
    render_design,
    render_edge_design,
    wide_design,
)


@dataclass(frozen=True)
class Preset:
    """A top and its parameters.

    Parameters
    ----------
    what : one phrase.
    make : function of hw.verilog that generates it.
    bench : template in sim/package/tb/ of its testbench, without .v.
    params : of the hardware.
    """

    what: str
    make: Callable[[Parameters], Design]
    bench: str
    params: Parameters = field(default_factory=Parameters)

    @property
    def has_registers(self) -> bool:
        """Whether a host sets it up through registers."""
        return self.bench in ("accelerator", "render")

    @property
    def draws(self) -> bool:
        """Whether a picture comes out of it, and not splats."""
        return self.params.raster_lanes > 0


MOST_DIGITS = 9  # of a parameter
PRESETS = {
    "base": Preset("the accelerator, default parameters", accelerator_design, "accelerator"),
    "cull": Preset("the cluster stage alone", cull_design, "cluster_cull"),
    "project": Preset("the projection alone", project_design, "gaussian_project"),
    "wide": Preset(
        "the accelerator, 512 bits and 2 lanes",
        wide_design,
        "accelerator",
        Parameters(data_bits=512, lanes=2),
    ),
    "render": Preset(
        "the whole renderer for an FPGA: 4 lanes, 256 bits",
        render_design,
        "render",
        Parameters(
            # Few lanes blend slower than Gaussians come: what is alike in these takes turns.
            cull_cycles=4,
            project_cycles=4,
            color_cycles=4,
            setup_cycles=2,
            raster_lanes=4,
            list_memories=1,
            sort_entries=4096,
            # What an 85F has block RAMs and LUTs for: larger pictures are drawn in strips.
            address_bits=32,
            max_bins=128,
            list_pages=2048,
        ),
    ),
    "render_edge": Preset(
        "the whole renderer for larger devices: 64 lanes, 512 bits, 2 lanes of projection",
        render_edge_design,
        "render",
        Parameters(data_bits=512, lanes=2, color_cycles=1, raster_lanes=64, sort_entries=8192),
    ),
}


def preset_with(name: str, changes: Sequence[str]) -> Preset:
    """A preset with NAME=VALUE of each change.

    Raises InputError where there is no such preset, where a change is not legal, or where it makes
    a build of another kind.
    """
    if name not in PRESETS:
        raise InputError(f"preset {name!r} is not known: choose {', '.join(PRESETS)}.")
    chosen = PRESETS[name]
    changed = replace(chosen, params=changed_parameters(chosen.params, changes))
    if changed.draws != chosen.draws:
        other = "render" if changed.draws else "base"
        raise InputError(
            f"raster_lanes={changed.params.raster_lanes} makes another kind of build of {name}: "
            f"begin with the preset {other}."
        )
    return changed


def changed_parameters(params: Parameters, changes: Sequence[str]) -> Parameters:
    """The parameters with NAME=VALUE of each change; raises InputError where that is not legal."""
    values: dict[str, int] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if name not in parameter_ranges() or not equals:
            raise InputError(
                f"{change[:60]} sets no parameter: write NAME=VALUE, with a name of the table in "
                "hw/README.md."
            )
        if not (value.isdecimal() and len(value) <= MOST_DIGITS):
            raise InputError(f"{name}: {shown(value)} is no whole number in its range.")
        values[name] = int(value)
    try:
        return replace(params, **values)
    except ValueError as error:
        raise InputError(f"{' '.join(changes)[:200]}: {error}") from error
