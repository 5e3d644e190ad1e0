"""Pareto figure of designs: speed over area in gates and over the DRAM's energy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from golden.files import atomic_path
from reports.figures.overview import DPI
from reports.figures.sweep import COLORS
from reports.measure.designs import DesignPoint, fronts
from reports.names import figure_text

COSTS = {
    "area_mm2": "area of the seven stages, mm2 (estimate, no layout)",
    "dram_mj": "energy of the DRAM in a frame, mJ (estimate)",
}


def write_designs_figure(points: Sequence[DesignPoint], path: Path) -> None:
    """Writes the figure, whole or not at all: a row of panels for each scene and size."""
    names = sorted({(p.scene, p.size_px) for p in points})
    figure = Figure(figsize=(11, 1 + 3.6 * max(1, len(names))), layout="constrained")
    panels = figure.subplots(max(1, len(names)), len(COSTS), squeeze=False)
    for row, name in zip(panels, names, strict=False):
        of = [p for p in points if (p.scene, p.size_px) == name]
        for axes, (cost, words) in zip(row, COSTS.items(), strict=True):
            _panel(axes, of, cost)
            axes.set_xlabel(words)
            axes.set_ylabel("frames a second")
            axes.set_title(figure_text(", ".join(name)), fontsize=9)
    figure.suptitle("Every build a point; the line joins what none beats", fontsize=10)
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": "splatsieve"})


def _panel(axes: Axes, points: Sequence[DesignPoint], cost: str) -> None:
    known = [p for p in points if getattr(p, cost) is not None]
    axes.grid(alpha=0.3)
    if not known:
        axes.text(0.5, 0.5, "not known", ha="center", transform=axes.transAxes)
        return
    for number, preset in enumerate(sorted({p.build.split()[0] for p in known})):
        of = [p for p in known if p.build.split()[0] == preset]
        costs, speeds = [getattr(p, cost) for p in of], [p.frames_per_s for p in of]
        axes.scatter(costs, speeds, s=22, color=COLORS[number % len(COLORS)])
    front = fronts(points, cost)
    places = [(getattr(p, cost), p.frames_per_s) for p in front]
    axes.step(*zip(*places, strict=True), where="post", color="#444444", linewidth=1)
    for point in known:
        place = getattr(point, cost), point.frames_per_s
        words = figure_text(_words(point))
        color = "black" if point in front else "#777777"
        axes.annotate(words, place, (5, 4), textcoords="offset points", fontsize=7, color=color)
    if left := len(points) - len(known):
        words = f"{left} more builds: not mapped" if cost == "area_mm2" else f"{left}: not known"
        axes.text(0.98, 0.03, words, ha="right", fontsize=7, transform=axes.transAxes)
    axes.margins(x=0.28, y=0.15)
    axes.set_ylim(0)


def _words(point: DesignPoint) -> str:
    """What of its preset was changed."""
    return " ".join(point.build.split()[1:]) or point.build
