"""Figure of the width study: the PSNR over each width, a panel a parameter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from golden.files import atomic_path
from reports.figures.overview import DPI

COLORS = {"gsplat": "#0072B2", "inria": "#E69F00"}
# What a point must keep beside its PSNR: shares of the kept, and of radii > 0.
OTHER_BOUNDS = {
    "center_off_fraction": 1e-4,
    "depth_off_fraction": 1e-4,
    "more_kept_fraction": 5e-3,
}
HOLLOW = "hollow: over 0.01% beyond 1/32 px or 2^-14 of depth, or over 0.5% more kept"
COLUMNS = 3


def write_width_figure(result: dict[str, Any], path: Path) -> None:
    """Writes the figure of a document of reports.benches.bench_widths, whole or not at all."""
    figure = width_figure(result)
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": "splatsieve"})


def width_figure(result: dict[str, Any]) -> Figure:
    """PSNR of the worst view over the width: filled where all other bounds hold, else hollow."""
    names = list(dict.fromkeys(point["parameter"] for point in result["points"]))
    rows = -(-len(names) // COLUMNS)
    columns = min(len(names), COLUMNS)
    figure = Figure(figsize=(3.4 * columns, 2.6 * rows + 1), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, name, result)
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    for row in range(rows):
        panels[row * columns].set_ylabel("PSNR of the worst view, dB")
    labels: dict[str, Any] = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            labels.setdefault(label, handle)
    figure.legend(labels.values(), labels.keys(), loc="outside lower center", ncols=3, fontsize=8,
                  frameon=False)  # fmt: skip
    width_px, height_px = result["size_px"]
    figure.suptitle(
        f"What each bit of gaussian_project buys: {result['scene']}, {width_px}x{height_px} px, "
        f"worst of {len(result['views'])} views\n"
        "Picture of integer splats against that of float64 splats; all other widths at their "
        "default",
        fontsize=10,
    )
    return figure


def _panel(axes: Axes, name: str, result: dict[str, Any]) -> None:
    points = [point for point in result["points"] if point["parameter"] == name]
    curves = dict.fromkeys((point["rules"], point["curve"]) for point in points)
    order = list(dict.fromkeys(point["curve"] for point in points))
    for rules, curve in curves:
        chosen = [p for p in points if (p["rules"], p["curve"]) == (rules, curve)]
        label = f"{rules}, {curve}" if curve else rules
        widths = [p["width"] for p in chosen]
        values = [p["psnr_db"] for p in chosen]
        style = ("-", ":")[order.index(curve) % 2]
        axes.plot(widths, values, style, color=COLORS[rules], linewidth=1, label=label)
        for point in chosen:
            held = all(point[key] <= bound for key, bound in OTHER_BOUNDS.items())
            axes.plot(point["width"], point["psnr_db"], "o", markersize=4, color=COLORS[rules],
                      markerfacecolor=COLORS[rules] if held else "white")  # fmt: skip
            if not point["changed"]:
                axes.plot(point["width"], point["psnr_db"], "s", markersize=10, color="black",
                          markerfacecolor="none", label="chosen")  # fmt: skip
    axes.axhline(result["bounds"]["psnr_db"], color="black", linestyle="--", linewidth=1,
                 label="least that is asked for")  # fmt: skip
    axes.plot([], [], "o", markersize=4, color="gray", markerfacecolor="white", label=HOLLOW)
    axes.set_title(name, fontsize=10)
    axes.set_xlabel("bits", fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=7))
    axes.grid(alpha=0.3)
