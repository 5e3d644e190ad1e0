"""The colours in the document of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reports.measure.coloring import Coloring
from reports.measure.cycles import figure
from sim.views.color import BUILD, MEMORY_CYCLES
from sim.views.color_check import COLOR_BOUND

Worst = Callable[[Sequence[float]], float]


def coloring_part(
    names: Sequence[str],
    coloring: Coloring | None,
    whole_db: Mapping[int, float],
    exact_db: Mapping[int, float],
) -> dict[str, Any] | None:
    """The colours for the document; None where the scene's do not fit narrow records.

    Parameters
    ----------
    whole_db, exact_db : PSNR of the views drawn with integer colours, against the whole float
        picture, and against that of the same splats with float64 colours of the same records.
    """
    if coloring is None:
        return None
    views = coloring.views

    def of(values: Iterable[float], worst: Worst = max) -> dict[str, Any]:
        return figure(names, values, worst)

    part: dict[str, Any] = {
        "clustering": coloring.method,
        "bound": COLOR_BOUND,
        "color_cycles": BUILD.color_cycles,
        "memory_latency_cycles": MEMORY_CYCLES,
        "splats": of([v.splats for v in views]),
        "cut_above": of([v.cut_above for v in views]),
        "cut_below": of([v.cut_below for v in views]),
        "largest": of([v.largest for v in views]),
        "runs": of([v.runs for v in views]),
        "model_cycles": of([v.model_cycles for v in views]),
        "color_rms": of([v.check.color_rms for v in views]),
        "color_off_fraction": of([v.check.color_off_fraction for v in views]),
        "pictures": None,
        "rtl": None,
    }
    drawn = sorted(whole_db)
    if drawn:
        shown = [names[view] for view in drawn]
        part["pictures"] = {
            "drawn": shown,
            "whole_db": figure(shown, [whole_db[view] for view in drawn], min),
            "exact_db": figure(shown, [exact_db[view] for view in drawn], min),
        }
    ran = [(n, v, v.rtl) for n, v in zip(names, views, strict=True) if v.rtl is not None]
    if ran:
        shown = [name for name, _, _ in ran]
        part["rtl"] = {
            "views": shown,
            "cycles": figure(shown, [run.cycles for _, _, run in ran], max),
            "splats": [view.splats for _, view, _ in ran],
            "model_cycles": [run.model_cycles for _, _, run in ran],
            "model_is_exact": [run.model_is_exact for _, _, run in ran],
            "mismatches": [run.mismatches for _, _, run in ran],
        }
    return part
