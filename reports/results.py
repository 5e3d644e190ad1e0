"""The result of a report: one JSON-ready document, from which text and figures are made."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import PurePath
from typing import Any

from reports.above import above_part
from reports.cost import cost_part
from reports.culling import Culling
from reports.cycles import cycle_part, figure, frame_counts, rtl_part, speedup_part
from reports.gpu import GpuReference
from reports.measure import Measurements
from reports.pareto import pareto_part
from reports.projection_part import projection_part
from reports.subject import Subject
from sim.config import AcceleratorConfig, at_bandwidth, bandwidth_ratio
from sim.cycle_model import FrameCycles, accounting, frame_cycles
from sim.toolchain import verilator_version

FORMAT = "splatsieve report"
SCHEMA_VERSION = 1

# Claims of arXiv 2402.13827, over its data set (Mip-NeRF360) and under its own accounting.
PAPER = {
    "source": "Jo, Kim, Park, arXiv 2402.13827",
    "unnecessary_fraction": 0.676,
    "excluded_fraction": 0.63,
    "found_fraction": 0.932,
    "cluster_cost_fraction": 0.062,
    "computation_saved_fraction": 0.383,
    "speedup_over_gpu": 10.7,
}


def report_document(
    subject: Subject,
    measured: Measurements,
    config: AcceleratorConfig,
    gpu: GpuReference | None,
    gpu_note: str,
    command_line: str,
) -> dict[str, Any]:
    """Everything of a report; see the glossary in reports.text.markdown for the names.

    A figure is {"mean", "slowest", "slowest_view", "views"}: over the views, and of the worst one
    (fewest found, most cycles, least speed-up).

    Parameters
    ----------
    gpu_note : why there is no GPU to compare with, where there is none.
    command_line : that reproduces the report.
    """
    names = [camera.name for camera in subject.cameras]
    configs = {"configured": config}
    if gpu is not None:
        configs["equal_bandwidth"] = at_bandwidth(config, gpu.trace.device.memory_peak_gb_per_s)
    methods: dict[str, dict[str, Any]] = {}
    frames_off: dict[str, list[FrameCycles]] = {}
    for culling in (None, *measured.cullings):
        frames = {
            key: [frame_cycles(c, at) for c in frame_counts(subject, measured, culling)]
            for key, at in configs.items()
        }
        frames_off = frames_off or frames
        method = culling.method if culling is not None else "off"
        methods[method] = _culling_part(names, culling, len(subject.scene))
        methods[method] |= _back_end_part(names, measured, method)
        methods[method] |= cycle_part(names, frames, frames_off)
        methods[method] |= speedup_part(names, frames, configs, gpu)
        if culling is not None:
            methods[method] |= rtl_part(subject, measured, culling, config)
    return {
        "format": FORMAT,
        "schema_version": SCHEMA_VERSION,
        "command_line": command_line,
        "versions": versions(),
        "scene": {
            "name": PurePath(subject.scene.name).name,
            "sha256": subject.scene.sha256(),
            "gaussians": len(subject.scene),
            "sh_degree": subject.scene.sh_degree,
        },
        "rules": subject.rules.name,
        "resolution_px": list(subject.size_px),
        "views": names,
        "configuration": {
            key: asdict(at) | {"bandwidth_ratio": bandwidth_ratio(config, at.memory_gb_per_s)}
            for key, at in configs.items()
        },
        "gpu": _gpu_part(names, gpu),
        "gpu_note": gpu_note,
        "methods": methods,
        "projection": projection_part(names, measured.projection, _splat_psnr_db(measured)),
        "three_sigma": _three_sigma_part(names, measured.three_sigma),
        "pictures": {
            "view": measured.pictures.view,
            "differing_pixels": measured.pictures.differing_pixels,
            "back_end": {key: asdict(c) for key, c in measured.pictures.back_end.items()},
        },
        "clusters_above": above_part(measured.above),
        "counts": _count_part(names, measured),
        "cost": cost_part(subject, measured),
        "pareto": pareto_part(measured.pareto),
        "accounting": accounting(),
        "paper_claims": PAPER,
    }


def versions() -> dict[str, str]:
    """Versions of what the numbers come from."""
    packages = ("splatsieve", "amaranth", "numpy", "numba", "scipy")
    found = {package: version(package) for package in packages}
    return found | {"verilator": verilator_version(), "python": platform.python_version()}


def _culling_part(names: list[str], culling: Culling | None, n: int) -> dict[str, Any]:
    if culling is None:
        nothing = figure(names, [0] * len(names), max)
        part = {key: nothing for key in ("tests", "excluded_fraction", "found_fraction", "lost")}
        read = figure(names, [n] * len(names), max)
        return {"culling": False, "clusters": 0, "groups": 0, "gaussians_read": read} | part
    views = culling.views
    return {
        "culling": True,
        "radius": culling.radius,
        "clusters": culling.clusters,
        "groups": culling.groups,
        "tests": figure(names, [v.tests for v in views], max),
        "gaussians_a_cluster": round(n / culling.clusters, 2),
        "clusters_visible": figure(names, [v.clusters_visible for v in views], max),
        "gaussians_read": figure(names, [v.gaussians_visible for v in views], max),
        "excluded_fraction": figure(names, [1 - v.gaussians_visible / n for v in views], min),
        "found_fraction": figure(names, _found_fractions(culling), min),
        "lost": figure(names, [v.lost for v in views], max),
    }


def _three_sigma_part(names: list[str], culling: Culling) -> dict[str, Any]:
    part = _culling_part(names, culling, culling.gaussians)
    return {"clustering": culling.method} | part


def _splat_psnr_db(measured: Measurements) -> dict[int, float]:
    """Of the views that were drawn from integer splats, by number."""
    drawn = ((index, view.splat_psnr_db) for index, view in enumerate(measured.counts))
    return {index: value for index, value in drawn if value is not None}


def _count_part(names: list[str], measured: Measurements) -> dict[str, Any]:
    views = measured.cullings[0].views
    part = {
        key: figure(names, [getattr(v, key) for v in views], max)
        for key in ("unnecessary", "cannot_reach")
    }
    return part | {
        key: figure(names, [getattr(c, key) for c in measured.counts], max)
        for key in ("tested_pixel_splats", "blended_pixel_splats")
    }


def _back_end_part(names: list[str], measured: Measurements, method: str) -> dict[str, Any]:
    counts = [asdict(c.back_end[method]) for c in measured.counts]
    return {key: figure(names, [c[key] for c in counts], max) for key in counts[0]}


def _gpu_part(names: list[str], gpu: GpuReference | None) -> dict[str, Any] | None:
    if gpu is None:
        return None
    trace = gpu.trace
    return {
        "file": gpu.file,
        "device": trace.device.name,
        "driver": trace.device.driver,
        "memory_peak_gb_per_s": trace.device.memory_peak_gb_per_s,
        "torch": trace.torch,
        "cuda": trace.cuda,
        "gsplat": trace.gsplat,
        "rules": trace.rules,
        "packed": trace.packed,
        "resolution_px": [trace.width_px, trace.height_px],
        "date": trace.date,
        "command_line": trace.command_line,
        "front_end_ms": figure(names, gpu.front_end_ms, max),
        "frame_ms": figure(names, gpu.frame_ms, max),
        "kernels_ms": figure(names, gpu.kernels_ms, max),
        "visible": figure(names, [view.visible for view in gpu.views], max),
        "tile_pairs": figure(names, [view.tile_pairs for view in gpu.views], max),
    }


def _found_fractions(culling: Culling) -> list[float]:
    """found / unnecessary of each view; 1 where nothing is unnecessary."""
    return [v.found / v.unnecessary if v.unnecessary else 1.0 for v in culling.views]
