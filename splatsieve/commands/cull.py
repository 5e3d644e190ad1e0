"""`splatsieve cull`: what clusters, or the projection too, keep of a pack, by a chosen engine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.inputs import (
    AxesOption,
    CamerasOption,
    DetailOption,
    DropInvalidOption,
    JsonOption,
    SizeOption,
    TransformOption,
    ViewsOption,
)
from splatsieve.output import show_result
from splatsieve.rows import columns_of, rows_of
from splatsieve.stages import EngineOption, StageOption


def cull(
    context: typer.Context,
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    engine: EngineOption = "integer",
    stage: StageOption = "cluster",
    rules: Annotated[
        str | None, typer.Option(help="inria or gsplat; by default the pack's own.")
    ] = None,
    masks: Annotated[
        Path | None,
        typer.Option("--masks", help="Write which Gaussians are kept: packed bits, .npz."),
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(
            "--check", help="The pack's SCENE: count what was lost and found, against float64."
        ),
    ] = None,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cull a pack for each view, by clusters or by the projection too, and count what is left.

    Stage color keeps the projection's splats. It says how many have a channel above 2 or below 0;
    such channels are cut. With engine rtl, stages gaussian and color run the whole accelerator on
    the pack in memory, behind its driver, and then each stage alone for its cycles. Stage cluster
    runs the cluster stage alone, as the accelerator does not show its clusters.
    """
    import numpy as np

    from golden.default_scene import NAME
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.views.blind_views import warn_of_blind_views
    from sim.views.cluster_cull import engine_named
    from sim.views.stages import stage_named
    from splatsieve.inputs import cameras_of, check_output, need_cameras, scene_of
    from splatsieve.progress import track

    by, at = engine_named(engine), stage_named(stage)
    check_output(masks, pack=pack, cameras=cameras, scene=check)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    chosen = rules_named(rules or packed.meta.rules)
    selected = cameras_of(cameras, size, views, transform)
    scene = scene_of(check, drop_invalid, axes, detail, knows_antialiased=True) if check else None
    rows: list[dict[str, Any]] = []
    bits = []
    decisions = rows_of(at, packed, selected, chosen, by, scene)
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
    columns = columns_of(result["stage"], rows[0])
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
