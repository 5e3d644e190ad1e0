"""Pareto figure of a sweep: speed over bandwidth and over lanes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from golden.files import atomic_path
from reports.figures.overview import DPI
from reports.names import figure_text

COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


@dataclass(frozen=True)
class SweepPoint:
    """One configuration with one clustering on one scene, mean over its views.

    Parameters
    ----------
    frames_per_s : 1000 / mean frame_ms, culling on. bandwidth_gb_per_s : peak.
    total_lanes : projection lanes + blending lanes: what stands for area here.
    views : how many.
    """

    scene: str
    clustering: str
    config: str
    frames_per_s: float
    bandwidth_gb_per_s: float
    total_lanes: int
    views: int


def sweep_points(rows: Iterable[Mapping[str, str]]) -> list[SweepPoint]:
    """A point for every scene, size, clustering and configuration of the rows with culling."""
    groups: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for row in rows:
        if row["culling"] == "on":
            columns = ("scene_sha256", "clustering", "rules", "size_px", "config_sha256")
            groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    points = []
    for group in groups.values():
        one = group[0]
        mean_ms = sum(float(row["frame_ms"]) for row in group) / len(group)
        points.append(
            SweepPoint(
                scene=one["scene"],
                clustering=one["clustering"],
                config=one["config"],
                frames_per_s=1e3 / mean_ms,
                bandwidth_gb_per_s=float(one["bandwidth_gb_per_s"]),
                total_lanes=int(one["lanes"]) + int(one["blend_lanes"]),
                views=len(group),
            )
        )
    return points


def pareto_front(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of (cost, speed), those that no other beats at the same or less cost, by cost."""
    front: list[tuple[float, float]] = []
    for cost, speed in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or speed > front[-1][1]:
            front.append((cost, speed))
    return front


def write_sweep_figure(rows: Iterable[Mapping[str, str]], path: Path) -> None:
    """Writes the figure, whole or not at all."""
    points = sweep_points(rows)
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    costs = {
        "peak bandwidth, GB/s": "bandwidth_gb_per_s",
        "projection lanes + blending lanes": "total_lanes",
    }
    names = sorted({(point.scene, point.clustering) for point in points})
    for axes, (words, field) in zip(figure.subplots(1, 2, sharey=True), costs.items(), strict=True):
        for number, name in enumerate(names):
            of = [p for p in points if (p.scene, p.clustering) == name]
            pairs = [(float(getattr(p, field)), p.frames_per_s) for p in of]
            color = COLORS[number % len(COLORS)]
            axes.scatter(
                *zip(*pairs, strict=True), s=18, color=color, label=figure_text(", ".join(name))
            )
            front = pareto_front(pairs)
            axes.step(*zip(*front, strict=True), where="post", color=color, linewidth=1)
            for point in of:
                place = float(getattr(point, field)), point.frames_per_s
                if place in front:
                    text = figure_text(point.config)
                    axes.annotate(text, place, (4, 4), textcoords="offset points", fontsize=7)
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel(words)
        axes.margins(x=0.2)  # for the words beside the last points
        axes.set_ylim(0)
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("frames a second, 1000 / mean frame_ms")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.suptitle("Every configuration a point; the line joins what none beats", fontsize=10)
    FigureCanvasAgg(figure)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI, metadata={"Software": "splatsieve"})
