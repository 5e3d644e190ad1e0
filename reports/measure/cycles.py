"""Cycles of every view by the cycle model, with culling and without, and where they go."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from golden.camera import Camera
from golden.pack import Pack
from golden.rules import Rules
from reports.measure.subject import Subject, Track, silent
from sim.model.clocked_frame import memory_of
from sim.model.config import ModelConfig
from sim.model.counts import front_end_counts
from sim.model.dram import play_requests
from sim.model.dram_energy import mean_energy
from sim.model.frame import FrameModel
from sim.model.front_end.dram_memory import front_end
from sim.model.front_end.timing import front_end_clock
from sim.model.stage import STAGES
from sim.model.traffic import FrontEndTraffic
from sim.model.views import ModelledView, modelled_views

# Spans of a frame that are compared, and the fields of FrameModel that hold their cycles.
SPANS = {
    "front_end": "front_end_cycles",
    "front_end_color": "front_end_color_cycles",
    "front_end_color_stored": "front_end_color_stored_cycles",
    "frame": "frame_cycles",
    "frame_steady": "steady_cycles",
}
PARTS = (
    "busy_cycles",
    "dram_stall_cycles",
    "upstream_stall_cycles",
    "downstream_stall_cycles",
    "idle_cycles",
)


@dataclass(frozen=True)
class Cycles:
    """Every view through the cycle model.

    Parameters
    ----------
    config : the accelerator.
    methods : views by way of culling: "off" (the reach pack, nothing culled), "paper", "reach".
    """

    config: ModelConfig
    methods: Mapping[str, tuple[ModelledView, ...]]


def figure(
    names: Sequence[str], values: Iterable[float], worst: Callable[[Sequence[float]], float]
) -> dict[str, Any]:
    """Mean, worst view (`min` or `max` of the values) and all views of one figure."""
    listed = [value if isinstance(value, int) else round(value, 6) for value in values]
    extreme = worst(listed)
    return {
        "mean": round(sum(listed) / len(listed), 6),
        "slowest": extreme,
        "slowest_view": names[listed.index(extreme)],
        "views": listed,
    }


def model_views(
    subject: Subject, pack: Pack, config: ModelConfig, track: Track = silent
) -> dict[str, tuple[ModelledView, ...]]:
    """Every view with the culling of a pack, and for reach without any on the same hardware."""
    with_off = pack.meta.method == "reach"
    shown = track(subject.cameras, f"cycle model ({pack.meta.method})")
    frames = modelled_views(pack, subject.cameras, subject.rules, config, without=with_off)
    views = [found for _, found in zip(shown, frames, strict=True)]
    methods = {pack.meta.method: tuple(found[0] for found in views)}
    return ({"off": tuple(found[1] for found in views)} | methods) if with_off else methods


def front_end_cycles(pack: Pack, camera: Camera, rules: Rules, config: ModelConfig) -> int:
    """Cycles of the front end alone in one view, without counting what comes after it."""
    if config.is_clocked:
        outcome = front_end_counts(pack, camera, rules, config.built).outcome
        return front_end_clock(outcome, config.built, memory_of(config)).counters["frame_cycles"]
    counts = front_end_counts(pack, camera, rules, config.params)
    traffic = FrontEndTraffic(counts, config)
    run = play_requests(traffic.front_end(), config.memory, config.reorder_window)
    timing = front_end(counts, traffic, run, config)
    return max(timing.frame_cycles, math.ceil(run.time_ns * config.clock_mhz / 1e3))


def cycle_part(names: list[str], cycles: Cycles, method: str) -> dict[str, Any]:
    """Cycles of every span, gains over no culling, stages with their stalls, and the DRAM."""
    views = cycles.methods[method]
    frames = [view.frame for view in views]
    part: dict[str, Any] = {}
    for span, field in SPANS.items():
        of = [getattr(frame, field) for frame in frames]
        before = [getattr(view.frame, field) for view in cycles.methods["off"]]
        part[f"{span}_cycles"] = figure(names, of, max)
        gains = [off / on for off, on in zip(before, of, strict=True)]
        part[f"{span}_gain"] = figure(names, gains, min)
    for key in ("splats", "bin_pairs", "fetched_splats", "blended_pixel_splats"):
        part[f"modelled_{key}"] = figure(names, [getattr(view, key) for view in views], max)
    part["phases"] = {
        key: _mean(getattr(frame, key) for frame in frames)
        for key in ("stream_cycles", "render_cycles")
    }
    part["stages"] = {name: _stage_part(frames, name) for name in STAGES}
    part["dram"] = {
        span: {
            "bytes": _mean(frame.dram[span].bytes for frame in frames),
            "cycles": _mean(frame.dram_cycles[span] for frame in frames),
            "achieved_gb_per_s": _mean(frame.dram[span].achieved_gb_per_s for frame in frames),
        }
        for span in frames[0].dram
    }
    part |= _energy_part(names, frames)
    part["core_balance"] = figure(names, [frame.core_balance for frame in frames], min)
    return part


def _energy_part(names: list[str], frames: Sequence[FrameModel]) -> dict[str, Any]:
    """Of the DRAM in a frame alone: mean of each term, every view's sum; null where not known."""
    totals = [frame.dram_energy_mj for frame in frames]
    known = [total for total in totals if total is not None]
    mean = mean_energy([frame.dram_energy for frame in frames])
    if mean is None:
        return {"dram_energy_mj": None, "dram_energy_terms_mj": None}
    return {
        "dram_energy_mj": figure(names, known, max),
        "dram_energy_terms_mj": {term: round(value, 6) for term, value in asdict(mean).items()},
    }


def _stage_part(frames: Sequence[FrameModel], name: str) -> dict[str, Any]:
    """Mean cycles of a stage, which add up to the mean frame, and its bytes."""
    stages = [frame.stage(name) for frame in frames]
    fields = (*PARTS, "read_bytes", "written_bytes", "phase_cycles", "bandwidth_share")
    return {field: _mean(getattr(stage, field) for stage in stages) for field in fields}


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return round(sum(listed) / len(listed), 6)
