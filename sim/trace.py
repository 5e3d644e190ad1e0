"""The file of a GPU trace: JSON, checked as a whole when it is read.

    {"format": "splatsieve GPU trace", "schema_version": 1, "date": ..., "command_line": ...,
     "device": {fields of TraceDevice},
     "software": {"torch", "cuda", "gsplat"},  "rules", "packed",
     "scene": {"name", "gaussians", "sha256", "sh_degree"},
     "image": {"width_px", "height_px"},  "warmup_frames", "repeats",
     "views": [{"name", "frame_median_ms", "frame_min_ms", "frame_max_ms", "gaussians", "visible",
                "tile_pairs", "other_gap_us", "stages_us": {...}, "kernels_us": {...}}, ...]}

`stages_us` and `other_gap_us` follow from the rest (sim.trace_kernels, TraceView) and are written
for readers of the file; a file where they do not follow is refused. Means are never stored.
Times are rounded to 0.1 us (frames) and 0.001 us (kernels), clocks and rates to 0.01.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from golden.errors import InputError
from golden.files import read_bytes, write_text
from sim.trace_kernels import STAGES, fold_stages, short_name, stage_of
from sim.trace_records import ROUNDING_US, Trace, TraceDevice, TraceView

__all__ = [
    "SCHEMA_VERSION",
    "STAGES",
    "Trace",
    "TraceDevice",
    "TraceView",
    "fold_stages",
    "load_trace",
    "save_trace",
    "short_name",
    "stage_of",
    "trace_text",
]

FORMAT = "splatsieve GPU trace"
SCHEMA_VERSION = 1


def load_trace(path: Path) -> Trace:
    """The trace in a file; raises InputError on anything missing, wrong or contradictory."""
    try:
        document = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path} is not JSON ({reason}): give a complete trace.") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError(f"{path} is no GPU trace: record one with splatsieve trace.")
    root = _Object(document, str(path))
    version = root.whole("schema_version")
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{path} has schema_version {version} where {SCHEMA_VERSION} is read: record the "
            "trace again with this version of splatsieve."
        )
    try:
        return _trace(root)
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
        "other_gap_us": round(1e3 * frame_ms - math.fsum(kernels_us.values()), 3),
        "stages_us": {key: round(value, 3) for key, value in fold_stages(kernels_us).items()},
        "kernels_us": kernels_us,
    }


def _trace(root: _Object) -> Trace:
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
        views=tuple(_view(view) for view in root.children("views")),
    )


def _device(values: _Object) -> TraceDevice:
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


def _view(values: _Object) -> TraceView:
    view = TraceView(
        name=values.text("name"),
        frame_median_ms=values.number("frame_median_ms"),
        frame_min_ms=values.number("frame_min_ms"),
        frame_max_ms=values.number("frame_max_ms"),
        kernels_us=values.numbers("kernels_us"),
        gaussians=values.whole("gaussians"),
        visible=values.whole("visible"),
        tile_pairs=values.whole("tile_pairs"),
    )
    stated = values.numbers("stages_us")
    if set(stated) != set(STAGES):
        raise InputError(
            f"{values.where}: stages_us names {', '.join(stated)[:200]} where "
            f"{', '.join(STAGES)} are needed: record the trace again."
        )
    derived = view.stages_us | {"other_gap_us": view.other_gap_us}
    for key, value in (stated | {"other_gap_us": values.number("other_gap_us")}).items():
        if not abs(value - derived[key]) <= ROUNDING_US:  # NaN is refused too
            raise InputError(
                f"{values.where}: {key} is {value} us where kernels_us and frame_median_ms make "
                f"{derived[key]:.3f} us: record the trace again."
            )
    return view


@dataclass(frozen=True)
class _Object:
    """A JSON object whose members are fetched by type; each error names `where` and the key."""

    values: Mapping[str, object]
    where: str

    def _get(self, key: str) -> object:
        if key not in self.values:
            raise InputError(f"{self.where} lacks {key}: record the trace again.")
        return self.values[key]

    def _wrong(self, key: str, wanted: str) -> InputError:
        value = self.values[key]
        shown = "of another kind" if isinstance(value, dict | list) else repr(value)[:60]
        return InputError(f"{self.where}: {key} is {shown}, not {wanted}: record the trace again.")

    def text(self, key: str) -> str:
        value = self._get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "text")
        return value

    def flag(self, key: str) -> bool:
        value = self._get(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def whole(self, key: str) -> int:
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def number(self, key: str) -> float:
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._wrong(key, "a number")
        try:
            return float(value)
        except OverflowError as error:
            raise self._wrong(key, "a number of sensible size") from error

    def number_or_none(self, key: str) -> float | None:
        return None if self._get(key) is None else self.number(key)

    def numbers(self, key: str) -> dict[str, float]:
        members = self.child(key)
        return {name: members.number(name) for name in members.values}

    def child(self, key: str) -> _Object:
        value = self._get(key)
        if not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return _Object(value, f"{self.where}: {key}")

    def children(self, key: str) -> list[_Object]:
        value = self._get(key)
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        if not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, "a list of objects")
        return [_Object(item, f"{self.where}: {key}[{i}]") for i, item in enumerate(value)]
