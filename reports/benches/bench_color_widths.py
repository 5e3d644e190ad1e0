"""Pictures with integer colours against float64 colours of the same narrow records.

`splatsieve bench color-widths` runs it; the pack has narrow colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from golden.camera import Camera
from golden.image import read_image
from golden.pack import Pack, check_scene
from golden.rules import Rules
from golden.scene import Scene
from golden.stages.color.constants import need_narrow_colors
from reports.benches.color_study import (
    cuts_of,
    measure_view,
    points,
    row_of,
    with_stored_colors,
)
from reports.measure.subject import Track, silent

FORMAT = "splatsieve color widths"


def study(
    scene: Scene,
    pack: Pack,
    views: Sequence[tuple[Camera, Path | None]],
    rules: Rules,
    names: Sequence[str],
    command: str,
    track: Track = silent,
) -> dict[str, Any]:
    """Every width over every view; a JSON document.

    Parameters
    ----------
    views : cameras, each with its photograph or None.
    names : of RANGES, the widths that are varied.

    Raises InputError where the pack is of another scene, or its colours are not narrow.
    """
    check_scene(pack, scene)
    need_narrow_colors(pack)
    scene, chosen = with_stored_colors(scene, pack), points(names)
    colors, cuts = [], []
    for camera, path in track(views, "views"):
        photo = None if path is None else read_image(path)
        found, cut = measure_view(scene, pack, camera, rules, chosen, photo)
        colors.append(found)
        cuts.append(cut)
    return {
        "format": FORMAT,
        "command": command,
        "scene": scene.name,
        "gaussians": len(scene),
        "rules": rules.name,
        "views": [camera.name for camera, _ in views],
        "size_px": [views[0][0].width, views[0][0].height],
        "cuts": cuts_of(cuts),
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "numba")},
        "points": [row_of(point, [view[n] for view in colors]) for n, point in enumerate(chosen)],
    }


def markdown(result: dict[str, Any]) -> str:
    """The points as a Markdown table, a row a point."""
    lines = [
        "| width | bits | pictures, dB: worst view | photographs, change in dB: mean | worst | "
        "colours: rms of the error | largest |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in result["points"]:
        bits = row["bits"] or ""
        changes = [
            "" if row[name] is None else f"{row[name]:+.4f}"
            for name in ("photo_change_db_mean", "photo_change_db_worst")
        ]
        lines.append(
            f"| {row['width']} | {bits} | {row['picture_db_worst']:.2f} | {changes[0]} | "
            f"{changes[1]} | {row['error_rms']:.2e} | {row['error_largest']:.4f} |"
        )
    return "\n".join(lines)


def cuts_text(result: dict[str, Any]) -> str:
    """What is cut, in a sentence."""
    cuts = result["cuts"]
    return (
        f"{cuts['above']:,} of {cuts['splats']:,} splats have a channel above 2 (largest "
        f"{cuts['largest']:.2f}), {cuts['below']:,} one below 0; cut at 2 alone, the worst picture "
        f"is {cuts['picture_db_worst']:.1f} dB from the uncut one."
    )
