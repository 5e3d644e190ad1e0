"""The aims, what was reached, what binds it, and what would lift it, computed from the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.model.config import ModelConfig
from sim.model.stage import FRONT_END, RENDER, STREAM


@dataclass(frozen=True)
class Aim:
    """An aim. figure : of methods["reach"]; span : of reports.measure.cycles; target : mean."""

    figure: str
    span: str
    what: str
    target: float


AIMS = (
    Aim("front_end_speedup_equal_bandwidth", "front_end",
        "front end (culling and projection) over the GPU, at equal memory bandwidth", 10.7),
    Aim("front_end_color_speedup_equal_bandwidth", "front_end_color",
        "front end with colour (fetched, evaluated) over the GPU, at equal memory bandwidth", 10.7),
    Aim("frame_speedup_edge", "frame", "whole frame over the derived edge GPU", 20.0),
)  # fmt: skip
STAGES_OF = {"front_end": FRONT_END, "front_end_color": (*FRONT_END, "color")}


def aims_part(
    methods: Mapping[str, Any], exploration: Mapping[str, Any], config: ModelConfig
) -> list[dict[str, Any]]:
    """Each aim with reach clusters.

    binds : what the span waits for. lifts : the ratio on every wider or narrower machine that was
    modelled; at equal bandwidth a faster memory of ours slows the GPU less in the comparison.
    memory_floor : the ratio if the span took its bytes at the peak rate and nothing else.
    """
    reach = methods["reach"]
    return [
        {
            "figure": aim.figure,
            "what": aim.what,
            "target": aim.target,
            **{key: reach[aim.figure][key] for key in ("mean", "slowest", "slowest_view")},
            "met": reach[aim.figure]["mean"] >= aim.target,
            "binds": _binds(reach, aim.span),
            "memory_floor": _memory_floor(reach, aim, config),
            "lifts": list(_lifts(aim, reach[aim.figure]["mean"], exploration, config)),
        }
        for aim in AIMS
    ]


def _binds(reach: Mapping[str, Any], span: str) -> dict[str, Any]:
    """Share of the span in which the DRAM and the busiest stage are at work.

    A whole frame is bound phase by phase; the larger phase is looked at. It is bound by what is at
    work longer, the DRAM or that stage.
    """
    phase, names = span, STAGES_OF.get(span, STREAM)
    cycles = reach[f"{span}_cycles"]["mean"]
    if span == "frame":
        phases = reach["phases"]
        phase = "render" if phases["render_cycles"] >= phases["stream_cycles"] else "stream"
        names = RENDER if phase == "render" else STREAM
        cycles = phases[f"{phase}_cycles"]
    busiest = max(names, key=lambda name: reach["stages"][name]["busy_cycles"])
    memory = reach["dram"][phase]["cycles"] / cycles
    share = reach["stages"][busiest]["busy_cycles"] / cycles
    return {
        "phase": phase,
        "by": "memory" if memory >= share else busiest,
        "phase_cycles": round(cycles, 3),
        "memory_share": round(memory, 6),
        "stage": busiest,
        "stage_share": round(share, 6),
        "achieved_gb_per_s": reach["dram"][phase]["achieved_gb_per_s"],
    }


def _memory_floor(reach: Mapping[str, Any], aim: Aim, config: ModelConfig) -> float:
    dram = reach["dram"]
    spans = ("stream", "render") if aim.span == "frame" else (aim.span,)
    floor = sum(dram[span]["bytes"] for span in spans) / config.peak_bytes_per_cycle
    mean, cycles = float(reach[aim.figure]["mean"]), float(reach[f"{aim.span}_cycles"]["mean"])
    return round(float(mean * cycles / floor), 6)


def _lifts(
    aim: Aim, mean: float, exploration: Mapping[str, Any], config: ModelConfig
) -> Iterator[dict[str, Any]]:
    peak = round(config.memory.peak_gb_per_s, 6)
    here = (peak, config.lanes, config.cores)
    machines = [v for v in exploration["variations"] if v["axis"] != "preset"]

    def what(machine: Mapping[str, Any]) -> tuple[Any, ...]:
        return machine["bandwidth_gb_per_s"], machine["lanes"], machine["cores"]

    base = next(v for v in machines if v["axis"] == "bandwidth" and what(v) == here)
    for machine in machines:
        if what(machine) == here:
            continue
        gain = base["ms"][aim.span] / machine["ms"][aim.span]
        if aim.figure.endswith("equal_bandwidth"):
            gain *= peak / machine["bandwidth_gb_per_s"]
        key = {"bandwidth": "bandwidth_gb_per_s"}.get(machine["axis"], machine["axis"])
        yield {
            "axis": machine["axis"],
            "value": machine[key],
            "speedup": round(mean * gain, 6),
            "enough": mean * gain >= aim.target,
        }
