"""One frame over its cycles: where each stage works, waits and idles, and what the bus moves."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reports.figures.overview import subject_line

BUSY, WAITS = "#0072B2", "#DCE6EE"
READ, WRITTEN = "#56B4E9", "#D55E00"


def timeline_figure(document: dict[str, Any]) -> Figure:
    """A row a stage, its height what the stage does of what it can do; below them the bus."""
    of, at = document["timeline"], document["configuration"]
    edges = np.array(of["cycles"]) / 1e6
    figure = Figure(figsize=(10, 6.4), layout="constrained")
    rows = figure.subplots(len(of["busy"]) + 1, 1, sharex=True,
                           height_ratios=[1] * len(of["busy"]) + [1.8])  # fmt: skip
    for row, (stage, busy) in zip(rows, of["busy"].items(), strict=False):
        span = of["stages"][stage]
        row.axvspan(span["first_cycle"] / 1e6, span["last_cycle"] / 1e6, color=WAITS, lw=0,
                    label="waits")  # fmt: skip
        row.stairs(busy, edges, fill=True, color=BUSY, label="busy")
        row.set_ylim(0, 1)
        row.set_yticks([])
        row.set_ylabel(stage, rotation=0, ha="right", va="center", fontsize=9)
        row.spines[["top", "right", "left"]].set_visible(False)
    bus = rows[-1]
    to_gb_per_s = at["clock_mhz"] * 1e6 / 1e9 / np.diff(np.array(of["cycles"]))
    read, written = np.array(of["read_bytes"]), np.array(of["written_bytes"])
    bus.stairs((read + written) * to_gb_per_s, edges, fill=True, color=WRITTEN, label="written")
    bus.stairs(read * to_gb_per_s, edges, fill=True, color=READ, label="read")
    bus.axhline(at["memory_peak_gb_per_s"], color="#444444", lw=0.8, ls="--", label="peak")
    bus.set_ylabel("GB/s")
    bus.set_xlabel("cycles, millions")
    bus.set_xlim(0, edges[-1])
    bus.spines[["top", "right"]].set_visible(False)
    bus.legend(fontsize=8, frameon=False, loc="center right")
    handles, labels = rows[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=2, fontsize=8, frameon=False)
    figure.suptitle(
        f"A frame over its cycles: {subject_line(document)}; view {of['view']}, {at['name']}",
        fontsize=10,
        ha="left",
        x=0.02,
    )
    return figure
