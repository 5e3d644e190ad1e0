"""Cycles and speed-ups of a report, for one way of culling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from reports.culling import Culling
from reports.gpu import GpuReference
from reports.measure import Measurements
from reports.subject import Subject
from sim.config import AcceleratorConfig
from sim.cycle_model import STAGES, FrameCounts, FrameCycles, cluster_cull


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


def frame_counts(
    subject: Subject, measured: Measurements, culling: Culling | None
) -> list[FrameCounts]:
    """Counts of each view, with that culling or with none."""
    width, height = subject.size_px
    frames = []
    for index, counts in enumerate(measured.counts):
        view = culling.views[index] if culling is not None else None
        back_end = counts.back_end[culling.method if culling is not None else "off"]
        frames.append(
            FrameCounts(
                groups_tested=view.groups_tested if view is not None else 0,
                clusters_tested=view.clusters_tested if view is not None else 0,
                clusters_visible=view.clusters_visible if view is not None else 0,
                cull_fill_cycles=view.model_cycles - view.tests if view is not None else 0,
                gaussians_read=view.gaussians_visible if view is not None else len(subject.scene),
                splats=back_end.splats,
                color_record_bytes=measured.three_sigma.color_record_bytes,
                tile_pairs=back_end.tile_pairs,
                fetched_splats=back_end.fetched_splats,
                pixels=width * height,
            )
        )
    return frames


def cycle_part(
    names: list[str],
    frames: dict[str, list[FrameCycles]],
    frames_off: dict[str, list[FrameCycles]],
) -> dict[str, Any]:
    """Cycles as configured and at equal bandwidth, by phase and stage, and the gain over `off`."""
    part: dict[str, Any] = {"phases": {}, "stages": {}}
    for key, of in frames.items():
        suffix = "" if key == "configured" else f"_{key}"
        for span in ("front_end", "frame"):
            cycles, off = (
                [getattr(f, f"{span}_cycles") for f in fs] for fs in (of, frames_off[key])
            )
            part[f"{span}_cycles{suffix}"] = figure(names, cycles, max)
            gains = [before / after for before, after in zip(off, cycles, strict=True)]
            part[f"{span}_gain_{key}"] = figure(names, gains, min)
        part["phases"][key] = {
            f"{phase}_cycles": _mean(getattr(f, f"{phase}_cycles") for f in of)
            for phase in ("stream", "sort", "blend")
        }
        part["stages"][key] = {
            name: {
                **{
                    field: _mean(getattr(f.stage(name), field) for f in of)
                    for field in ("compute_cycles", "memory_cycles", "memory_bytes")
                },
                "memory_bound_views": sum(f.stage(name).bound == "memory" for f in of),
            }
            for name in STAGES
        }
    return part


def speedup_part(
    names: list[str],
    frames: dict[str, list[FrameCycles]],
    configs: dict[str, AcceleratorConfig],
    gpu: GpuReference | None,
) -> dict[str, Any]:
    """GPU time over accelerator time; empty without a GPU.

    front_end: against the projection kernels. frame: against all kernels of the frame.
    frame_with_gaps: against the frame as measured, in which the GPU also waits for the host.
    """
    part: dict[str, Any] = {}
    if gpu is None:
        return part
    for key, of in frames.items():
        for what, span, gpu_ms in (
            ("front_end", "front_end", gpu.front_end_ms),
            ("frame", "frame", gpu.kernels_ms),
            ("frame_with_gaps", "frame", gpu.frame_ms),
        ):
            ours_ms = [configs[key].time_ms(getattr(f, f"{span}_cycles")) for f in of]
            ratios = [theirs / ours for theirs, ours in zip(gpu_ms, ours_ms, strict=True)]
            part[f"{what}_speedup_{key}"] = figure(names, ratios, min)
    return part


def rtl_part(
    subject: Subject, measured: Measurements, culling: Culling, config: AcceleratorConfig
) -> dict[str, Any]:
    """Cycles and mismatches of the RTL beside the model's cycles; empty where it was not run."""
    if any(view.rtl_cycles is None for view in culling.views):
        return {}
    one_test = replace(config, cluster_tests_per_cycle=1)  # the RTL's width
    counts = frame_counts(subject, measured, culling)
    return {
        "rtl": {
            "cycles": [view.rtl_cycles for view in culling.views],
            "model_cycles": [cluster_cull(c, one_test).compute_cycles for c in counts],
            "mismatches": [view.rtl_mismatches for view in culling.views],
        }
    }


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return round(sum(listed) / len(listed), 3)
