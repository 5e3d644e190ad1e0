"""The front end alone, clocked with culling and without, and against a GPU's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.camera import Camera
from golden.pack import Pack
from golden.rules import Rules
from golden.view import view_frame
from reports.measure.cycles import figure
from reports.measure.gpu import GpuReference
from reports.measure.speedup import bandwidth_ratio
from reports.measure.subject import Subject
from sim.model.clocked_frame import memory_of
from sim.model.config import ModelConfig
from sim.model.counts import whole_outcome
from sim.model.front_end.timing import front_end_clock
from sim.model.outcome import frame_outcome


@dataclass(frozen=True)
class FrontEndCycles:
    """Cycles of one view.

    Parameters
    ----------
    culled : by the pack. whole : on the same hardware, with nothing culled.
    """

    culled: int
    whole: int


def clock_front_ends(
    subject: Subject, pack: Pack, config: ModelConfig
) -> tuple[FrontEndCycles, ...]:
    """Every view of a subject; raises InputError where one is out of reach of the formats.

    Parameters
    ----------
    config : whose `build` is an RTL build: its front end is clocked behind its DRAM.
    """
    return tuple(_clocked(pack, camera, subject.rules, config) for camera in subject.cameras)


def front_end_part(
    subject: Subject,
    cycles: tuple[FrontEndCycles, ...],
    config: ModelConfig,
    gpu: GpuReference | None,
) -> dict[str, Any]:
    """Cycles, gains over no culling and, where there is a GPU, its projection kernel's time, scaled
    to the accelerator's memory bandwidth, over the front end's."""
    names = [camera.name for camera in subject.cameras]
    part = {
        "cycles": figure(names, [of.culled for of in cycles], max),
        "cycles_off": figure(names, [of.whole for of in cycles], max),
        "gain": figure(names, [of.whole / of.culled for of in cycles], min),
    }
    if gpu is not None:
        scale = bandwidth_ratio(gpu, config)
        ratios = [
            scale * times.front_end_us / (1e3 * config.time_ms(of.culled))
            for times, of in zip(gpu.times, cycles, strict=True)
        ]
        part["speedup_equal_bandwidth"] = figure(names, ratios, min)
    return part


def _clocked(pack: Pack, camera: Camera, rules: Rules, config: ModelConfig) -> FrontEndCycles:
    view = view_frame(pack, camera, rules, config.built)
    culled = frame_outcome(pack, view.levels, view.projected.kept)
    kept = np.zeros(len(pack), np.bool_)
    kept[view.splats["index"]] = True
    whole = whole_outcome(len(pack), kept, culled.offsets)
    clocks = (front_end_clock(of, config.built, memory_of(config)) for of in (culled, whole))
    return FrontEndCycles(*(clock.counters["frame_cycles"] for clock in clocks))
