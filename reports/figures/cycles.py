"""Cycles of the spans, where those of the stages go, and the roofline."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reports.figures.overview import METHOD_COLORS, METHOD_LABELS, subject_line
from sim.model.stage import STAGES

PARTS = {
    "busy_cycles": ("busy", "#0072B2"),
    "dram_stall_cycles": ("waits for DRAM", "#D55E00"),
    "upstream_stall_cycles": ("waits for an earlier stage", "#56B4E9"),
    "downstream_stall_cycles": ("waits for a later stage", "#F0E442"),
    "idle_cycles": ("other phase", "#DDDDDD"),
}
SPANS = {"front_end": "front end", "front_end_color": "front end\n+ colour", "frame": "whole frame"}
MARKS = ("o", "s", "^", "D", "v", "P", "X")


def cycles_figure(document: dict[str, Any]) -> Figure:
    """Spans by way of culling, and the stages' busy, waiting and idle cycles with reach."""
    figure = Figure(figsize=(10, 4.8), layout="constrained")
    spans, stages = figure.subplots(1, 2, width_ratios=(1, 1.5))
    methods = list(document["methods"])
    width = 0.8 / len(methods)
    for index, method in enumerate(methods):
        entry = document["methods"][method]
        places = np.arange(len(SPANS)) + (index - (len(methods) - 1) / 2) * width
        heights = [entry[f"{span}_cycles"]["mean"] / 1e6 for span in SPANS]
        bars = spans.bar(places, heights, width, color=METHOD_COLORS[method],
                         label=METHOD_LABELS[method])  # fmt: skip
        spans.bar_label(bars, fmt="%.2f", fontsize=7, padding=2)
    spans.set_xticks(range(len(SPANS)), list(SPANS.values()))
    spans.set_ylabel("cycles, millions (mean of the views)")
    spans.margins(y=0.12)
    spans.legend(fontsize=8, loc="upper left", frameon=False)
    spans.set_title("Spans, with culling and without", fontsize=10)

    of = document["methods"]["reach"]["stages"]
    left = np.zeros(len(STAGES))
    for part, (label, color) in PARTS.items():
        values = np.array([of[stage][part] for stage in STAGES]) / 1e6
        stages.barh(STAGES, values, 0.7, left, color=color, label=label)
        left += values
    stages.invert_yaxis()
    stages.set_xlabel("cycles of a frame, millions (mean of the views)")
    stages.set_title("Where each stage's cycles go, reach clusters", fontsize=10)
    handles, labels = stages.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, fontsize=8, frameon=False)
    at = document["configuration"]
    figure.suptitle(
        f"Cycles, {subject_line(document)}; configuration {at['name']}: {at['clock_mhz']:g} MHz, "
        f"{at['memory_peak_gb_per_s']:g} GB/s",
        fontsize=10,
    )
    return figure


def roofline_figure(document: dict[str, Any]) -> Figure:
    """Each stage against the roof of its own units and of the memory.

    x = busy cycles / (bytes / peak bytes a cycle): work a byte, 1 where units and memory at its
    peak take equally long. y = busy cycles / cycles of its phase. Roof: min(1, x). A stage that
    moves nothing stands at the right edge. The bytes are the stage's own: others of its phase share
    the memory, so a point may lie below the roof for their sake.
    """
    figure = Figure(figsize=(8.5, 4.8), layout="constrained")
    axes = figure.subplots()
    config = document["configuration"]
    peak = 1e3 * config["memory_peak_gb_per_s"] / config["clock_mhz"]
    points: dict[tuple[str, str], tuple[float, float]] = {}
    for method in ("off", "reach"):
        for stage, of in document["methods"][method]["stages"].items():
            moved = (of["read_bytes"] + of["written_bytes"]) / peak
            if of["busy_cycles"]:
                x = of["busy_cycles"] / moved if moved else np.inf
                points[method, stage] = x, of["busy_cycles"] / of["phase_cycles"]
    finite = [x for x, _ in points.values() if np.isfinite(x)]
    low, high = min(*finite, 1) / 3, max(*finite, 1) * 6
    lowest = 1e-3  # what is busy less stands at the lower edge
    roof = np.array([max(low, lowest), 1, high])
    axes.plot(roof, np.minimum(roof, 1), color="black", linewidth=1.2, label="roof: min(1, x)")
    for number, stage in enumerate(STAGES):
        for method in ("off", "reach"):
            if (method, stage) in points:
                x, y = points[method, stage]
                axes.plot(min(x, high / 1.3), max(y, lowest * 1.2), MARKS[number], markersize=7,
                          color=METHOD_COLORS[method],
                          markerfacecolor="white" if np.isinf(x) else METHOD_COLORS[method],
                          label=stage if method == "reach" else None)  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(lowest, 1.5)
    axes.set_xlabel("busy cycles of the stage / cycles of its bytes at the peak "
                    "(left of 1: memory-bound; hollow: moves nothing)")  # fmt: skip
    axes.set_ylabel("busy cycles / cycles of its phase")
    axes.grid(alpha=0.3, which="both")
    axes.set_title(
        f"Roofline, {subject_line(document)}; configuration {config['name']}\n"
        "blue: reach clusters, grey: culling off",
        fontsize=10,
    )
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    return figure
