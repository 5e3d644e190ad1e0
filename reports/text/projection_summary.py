"""The projection of a report, as sentences of its summary."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

# Least PSNR that pictures of integer splats shall have against those of float splats.
TARGET_DB = 50


def projection_lines(document: Document) -> list[str]:
    """Sentences for the summary: what is kept, what it is held against, pictures, RTL."""
    part = document["projection"]
    members, splats = part["members"]["mean"], part["splats"]["mean"]
    pairs, reference_pairs = part["tile_pairs"]["mean"], part["reference_pairs"]["mean"]
    center, depth = (power_of_two(bound) for bound in part["bounds"].values())
    dropped = ", ".join(f"{of['mean']:,.0f} {reason}" for reason, of in part["dropped"].items())
    lines = [
        f"gaussian_project (integer model, reach clusters) makes {splats:,.0f} splats and "
        f"{pairs:,.0f} tile pairs of {members:,.0f} Gaussians in the mean view (dropped: {dropped})"
        f", where float64 by the rules {document['rules']} has "
        f"{part['radii_positive']['mean']:,.0f} and {reference_pairs:,.0f}; lost in all views: "
        f"{sum(part['lost']['views']):,}.",
        f"Its splats in the worst view: {_share(part['more_kept_fraction'])} kept though radii "
        f"== 0, {_share(part['center_off_fraction'])} off by more than {center} px, "
        f"{_share(part['depth_off_fraction'])} by more than {depth} of their depth.",
    ]
    if part["pictures"] is not None:
        drawn = part["pictures"]["psnr_db"]
        lines.append(
            f"Pictures of its splats, blended in float, against those of float splats: "
            f"{drawn['mean']:.2f} dB in the mean of {len(part['pictures']['drawn'])} views, "
            f"{drawn['slowest']:.2f} dB in the worst ({drawn['slowest_view']})."
        )
    lines.append(_rtl_line(part["rtl"]))
    return lines


def _rtl_line(rtl: dict[str, Any] | None) -> str:
    if rtl is None:
        return "The RTL of gaussian_project was not run."
    equal = sum(a == b for a, b in zip(rtl["cycles"], rtl["model_cycles"], strict=True))
    frames = len(rtl["views"])
    return (
        f"RTL of gaussian_project in {frames} frames: {sum(rtl['mismatches']):,} splats differ "
        f"from the integer model; cycles equal to one a member and the latency in {equal} of "
        f"{frames} frames."
    )


def _share(of: dict[str, Any]) -> str:
    return f"{100 * of['slowest']:.4f} %"


def power_of_two(value: float) -> str:
    """A power of two: 1/32, or 2^-14 where that reads better."""
    inverse = round(1 / value)
    return f"1/{inverse}" if inverse < 1000 else f"2^-{inverse.bit_length() - 1}"
