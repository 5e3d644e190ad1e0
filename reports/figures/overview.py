"""Figures of a report, made from its document alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.cycle_model import STAGES

DPI = 140
# Colour-blind safe (Okabe and Ito 2008); the same method has the same colour in every figure.
METHOD_COLORS = {"off": "#999999", "paper": "#E69F00", "reach": "#0072B2"}
METHOD_LABELS = {
    "off": "culling off",
    "paper": "paper's clusters",
    "reach": "reach clusters",
}
PHASES = {
    "stream": ("cluster_cull to tile_bin, streamed", "#56B4E9"),
    "sort": ("depth_sort", "#009E73"),
    "blend": ("rasterize", "#CC79A7"),
}
MAX_VIEW_LABELS = 24


def write_figures(document: dict[str, Any], folder: Path) -> list[str]:
    """Writes the figures that the document has the numbers for; returns their names."""
    figures = {
        "excluded_fraction.png": _excluded(document),
        "cycles.png": _cycles(document),
    }
    if document["gpu"] is not None:
        figures["speedup.png"] = _speedup(document)
    for name, figure in figures.items():
        FigureCanvasAgg(figure)
        figure.savefig(folder / name, dpi=DPI, metadata={"Software": "splatsieve"})
    return list(figures)


def _excluded(document: dict[str, Any]) -> Figure:
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


def _cycles(document: dict[str, Any]) -> Figure:
    """Frame as phases one after another, and each stage on its own, with and without culling."""
    methods = list(document["methods"])
    figure = Figure(figsize=(10, 5.2), layout="constrained")
    phases, stages = figure.subplots(1, 2, width_ratios=(1, 1.6))
    bottom = np.zeros(len(methods))
    for phase, (label, color) in PHASES.items():
        heights = np.array(
            [document["methods"][m]["phases"]["configured"][f"{phase}_cycles"] for m in methods]
        )
        phases.bar(methods, heights / 1e6, 0.6, bottom / 1e6, color=color, label=label)
        bottom += heights
    for place, height in enumerate(bottom / 1e6):
        phases.annotate(f"{height:.2f}", (place, height), (0, 3), ha="center", va="bottom",
                        textcoords="offset points", fontsize=8)  # fmt: skip
    phases.set_xticks(range(len(methods)), [METHOD_LABELS[m].replace(" ", "\n") for m in methods])
    phases.set_ylabel("cycles a frame, millions (mean of the views)")
    phases.set_ylim(0, bottom.max() / 1e6 * 1.3)
    phases.set_title("Frame: phases follow one another", fontsize=10)
    phases.legend(fontsize=8, loc="upper center", frameon=False)

    rows = np.arange(len(STAGES))
    height = 0.8 / len(methods)
    for index, method in enumerate(methods):
        of = document["methods"][method]["stages"]["configured"]
        compute = np.array([of[stage]["compute_cycles"] for stage in STAGES])
        memory = np.array([of[stage]["memory_cycles"] or np.nan for stage in STAGES])
        places = rows + (index - (len(methods) - 1) / 2) * height
        stages.barh(places, compute / 1e6, height, color=METHOD_COLORS[method],
                    label=METHOD_LABELS[method])  # fmt: skip
        stages.plot(memory / 1e6, places, "d", color="black", markersize=3.5,
                    label="memory, at the bus's peak" if index == 0 else None)  # fmt: skip
    stages.set_yticks(rows, STAGES)
    stages.invert_yaxis()
    stages.set_xscale("symlog", linthresh=0.01)
    stages.xaxis.set_major_formatter("{x:g}")
    stages.set_xlim(0, 1.6 * stages.get_xlim()[1])
    stages.set_xlabel("cycles a frame, millions (mean of the views; linear below 0.01)")
    stages.set_title("Stages, each on its own: bars compute, diamonds memory", fontsize=10)
    stages.grid(axis="x", alpha=0.3)
    stages.set_axisbelow(True)
    handles, labels = stages.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    at = document["configuration"]["configured"]
    figure.suptitle(
        f"Cycles, {subject_line(document)}; configuration {at['name']}: {at['clock_mhz']:g} MHz, "
        f"{at['memory_gb_per_s']:g} GB/s",
        fontsize=10,
    )
    return figure


def _speedup(document: dict[str, Any]) -> Figure:
    """GPU time over accelerator time: mean as a bar, slowest view as a mark, one panel a memory."""
    gpu = document["gpu"]
    methods = list(document["methods"])
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    panels = figure.subplots(1, 2)
    spans = {"front_end": "front end", "frame": "whole frame"}
    for axes, key in zip(panels, ("configured", "equal_bandwidth"), strict=True):
        at = document["configuration"][key]
        means = []
        for index, method in enumerate(methods):
            of = [document["methods"][method][f"{span}_speedup_{key}"] for span in spans]
            places = np.arange(len(spans)) + (index - (len(methods) - 1) / 2) * 0.27
            mean = [entry["mean"] for entry in of]
            slowest = [entry["slowest"] for entry in of]
            axes.bar(places, mean, 0.25, color=METHOD_COLORS[method], label=METHOD_LABELS[method])
            axes.plot(places, slowest, "v", color="black", markersize=4, linestyle="none",
                      label="slowest view" if index == 0 else None)  # fmt: skip
            for place, value in zip(places, mean, strict=True):
                axes.annotate(f"{value:.3g}x", (place, value), (0, 3), ha="center", va="bottom",
                              textcoords="offset points", fontsize=7)  # fmt: skip
            means += mean
        axes.axhline(1, color="black", linewidth=1, linestyle="--", label="the GPU = 1")
        if max(means) > 20 * min(means):
            axes.set_yscale("log")
            axes.set_ylim(min(*means, 1) / 3, max(*means, 1) * 3)
        else:
            axes.set_ylim(0, max(*means, 1) * 1.2)
        axes.set_xticks(range(len(spans)), spans.values())
        axes.set_ylabel("GPU kernel time / accelerator time, mean of the views")
        what = "As configured" if key == "configured" else "At the GPU's bandwidth (a bound)"
        axes.set_title(
            f"{what}: {at['memory_gb_per_s']:g} GB/s,\nprojection lanes: {at['project_lanes']}",
            fontsize=10,
        )
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
    handles, labels = panels[0].get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=5, fontsize=8,
                  frameon=False)  # fmt: skip
    figure.suptitle(
        f"Speed-up over {gpu['device']} with gsplat {gpu['gsplat']}, {subject_line(document)}",
        fontsize=10,
    )
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
