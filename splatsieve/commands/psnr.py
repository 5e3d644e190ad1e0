"""`splatsieve psnr`: pictures against photographs, with and without culling."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.inputs import JsonOption, ViewsOption


def psnr(
    scene: Annotated[str, typer.Argument(help="Scene file (.ply, .splat, .spz).")],
    pack: Annotated[Path, typer.Option("--pack", help="The scene's pack; it culls.")],
    cameras: Annotated[Path, typer.Option("--cameras", help="The scene's cameras.")],
    photos: Annotated[
        Path, typer.Option("--photos", help="Folder of photographs named as the cameras.")
    ],
    views: ViewsOption = None,
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "inria",
    as_json: JsonOption = False,
) -> None:
    """Render every photographed view whole and culled; print the PSNR of both."""
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.photos import match_photos, photographed
    from splatsieve.inputs import cameras_of, scene_of
    from splatsieve.progress import track

    chosen = rules_named(rules)
    pairs = photographed(cameras_of(cameras, None, views), photos)
    matches = match_photos(scene_of(scene), load_pack(pack), track(pairs, "rendering"), chosen)
    rows = [asdict(match) for match in matches]
    result: dict[str, Any] = {
        "scene": scene,
        "pack": str(pack),
        "rules": chosen.name,
        "photos": len(rows),
        "mean_psnr_whole_db": sum(row["psnr_whole_db"] for row in rows) / len(rows),
        "mean_psnr_culled_db": sum(row["psnr_culled_db"] for row in rows) / len(rows),
        "pictures_equal": sum(row["pictures_equal"] for row in rows),
        "views": rows,
    }
    typer.echo(json.dumps(result, indent=1) if as_json else _text(result))


def _text(result: dict[str, Any]) -> str:
    lines = [
        f"{'view':24}  {'whole_db':>9}  {'culled_db':>9}  {'equal':>5}  {'gaussians_kept':>14}"
    ]
    lines += [
        f"{row['view']:24}  {row['psnr_whole_db']:9.4f}  {row['psnr_culled_db']:9.4f}  "
        f"{'yes' if row['pictures_equal'] else 'NO':>5}  {row['gaussians_kept']:14,}"
        for row in result["views"]
    ]
    lines.append(
        f"mean of {result['photos']} photographs, rules {result['rules']}: "
        f"{result['mean_psnr_whole_db']:.4f} dB whole, {result['mean_psnr_culled_db']:.4f} dB "
        f"culled; {result['pictures_equal']} of {result['photos']} pictures equal bit for bit"
    )
    return "\n".join(lines)
