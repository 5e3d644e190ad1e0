"""Figure of the projection: what it keeps and drops in each view, and what its pictures lose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reports.figures.overview import DPI, label_views, subject_line
from reports.text.projection_summary import TARGET_DB

NAME = "projection.png"
COLORS = {"outside": "#56B4E9", "near": "#E69F00", "opacity": "#CC79A7"}
KEPT_COLOR = "#0072B2"


def write_projection_figure(document: dict[str, Any], folder: Path) -> list[str]:
    """Writes the figure; returns its name."""
    figure = projection_figure(document)
    FigureCanvasAgg(figure)
    figure.savefig(folder / NAME, dpi=DPI, metadata={"Software": "splatsieve"})
    return [NAME]


def projection_figure(document: dict[str, Any]) -> Figure:
    """Members of each view as kept and dropped; the PSNR of the pictures beside float ones."""
    part, names = document["projection"], document["views"]
    total = document["scene"]["gaussians"]
    drawn = part["pictures"]
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    if drawn is None:
        bars = figure.subplots()
    else:
        bars, pictures = figure.subplots(1, 2, width_ratios=(1.8, 1))
    places = np.arange(len(names))
    bottom = np.zeros(len(names))
    layers = {"kept": (part["splats"], KEPT_COLOR)}
    layers |= {
        f"dropped: {reason}": (part["dropped"][reason], color) for reason, color in COLORS.items()
    }
    for label, (of, color) in layers.items():
        share = 100 * np.array(of["views"]) / total
        mean = 100 * of["mean"] / total
        bars.bar(places, share, 0.8, bottom, color=color, label=f"{label} (mean {mean:.2f} %)")
        bottom += share
    bars.hlines(
        100 * np.array(part["radii_positive"]["views"]) / total,
        places - 0.45,
        places + 0.45,
        color="black",
        linewidth=1.5,
        label=f"radii > 0, {document['rules']}, float64",
    )
    bars.set_ylabel("share of the Gaussians, %")
    bars.set_title("Gaussians of visible clusters, by what the projection does", fontsize=10)
    bars.grid(axis="y", alpha=0.3)
    bars.set_axisbelow(True)
    label_views(bars, names)
    if drawn is not None:
        of = drawn["psnr_db"]
        shown = [names.index(name) for name in drawn["drawn"]]
        pictures.plot(shown, of["views"], "o", color=KEPT_COLOR, markersize=4)
        pictures.axhline(TARGET_DB, color="black", linestyle="--", linewidth=1)
        pictures.annotate("least that is asked for", (0.5, TARGET_DB), (0, 3), fontsize=8,
                          xycoords=("axes fraction", "data"), textcoords="offset points",
                          ha="center")  # fmt: skip
        pictures.set_ylabel("PSNR against the picture of float splats, dB")
        pictures.set_ylim(TARGET_DB - 5, max(of["views"]) + 3)
        pictures.set_title(f"Pictures of integer splats (mean {of['mean']:.2f} dB)", fontsize=10)
        pictures.grid(alpha=0.3)
        pictures.set_xlim(-0.6, len(names) - 0.4)
        pictures.set_xlabel("view, by number in the order of their names")
        if of["slowest"] < TARGET_DB - 5:
            pictures.set_ylim(of["slowest"] - 3)
    figure.legend(loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.suptitle(f"gaussian_project, {subject_line(document)}", fontsize=10)
    return figure
