"""`splatsieve info`: what a scene file holds, and what of it cannot be used."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import typer

from splatsieve.inputs import AxesOption, DetailOption, DropInvalidOption, JsonOption, SceneArgument
from splatsieve.output import show_result


def info(
    context: typer.Context,
    scene: SceneArgument,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a scene holds: Gaussians, extents, sizes, opacities, and what is unusual."""
    from golden.errors import InputError
    from golden.pack.colors import check_degree
    from golden.scene_facts import scene_facts
    from splatsieve.inputs import scene_of

    gaussians = scene_of(scene, drop_invalid, axes, detail, knows_antialiased=True)
    result: dict[str, Any] = {"scene": scene, **asdict(scene_facts(gaussians))}
    result["antialiased"] = gaussians.antialiased
    try:
        check_degree(gaussians, "narrow")
        result["narrow_colors"] = "fit"
    except InputError as error:
        result["narrow_colors"] = str(error)
    show_result(context, result, as_json, _text)


def _text(result: dict[str, Any]) -> str:
    rows = {
        "scene": result["scene"],
        "Gaussians": f"{result['gaussians']:,}",
        "degree of colours": str(result["sh_degree"]),
        "narrow colours": result["narrow_colors"],
        "antialiased": "trained so" if result["antialiased"] else "the file does not say so",
        "means, x y z": f"{_listed(result['low'])}  to  {_listed(result['high'])}",
        "98% of them": f"{_listed(result['middle_low'])}  to  {_listed(result['middle_high'])}",
        "far out": f"{result['far_out']:,}, over 10 half extents of those from their centre",
        "size": f"{_listed(result['size'])}  (least, median, largest; longest deviation)",
        "opacity": f"{_listed(result['opacity'])}  (least, median, largest)",
        "needles": f"{result['needles']:,}, 1 : 1000 and more",
        "faint": f"{result['faint']:,}, opacity below 1/255: no renderer shows them",
    }
    width = max(map(len, rows))
    return "\n".join(f"{name:{width}}  {value}" for name, value in rows.items())


def _listed(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4g}" for value in values)
