"""`splatsieve model`: cycles of a pack's views by the cycle model, with culling and without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.inputs import CamerasOption, JsonOption, SizeOption, ViewsOption


def model(
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    config: Annotated[
        str,
        typer.Option(
            "--config", help="Configuration: base, edge, edge96, fpga, gscore, or a .toml."
        ),
    ] = "edge",
    rules: Annotated[str, typer.Option(help="Rendering rules: inria or gsplat.")] = "gsplat",
    requests: Annotated[
        Path | None,
        typer.Option(
            help="Write the memory requests of one view to this file, as Ramulator reads them."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Model the cycles of a pack's views, stage by stage, with culling and without."""
    from golden.default_scene import NAME
    from golden.errors import InputError
    from golden.files import atomic_path, check_target
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.model.config import load_model_config
    from sim.model.memory_trace import frame_requests, ramulator_text
    from sim.model.text import model_figures, model_text
    from sim.model.views import modelled_views
    from splatsieve.inputs import cameras_of, need_cameras
    from splatsieve.progress import track

    machine, chosen = load_model_config(config), rules_named(rules)
    if requests is not None:
        check_target(requests)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    seen = cameras_of(cameras, size, views)
    if requests is not None:
        if len(seen) != 1:
            raise InputError(f"--requests takes one view, not {len(seen)}: give --views N.")
        asked, _ = frame_requests(packed, seen[0], chosen, machine)
        with atomic_path(requests) as part, part.open("w", encoding="ascii") as file:
            file.writelines(ramulator_text(asked, machine.memory.burst_bytes))
    found = modelled_views(packed, seen, chosen, machine, without=True)
    modelled = [view for _, view in zip(track(seen, "cycle model"), found, strict=True)]
    culled, whole = ([view[of].frame for view in modelled] for of in (0, 1))
    if as_json:
        result = {
            "pack": str(pack),
            "config": machine.name,
            "rules": chosen.name,
            "views": [camera.name for camera in seen],
            "figures": model_figures(culled, whole),
        }
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo(
        f"{machine.name}: {machine.description}; {len(culled)} views, {chosen.name} rules\n"
        f"{model_text(culled, whole)}"
    )
