"""The accelerator's RTL in a report, as a sentence of its summary."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def accelerator_line(document: Document) -> str:
    """Sentence for the summary."""
    part = document["accelerator"]
    if part is None:
        return "The RTL of the whole accelerator was not run."
    frames = len(part["views"])
    known = sum(of["model"] is not None for of in part["counters"].values())
    return (
        f"RTL of the whole accelerator in {frames} frames (reach clusters, memory latency "
        f"{part['memory_latency_cycles']} cycles): {part['counters']['frame_cycles']['mean']:,.0f} "
        f"cycles in the mean frame; {known} of {len(part['counters'])} counters have a model, all "
        f"of them equal to it in {_equal(part)} of {frames} frames; {sum(part['mismatches']):,} "
        "splats or counters differ from the integer model."
    )


def _equal(part: dict[str, Any]) -> int:
    return sum(not names for names in part["differing"])
