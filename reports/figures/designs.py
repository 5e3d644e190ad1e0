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

NEAR_X, NEAR_Y = 0.12, 0.02  # of the axes: points so near have words once
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
    most = max(getattr(p, cost) for p in known), max(p.frames_per_s for p in known)
    for (x, y), of in _together(known, cost, most).items():
        is_right = x > most[0] / 2
        named = next((p for p in of if p in front), of[0])
        words = _words(named) + (f", {len(of) - 1} more beside" if len(of) > 1 else "")
        axes.annotate(
            figure_text(words),
            (x, y),
            (-5 if is_right else 5, 5),
            textcoords="offset points",
            fontsize=7,
            ha="right" if is_right else "left",
            color="black" if named in front else "#777777",
        )
    axes.set_xlim(0, 1.1 * most[0])
    axes.set_ylim(0, 1.15 * most[1])
    if left := len(points) - len(known):
        words = f"{left} more builds: not mapped" if cost == "area_mm2" else f"{left}: not known"
        axes.text(0.98, 0.03, words, ha="right", fontsize=7, transform=axes.transAxes)


def _together(
    points: Sequence[DesignPoint], cost: str, most: tuple[float, float]
) -> dict[tuple[float, float], list[DesignPoint]]:
    """Points by the place of the cheapest of those that would share its words."""
    found: dict[tuple[float, float], list[DesignPoint]] = {}
    for point in sorted(points, key=lambda p: float(getattr(p, cost))):
        x, y = getattr(point, cost), point.frames_per_s
        near = ((a, b) for a, b in found if abs(a - x) < NEAR_X * most[0])
        place = next((p for p in near if abs(p[1] - y) < NEAR_Y * most[1]), (x, y))
        found.setdefault(place, []).append(point)
    return found


def _words(point: DesignPoint) -> str:
    """What of its preset was changed."""
    return " ".join(point.build.split()[1:]) or point.build
