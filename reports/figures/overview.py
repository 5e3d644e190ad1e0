"""What the figures share, and that of what is excluded; all made from the document alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 140
# Colour-blind safe (Okabe and Ito 2008); the same method has the same colour in every figure.
METHOD_COLORS = {"off": "#999999", "paper": "#E69F00", "reach": "#0072B2"}
METHOD_LABELS = {
    "off": "culling off",
    "paper": "paper's clusters",
    "reach": "reach clusters",
}
MAX_VIEW_LABELS = 24


def save_figures(figures: Mapping[str, Figure], folder: Path) -> list[str]:
    """Writes each as a PNG of that name; returns the names."""
    for name, figure in figures.items():
        FigureCanvasAgg(figure)
        figure.savefig(folder / name, dpi=DPI, metadata={"Software": "splatsieve"})
    return list(figures)


def excluded_figure(document: dict[str, Any]) -> Figure:
    """Share of the Gaussians that culling excludes, by view, and the share that is unnecessary."""
    views = document["views"]
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(views))
    culled = [name for name in document["methods"] if name != "off"]
    width = 0.8 / len(culled)
    for index, name in enumerate(culled):
        entry = document["methods"][name]["excluded_fraction"]
        axes.bar(
            places + (index - (len(culled) - 1) / 2) * width,
            100 * np.array(entry["views"]),
            width,
            color=METHOD_COLORS[name],
            label=f"excluded, {METHOD_LABELS[name]} (mean {100 * entry['mean']:.1f} %)",
        )
    unnecessary = document["counts"]["unnecessary"]
    total = document["scene"]["gaussians"]
    shares = 100 * np.array(unnecessary["views"]) / total
    axes.hlines(
        shares,
        places - 0.45,
        places + 0.45,
        color="black",
        linewidth=1.5,
        label=f"unnecessary: radii == 0 (mean {100 * unnecessary['mean'] / total:.1f} %)",
    )
    axes.set_ylabel("share of the Gaussians, %")
    axes.set_ylim(0, 100)
    label_views(axes, views)
    axes.set_title(f"Gaussians excluded before projection, {subject_line(document)}", fontsize=10)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return figure


def subject_line(document: dict[str, Any]) -> str:
    """Scene, views and rules of a report, for titles."""
    width, height = document["resolution_px"]
    return (
        f"{document['scene']['name']}, {len(document['views'])} views of {width}x{height} px, "
        f"rules {document['rules']}"
    )


def label_views(axes: Axes, views: list[str]) -> None:
    """Names of the views, or their numbers where there are too many to read."""
    axes.set_xlim(-0.6, len(views) - 0.4)
    if len(views) <= MAX_VIEW_LABELS:
        axes.set_xticks(range(len(views)), views, rotation=60, ha="right", fontsize=7)
        axes.set_xlabel("view")
    else:
        axes.set_xlabel("view, by number in the order of their names")
