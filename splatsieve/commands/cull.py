"""`splatsieve cull`: what clusters, or the projection too, keep of a pack, by a chosen engine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import (
    AxesOption,
    CamerasOption,
    DropInvalidOption,
    JsonOption,
    SizeOption,
    TransformOption,
    ViewsOption,
)
from splatsieve.output import show_result
from splatsieve.stages import EngineOption, StageOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from golden.camera import Camera
    from golden.pack import Pack
    from golden.rules import Rules
    from golden.scene import Scene
    from sim.views.cluster_cull import CullFrame, Engine
    from sim.views.gaussian_project import ProjectFrame

CLUSTER_COLUMNS = ("tests", "clusters_visible", "gaussians_visible", "excluded_fraction")
GAUSSIAN_COLUMNS = (
    "gaussians_visible",
    "kept",
    "dropped_opacity",
    "dropped_near",
    "dropped_outside",
    "tile_pairs",
)
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
    "lost",
)


def cull(
    context: typer.Context,
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    engine: EngineOption = "integer",
    stage: StageOption = "cluster",
    rules: Annotated[
        str | None, typer.Option(help="inria or gsplat; without it the pack's own.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option("--masks", help="Write the Gaussians kept, packed bits, .npz.")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            "--check", help="The pack's SCENE: counts what was lost and found against float64."
        ),
    ] = None,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cull a pack for each view, by clusters or by the projection too, and count what is left.

    Engine rtl: stage gaussian runs the whole accelerator on the pack in memory, behind its driver;
    stage cluster runs the cluster stage alone, as the accelerator does not show its clusters.
    """
    import numpy as np

    from golden.default_scene import NAME
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.views.blind_views import warn_of_blind_views
    from sim.views.cluster_cull import engine_named
    from sim.views.gaussian_project import stage_named
    from splatsieve.inputs import cameras_of, check_output, need_cameras, scene_of
    from splatsieve.progress import track

    by, at = engine_named(engine), stage_named(stage)
    check_output(masks, pack=pack, cameras=cameras, scene=check)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    chosen = rules_named(rules or packed.meta.rules)
    selected = cameras_of(cameras, size, views, transform)
    scene = scene_of(check, drop_invalid, axes) if check else None
    rows: list[dict[str, Any]] = []
    bits = []
    run = _clusters if at == "cluster" else _gaussians
    decisions = run(packed, selected, chosen, by, scene)
    for _, (row, kept) in zip(track(selected, "culling"), decisions, strict=True):
        rows.append(row)
        if masks is not None:
            bits.append(np.packbits(kept))
    if masks is not None:
        names = [camera.name for camera in selected]
        _write_masks(masks, np.stack(bits), packed.meta.gaussians, names)
    sizes = sorted({f"{camera.width}x{camera.height}" for camera in selected})
    result = {
        "pack": str(pack),
        "method": packed.meta.method,
        "radius": packed.meta.radius,
        "engine": by,
        "stage": at,
        "rules": chosen.name,
        "size_px": ", ".join(sizes),
        "average": _average(rows),
        "views": rows,
    }
    warn_of_blind_views({row["view"]: _seen(row) for row in rows}, packed.meta.scene)
    show_result(context, result, as_json, _text)


def _seen(row: dict[str, Any]) -> int:
    """Gaussians that a view may show, as exactly as the row knows."""
    if "kept" in row:
        return int(row["kept"])
    hidden = row.get("cannot_reach", 0) == row["gaussians"]
    return 0 if hidden else int(row["gaussians_visible"])


def _clusters(
    pack: Pack, cameras: list[Camera], rules: Rules, engine: Engine, scene: Scene | None
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Row and mask of each view, by the cluster test."""
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
    """Row and mask of each view, by the projection of what the cluster test left."""
    from sim.views.gaussian_project import project_views
    from sim.views.gaussian_project_check import ProjectChecker

    checker = ProjectChecker(pack, scene, rules) if scene is not None else None
    for camera, frame in zip(cameras, project_views(pack, cameras, rules, engine), strict=True):
        row = _gaussian_row(pack, frame)
        if checker is not None:
            counts = checker.check(camera, frame)
            row |= asdict(counts) | counts.fractions
        yield row, frame.kept


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
    """The row of the cluster test, its RTL's figures as cluster_*, and those of the projection.

    Figures of the accelerator, which both stages' RTL is part of, are accelerator_* and bus_*.
    """
    row = _cluster_row(packed, frame.culled)
    for key in ("seconds", "cycles", "model_cycles", "mismatches"):
        if key in row:
            row[f"cluster_{key}"] = row.pop(key)
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


def _average(rows: list[dict[str, Any]]) -> dict[str, float]:
    keys = [key for key in rows[0] if key != "view"]
    return {key: sum(row[key] for row in rows) / len(rows) for key in keys}


def _write_masks(path: Path, visible: Any, gaussians: int, views: list[str]) -> None:
    import numpy as np

    from golden.files import atomic_path

    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, visible=visible, gaussians=np.int64(gaussians), views=np.array(views)
        )


def _text(result: dict[str, Any]) -> str:
    rows, average = result["views"], result["average"]
    columns = list(CLUSTER_COLUMNS if result["stage"] == "cluster" else GAUSSIAN_COLUMNS)
    columns += [key for key in MORE_COLUMNS if key in rows[0]]
    lines = [
        f"{result['pack']}: {average['gaussians']:,.0f} Gaussians in {average['clusters']:,.0f} "
        f"clusters and {average['groups']:,.0f} groups ({result['method']}, radius "
        f"{result['radius']}); stage {result['stage']} by engine {result['engine']}, rules "
        f"{result['rules']}, {result['size_px']} px, {len(rows)} views",
        "  ".join([f"{'view':24}", *(f"{name:>{_width(name)}}" for name in columns)]),
    ]
    for row in [*rows, {"view": "average", **average}]:
        cells = [
            f"{row[name]:{_width(name)}{'.6f' if 'fraction' in name else ',.0f'}}"
            for name in columns
        ]
        lines.append("  ".join([f"{row['view']:24}", *cells]))
    if "lost" in average:
        lines.append(f"lost in all views: {sum(row['lost'] for row in rows):,}")
    if "mismatches" in average:
        keys = [key for key in rows[0] if key.endswith("mismatches")]
        differ = sum(row[key] for row in rows for key in keys)
        lines.append(f"RTL against integer model: {differ:,} mismatches")
    seconds = sum(row[key] for row in rows for key in row if key.endswith("seconds"))
    lines.append(f"engine time: {seconds:.2f} s")
    return "\n".join(lines)


def _width(column: str) -> int:
    return max(len(column), 11)
