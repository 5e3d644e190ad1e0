"""What the cluster test costs and saves, in multiplications and bytes, for the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from golden.records import CLUSTER_DTYPE, GEOMETRY_DTYPE
from golden.rules import TILE_PX
from reports.measure.culling import Culling
from reports.measure.cycles import figure
from reports.measure.measure import Measurements
from reports.measure.subject import Subject
from sim.cost.accounting import (
    FrameCost,
    FrameWork,
    Steps,
    ball_test_steps,
    color_steps,
    frame_cost,
    projection_steps,
    total,
)
from sim.cost.whole_frame import SCOPES, BackEndWork, WholeFrameCost, whole_frame_cost

# At most so much in the mean view.
TARGETS = {"tests_of_projection": 0.01, "table_of_geometry": 0.025}


def cost_part(subject: Subject, measured: Measurements) -> dict[str, Any]:
    """Operations of one item, and the account of every view by way of culling.

    The worst view of a figure is the dearest, or the one that saves least.
    """
    degree = subject.scene.sh_degree
    return {
        "sh_degree": degree,
        "operations": {
            "ball test": _steps(ball_test_steps()),
            "projection": _steps(projection_steps(subject.rules)),
            "colour": _steps(color_steps(degree)),
        },
        "record_bytes": {"table": CLUSTER_DTYPE.itemsize, "geometry": GEOMETRY_DTYPE.itemsize},
        "targets": TARGETS,
        "methods": {c.method: _method_part(subject, measured, c) for c in measured.cullings},
    }


def frame_work(subject: Subject, measured: Measurements, culling: Culling) -> list[FrameWork]:
    """What each view did with that culling."""
    return [
        FrameWork(
            gaussians=len(subject.scene),
            tests=view.tests,
            gaussians_read=view.gaussians_visible,
            splats_off=counts.back_end["off"].splats,
            splats=counts.back_end[culling.method].splats,
        )
        for view, counts in zip(culling.views, measured.counts, strict=True)
    ]


def _method_part(subject: Subject, measured: Measurements, culling: Culling) -> dict[str, Any]:
    names = [camera.name for camera in subject.cameras]
    degree = subject.scene.sh_degree
    work = frame_work(subject, measured, culling)
    costs = [frame_cost(one, subject.rules, degree) for one in work]
    part = {"tests": figure(names, [one.tests for one in work], max)}
    for field in fields(FrameCost):
        worst = min if field.name.startswith("saved") else max
        part[field.name] = figure(names, [getattr(cost, field.name) for cost in costs], worst)
    part["whole_frame"] = _whole_frame_part(subject, measured, work)
    return part


def _whole_frame_part(
    subject: Subject, measured: Measurements, work: Sequence[FrameWork]
) -> dict[str, Any]:
    """Cost and saving where the account goes on to each of SCOPES, mean of the views."""
    rules, degree, (width, height) = subject.rules, subject.scene.sh_degree, subject.size_px
    tiles = -(-width // TILE_PX) * -(-height // TILE_PX)
    costs = []
    for one, counts in zip(work, measured.counts, strict=True):
        back_end = BackEndWork(
            tile_pairs=counts.back_end["off"].tile_pairs,
            tiles=tiles,
            tested_pixel_splats=counts.tested_pixel_splats,
            blended_pixel_splats=counts.blended_pixel_splats,
        )
        costs.append(whole_frame_cost(one, back_end, rules, degree))
    return {
        scope: {
            field.name: round(sum(getattr(c[scope], field.name) for c in costs) / len(costs), 6)
            for field in fields(WholeFrameCost)
        }
        for scope in SCOPES
    }


def _steps(steps: Steps) -> dict[str, Any]:
    return {
        "total": asdict(total(steps)),
        "steps": {name: asdict(operations) for name, operations in steps.items()},
    }
