"""The aims in words: reached or not, what binds, what would lift it."""

from __future__ import annotations

from typing import Any

from reports.text.summary import percent
from reports.text.tables import table

Document = dict[str, Any]

AXES = {
    "bandwidth": ("{:g} GB/s", "peak bandwidth"),
    "lanes": ("{} lanes", "projection lanes"),
    "cores": ("{} cores", "rasteriser cores"),
}


def aims_table(document: Document) -> str:
    """Each aim, what was reached, and what binds it."""
    rows = [
        [
            aim["what"],
            f"{aim['target']:g}",
            f"{aim['mean']:.2f}",
            f"{aim['slowest']:.2f}",
            aim["slowest_view"],
            "yes" if aim["met"] else "**no**",
            aim["binds"]["by"],
            percent(aim["binds"]["memory_share"]),
            f"{aim['binds']['stage']}, {percent(aim['binds']['stage_share'])}",
        ]
        for aim in document["aims"]
    ]
    head = ["aim", "target, x", "mean, x", "slowest view, x", "slowest view", "reached in the mean",
            "bound by", "DRAM at work", "busiest stage, busy"]  # fmt: skip
    return table(head, rows)


def aims_sentences(document: Document) -> list[str]:
    """For each aim one sentence on what binds it, and one on what would lift it."""
    lines = []
    for aim in document["aims"]:
        binds = aim["binds"]
        phase = binds["phase"].replace("_", " ")
        verdict = "is reached" if aim["met"] else "FALLS SHORT"
        lines.append(
            f"{_capital(aim['what'])}: {aim['mean']:.2f}x (slowest view {aim['slowest']:.2f}x), "
            f"the aim of {aim['target']:g}x {verdict}. What binds: {binds['by']}; in its phase "
            f"({phase}) the DRAM is at work {percent(binds['memory_share'])} of the cycles, at "
            f"{binds['achieved_gb_per_s']:.1f} GB/s, and {binds['stage']} is busy "
            f"{percent(binds['stage_share'])}. {_lifts(aim)} Were its bytes all it took, at the "
            f"peak rate, it would be {aim['memory_floor']:.2f}x."
        )
    return lines


def _lifts(aim: dict[str, Any]) -> str:
    better = [lift for lift in aim["lifts"] if lift["speedup"] > aim["mean"] * 1.005]
    if not better:
        return "Of the machines tried, none does better by this measure."
    best: dict[str, dict[str, Any]] = {}
    for lift in better:
        known = best.get(lift["axis"])
        if known is None or lift["speedup"] > known["speedup"]:
            best[lift["axis"]] = lift
    parts = [
        f"{AXES[axis][0].format(lift['value'])} give {lift['speedup']:.2f}x"
        for axis, lift in best.items()
    ]
    return f"What would lift it, one at a time, in the views explored: {', '.join(parts)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
