"""The section of a report on the colours."""

from __future__ import annotations

from typing import Any

from reports.text.color_summary import TOO_MANY
from reports.text.projection_summary import power_of_two
from reports.text.tables import table

Document = dict[str, Any]


def color_text(document: Document) -> str:
    """What the table compares with what."""
    part = document["color"]
    if part is None:
        return TOO_MANY
    return (
        "The integer model of color, given the splats of the reach clusters and the scene's "
        "colours in narrow records of 32 bytes. A channel has 10 bits from 0 to 2: what is above "
        "is cut, what is below 0 is 0 by the rules. Colours are held against the scene's as it was "
        "trained, float64, cut alike, so what the records round counts as error too; pictures are "
        "blended in float64 from the same integer splats. Culling takes no splat away, so the "
        "stage alone does the same work with and without it. What culling gains shows in front "
        f"end and colour together. Cycles alone: a splat every {part['color_cycles']}, splats "
        f"offered and taken at once, a memory of {part['memory_latency_cycles']} cycles of latency."
    )


def color_table(document: Document) -> str:
    """Items of the stage, mean and worst view."""
    part = document["color"]
    if part is None:
        return ""
    rows = [
        _row("splats", part["splats"]),
        _row("with a channel above 2: cut", part["cut_above"]),
        _row("with a channel below 0: cut", part["cut_below"]),
        _cells("largest channel", part["largest"], 3),
        _share_row(
            f"a channel off by more than {power_of_two(part['bound'])}, % of splats",
            part["color_off_fraction"],
        ),
        _cells("rms of a channel's error, 1 is white", part["color_rms"], 5),
        _row("runs of neighbouring records", part["runs"]),
    ]
    if part["pictures"] is not None:
        views = f"({len(part['pictures']['drawn'])} views)"
        rows += [
            _cells(
                f"picture against that of float64 colours of the records, dB {views}",
                part["pictures"]["exact_db"],
                2,
            ),
            _cells(
                f"picture against the whole float picture, dB {views}",
                part["pictures"]["whole_db"],
                2,
            ),
        ]
    rows.append(_row("cycles of the stage alone, by its model", part["model_cycles"]))
    if part["rtl"] is not None:
        ran = len(part["rtl"]["views"])
        rows.append(_row(f"cycles of its RTL ({ran} views)", part["rtl"]["cycles"]))
    for name, what in (("off", "without culling"), ("reach", "with reach clusters")):
        of = document["methods"][name]["front_end_color_cycles"]
        rows.append(_row(f"front end and colour {what}, cycles, as configured", of))
    gain = document["methods"]["reach"]["front_end_color_gain"]
    rows.append(_cells("gain of culling there, x", gain, 2))
    return table(["of a view", "mean", "worst", "in view"], rows)


def _row(what: str, of: dict[str, Any]) -> list[str]:
    return [what, f"{of['mean']:,.0f}", f"{of['slowest']:,}", of["slowest_view"]]


def _share_row(what: str, of: dict[str, Any]) -> list[str]:
    percent = of | {key: 100 * of[key] for key in ("mean", "slowest")}
    return _cells(what, percent, 4)


def _cells(what: str, of: dict[str, Any], digits: int) -> list[str]:
    return [what, f"{of['mean']:.{digits}f}", f"{of['slowest']:.{digits}f}", of["slowest_view"]]
