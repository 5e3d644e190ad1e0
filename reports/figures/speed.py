"""Speed-ups: over the GPU, by view, over what varies, and beside what others published."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.overview import METHOD_COLORS, METHOD_LABELS, label_views, subject_line

SPANS = {"front_end": "front end", "front_end_color": "front end\n+ colour", "frame": "whole frame"}
KINDS = {
    "measured": "as measured",
    "equal_bandwidth": "at equal memory bandwidth",
    "edge": "over the derived edge GPU",
}
AXES = {
    "bandwidth": ("peak bandwidth, GB/s", "bandwidth_gb_per_s"),
    "lanes": ("projection lanes", "lanes"),
    "cores": ("rasteriser cores", "cores"),
}
SPAN_COLORS = {"front_end": "#0072B2", "front_end_color": "#009E73", "frame": "#CC79A7"}


def speedup_figure(document: dict[str, Any]) -> Figure:
    """GPU time over accelerator time: mean as a bar, slowest view as a mark, a panel a kind."""
    gpu, methods = document["gpu"], list(document["methods"])
    figure = Figure(figsize=(12, 4.6), layout="constrained")
    for axes, (kind, words) in zip(figure.subplots(1, 3), KINDS.items(), strict=True):
        for index, method in enumerate(methods):
            of = [document["methods"][method][f"{span}_speedup_{kind}"] for span in SPANS]
            places = np.arange(len(SPANS)) + (index - (len(methods) - 1) / 2) * 0.3
            bars = axes.bar(places, [one["mean"] for one in of], 0.28,
                            color=METHOD_COLORS[method], label=METHOD_LABELS[method])  # fmt: skip
            axes.bar_label(bars, fmt="%.3g", fontsize=6.5, padding=2)
            axes.plot(places, [one["slowest"] for one in of], "v", color="black", markersize=4,
                      linestyle="none", label="slowest view" if not index else None)  # fmt: skip
        axes.axhline(1, color="black", linewidth=1, linestyle="--", label="the GPU = 1")
        for aim in document["aims"]:
            span, _, of_kind = aim["figure"].partition("_speedup_")
            if of_kind == kind:
                place = list(SPANS).index(span)
                axes.hlines(aim["target"], place - 0.45, place + 0.45, color="#D55E00",
                            label="aim" if span in ("front_end", "frame") else None)  # fmt: skip
        axes.set_xticks(range(len(SPANS)), list(SPANS.values()))
        axes.margins(y=0.12)
        axes.set_title(words, fontsize=10)
        axes.grid(axis="y", alpha=0.3)
        axes.set_axisbelow(True)
    figure.axes[0].set_ylabel("GPU kernel time / accelerator time, mean of the views")
    handles, labels = figure.axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8, frameon=False)
    at = document["configuration"]
    figure.suptitle(
        f"Speed-up of {at['name']} over {gpu['device']}, gsplat {gpu['gsplat']}; edge GPU: "
        f"{gpu['edge']['machine']}\n{subject_line(document)}",
        fontsize=10,
    )
    return figure


def per_view_figure(document: dict[str, Any]) -> Figure:
    """Front end at equal bandwidth and frame over the edge GPU, every view, reach and off."""
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    wanted = {
        "front_end_speedup_equal_bandwidth": "front end at equal bandwidth, x",
        "frame_speedup_edge": "frame over the edge GPU, x",
    }
    panels = figure.subplots(2, 1, sharex=True)
    for axes, (key, words) in zip(panels, wanted.items(), strict=True):
        for method in document["methods"]:
            of = document["methods"][method][key]
            axes.plot(of["views"], ".-", color=METHOD_COLORS[method], linewidth=1,
                      label=f"{METHOD_LABELS[method]} (mean {of['mean']:.2f})")  # fmt: skip
        for aim in document["aims"]:
            if aim["figure"] == key:
                axes.axhline(aim["target"], color="#D55E00", linewidth=1, label="aim")
        axes.set_ylim(0)
        axes.set_ylabel(words, fontsize=9)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7, ncols=4, loc="lower right")
    label_views(panels[1], document["views"])
    figure.suptitle(f"Every view, {subject_line(document)}", fontsize=10)
    return figure


def exploration_figure(document: dict[str, Any]) -> Figure:
    """Speed of each span, the configuration = 1, over bandwidth, lanes, cores and cluster size."""
    figure = Figure(figsize=(12, 4), layout="constrained")
    panels = figure.subplots(1, 4)
    config = document["configuration"]
    here = {"bandwidth": config["memory_peak_gb_per_s"], "lanes": config["lanes"],
            "cores": config["cores"]}  # fmt: skip
    for axes, (axis, (words, key)) in zip(panels, AXES.items(), strict=False):
        of = [v for v in document["exploration"]["variations"] if v["axis"] == axis]
        base = min(of, key=lambda v: abs(v[key] - here[axis]))
        for span, color in SPAN_COLORS.items():
            speeds = [base["ms"][span] / v["ms"][span] for v in of]
            axes.plot([v[key] for v in of], speeds, "o-", color=color, markersize=4,
                      label=SPANS[span].replace("\n", " "))  # fmt: skip
        axes.axvline(base[key], color="black", linewidth=0.8, linestyle=":")
        _log_two(axes, [v[key] for v in of])
        axes.set_xlabel(words)
        axes.grid(alpha=0.3)
        axes.set_ylim(0)
    panels[0].set_ylabel(f"speed, {config['name']} = 1 (dotted)")
    panels[0].legend(fontsize=8)
    _cluster_size(panels[3], document)
    views = document["exploration"]["views"]
    figure.suptitle(f"{subject_line(document)}; mean of {len(views)} of them", fontsize=10)
    return figure


def _cluster_size(axes: Axes, document: dict[str, Any]) -> None:
    """Front-end speed over Gaussians a cluster, of every clustering that was tried."""
    gaussians = document["scene"]["gaussians"]
    of = document["pareto"]["points"]
    fastest = min(p["front_end_cycles"] for p in of)
    colors = {"paper": "#E69F00", "reach": "#0072B2", "morton": "#009E73"}
    for method, color in colors.items():
        points = sorted((gaussians / p["clusters"], p["front_end_cycles"])
                        for p in of if p["method"] == method)  # fmt: skip
        axes.plot([x for x, _ in points], [fastest / y for _, y in points], "o-", color=color,
                  markersize=4, label=method)  # fmt: skip
    _log_two(axes, [gaussians / p["clusters"] for p in of])
    axes.set_xlabel("Gaussians a cluster")
    axes.set_ylabel("front end, fastest = 1")
    axes.set_ylim(0)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _log_two(axes: Axes, values: list[float]) -> None:
    axes.set_xscale("log", base=2)
    ticks = {f"{value:.2g}" if value < 100 else f"{value:.0f}": value for value in sorted(values)}
    axes.set_xticks(list(ticks.values()), list(ticks))
    axes.tick_params(axis="x", labelsize=7, rotation=45)
    axes.minorticks_off()


def published_figure(document: dict[str, Any]) -> Figure:
    """Published ratios and ours; each over its own baseline, written at the bar."""
    rows = [
        (f"{e['name']}\n{e['kind']}: {e['statistic'].split(',')[0].split(';')[0]}",
         e["speedup"], e["over"], "#999999")
        for e in document["published"]
    ]  # fmt: skip
    entry = document["methods"]["reach"]["frame_speedup_edge"]
    name = document["configuration"]["name"]
    rows.append((f"this project, {name}\ncycle model: mean", entry["mean"],
                 f"{document['gpu']['edge']['machine']}, derived", "#0072B2"))  # fmt: skip
    rows.sort(key=lambda row: row[1])
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh([row[0] for row in rows], [row[1] for row in rows], 0.65,
                     color=[row[3] for row in rows])  # fmt: skip
    axes.bar_label(bars, [f"{row[1]:.3g}x over {row[2]}" for row in rows], fontsize=8, padding=3)
    axes.margins(x=0.35)
    axes.set_xlabel("speed-up as each source states it; baselines and scenes differ")
    axes.tick_params(axis="y", labelsize=8)
    axes.set_title("Whole-frame speed-ups: no ranking of machines, baselines differ", fontsize=10)
    return figure
