"""GPU time over accelerator time: as measured, at equal bandwidth, and over the derived edge GPU.

    measured         GPU kernel time / accelerator time
    equal_bandwidth  the same, with the GPU's time times (its peak bandwidth / the accelerator's)
    edge             derived kernel time of the edge GPU / accelerator time

The accelerator is as configured in all three. At equal bandwidth every kernel of the GPU is charged
as if it slowed down with its memory: right for a kernel that the memory binds, too slow for one
that arithmetic binds, so it favours the accelerator where kernels are not bound by the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reports.measure.cycles import SPANS, Cycles, figure
from reports.measure.gpu import GpuReference
from sim.gpu.edge_gpu import derived_note, machine_of, rule_lines
from sim.gpu.trace_times import GpuTimes
from sim.model.config import ModelConfig

# Kernels of the GPU that a span of the accelerator is held against.
GPU_TIME = {
    "front_end": "front_end_us",
    "front_end_color": "front_end_color_us",
    "front_end_color_stored": "front_end_color_us",
    "frame": "kernels_us",
    "frame_steady": "kernels_us",
}


def bandwidth_ratio(gpu: GpuReference, config: ModelConfig) -> float:
    """GPU peak bandwidth / accelerator peak bandwidth."""
    return gpu.peak_gb_per_s / config.memory.peak_gb_per_s


def speedup_part(
    names: Sequence[str], cycles: Cycles, method: str, gpu: GpuReference | None
) -> dict[str, Any]:
    """Ratios of every span; empty without a GPU. frame_with_gaps: over the frame as the GPU was
    measured, in which it also waits for the host."""
    part: dict[str, Any] = {}
    if gpu is None:
        return part
    scale = bandwidth_ratio(gpu, cycles.config)
    for span in SPANS:
        ours = _ours_us(cycles, method, span)
        measured, edge = (_gpu_us(times, span) for times in (gpu.times, gpu.edge))
        part[f"{span}_speedup_measured"] = _ratios(names, measured, ours)
        equal = [scale * time for time in measured]
        part[f"{span}_speedup_equal_bandwidth"] = _ratios(names, equal, ours)
        part[f"{span}_speedup_edge"] = _ratios(names, edge, ours)
    with_gaps = [time.frame_us or 0.0 for time in gpu.times]
    ours = _ours_us(cycles, method, "frame")
    part["frame_with_gaps_speedup_measured"] = _ratios(names, with_gaps, ours)
    return part


def gpu_part(names: Sequence[str], gpu: GpuReference) -> dict[str, Any]:
    """The GPU of the ratios: what it is, its times, and those of the derived edge GPU, ms."""
    trace, machine = gpu.trace, gpu.edge_machine
    return {
        "file": gpu.file,
        "device": trace.device.name,
        "driver": trace.device.driver,
        "memory_peak_gb_per_s": gpu.peak_gb_per_s,
        "torch": trace.torch,
        "cuda": trace.cuda,
        "gsplat": trace.gsplat,
        "rules": trace.rules,
        "variant": trace.variant,
        "resolution_px": [trace.width_px, trace.height_px],
        "date": trace.date,
        "command_line": trace.command_line,
        "frame_ms": figure(names, [(t.frame_us or 0.0) / 1e3 for t in gpu.times], max),
        "visible": figure(names, [view.visible for view in gpu.views], max),
        "tile_pairs": figure(names, [view.tile_pairs for view in gpu.views], max),
        **_times_ms(names, gpu.times),
        "edge": {
            "machine": machine.name,
            "memory_gb_per_s": machine.memory_gb_per_s,
            "fp32_tflops": machine.fp32_tflops,
            "rule": rule_lines(machine_of(trace.device), machine),
            "note": derived_note(machine_of(trace.device), machine),
            **_times_ms(names, gpu.edge),
        },
    }


def variant_part(names: Sequence[str], gpu: GpuReference, cycles: Cycles) -> dict[str, Any]:
    """One way of drawing on a GPU: its stages' times, and the reach figures over it."""
    stages = sorted({stage for times in gpu.times for stage in times.stages_us})
    ratios = speedup_part(names, cycles, "reach", gpu)
    return {
        "file": gpu.file,
        "device": gpu.trace.device.name,
        "variant": gpu.trace.variant,
        "clustering": gpu.trace.culling.method if gpu.trace.culling is not None else None,
        "stages_us": {
            stage: round(sum(t.stages_us.get(stage, 0.0) for t in gpu.times) / len(names), 3)
            for stage in stages
        },
        **_times_ms(names, gpu.times),
        "reach": {
            key: {field: of[field] for field in ("mean", "slowest", "slowest_view")}
            for key, of in ratios.items()
        },
    }


def _times_ms(names: Sequence[str], times: Sequence[GpuTimes]) -> dict[str, Any]:
    keys = ("front_end", "front_end_color", "kernels")
    return {
        f"{key}_ms": figure(names, [getattr(t, f"{key}_us") / 1e3 for t in times], max)
        for key in keys
    }


def _gpu_us(times: Sequence[GpuTimes], span: str) -> list[float]:
    return [float(getattr(one, GPU_TIME[span])) for one in times]


def _ours_us(cycles: Cycles, method: str, span: str) -> list[float]:
    frames = (view.frame for view in cycles.methods[method])
    return [1e3 * cycles.config.time_ms(getattr(frame, SPANS[span])) for frame in frames]


def _ratios(names: Sequence[str], theirs: Iterable[float], ours: Iterable[float]) -> dict[str, Any]:
    return figure(names, [a / b for a, b in zip(theirs, ours, strict=True)], min)
