"""The section of a report on the projection."""

from __future__ import annotations

from typing import Any

from reports.text.projection_summary import power_of_two
from reports.text.tables import table

Document = dict[str, Any]

REASONS = {
    "opacity": "opacity below 1/255",
    "near": "before the near plane",
    "outside": "reaches no pixel centre",
}


def projection_table(document: Document) -> str:
    """Items of the projection, mean and worst view."""
    part = document["projection"]
    center, depth = (power_of_two(bound) for bound in part["bounds"].values())
    rows = [
        _row("Gaussians of visible clusters", part["members"]),
        *(_row(f"dropped: {REASONS[reason]}", of) for reason, of in part["dropped"].items()),
        _row("kept: splats", part["splats"]),
        _row("splats of the float64 reference (radii > 0)", part["radii_positive"]),
        _row("tile pairs", part["tile_pairs"]),
        _row("tile pairs of the float64 reference", part["reference_pairs"]),
        _row("lost", part["lost"]),
        _share_row("kept though radii == 0, % of radii > 0", part["more_kept_fraction"]),
        _share_row(
            f"pixel centre off by more than {center} px, % of splats", part["center_off_fraction"]
        ),
        _share_row(
            f"depth off by more than {depth} of it, % of splats", part["depth_off_fraction"]
        ),
    ]
    if part["pictures"] is not None:
        of = part["pictures"]["psnr_db"]
        what = f"picture against that of float splats, dB ({len(of['views'])} views)"
        rows.append([what, f"{of['mean']:.2f}", f"{of['slowest']:.2f}", of["slowest_view"]])
    return table(["of a view", "mean", "worst", "in view"], rows)


def projection_text() -> str:
    """What the table compares with what."""
    return (
        "The integer model of gaussian_project is given the Gaussians of the reach clusters that "
        "its own cluster test passes on. It is held against gaussian_project_reference of the "
        "whole scene as it was trained, so what the pack rounds counts as error too. It drops what "
        "the rules' extent (radii > 0) keeps and yet can reach no pixel with alpha 1/255, and "
        "tiles by that reach: fewer splats and pairs than the reference, and none lost. An item "
        "counts as dropped by the first reason that holds, in the order of the rows."
    )


def _row(what: str, of: dict[str, Any]) -> list[str]:
    return [what, f"{of['mean']:,.0f}", f"{of['slowest']:,}", of["slowest_view"]]


def _share_row(what: str, of: dict[str, Any]) -> list[str]:
    return [what, f"{100 * of['mean']:.4f}", f"{100 * of['slowest']:.4f}", of["slowest_view"]]
