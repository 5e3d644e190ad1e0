"""The result of a report: one JSON-ready document, from which text and figures are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import PurePath
from typing import Any

from hw.synth.area import load
from reports.measure.above import above_part
from reports.measure.accelerator import accelerator_part
from reports.measure.aims import aims_part
from reports.measure.coloring_part import coloring_part
from reports.measure.cost import cost_part
from reports.measure.culling import Culling
from reports.measure.cycles import cycle_part, figure
from reports.measure.explore import explore_part
from reports.measure.gpu import GpuReference
from reports.measure.inria import inria_part
from reports.measure.measure import Measurements
from reports.measure.pareto import pareto_part
from reports.measure.projection_part import projection_part
from reports.measure.provenance import accounting, commit, versions
from reports.measure.speedup import gpu_part, speedup_part, variant_part
from reports.measure.subject import Subject
from reports.measure.timeline import timeline_part
from reports.published import published_accelerators
from sim.model.config import ModelConfig

FORMAT = "splatsieve report"
SCHEMA_VERSION = 2

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
    gpu: Sequence[GpuReference],
    gpu_note: str,
    command_line: str,
) -> dict[str, Any]:
    """Everything of a report; see the glossary in reports.text.markdown for the names.

    A figure is {"mean", "slowest", "slowest_view", "views"}: over the views, and of the worst one
    (fewest found, most cycles, least speed-up).

    Parameters
    ----------
    gpu : what to compare with: the first stands in every ratio, all of them in one table.
    gpu_note : why there is no GPU to compare with, where there is none.
    command_line : that reproduces the report.
    """
    names = [camera.name for camera in subject.cameras]
    config = measured.cycles.config
    methods: dict[str, dict[str, Any]] = {}
    for culling in (None, *measured.cullings):
        method = culling.method if culling is not None else "off"
        methods[method] = _culling_part(names, culling, len(subject.scene))
        methods[method] |= _back_end_part(names, measured, method)
        methods[method] |= cycle_part(names, measured.cycles, method)
        methods[method] |= speedup_part(names, measured.cycles, method, gpu[0] if gpu else None)
        if culling is not None:
            methods[method] |= _rtl_part(culling)
    exploration = explore_part(measured.exploration)
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
        "commit": commit(),
        "configuration": asdict(config)
        | {"memory": _memory(config), "memory_peak_gb_per_s": config.memory.peak_gb_per_s},
        "gpu": gpu_part(names, gpu[0]) if gpu else None,
        "inria": inria_part(subject, measured.cycles, gpu[0].edge_machine) if gpu else [],
        "gpu_variants": [variant_part(names, one, measured.cycles) for one in gpu],
        "gpu_note": gpu_note,
        "methods": methods,
        "projection": projection_part(
            names, measured.projection, _psnr_db(measured, "splat_psnr_db")
        ),
        "color": coloring_part(
            names,
            measured.coloring,
            _psnr_db(measured, "color_psnr_db"),
            _psnr_db(measured, "exact_color_psnr_db"),
        ),
        "accelerator": accelerator_part(
            names,
            measured.projection.method,
            [view.accelerator for view in measured.projection.views],
        ),
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
        "exploration": exploration,
        "timeline": timeline_part(measured.timeline),
        "aims": aims_part(methods, exploration, config) if gpu else None,
        "accounting": accounting(),
        "paper_claims": PAPER,
        "published": published_accelerators(),
        "area": {"areas": [area.as_json() | {"cells_by_type": {}} for area in load()]},
    }


def _memory(config: ModelConfig) -> dict[str, Any]:
    """The memory as JSON has it: lists for tuples."""
    memory = asdict(config.memory)
    if memory["currents"] is not None:
        memory["currents"] = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in memory["currents"].items()
        }
    return memory


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


def _psnr_db(measured: Measurements, name: str) -> dict[int, float]:
    """Of the views that were drawn from integer splats, by number."""
    drawn = ((index, getattr(view, name)) for index, view in enumerate(measured.counts))
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


def _rtl_part(culling: Culling) -> dict[str, Any]:
    """Cycles and mismatches of the RTL of cluster_cull beside the model's; empty if not run."""
    if any(view.rtl_cycles is None for view in culling.views):
        return {}
    return {
        "rtl": {
            "cycles": [view.rtl_cycles for view in culling.views],
            "model_cycles": [view.model_cycles for view in culling.views],
            "mismatches": [view.rtl_mismatches for view in culling.views],
        }
    }


def _found_fractions(culling: Culling) -> list[float]:
    """found / unnecessary of each view; 1 where nothing is unnecessary."""
    return [v.found / v.unnecessary if v.unnecessary else 1.0 for v in culling.views]
