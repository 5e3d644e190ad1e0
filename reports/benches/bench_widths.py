"""PSNR and errors of the projection over each of its widths: what each bit buys.

splatsieve bench widths SCENE --cameras FILE --size WxH --views 4 -o FILE.json
splatsieve bench widths default --views 4 -o FILE.json --figure FILE.png
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from golden.clustering.cluster import ClusterOptions, cluster_gaussians
from golden.params import Parameters
from golden.scene import Scene
from reports.benches.width_study import measure_widths, variations
from reports.measure.subject import Subject, Track, silent
from reports.text.projection_summary import TARGET_DB
from sim.views.gaussian_project_check import CENTER_BOUND_PX, DEPTH_BOUND

FORMAT = "splatsieve projection widths"


def study(
    scene: Scene,
    subjects: Sequence[Subject],
    names: Sequence[str],
    command: str,
    track: Track = silent,
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
