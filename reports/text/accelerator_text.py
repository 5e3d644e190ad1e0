"""The section of a report on the accelerator's RTL, from the document alone."""

from __future__ import annotations

from typing import Any

from reports.text.accelerator_summary import accelerator_line
from reports.text.tables import table

Document = dict[str, Any]

# Columns of the table of views, by counter.
VIEW_COLUMNS = {
    "frame_cycles": "cycles",
    "bus_beats": "bus beats",
    "bus_wait_cycles": "waiting for the memory, cycles",
    "bus_idle_cycles": "nothing asked, cycles",
    "clusters_visible": "visible clusters",
    "members": "Gaussians projected",
    "splats": "splats",
}


def accelerator_text(document: Document) -> str:
    """What was run, and what it is held against."""
    part = document["accelerator"]
    if part is None:
        return accelerator_line(document)
    return (
        "The RTL of stages 1 to 3 behind its driver, with default parameters. Each frame runs from "
        f"the pack, in a memory of {part['memory_latency_cycles']} cycles of latency, to its last "
        "splat; splats are taken at once. What counts items is held against the integer model, "
        "what counts cycles against the cycle model (`sim/model/front_end`), under the same "
        "memory. This memory answers a beat a cycle; the DRAM of the configuration is another "
        "one, so these cycles are not those of the front end below."
    )


def accelerator_table(document: Document) -> str:
    """Every counter: mean, largest, and in how many frames it equals its model."""
    part = document["accelerator"]
    if part is None:
        return ""
    rows = [
        [
            f"`{name}`",
            of["meaning"],
            f"{of['mean']:,.0f}",
            f"{of['slowest']:,}",
            of["slowest_view"],
            _equal_frames(of),
        ]
        for name, of in part["counters"].items()
    ]
    head = ["counter", "meaning", "mean", "largest", "in view", "equal to the model, frames"]
    return table(head, rows, text_columns=2)


def accelerator_view_table(document: Document) -> str:
    """A row a view: where its cycles went, and what differs from the models."""
    part = document["accelerator"]
    if part is None:
        return ""
    counters = part["counters"]
    rows = [
        [
            name,
            *(f"{counters[counter]['views'][n]:,}" for counter in VIEW_COLUMNS),
            _model_of(counters["frame_cycles"], n),
            f"{part['mismatches'][n]:,}",
            ", ".join(part["differing"][n]) or "none",
        ]
        for n, name in enumerate(part["views"])
    ]
    head = ["view", *VIEW_COLUMNS.values(), "cycles of the model", "RTL mismatches",
            "counters unlike their model"]  # fmt: skip
    return table(head, rows)


def _equal_frames(of: dict[str, Any]) -> str:
    if of["model"] is None:
        return "no model"
    equal = sum(a == b for a, b in zip(of["views"], of["model"], strict=True))
    return f"{equal} of {len(of['views'])}"


def _model_of(of: dict[str, Any], view: int) -> str:
    return f"{of['model'][view]:,}" if of["model"] is not None else "no model"
