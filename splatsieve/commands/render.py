"""`splatsieve render`: one view by the float reference, whole or with what the culling left."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.inputs import CamerasOption, JsonOption, SceneArgument, SizeOption


def render(
    scene: SceneArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="PNG to write.")],
    cameras: CamerasOption = None,
    view: Annotated[int, typer.Option("--view", help="Index of the view, by image name.")] = 0,
    size: SizeOption = None,
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "inria",
    pack: Annotated[
        Path | None, typer.Option("--pack", help="Draw only what culling with this pack leaves.")
    ] = None,
    photo: Annotated[
        Path | None, typer.Option("--photo", help="Photograph of the view: prints the PSNR.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Render one view in float64, by the chosen rules."""
    from golden.image import psnr_db, read_image, write_png
    from golden.pack import check_scene, scene_mask
    from golden.pack.file import load_pack
    from golden.render import render as render_view
    from golden.rules import rules_named
    from sim.cull import cull_views
    from splatsieve.inputs import DEFAULT, cameras_of, need_cameras, scene_of

    need_cameras(scene, DEFAULT, cameras)
    chosen = rules_named(rules)
    camera = cameras_of(cameras, size, str(view))[0]
    gaussians = scene_of(scene)
    keep = None
    if pack is not None:
        packed = load_pack(pack)
        check_scene(packed, gaussians)
        keep = scene_mask(packed, next(cull_views(packed, [camera], chosen, "integer")).visible)
    start = time.perf_counter()
    rendered = render_view(gaussians, camera, chosen, keep)
    seconds = time.perf_counter() - start
    write_png(output, rendered.image)
    result = {
        "file": str(output),
        "view": camera.name,
        "size_px": f"{camera.width}x{camera.height}",
        "rules": chosen.name,
        "gaussians": len(gaussians),
        "gaussians_kept": len(gaussians) if keep is None else int(keep.sum()),
        "gaussians_drawn": rendered.counts.emitted,
        "tile_pairs": rendered.counts.pairs,
        "render_s": round(seconds, 3),
    }
    if photo is not None:
        result["psnr_db"] = round(psnr_db(rendered.image, read_image(photo)), 4)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo("\n".join(f"{name:16} {value}" for name, value in result.items()))
