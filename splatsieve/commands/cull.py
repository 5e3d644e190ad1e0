"""`splatsieve cull`: the cluster test of a pack's views, by reference, integer model or RTL."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import CamerasOption, JsonOption, SizeOption, ViewsOption

if TYPE_CHECKING:
    from golden.pack import Pack
    from sim.cull import CullFrame


def cull(
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    engine: Annotated[
        str,
        typer.Option(help="float: reference. integer: bit-exact model. rtl: the hardware itself."),
    ] = "integer",
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
    as_json: JsonOption = False,
) -> None:
    """Cull a pack's clusters for each view, and count what is left."""
    import numpy as np

    from golden.pack import scene_mask
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.cull import CullChecker, cull_views
    from splatsieve.inputs import DEFAULT, cameras_of, need_cameras, scene_of
    from splatsieve.progress import track

    packed = load_pack(pack)
    need_cameras(packed.meta.scene, DEFAULT, cameras)
    chosen = rules_named(rules or packed.meta.rules)
    selected = cameras_of(cameras, size, views)
    checker = CullChecker(packed, scene_of(check), chosen) if check else None
    rows: list[dict[str, Any]] = []
    bits = []
    frames = cull_views(packed, selected, chosen, engine)  # type: ignore[arg-type]
    for camera, frame in zip(track(selected, "culling"), frames, strict=True):
        row = _row(packed, frame)
        if checker is not None:
            counts = checker.check(camera, frame)
            row |= asdict(counts)
            row["found_fraction"] = counts.found / max(counts.unnecessary, 1)
        rows.append(row)
        if masks is not None:
            bits.append(np.packbits(scene_mask(packed, frame.visible)))
    if masks is not None:
        names = [camera.name for camera in selected]
        _write_masks(masks, np.stack(bits), packed.meta.gaussians, names)
    sizes = sorted({f"{camera.width}x{camera.height}" for camera in selected})
    result = {
        "pack": str(pack),
        "method": packed.meta.method,
        "radius": packed.meta.radius,
        "engine": engine,
        "rules": chosen.name,
        "size_px": ", ".join(sizes),
        "average": _average(rows),
        "views": rows,
    }
    typer.echo(json.dumps(result, indent=1) if as_json else _text(result))


def _row(packed: Pack, frame: CullFrame) -> dict[str, Any]:
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
    columns = ["tests", "clusters_visible", "gaussians_visible", "excluded_fraction"]
    columns += [key for key in ("cycles", "mismatches", "found_fraction", "lost") if key in rows[0]]
    lines = [
        f"{result['pack']}: {average['gaussians']:,.0f} Gaussians in {average['clusters']:,.0f} "
        f"clusters and {average['groups']:,.0f} groups ({result['method']}, radius "
        f"{result['radius']}); engine {result['engine']}, rules {result['rules']}, "
        f"{result['size_px']} px, {len(rows)} views",
        "  ".join([f"{'view':24}", *(f"{name:>17}" for name in columns)]),
    ]
    for row in [*rows, {"view": "average", **average}]:
        cells = [
            f"{row[name]:17.4f}" if "fraction" in name else f"{row[name]:17,.0f}"
            for name in columns
        ]
        lines.append("  ".join([f"{row['view']:24}", *cells]))
    if "lost" in average:
        lines.append(f"lost in all views: {sum(row['lost'] for row in rows):,}")
    if "mismatches" in average:
        lines.append(
            f"RTL against integer model: {sum(r['mismatches'] for r in rows):,} mismatches"
        )
    lines.append(f"engine time: {sum(row['seconds'] for row in rows):.2f} s")
    return "\n".join(lines)
