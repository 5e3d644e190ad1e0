"""Configuration of the accelerator that the cycle model describes, read from TOML."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from golden.errors import InputError
from golden.files import read_bytes

PRESETS = Path(__file__).with_name("configs")
# Beyond any machine on both sides; between them products of rates and counts stay exact.
MIN_RATE, MAX_RATE = 0.001, 1 << 24

RATES = (
    "cluster_tests_per_cycle",
    "project_lanes",
    "color_lanes",
    "bin_pairs_per_cycle",
    "sort_keys_per_cycle",
    "blend_pixels_per_cycle",
)


@dataclass(frozen=True)
class AcceleratorConfig:
    """Clock, memory and widths of an accelerator; how the stages use them: sim.cycle_model.

    Parameters
    ----------
    name, description : for reports.
    clock_mhz : of all stages, MHz.
    memory_gb_per_s : peak of the one memory bus, 10^9 bytes a second.
    cluster_tests_per_cycle : clusters that cluster_cull takes a cycle; copies of the RTL.
    project_lanes : Gaussians fetched and projected a cycle.
    color_lanes : splats coloured a cycle.
    bin_pairs_per_cycle : pairs of tile and splat written a cycle.
    sort_keys_per_cycle : pairs a cycle through one pass of the sorter.
    sort_passes : passes over a tile's list.
    blend_pixels_per_cycle : pixels of a tile that one splat is tested on and blended into.

    Raises InputError on an empty text, and on a number that is not positive, finite and sensible.
    """

    name: str
    description: str
    clock_mhz: float
    memory_gb_per_s: float
    cluster_tests_per_cycle: int
    project_lanes: int
    color_lanes: int
    bin_pairs_per_cycle: int
    sort_keys_per_cycle: int
    sort_passes: int
    blend_pixels_per_cycle: int

    def __post_init__(self) -> None:
        for key, value in vars(self).items():
            if isinstance(value, str):
                if not (value and value.isprintable()):
                    raise InputError(f"{key} is not one line of text: give it a few words.")
            elif not MIN_RATE <= value <= MAX_RATE:  # refuses NaN too
                raise InputError(
                    f"{key} is {str(value)[:40]} where a number from {MIN_RATE} to {MAX_RATE} is "
                    "needed: correct it."
                )

    @property
    def memory_bytes_per_cycle(self) -> float:
        """1000 memory_gb_per_s / clock_mhz."""
        return 1e3 * self.memory_gb_per_s / self.clock_mhz

    def time_ms(self, cycles: int) -> float:
        """Time of so many cycles, ms: cycles / (1000 clock_mhz)."""
        return cycles / (1e3 * self.clock_mhz)


def preset_names() -> list[str]:
    """Names that load_config knows."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def load_config(name_or_path: str) -> AcceleratorConfig:
    """The preset of that name, or the configuration in that file.

    Raises InputError on an unknown name, a file that is no TOML, and a missing, unknown, mistyped
    or impossible value.
    """
    presets = preset_names()
    if name_or_path in presets:
        path = PRESETS / f"{name_or_path}.toml"
    elif Path(name_or_path).suffix == ".toml":
        path = Path(name_or_path)
    else:
        raise InputError(
            f"configuration {name_or_path!r} is not known: choose {', '.join(presets)} or give a "
            ".toml file."
        )
    try:
        values = tomllib.loads(read_bytes(path).decode())
    except (ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path} is not TOML ({reason}): correct it.") from error
    try:
        return AcceleratorConfig(**_typed(values))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def bandwidth_ratio(config: AcceleratorConfig, memory_gb_per_s: float) -> int:
    """ceil(memory_gb_per_s / config.memory_gb_per_s): how many times the machine is widened."""
    return math.ceil(round(memory_gb_per_s / config.memory_gb_per_s, 9))


def at_bandwidth(config: AcceleratorConfig, memory_gb_per_s: float) -> AcceleratorConfig:
    """The same machine given another memory, and made as much wider: every rate of RATES times
    bandwidth_ratio, at the same clock and with the same sort_passes.

    It bounds what an accelerator could do with a GPU's memory: the bus is used at its peak, and
    the copies of each unit share the work evenly.
    """
    ratio = bandwidth_ratio(config, memory_gb_per_s)
    return replace(
        config,
        name=f"{config.name} x{ratio}",
        description=f"{config.description}; all rates x{ratio}, {memory_gb_per_s:g} GB/s",
        memory_gb_per_s=memory_gb_per_s,
        **{rate: getattr(config, rate) * ratio for rate in RATES},
    )


def _typed(values: dict[str, object]) -> dict[str, Any]:
    """The values of a file, each of the type that AcceleratorConfig names; raises InputError."""
    kinds = {field.name: str(field.type) for field in fields(AcceleratorConfig)}
    for key in values:
        if key not in kinds:
            raise InputError(
                f"{key[:60]} is not known: remove it, or choose of {', '.join(kinds)}."
            )
    allowed = {"str": (str,), "int": (int,), "float": (int, float)}
    typed: dict[str, Any] = {}
    for key, kind in kinds.items():
        if key not in values:
            raise InputError(f"{key} is missing: add it.")
        value = values[key]
        if isinstance(value, allowed[kind]) and not isinstance(value, bool):
            typed[key] = value
        else:
            wanted = {"str": "text", "int": "a whole number", "float": "a number"}[kind]
            raise InputError(f"{key} is {repr(value)[:60]} where {wanted} is needed: correct it.")
    return typed
