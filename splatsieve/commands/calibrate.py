"""`splatsieve calibrate`: the cycle model with the resources of GSCore beside what is published."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.inputs import CamerasOption, JsonOption

DEFAULT_VIEWS = "0::48"


def calibrate(
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    views: Annotated[
        str, typer.Option("--views", help="START:STOP:STEP of the views sorted by image name.")
    ] = DEFAULT_VIEWS,
    rules: Annotated[str, typer.Option(help="Rendering rules: inria or gsplat.")] = "gsplat",
    as_json: JsonOption = False,
) -> None:
    """Compare the model, given GSCore's resources, with every published rate of GSCore."""
    from golden.default_scene import NAME
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.model.calibration import calibration_text, calibrations
    from splatsieve.inputs import cameras_of, need_cameras

    chosen = rules_named(rules)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    rows = calibrations(packed, cameras_of(cameras, None, views), chosen)
    if as_json:
        typer.echo(json.dumps([asdict(row) | {"ratio": row.ratio} for row in rows], indent=1))
        return
    typer.echo(calibration_text(rows))
