"""The file of a GPU trace: JSON, checked as a whole when it is read.

    {"format": "splatsieve GPU trace", "schema_version": 2, "date": ..., "command_line": ...,
     "device": {fields of TraceDevice},
     "software": {"torch", "cuda", "gsplat"},  "rules", "packed",
     "culling": null or {fields of TraceCulling},
     "scene": {"name", "gaussians", "sha256", "sh_degree"},
     "image": {"width_px", "height_px"},  "warmup_frames", "repeats",
     "views": [{"name", "frame_median_ms", "frame_min_ms", "frame_max_ms", "gaussians", "visible",
                "tile_pairs", "culled": null or {fields of ViewCulling}, "other_gap_us",
                "stages_us": {...}, "kernels_us": {...}}, ...]}

Version 1 had neither "culling" nor "culled"; it is read, and written as version 2.

`stages_us` and `other_gap_us` follow from the rest (sim.gpu.trace_kernels, TraceView) and are
written for readers of the file; a file where they do not follow is refused. Means are never stored.
Times are rounded to 0.1 us (frames) and 0.001 us (kernels), clocks and rates to 0.01.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

from golden.errors import InputError
from golden.files import read_bytes, write_text
from sim.gpu.json_object import JsonObject
from sim.gpu.trace_culling import TraceCulling, ViewCulling
from sim.gpu.trace_device import TraceDevice
from sim.gpu.trace_kernels import CULL_STAGES, STAGES, fold_stages, short_name, stage_of
from sim.gpu.trace_records import ROUNDING_US, Trace, TraceView

__all__ = [
    "CULL_STAGES",
    "SCHEMA_VERSION",
    "STAGES",
    "Trace",
    "TraceCulling",
    "TraceDevice",
    "TraceView",
    "ViewCulling",
    "fold_stages",
    "load_trace",
    "save_trace",
    "short_name",
    "stage_of",
    "trace_text",
]

FORMAT = "splatsieve GPU trace"
SCHEMA_VERSION = 2
READ_VERSIONS = (1, 2)


def load_trace(path: Path) -> Trace:
    """The trace in a file; raises InputError on anything missing, wrong or contradictory."""
    data = read_bytes(path)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path} is not JSON ({reason}): give a complete trace.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{path} is no GPU trace: record one with splatsieve trace.")
    root = JsonObject(document, str(path))
    version = root.whole("schema_version")
    if version not in READ_VERSIONS:
        raise InputError(
            f"{path} has schema_version {version} where {' and '.join(map(str, READ_VERSIONS))} "
            "are read: record the trace again with this version of splatsieve."
        )
    try:
        return _trace(root, culling_told=version > 1)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(path)) else f"{path}: {text}") from error


def save_trace(trace: Trace, path: Path) -> None:
    """Writes the trace, whole or not at all, keys always in the same order."""
    write_text(path, trace_text(trace))


def trace_text(trace: Trace) -> str:
    """The content of the file: the head over several lines, then one line a view."""
    head = {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "date": trace.date,
        "command_line": trace.command_line,
        "device": {
            key: round(value, 2) if isinstance(value, float) else value
            for key, value in asdict(trace.device).items()
        },
        "software": {"torch": trace.torch, "cuda": trace.cuda, "gsplat": trace.gsplat},
        "rules": trace.rules,
        "packed": trace.packed,
        "culling": None if trace.culling is None else asdict(trace.culling),
        "scene": {
            "name": trace.scene_name,
            "gaussians": trace.scene_gaussians,
            "sha256": trace.scene_sha256,
            "sh_degree": trace.scene_sh_degree,
        },
        "image": {"width_px": trace.width_px, "height_px": trace.height_px},
        "warmup_frames": trace.warmup_frames,
        "repeats": trace.repeats,
    }
    opening = json.dumps(head, indent=1).removesuffix("\n}")
    views = ",\n".join(f"  {json.dumps(_view_values(view))}" for view in trace.views)
    return f'{opening},\n "views": [\n{views}\n ]\n}}\n'


def _view_values(view: TraceView) -> dict[str, object]:
    # Rounded first, so that sums and gap belong to the numbers that stand in the file.
    frame_ms = round(view.frame_median_ms, 4)
    kernels_us = {name: round(time_us, 3) for name, time_us in view.kernels_us.items()}
    return {
        "name": view.name,
        "frame_median_ms": frame_ms,
        "frame_min_ms": round(view.frame_min_ms, 4),
        "frame_max_ms": round(view.frame_max_ms, 4),
        "gaussians": view.gaussians,
        "visible": view.visible,
        "tile_pairs": view.tile_pairs,
        "culled": None if view.culled is None else asdict(view.culled),
        "other_gap_us": round(1e3 * frame_ms - math.fsum(kernels_us.values()), 3),
        "stages_us": {key: round(value, 3) for key, value in fold_stages(kernels_us).items()},
        "kernels_us": kernels_us,
    }


def _trace(root: JsonObject, culling_told: bool) -> Trace:
    software, scene, image = (root.child(key) for key in ("software", "scene", "image"))
    return Trace(
        device=_device(root.child("device")),
        torch=software.text("torch"),
        cuda=software.text("cuda"),
        gsplat=software.text("gsplat"),
        rules=root.text("rules"),
        packed=root.flag("packed"),
        scene_name=scene.text("name"),
        scene_gaussians=scene.whole("gaussians"),
        scene_sha256=scene.text("sha256"),
        scene_sh_degree=scene.whole("sh_degree"),
        width_px=image.whole("width_px"),
        height_px=image.whole("height_px"),
        warmup_frames=root.whole("warmup_frames"),
        repeats=root.whole("repeats"),
        date=root.text("date"),
        command_line=root.text("command_line"),
        views=tuple(_view(view, culling_told) for view in root.children("views")),
        culling=_culling(root.child_or_none("culling")) if culling_told else None,
    )


def _culling(values: JsonObject | None) -> TraceCulling | None:
    if values is None:
        return None
    return TraceCulling(
        method=values.text("method"),
        radius=values.text("radius"),
        levels=values.whole("levels"),
        groups=values.whole("groups"),
        clusters=values.whole("clusters"),
        tables_sha256=values.text("tables_sha256"),
    )


def _culled(values: JsonObject | None) -> ViewCulling | None:
    if values is None:
        return None
    return ViewCulling(
        groups_tested=values.whole("groups_tested"),
        clusters_tested=values.whole("clusters_tested"),
        clusters_visible=values.whole("clusters_visible"),
        gaussians_kept=values.whole("gaussians_kept"),
        picture_equal=values.flag("picture_equal"),
    )


def _device(values: JsonObject) -> TraceDevice:
    return TraceDevice(
        name=values.text("name"),
        driver=values.text("driver"),
        compute_capability=values.text("compute_capability"),
        sm_count=values.whole("sm_count"),
        fp32_lanes_per_sm=values.whole("fp32_lanes_per_sm"),
        sm_clock_max_mhz=values.number("sm_clock_max_mhz"),
        sm_clock_mhz=values.number_or_none("sm_clock_mhz"),
        memory_clock_mhz=values.number_or_none("memory_clock_mhz"),
        memory_peak_gb_per_s=values.number("memory_peak_gb_per_s"),
        memory_peak_source=values.text("memory_peak_source"),
        memory_copy_gb_per_s=values.number("memory_copy_gb_per_s"),
    )


def _view(values: JsonObject, culling_told: bool) -> TraceView:
    view = TraceView(
        name=values.text("name"),
        frame_median_ms=values.number("frame_median_ms"),
        frame_min_ms=values.number("frame_min_ms"),
        frame_max_ms=values.number("frame_max_ms"),
        kernels_us=values.numbers("kernels_us"),
        gaussians=values.whole("gaussians"),
        visible=values.whole("visible"),
        tile_pairs=values.whole("tile_pairs"),
        culled=_culled(values.child_or_none("culled")) if culling_told else None,
    )
    stated = values.numbers("stages_us")
    stages_us = view.stages_us
    if set(stated) != set(stages_us):
        raise InputError(
            f"{values.where}: stages_us names {', '.join(stated)[:200]} where "
            f"{', '.join(stages_us)} are needed: record the trace again."
        )
    derived = stages_us | {"other_gap_us": view.other_gap_us}
    for key, value in (stated | {"other_gap_us": values.number("other_gap_us")}).items():
        if not abs(value - derived[key]) <= ROUNDING_US:  # NaN is refused too
            raise InputError(
                f"{values.where}: {key} is {value} us where kernels_us and frame_median_ms make "
                f"{derived[key]:.3f} us: record the trace again."
            )
    return view
