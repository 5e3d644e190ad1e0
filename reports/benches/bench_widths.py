"""PSNR and errors of the projection over each of its widths: what each bit buys.

uv run python -m reports.benches.bench_widths SCENE --cameras FILE --size WxH --views 4 -o FILE.json
uv run python -m reports.benches.bench_widths default --views 4 -o FILE.json --figure FILE.png
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from golden.clustering.cluster import ClusterOptions, cluster_gaussians
from golden.errors import InputError
from golden.files import write_text
from golden.params import Parameters
from golden.rules import rules_named
from golden.scene import Scene
from reports.benches.width_figure import write_width_figure
from reports.benches.width_study import RANGES, measure_widths, variations
from reports.measure.projection import spread
from reports.measure.subject import Subject
from reports.text.projection_summary import TARGET_DB
from sim.views.gaussian_project_check import CENTER_BOUND_PX, DEPTH_BOUND
from splatsieve.inputs import DEFAULT, cameras_of, need_cameras, scene_of
from splatsieve.progress import track

FORMAT = "splatsieve projection widths"
# The views that were held out of the training of the usual scenes.
TEST_VIEWS = "::8"


def study(
    scene: Scene, subjects: Sequence[Subject], names: Sequence[str], command: str
) -> dict[str, Any]:
    """The curves of the named parameters for every subject; a JSON document.

    Parameters
    ----------
    subjects : the same scene and views, each with its rules; at least one.
    command : that prints the document again.
    """
    options = ClusterOptions()
    clustering = cluster_gaussians(scene, options, track)
    points = variations(names)
    rows: list[dict[str, Any]] = []
    for subject in subjects:
        rows += measure_widths(subject, points, clustering, track)
    return {
        "format": FORMAT,
        "command": command,
        "scene": scene.name,
        "gaussians": len(scene),
        "views": [camera.name for camera in subjects[0].cameras],
        "size_px": list(subjects[0].size_px),
        "rules": [subject.rules.name for subject in subjects],
        "engine": "integer model",
        "clustering": asdict(options) | {"clusters": len(clustering.starts)},
        "chosen": asdict(Parameters()),
        "bounds": {
            "psnr_db": TARGET_DB,
            "center_px": CENTER_BOUND_PX,
            "depth_relative": DEPTH_BOUND,
        },
        "versions": {name: version(name) for name in ("splatsieve", "numpy", "scipy", "numba")},
        "points": rows,
    }


def markdown(result: dict[str, Any]) -> str:
    """The points as a Markdown table, a row a point, numbers by rules; chosen widths in bold."""
    head = ["width", "PSNR, dB: worst view", "mean", "beyond 1/32 px", "beyond 2^-14 of depth",
            "kept / radii > 0", "tile pairs a view", "lost"]  # fmt: skip
    lines = [_line(head), _line(["---", *["---:"] * (len(head) - 1)])]
    by_point: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for row in result["points"]:
        by_point.setdefault((row["parameter"], row["curve"], row["width"]), []).append(row)
    lines += [_line([_name(rows[0]), *_cells(rows)]) for _, rows in sorted(
        by_point.items(), key=lambda item: _place(result, item[0]))]  # fmt: skip
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the study; exit code 2 and one sentence on bad input."""
    parser = argparse.ArgumentParser(prog="reports.benches.bench_widths", description=__doc__)
    parser.add_argument("scene", help="scene file (.ply, .splat, .spz), or the word default")
    parser.add_argument("--cameras", type=Path, help="camera file; not for default")
    parser.add_argument("--size", help="WIDTHxHEIGHT, px; without it the cameras' own")
    parser.add_argument(
        "--views", type=int, default=4, help="how many of every 8th view by name, evenly spaced"
    )
    parser.add_argument("--rules", nargs="+", default=["gsplat", "inria"], help="inria, gsplat")
    parser.add_argument(
        "--parameters", nargs="+", choices=tuple(RANGES), default=tuple(RANGES), metavar="NAME"
    )
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--figure", type=Path, help="PNG file to write")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.views < 1:
            raise InputError(f"{chosen.views} views cannot be measured: choose 1 or more.")
        need_cameras(chosen.scene, DEFAULT, chosen.cameras)
        rules = [rules_named(name) for name in dict.fromkeys(chosen.rules)]
        cameras = cameras_of(chosen.cameras, chosen.size, TEST_VIEWS if chosen.cameras else None)
        cameras = [cameras[place] for place in spread(len(cameras), chosen.views)]
        first = Subject(scene_of(chosen.scene), cameras, rules[0])
        subjects = [replace(first, rules=one) for one in rules]
        names = list(dict.fromkeys(chosen.parameters))
        result = study(first.scene, subjects, names, _command(chosen))
        if chosen.output is not None:
            write_text(chosen.output, json.dumps(result, indent=1) + "\n")
        if chosen.figure is not None:
            write_width_figure(result, chosen.figure)
    except InputError as error:
        print(f"bench_widths: {error}", file=sys.stderr)
        return 2
    print(f"by rules: {' / '.join(result['rules'])}")
    print(markdown(result))
    print(f"lost in all points: {sum(point['lost'] for point in result['points'])}")
    return 0


def _command(chosen: argparse.Namespace) -> str:
    """The command that gives this study again; files by name, not by folder."""
    words = ["uv", "run", "python", "-m", "reports.benches.bench_widths", Path(chosen.scene).name]
    if chosen.cameras is not None:
        words += ["--cameras", chosen.cameras.name]
    if chosen.size is not None:
        words += ["--size", chosen.size]
    words += ["--views", str(chosen.views), "--rules", *chosen.rules]
    if tuple(chosen.parameters) != tuple(RANGES):
        words += ["--parameters", *chosen.parameters]
    for option, path in (("-o", chosen.output), ("--figure", chosen.figure)):
        words += [] if path is None else [option, path.name]
    return shlex.join(words)


def _place(result: dict[str, Any], point: tuple[str, str, int]) -> tuple[int, int, int]:
    """Order of a point in the table: by parameter, then by curve, then by width."""
    parameters = list(dict.fromkeys(row["parameter"] for row in result["points"]))
    curves = list(dict.fromkeys(row["curve"] for row in result["points"]))
    return parameters.index(point[0]), curves.index(point[1]), point[2]


def _name(row: dict[str, Any]) -> str:
    """The widths that a point changes, or the chosen one that its parameter has."""
    widths = {row["parameter"]: row["width"], **row["changed"]}
    text = ", ".join(f"{name} {width}" for name, width in widths.items())
    return text if row["changed"] else f"**{text}**"


def _cells(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Figures of a point, each by rules."""
    percent = "{:.3%}".format
    formats: dict[str, Callable[[float], str]] = {
        "psnr_db": "{:.2f}".format,
        "psnr_db_mean": "{:.2f}".format,
        "center_off_fraction": percent,
        "depth_off_fraction": percent,
        "kept_over_radii_positive": "{:.4f}".format,
        "tile_pairs": "{:,.0f}".format,
        "lost": "{:,}".format,
    }
    return [" / ".join(text(row[name]) for row in rows) for name, text in formats.items()]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
