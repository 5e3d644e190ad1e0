"""Pictures with integer colours against float64 colours of the same narrow records.

uv run splatsieve pack SCENE -o FILE.pack --method morton --colors narrow
uv run python -m reports.benches.bench_color_widths SCENE FILE.pack --cameras FILE --size WxH \\
    --views 4 -o FILE.json [--photos FOLDER] [--widths NAME ...]
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from golden.camera import Camera
from golden.errors import InputError
from golden.files import write_text
from golden.image import read_image
from golden.pack import Pack, check_scene
from golden.pack.file import load_pack
from golden.rules import Rules, rules_named
from golden.scene import Scene
from golden.stages.color.constants import need_narrow_colors
from reports.benches.color_study import (
    RANGES,
    cuts_of,
    measure_view,
    points,
    row_of,
    with_stored_colors,
)
from reports.measure.projection import spread
from sim.views.photos import photographed
from splatsieve.inputs import cameras_of, scene_of
from splatsieve.progress import track

FORMAT = "splatsieve color widths"
# The views that were held out of the training of the usual scenes.
TEST_VIEWS = "::8"


def study(
    scene: Scene,
    pack: Pack,
    views: Sequence[tuple[Camera, Path | None]],
    rules: Rules,
    names: Sequence[str],
    command: str,
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the study; exit code 2 and one sentence on bad input."""
    parser = argparse.ArgumentParser(
        prog="reports.benches.bench_color_widths", description="Integer colours in pictures."
    )
    parser.add_argument("scene", help="scene file (.ply, .splat, .spz)")
    parser.add_argument("pack", type=Path, help="its pack, with narrow colours")
    parser.add_argument("--cameras", type=Path, required=True)
    parser.add_argument("--photos", type=Path, help="folder; only views with a photograph")
    parser.add_argument("--size", help="WIDTHxHEIGHT, px; without it the cameras' own")
    parser.add_argument("--views", type=int, default=4, help="how many of every 8th view by name")
    parser.add_argument("--rules", default="gsplat", help="inria or gsplat")
    parser.add_argument(
        "--widths", nargs="*", choices=tuple(RANGES), default=tuple(RANGES), metavar="NAME"
    )
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.views < 1:
            raise InputError(f"{chosen.views} views cannot be measured: choose 1 or more.")
        cameras = cameras_of(chosen.cameras, chosen.size, TEST_VIEWS)
        views: list[tuple[Camera, Path | None]] = [(camera, None) for camera in cameras]
        if chosen.photos is not None:
            views = list(photographed(cameras, chosen.photos))
        views = [views[place] for place in spread(len(views), chosen.views)]
        rules = rules_named(chosen.rules)
        scene, pack = scene_of(chosen.scene), load_pack(chosen.pack)
        result = study(scene, pack, views, rules, chosen.widths, _command(chosen))
        if chosen.output is not None:
            write_text(chosen.output, json.dumps(result, indent=1) + "\n")
    except InputError as error:
        print(f"bench_color_widths: {error}", file=sys.stderr)
        return 2
    print(markdown(result))
    print(cuts_text(result))
    return 0


def _command(chosen: argparse.Namespace) -> str:
    """The command that gives this study again; files by name, not by folder."""
    words = ["uv", "run", "python", "-m", "reports.benches.bench_color_widths"]
    words += [Path(chosen.scene).name, chosen.pack.name, "--cameras", chosen.cameras.name]
    if chosen.photos is not None:
        words += ["--photos", chosen.photos.name]
    if chosen.size is not None:
        words += ["--size", chosen.size]
    words += ["--views", str(chosen.views), "--rules", chosen.rules]
    if tuple(chosen.widths) != tuple(RANGES):
        words += ["--widths", *chosen.widths]
    words += [] if chosen.output is None else ["-o", chosen.output.name]
    return shlex.join(words)


if __name__ == "__main__":
    sys.exit(main())
