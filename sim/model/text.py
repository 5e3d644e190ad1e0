"""Figures of modelled frames, as text and as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sim.model.dram_energy import NOT_KNOWN, TERMS, mean_energy
from sim.model.frame import FrameModel

FIGURES = (
    *("front_end_cycles", "front_end_color_cycles", "front_end_color_stored_cycles"),
    *("stream_cycles", "render_cycles", "frame_cycles", "steady_cycles", "bytes"),
)


def model_text(culled: Sequence[FrameModel], whole: Sequence[FrameModel]) -> str:
    """Mean and largest of each figure with culling, the mean without, and their ratio."""
    lines = [f"{'figure':<30} {'mean':>12} {'largest':>12} {'no culling':>12} {'gain':>6}"]
    for name in FIGURES:
        on, off = ([getattr(frame, name) for frame in frames] for frames in (culled, whole))
        mean, mean_off = sum(on) / len(on), sum(off) / len(off)
        lines.append(
            f"{name:<30} {mean:12.0f} {max(on):12.0f} {mean_off:12.0f} {mean_off / mean:6.3f}"
        )
    parts = ("busy", "dram_stall", "upstream_stall", "downstream_stall", "idle")
    lines += ["", f"{'stage, mean cycles':<18}" + "".join(f"{part:>18}" for part in parts)]
    for number, stage in enumerate(culled[0].stages):
        values = (
            sum(getattr(frame.stages[number], f"{part}_cycles") for frame in culled) / len(culled)
            for part in parts
        )
        lines.append(f"{stage.name:<18}" + "".join(f"{value:18.0f}" for value in values))
    lines += ["", f"{'span':<24}{'DRAM cycles':>14}{'GB/s achieved':>15}{'row hits':>10}"]
    for span in culled[0].dram:
        runs = [frame.dram[span] for frame in culled]
        bursts = sum(run.hits + run.misses for run in runs)
        lines.append(
            f"{span:<24}{sum(f.dram_cycles[span] for f in culled) / len(culled):14.0f}"
            f"{sum(run.bytes for run in runs) / sum(run.time_ns for run in runs):15.1f}"
            f"{sum(run.hits for run in runs) / bursts:10.3f}"
        )
    return "\n".join([*lines, "", *_energy_lines(culled, whole)])


def _energy_lines(culled: Sequence[FrameModel], whole: Sequence[FrameModel]) -> list[str]:
    """Mean of each term and of their sum, with culling and without."""
    title = "DRAM energy, mJ"
    rows = {"culled": culled, "no culling": whole}
    means = {name: mean_energy([f.dram_energy for f in frames]) for name, frames in rows.items()}
    if None in means.values():
        return [f"{title}: {NOT_KNOWN}"]
    words = [*(term.removesuffix("_mj") for term in TERMS), "in all"]
    lines = [f"{title:<18}" + "".join(f"{word:>12}" for word in words)]
    for name, mean in means.items():
        values = [*(getattr(mean, term) for term in TERMS), mean.total_mj if mean else 0.0]
        lines.append(f"{name:<18}" + "".join(f"{value:12.4f}" for value in values))
    return [*lines, "An estimate: of the DRAM alone, without I/O and controller; frames alone."]


def model_figures(culled: Sequence[FrameModel], whole: Sequence[FrameModel]) -> dict[str, Any]:
    """Of each of FIGURES and of the DRAM's energy: mean, largest and every view with culling, every
    view without, and the ratio of the means; the energy's terms, means. Null: not known."""
    found: dict[str, Any] = {}
    for name in (*FIGURES, "dram_energy_mj"):
        on, off = ([getattr(frame, name) for frame in frames] for frames in (culled, whole))
        if None in (*on, *off):
            found[name] = None
            continue
        found[name] = {
            "mean": sum(on) / len(on),
            "largest": max(on),
            "views": on,
            "views_without_culling": off,
            "gain": sum(off) / sum(on),
        }
    mean = mean_energy([frame.dram_energy for frame in culled])
    found["dram_energy_terms_mj"] = None if mean is None else asdict(mean)
    return found
