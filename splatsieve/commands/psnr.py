"""`splatsieve psnr`: pictures against photographs, whole and from what a stage left."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.inputs import (
    AntialiasedOption,
    AxesOption,
    BackgroundOption,
    DetailOption,
    DropInvalidOption,
    JsonOption,
    TransformOption,
    ViewsOption,
)
from splatsieve.output import show_result
from splatsieve.stages import DrawnStageOption, EngineOption

OWN_COLORS = ("color", "picture")  # stages that have the pack's colours anyway
# What the second picture of a stage is called.
SECOND = {"cluster": "culled", "gaussian": "splats", "color": "colored", "picture": "drawn"}


def psnr(
    context: typer.Context,
    scene: Annotated[str, typer.Argument(help="Scene file.")],
    pack: Annotated[Path, typer.Option("--pack", help="The scene's pack, which culls.")],
    cameras: Annotated[Path, typer.Option("--cameras", help="The scene's cameras.")],
    photos: Annotated[
        Path, typer.Option("--photos", help="Folder of photographs, found by the cameras' names.")
    ],
    views: ViewsOption = None,
    engine: EngineOption = "integer",
    stage: DrawnStageOption = "cluster",
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "inria",
    colors: Annotated[
        str,
        typer.Option(
            metavar="scene|pack", help="Colours of what the stage left: the scene's or the pack's."
        ),
    ] = "scene",
    background: BackgroundOption = "0,0,0",
    antialiased: AntialiasedOption = None,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render every photographed view whole and from what a stage left; print the PSNR of both."""
    from golden.image import parse_background
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.views.blind_views import warn_of_blind_views
    from sim.views.cluster_cull import engine_named
    from sim.views.photos import colors_named, match_photos, photographed
    from sim.views.stages import drawn_stage_named
    from splatsieve.builds import picture_build
    from splatsieve.inputs import cameras_of, rules_of, scene_of
    from splatsieve.progress import track

    rules_named(rules)
    by, at = engine_named(engine), drawn_stage_named(stage)
    painted, behind = colors_named(colors), parse_background(background)
    pairs = photographed(cameras_of(cameras, None, views, transform), photos)
    packed = load_pack(pack)
    gaussians = scene_of(scene, drop_invalid, axes, detail, knows_antialiased=True)
    chosen = rules_of(rules, gaussians, antialiased)
    build = picture_build(chosen) if at == "picture" else None
    tracked = track(pairs, "rendering")
    matches = match_photos(
        gaussians, packed, tracked, chosen, at, by, painted, build, background=behind
    )
    rows = [asdict(match) for match in matches]
    warn_of_blind_views({row["view"]: row["gaussians_drawn"] for row in rows}, gaussians.name)
    between = [row["psnr_between_db"] for row in rows if row["psnr_between_db"] is not None]
    result: dict[str, Any] = {
        "scene": scene,
        "pack": str(pack),
        "rules": chosen.label,
        "engine": by,
        "stage": at,
        "colors": packed.meta.colors if painted == "pack" or at in OWN_COLORS else "scene",
        "photos": len(rows),
        "mean_psnr_whole_db": sum(row["psnr_whole_db"] for row in rows) / len(rows),
        "mean_psnr_culled_db": sum(row["psnr_culled_db"] for row in rows) / len(rows),
        "mean_psnr_between_db": sum(between) / len(between) if between else None,
        "least_psnr_between_db": min(between, default=None),
        "pictures_equal": sum(row["pictures_equal"] for row in rows),
        "views": rows,
    }
    show_result(context, result, as_json, _text)


def _text(result: dict[str, Any]) -> str:
    integers = result["stage"] != "cluster" and result["engine"] != "float"
    between = "int_vs_float_db" if integers else "between_db"
    what = SECOND[result["stage"]]
    lines = [
        f"{'view':24}  {'whole_db':>9}  {what + '_db':>9}  {between:>15}  {'equal':>5}  "
        f"{'gaussians_kept':>14}"
    ]
    lines += [
        f"{row['view']:24}  {row['psnr_whole_db']:9.4f}  {row['psnr_culled_db']:9.4f}  "
        f"{_decibels(row['psnr_between_db']):>15}  "
        f"{'yes' if row['pictures_equal'] else 'no':>5}  {row['gaussians_kept']:14,}"
        for row in result["views"]
    ]
    lines.append(
        f"mean of {result['photos']} photographs, rules {result['rules']}, stage "
        f"{result['stage']} by engine {result['engine']}, colours {result['colors']}: "
        f"{result['mean_psnr_whole_db']:.4f} dB "
        f"whole, {result['mean_psnr_culled_db']:.4f} dB {what}; {result['pictures_equal']} of "
        f"{result['photos']} pictures equal bit for bit"
    )
    if result["mean_psnr_between_db"] is not None:
        lines.append(
            f"one picture against the other: {result['mean_psnr_between_db']:.2f} dB in the mean, "
            f"{result['least_psnr_between_db']:.2f} dB at least"
        )
    if result["engine"] == "rtl":
        differ = sum(row["rtl_mismatches"] for row in result["views"])
        lines.append(f"RTL against integer model: {differ:,} mismatches")
    return "\n".join(lines)


def _decibels(value: float | None) -> str:
    return "same" if value is None else f"{value:.2f}"
