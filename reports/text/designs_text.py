"""Table of the designs of a sweep, and what is to be known of it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.measure.designs import DesignPoint, fronts
from reports.text.tables import table

NOTES = (
    "Area: seven stages of this very build in the gates and memory macros of the library that "
    "stage_areas.json names, after Yosys, without layout; no bus masters, no registers.",
    "DRAM: an estimate, of the DRAM alone without I/O and controller, in a frame alone.",
    "Logic: the cells alone, at the activity counted in this build and view, x time; elsewhere the "
    "activity was not counted, so it is not known. Macros, clock tree and wires are not in it.",
    "Clock of the slowest stage: static timing without wires. Times are at the clock of the row, "
    "reached or not.",
    "On a front: no other build of this scene is as fast at the same or less cost.",
)


def designs_text(points: Sequence[DesignPoint], command: str) -> str:
    """Markdown: the command, a row a point, notes."""
    groups: dict[tuple[str, str], list[DesignPoint]] = {}
    for point in points:
        groups.setdefault((point.scene, point.size_px), []).append(point)
    rows = []
    for of in groups.values():
        on = {cost: fronts(of, cost) for cost in ("area_mm2", "dram_mj")}
        rows += [
            [
                f"{p.scene}, {p.size_px}, {p.views} views",
                f"`{p.build}`",
                f"{p.bandwidth_gb_per_s:g}",
                f"{p.clock_mhz:g}",
                f"{p.frame_ms:.3f}",
                f"{p.frames_per_s:.1f}",
                _number(p.area_mm2, 4) if not p.unmapped else _not_mapped(p),
                _number(p.cell_mm2, 4),
                _number(p.slowest_mhz, 0),
                _number(p.dram_mj, 3),
                _number(p.logic_mj, 3),
                ", ".join(
                    word
                    for word, cost in (("area", "area_mm2"), ("DRAM", "dram_mj"))
                    if p in on[cost]
                ),
            ]
            for p in of
        ]
    head = ["scene", "build", "GB/s", "clock, MHz", "frame, ms", "frames/s", "area, mm2",
            "of it cells, mm2", "slowest stage, MHz", "DRAM, mJ", "logic, mJ",
            "on the front of"]  # fmt: skip
    notes = "\n".join(f"- {note}" for note in NOTES)
    return f"```\n{command}\n```\n\n{table(head, rows, text_columns=2)}\n\n{notes}\n"


def _number(value: float | None, digits: int) -> str:
    return "not known" if value is None else f"{value:,.{digits}f}"


def _not_mapped(point: DesignPoint) -> str:
    return "not mapped: " + ", ".join(point.unmapped)
