"""Rows of `splatsieve cull`: what a view's stages say of it, and which columns are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from golden.camera import Camera
    from golden.pack import Pack
    from golden.rules import Rules
    from golden.scene import Scene
    from sim.views.cluster_cull import CullFrame, Engine
    from sim.views.color import ColorFrame
    from sim.views.gaussian_project import ProjectFrame
    from sim.views.stages import Stage

GAUSSIAN_COLUMNS = (
    "gaussians_visible",
    "kept",
    "dropped_opacity",
    "dropped_near",
    "dropped_outside",
    "tile_pairs",
)
COLUMNS = {
    "cluster": ("tests", "clusters_visible", "gaussians_visible", "excluded_fraction"),
    "gaussian": GAUSSIAN_COLUMNS,
    "color": (*GAUSSIAN_COLUMNS, "cut_above", "cut_below"),
}
# Of runs that have them: of the RTL, and against the scene.
MORE_COLUMNS = (
    "cycles",
    "mismatches",
    "accelerator_cycles",
    "accelerator_mismatches",
    "found_fraction",
    "more_kept_fraction",
    "center_off_fraction",
    "depth_off_fraction",
    "color_off_fraction",
    "lost",
)
# What belongs to a stage's engine alone; of the stages before it under the stage's name.
_OF_THE_ENGINE = ("seconds", "cycles", "model_cycles", "mismatches")


def rows_of(
    stage: Stage,
    pack: Pack,
    cameras: list[Camera],
    rules: Rules,
    engine: Engine,
    scene: Scene | None,
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Row of each view, and (N,) bool in the scene's order: what the stage kept.

    Parameters
    ----------
    scene : the pack's own, to check against; None where nothing is checked.
    """
    run = {"cluster": _clusters, "gaussian": _gaussians, "color": _colors}[stage]
    return run(pack, cameras, rules, engine, scene)


def columns_of(stage: str, row: dict[str, Any]) -> list[str]:
    """Columns of the table, in order."""
    return [*COLUMNS[stage], *(key for key in MORE_COLUMNS if key in row)]


def _clusters(
    pack: Pack, cameras: list[Camera], rules: Rules, engine: Engine, scene: Scene | None
) -> Iterator[tuple[dict[str, Any], Any]]:
    """By the cluster test."""
    from golden.pack import scene_mask
    from sim.views.cluster_cull import CullChecker, cull_views

    checker = CullChecker(pack, scene, rules) if scene is not None else None
    for camera, frame in zip(cameras, cull_views(pack, cameras, rules, engine), strict=True):
        row = _cluster_row(pack, frame)
        if checker is not None:
            counts = checker.check(camera, frame)
            row |= asdict(counts)
            row["found_fraction"] = counts.found / max(counts.unnecessary, 1)
        yield row, scene_mask(pack, frame.visible)


def _gaussians(
    pack: Pack, cameras: list[Camera], rules: Rules, engine: Engine, scene: Scene | None
) -> Iterator[tuple[dict[str, Any], Any]]:
    """By the projection of what the cluster test left."""
    from sim.views.gaussian_project import project_views
    from sim.views.gaussian_project_check import ProjectChecker

    checker = ProjectChecker(pack, scene, rules) if scene is not None else None
    for camera, frame in zip(cameras, project_views(pack, cameras, rules, engine), strict=True):
        row = _gaussian_row(pack, frame)
        if checker is not None:
            counts = checker.check(camera, frame)
            row |= asdict(counts) | counts.fractions
        yield row, frame.kept


def _colors(
    pack: Pack, cameras: list[Camera], rules: Rules, engine: Engine, scene: Scene | None
) -> Iterator[tuple[dict[str, Any], Any]]:
    """By the projection, which color keeps all of, and with what color cuts."""
    from sim.views.color import color_views
    from sim.views.color_check import check_colors
    from sim.views.gaussian_project_check import ProjectChecker

    checker = ProjectChecker(pack, scene, rules) if scene is not None else None
    for camera, frame in zip(cameras, color_views(pack, cameras, rules, engine), strict=True):
        row = _color_row(pack, frame)
        if checker is not None and scene is not None:
            counts = checker.check(camera, frame.projected)
            row |= asdict(counts) | counts.fractions
            row |= asdict(check_colors(scene, camera, frame))
        yield row, frame.projected.kept


def _cluster_row(packed: Pack, frame: CullFrame) -> dict[str, Any]:
    row: dict[str, Any] = {
        "view": frame.view,
        "gaussians": packed.meta.gaussians,
        "clusters": packed.meta.clusters,
        "groups": packed.meta.groups,
        "tests": frame.tests,
        "clusters_tested": frame.clusters_tested,
        "clusters_visible": int(frame.visible.sum()),
        "gaussians_visible": frame.visible_gaussians,
        "excluded_fraction": frame.excluded_fraction,
        "seconds": frame.seconds,
    }
    if frame.cycles is not None:
        row |= {
            "cycles": frame.cycles,
            "model_cycles": frame.model_cycles,
            "mismatches": frame.mismatches,
        }
    return row


def _gaussian_row(packed: Pack, frame: ProjectFrame) -> dict[str, Any]:
    """The row of the cluster test, its engine's figures as cluster_*, and those of the projection.

    Figures of the accelerator, which both stages' RTL is part of, are accelerator_* and bus_*.
    """
    row = _under_its_name("cluster", _cluster_row(packed, frame.culled))
    row |= {
        "members": frame.members,
        "kept": len(frame.splats),
        **{f"dropped_{reason}": count for reason, count in frame.dropped.items()},
        "tile_pairs": frame.tile_pairs,
        "seconds": frame.seconds,
    }
    if frame.cycles is not None:
        row |= {
            "cycles": frame.cycles,
            "model_cycles": frame.model_cycles,
            "mismatches": frame.mismatches,
        }
    if frame.accelerator is not None:
        row |= {
            "accelerator_seconds": frame.accelerator.seconds,
            "accelerator_cycles": frame.accelerator.cycles,
            "accelerator_mismatches": frame.accelerator.mismatches,
            "bus_beats": frame.accelerator.counters["bus_beats"],
            "bus_utilisation": frame.accelerator.bus_utilisation,
        }
    return row


def _color_row(packed: Pack, frame: ColorFrame) -> dict[str, Any]:
    """The row of the projection, its engine's figures as project_*, and those of color.

    The accelerator is a build with color; `model_is_exact` 0 says that model_cycles is a least.
    """
    row = _under_its_name("project", _gaussian_row(packed, frame.projected))
    row |= {"cut_above": frame.cut_above, "cut_below": frame.cut_below, "seconds": frame.seconds}
    if frame.rtl is not None:
        row |= {
            "color_runs": frame.rtl.runs,
            "cycles": frame.rtl.cycles,
            "model_cycles": frame.rtl.model_cycles,
            "model_is_exact": int(frame.rtl.model_is_exact),
            "mismatches": frame.rtl.mismatches,
        }
    return row


def _under_its_name(stage: str, row: dict[str, Any]) -> dict[str, Any]:
    for key in _OF_THE_ENGINE:
        if key in row:
            row[f"{stage}_{key}"] = row.pop(key)
    return row
