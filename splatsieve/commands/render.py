"""`splatsieve render`: one view, whole, or from what a stage left or draws."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import (
    AntialiasedOption,
    AxesOption,
    BackgroundOption,
    CamerasOption,
    DetailOption,
    DropInvalidOption,
    JsonOption,
    MapsOption,
    SceneArgument,
    SizeOption,
    TransformOption,
)
from splatsieve.output import show_result
from splatsieve.stages import DrawnStageOption

if TYPE_CHECKING:
    from golden.render import RenderCounts


def render(
    context: typer.Context,
    scene: SceneArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="PNG to write.")],
    cameras: CamerasOption = None,
    view: Annotated[int, typer.Option("--view", help="Index of the view, by image name.")] = 0,
    size: SizeOption = None,
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "inria",
    pack: Annotated[
        Path | None, typer.Option("--pack", help="Draw only what a stage leaves of this pack.")
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="float, integer or rtl: what runs the stage. Default: integer; float where "
            "neither a pack nor a stage is named."
        ),
    ] = None,
    stage: DrawnStageOption = "cluster",
    photo: Annotated[
        Path | None,
        typer.Option("--photo", help="Photograph of the view; print the PSNR against it."),
    ] = None,
    background: BackgroundOption = "0,0,0",
    antialiased: AntialiasedOption = None,
    maps: MapsOption = None,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Render one view: the whole scene, what a stage left of it, or that stage's own picture."""
    from golden.errors import InputError
    from golden.image import parse_background, psnr_db, read_image, write_png
    from golden.maps import write_maps
    from golden.pack.file import load_pack
    from golden.render import render as render_view
    from golden.rules import rules_named
    from sim.views.blind_views import warn_of_blind_views
    from sim.views.cluster_cull import engine_named
    from sim.views.draw import draw_stage
    from sim.views.frame import frame_engine_named
    from sim.views.stages import drawn_stage_named
    from splatsieve.builds import picture_build
    from splatsieve.inputs import (
        DEFAULT,
        cameras_of,
        check_output,
        need_cameras,
        rules_of,
        scene_of,
    )

    need_cameras(scene, DEFAULT, cameras)
    behind = parse_background(background)
    rules_named(rules)
    at = drawn_stage_named(stage)
    whole = pack is None and at == "cluster"
    by = engine_named(("float" if whole else "integer") if engine is None else engine)
    if at == "picture":
        frame_engine_named(by)
    if at == "picture" and maps is not None:
        raise InputError(
            "an engine's own picture has its maps from splatsieve frame: --maps there."
        )
    if pack is None and by != "float":
        raise InputError(
            f"stage {at} by engine {by} works on a pack: make one of {scene} with splatsieve pack "
            "and name it with --pack."
        )
    for path in (output, maps):
        check_output(path, scene=scene, cameras=cameras, pack=pack, photograph=photo)
    camera = cameras_of(cameras, size, str(view), transform)[0]
    photographed = read_image(photo) if photo is not None else None
    gaussians = scene_of(scene, drop_invalid, axes, detail, knows_antialiased=True)
    chosen = rules_of(rules, gaussians, antialiased)
    packed = load_pack(pack) if pack is not None else None
    start = time.perf_counter()
    result: dict[str, Any] = {
        "file": str(output),
        "view": camera.name,
        "size_px": f"{camera.width}x{camera.height}",
        "rules": chosen.label,
        "engine": by,
        "stage": at,
        "gaussians": len(gaussians),
    }
    counts: RenderCounts | None
    if packed is None:
        drawn = render_view(gaussians, camera, chosen, None, behind, with_maps=maps is not None)
        image, counts, mismatches, beside = drawn.image, drawn.counts, None, drawn.maps
        members = seen = len(gaussians)
    else:
        build = picture_build(chosen) if at == "picture" else None
        drawing = draw_stage(
            gaussians,
            packed,
            [camera],
            chosen,
            at,
            by,
            params=build,
            background=behind,
            with_maps=maps is not None,
        )
        picture = next(drawing)
        beside = picture.maps
        image, counts, mismatches = picture.image, picture.counts, picture.mismatches
        members, seen = picture.members, picture.kept
    result["gaussians_kept"] = members
    if counts is not None:  # of the float64 renderer
        seen = counts.emitted
        result |= {"gaussians_drawn": seen, "tile_pairs": counts.pairs}
    result["render_s"] = round(time.perf_counter() - start, 3)
    if mismatches is not None:
        result["mismatches"] = mismatches
    if photographed is not None:
        result["psnr_db"] = round(psnr_db(image, photographed), 4)
    write_png(output, image)
    if maps is not None and beside is not None:
        write_maps(maps, beside)
        result["maps"] = str(maps)
    warn_of_blind_views({camera.name: seen}, gaussians.name)
    show_result(context, result, as_json, _text)


def _text(result: dict[str, Any]) -> str:
    return "\n".join(f"{name:16} {value}" for name, value in result.items())
