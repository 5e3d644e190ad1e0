"""The projection in the document of a report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from reports.measure.cycles import figure
from reports.measure.projection import Projection
from sim.views.gaussian_project_check import CENTER_BOUND_PX, DEPTH_BOUND

Worst = Callable[[Sequence[float]], float]


def projection_part(
    names: Sequence[str], projection: Projection, splat_psnr_db: Mapping[int, float]
) -> dict[str, Any]:
    """The projection for the document.

    Parameters
    ----------
    splat_psnr_db : of the views drawn from integer splats, against the whole float picture.
    """
    views = projection.views

    def of(values: Iterable[float], worst: Worst = max) -> dict[str, Any]:
        return figure(names, values, worst)

    part: dict[str, Any] = {
        "clustering": projection.method,
        "bounds": {"center_px": CENTER_BOUND_PX, "depth_relative": DEPTH_BOUND},
        "members": of([v.members for v in views]),
        "splats": of([v.splats for v in views]),
        "dropped": {reason: of([v.dropped[reason] for v in views]) for reason in views[0].dropped},
        "tile_pairs": of([v.tile_pairs for v in views]),
        "reference_pairs": of([v.check.reference_pairs for v in views]),
        "radii_positive": of([v.check.radii_positive for v in views]),
        "lost": of([v.check.lost for v in views]),
    }
    for key in ("more_kept_fraction", "center_off_fraction", "depth_off_fraction"):
        part[key] = of([v.check.fractions[key] for v in views])
    drawn = sorted(splat_psnr_db)
    part["pictures"] = None
    if drawn:
        shown = [names[view] for view in drawn]
        values = [splat_psnr_db[view] for view in drawn]
        part["pictures"] = {"drawn": shown, "psnr_db": figure(shown, values, min)}
    ran = [(name, v) for name, v in zip(names, views, strict=True) if v.rtl_cycles is not None]
    part["rtl"] = None
    if ran:
        part["rtl"] = {
            "views": [name for name, _ in ran],
            "cycles": [v.rtl_cycles for _, v in ran],
            "model_cycles": [v.rtl_model_cycles for _, v in ran],
            "mismatches": [v.rtl_mismatches for _, v in ran],
        }
    return part
