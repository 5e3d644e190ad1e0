"""The INRIA rasteriser's quoted frames, derived for the edge GPU: a check of the rule, a ratio."""

from __future__ import annotations

from typing import Any

from reports.measure.cycles import Cycles
from reports.measure.subject import Subject
from sim.gpu.edge_gpu import Machine
from sim.gpu.inria_times import InriaTimes, inria_times, quoted_sizes


def inria_part(subject: Subject, cycles: Cycles, edge: Machine) -> list[dict[str, Any]]:
    """Every size that is quoted, mean over its own views.

    frame_over_it : derived kernels / our mean frame with reach clusters, where scene and size are
    those of the report; else None. Its views are others than the report's, so this is a ratio of
    two means.
    """
    return [_size_part(inria_times(*size), subject, cycles, edge) for size in quoted_sizes()]


def _size_part(
    times: InriaTimes, subject: Subject, cycles: Cycles, edge: Machine
) -> dict[str, Any]:
    size = times.width_px, times.height_px
    same = size == subject.size_px and times.scene_gaussians == len(subject.scene)
    frames = [view.frame.frame_cycles for view in cycles.methods["reach"]]
    ours_ms = cycles.config.time_ms(sum(frames) / len(frames))
    derived_ms = times.derived_ms(edge)
    return {
        "renderer": times.renderer,
        "device": times.machine.name,
        "scene": times.scene,
        "views": times.views,
        "resolution_px": list(size),
        "frame_ms": times.mean_frame_ms,
        "kernels_ms": round(times.kernels_ms, 6),
        "derived_ms": round(derived_ms, 6),
        "derived_frames_per_s": round(1e3 / derived_ms, 6),
        "published_frames_per_s": edge.published_frames_per_s,
        "published_source": edge.published_source,
        "frame_over_it": round(derived_ms / ours_ms, 6) if same else None,
    }
