"""Figures of clusters: a view of them from above, and found fraction over ball tests."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import EllipseCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from reports.figures.overview import DPI, METHOD_COLORS
from reports.measure.above import ClustersAbove

KEPT_COLOR, DROPPED_COLOR, CAMERA_COLOR = METHOD_COLORS["reach"], "#999999", "#D55E00"
# Thousands of thin circles compress badly: fewer pixels, and steps of each colour to white.
ABOVE_DPI = 100
ABOVE_STEPS = {DROPPED_COLOR: 8, KEPT_COLOR: 12, CAMERA_COLOR: 4, "black": 6}
PARETO_STYLES = {
    "paper": ("paper: K-means on position, one level", METHOD_COLORS["paper"], "o"),
    "morton": ("Morton runs, two levels", "#009E73", "^"),
    "reach": ("reach clusters, two levels", METHOD_COLORS["reach"], "s"),
}


def write_cluster_figures(
    document: dict[str, Any], above: ClustersAbove | None, folder: Path
) -> list[str]:
    """Writes both figures, the first only where its clusters are at hand; returns their names."""
    names = []
    if above is not None:
        names.append("clusters_above.png")
        _write_above(above_figure(above, document["scene"]["name"]), folder / names[-1])
    pareto = document["pareto"]
    title = (
        f"{document['scene']['name']}, mean of {len(pareto['views'])} views, "
        f"rules {document['rules']}"
    )
    figure = pareto_figure(pareto["points"], title)
    FigureCanvasAgg(figure)
    figure.savefig(folder / "pareto.png", dpi=DPI, metadata={"Software": "splatsieve"})
    return [*names, "pareto.png"]


def pareto_figure(points: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """Found fraction over ball tests, a line a method.

    Parameters
    ----------
    points : with "method", "tests" (a view, mean) and "found_fraction"; any order.
    title : scene and views.
    """
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    for method in sorted({point["method"] for point in points}, key=_place):
        label, color, marker = PARETO_STYLES.get(method, (method, None, "x"))
        of = sorted(
            (p["tests"], 100 * p["found_fraction"]) for p in points if p["method"] == method
        )
        axes.plot(*zip(*of, strict=True), marker=marker, color=color, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_minor_formatter(_two_and_five)
    axes.tick_params(axis="x", which="both", labelsize=8)
    axes.set_xlabel("ball tests a view (log scale)")
    axes.set_ylabel("found: excluded of the unnecessary, %")
    axes.set_title(f"Found fraction over ball tests, {title}", fontsize=10)
    axes.grid(which="both", alpha=0.3)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", fontsize=8)
    return figure


def above_figure(above: ClustersAbove, title: str) -> Figure:
    """Cluster balls on the cameras' plane, kept and dropped, with the frustum of the view."""
    left, right, bottom, top = above.limits
    height = np.clip(8.2 * (top - bottom) / (right - left), 3, 12) + 0.7
    figure = Figure(figsize=(9, float(height)), layout="constrained")
    axes = figure.subplots()
    shown = above.inside
    for kept, color, what in ((False, DROPPED_COLOR, "dropped"), (True, KEPT_COLOR, "kept")):
        _balls(axes, above, np.flatnonzero(shown & (above.kept == kept)), color, what)
    _frustum(axes, above)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_aspect("equal")
    axes.set_xlabel("first principal axis of the camera positions, scene units")
    axes.set_ylabel("second axis, scene units")
    axes.set_title(
        f"Clusters from above ({above.method}), {title}, view {above.view}; "
        f"{shown.sum():,} of {len(shown):,} clusters lie here",
        fontsize=10,
    )
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False, markerscale=3)
    return figure


def _write_above(figure: Figure, path: Path) -> None:
    """The figure as a PNG of the nearest of few colours: a tenth of the bytes."""
    FigureCanvasAgg(figure)
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=ABOVE_DPI, format="png")
    colors = [(1.0, 1.0, 1.0)]
    for color, steps in ABOVE_STEPS.items():
        ramp = np.arange(1, steps + 1)[:, None] / steps
        colors += [tuple(row) for row in 1 - ramp * (1 - np.array(to_rgb(color)))]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.round(255 * np.array(colors)).astype(np.uint8).tobytes())
    with Image.open(drawn) as image:
        few = image.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    information = PngInfo()
    information.add_text("Software", "splatsieve")
    few.save(path, optimize=True, pnginfo=information)


def _balls(axes: Axes, above: ClustersAbove, places: Any, color: str, what: str) -> None:
    size = 2 * np.nan_to_num(above.radii[places])
    balls = EllipseCollection(
        size, size, np.zeros(len(places)), units="xy", offsets=above.centers[places],
        offset_transform=axes.transData, facecolors="none", edgecolors=color, linewidths=0.3,
        alpha=0.35,
    )  # fmt: skip
    axes.add_collection(balls)
    axes.plot(
        *above.centers[places].T, ".", color=color, markersize=2.2, markeredgewidth=0,
        label=f"{what}: {int((above.kept == (what == 'kept')).sum()):,} clusters in all",
    )  # fmt: skip


def _frustum(axes: Axes, above: ClustersAbove) -> None:
    """Rays through the corners of the image, far beyond the figure's sides."""
    left, right, bottom, top = above.limits
    far = 4 * np.hypot(right - left, top - bottom)
    camera = above.cameras[0]
    for index, ray in enumerate(above.corners):
        end = camera + ray / max(float(np.hypot(*ray)), np.finfo(np.float64).tiny) * far
        axes.plot(
            *np.stack([camera, end]).T, color=CAMERA_COLOR, linewidth=1.2,
            label="frustum: rays through the image's corners" if index == 0 else None,
        )  # fmt: skip
    axes.plot(*above.cameras[1:].T, "+", color="black", markersize=3, label="other cameras")
    axes.plot(*camera, "o", color=CAMERA_COLOR, markersize=3, label="camera")


def _two_and_five(value: float, _place: float) -> str:
    """Labels of the marks 2 and 5 of each decade."""
    return f"{value:,.0f}" if f"{value:e}"[0] in "25" else ""


def _place(method: str) -> int:
    known = list(PARETO_STYLES)
    return known.index(method) if method in known else len(known)
