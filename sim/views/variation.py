"""One configuration made into others: another bandwidth, other lanes, other cores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from golden.errors import InputError
from hw.package.presets import changed_parameters
from sim.model.config import ModelConfig
from sim.model.dram_config import DramConfig

LARGEST_BUS_BITS = 512
LANE_BITS = 256  # a geometry record of 32 bytes a cycle and lane


def channel_gb_per_s(config: ModelConfig) -> float:
    """Peak of one channel of the configuration's memory."""
    return config.memory.peak_gb_per_s / config.memory.channels


def with_channels(config: ModelConfig, channels: int) -> ModelConfig:
    """The same accelerator with that many channels of the same memory, its timing kept."""
    memory = replace(config.memory, channels=channels)
    return _with_memory(config, memory)


def with_bandwidth(config: ModelConfig, gb_per_s: float) -> ModelConfig:
    """The same accelerator at another peak bandwidth: more or fewer channels of the same memory.

    Raises InputError where that is no whole number of channels.
    """
    one = channel_gb_per_s(config)
    channels = gb_per_s / one
    if round(channels) < 1 or not math.isclose(channels, round(channels), rel_tol=1e-6):
        raise InputError(
            f"{gb_per_s:g} GB/s is no whole number of channels of {config.memory.name} "
            f"({one:g} GB/s each): choose a multiple."
        )
    return with_channels(config, round(channels))


def with_lanes(config: ModelConfig, lanes: int) -> ModelConfig:
    """That many lanes of projection on a bus of 256 bits each, 512 at most.

    Raises InputError where the RTL has no such width.
    """
    bits = min(LARGEST_BUS_BITS, LANE_BITS * lanes)
    if config.is_clocked:
        return _built(config, [f"lanes={lanes}", f"data_bits={bits}"])
    return _replaced(config, lanes=lanes, data_bits=bits)


def with_build(config: ModelConfig, changes: Sequence[str]) -> ModelConfig:
    """Another build behind the same memory, named by NAME=VALUE of the hardware's parameters.

    Raises InputError where the configuration is modelled by formula, or the build is not legal.
    """
    if not changes:
        return config
    if not config.is_clocked:
        raise InputError(
            f"{config.name} is modelled by formula and no build of the RTL: give --build with "
            "edge, or with a configuration whose `build` names a preset that draws."
        )
    return _replaced(_built(config, changes), name=" ".join([config.name, *changes]))


def _built(config: ModelConfig, changes: Sequence[str]) -> ModelConfig:
    """The configuration with that build, and with its widths."""
    params = changed_parameters(config.built, changes)
    if params == config.built:
        return config
    build = " ".join([config.build, *changes])
    found = _replaced(config, build=build, lanes=params.lanes, data_bits=params.data_bits)
    _ = found.built
    return found


def with_cores(config: ModelConfig, cores: int) -> ModelConfig:
    """With that many rasterisers."""
    return _replaced(config, cores=cores)


def _replaced(config: ModelConfig, **changes: int | str) -> ModelConfig:
    """dataclasses.replace that keeps a memory set by with_bandwidth."""
    return _keeping(replace(config, **changes), config.memory)  # type: ignore[arg-type]


def _with_memory(config: ModelConfig, memory: DramConfig) -> ModelConfig:
    return _keeping(replace(config), memory)


def _keeping(config: ModelConfig, memory: DramConfig) -> ModelConfig:
    # memory is a cached property: what is in its place is taken, and travels with a pickle.
    vars(config)["memory"] = memory
    return config


def configured(config: ModelConfig, channels: int) -> ModelConfig:
    """The configuration as its file has it where that is its number of channels, else changed."""
    return config if config.memory.channels == channels else with_channels(config, channels)
