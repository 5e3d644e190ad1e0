"""`splatsieve convert`: writes a scene as another kind of file, cleaned on request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.inputs import (
    AxesOption,
    DetailOption,
    DropInvalidOption,
    JsonOption,
    SceneArgument,
)
from splatsieve.output import show_result


def convert(
    context: typer.Context,
    scene: SceneArgument,
    output: Annotated[Path, typer.Argument(help="File to write: a .ply or a .spz.")],
    drop_invalid: DropInvalidOption = False,
    drop_faint: Annotated[
        bool, typer.Option("--drop-faint", help="Leave out Gaussians with an opacity below 1/255.")
    ] = False,
    drop_far: Annotated[
        bool,
        typer.Option(
            "--drop-far",
            help="Leave out Gaussians more than 10 half extents of the middle 98% from its centre.",
        ),
    ] = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a scene as a .ply or a .spz, with what cannot be seen left out on request.

    A .ply keeps every value. A .spz rounds each to a step, and has about a tenth of the size.
    """
    import numpy as np

    from golden.errors import InputError, warn
    from golden.scene_facts import faint, far_out
    from golden.scene_io import check_written_kind, write_scene
    from splatsieve.inputs import check_output, scene_of

    check_written_kind(output)
    check_output(output, scene=scene)
    gaussians = scene_of(scene, drop_invalid, axes, detail, knows_antialiased=True)
    result: dict[str, Any] = {"scene": scene, "read": len(gaussians)}
    keep = np.ones(len(gaussians), np.bool_)
    for name, wanted, rule in (("faint", drop_faint, faint), ("far", drop_far, far_out)):
        if wanted:
            out = rule(gaussians) & keep
            result[f"dropped_{name}"] = int(out.sum())
            keep &= ~out
    if not keep.any():
        raise InputError(f"{scene}: no Gaussian would be left: drop less.")
    written = gaussians if keep.all() else gaussians.taken(keep)
    if written.antialiased and output.suffix.lower() == ".ply":
        warn(
            f"{scene} was trained with antialiasing, which a .ply cannot say: draw {output.name} "
            "with --antialiased."
        )
    write_scene(written, output)
    result |= {
        "written": len(written),
        "sh_degree": written.sh_degree,
        "file": str(output),
        "file_bytes": output.stat().st_size,
    }
    show_result(context, result, as_json, _text)


def _text(result: dict[str, Any]) -> str:
    dropped = [
        f"{result[key]:,} {name}"
        for key, name in (("dropped_faint", "faint"), ("dropped_far", "far out"))
        if key in result
    ]
    return (
        f"{result['scene']}: {result['read']:,} Gaussians of degree {result['sh_degree']}"
        + (f", left out {', '.join(dropped)}" if dropped else "")
        + f"; {result['file']}: {result['written']:,} Gaussians, {result['file_bytes']:,} bytes"
    )
