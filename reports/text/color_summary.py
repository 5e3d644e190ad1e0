"""The colours of a report, as sentences of its summary."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

TOO_MANY = (
    "color was not measured: narrow records hold spherical harmonics of degree 3, and this scene's "
    "are of degree 4."
)


def color_lines(document: Document) -> list[str]:
    """Sentences for the summary: what is cut, pictures, cycles with culling and without, RTL."""
    part = document["color"]
    if part is None:
        return [TOO_MANY]
    above, splats = sum(part["cut_above"]["views"]), sum(part["splats"]["views"])
    line = (
        "color is the integer model here, with reach clusters and narrow records. It cuts a "
        f"channel at 2 in {above:,} of {splats:,} splats of all views, the largest "
        f"{part['largest']['slowest']:.2f}, and at 0 in {sum(part['cut_below']['views']):,}"
    )
    if part["pictures"] is not None:
        drawn = part["pictures"]
        line += (
            f"; pictures with its colours against those of float64 colours of the same records: "
            f"{drawn['exact_db']['mean']:.2f} dB in the mean of {len(drawn['drawn'])} views, "
            f"{drawn['exact_db']['slowest']:.2f} dB in the worst "
            f"({drawn['exact_db']['slowest_view']})"
        )
    return [f"{line}.", _cycle_line(document), _rtl_line(part)]


def _cycle_line(document: Document) -> str:
    off, reach = (document["methods"][name] for name in ("off", "reach"))
    gain = reach["front_end_color_gain"]
    return (
        f"Configuration {document['configuration']['name']}: front end and colour take "
        f"{off['front_end_color_cycles']['mean']:,.0f} cycles without culling and "
        f"{reach['front_end_color_cycles']['mean']:,.0f} with reach clusters, mean view: a gain of "
        f"{gain['mean']:.2f}x (worst view {gain['slowest']:.2f}x)."
    )


def _rtl_line(part: Document) -> str:
    rtl = part["rtl"]
    if rtl is None:
        return "The RTL of color was not run."
    frames, cycles = len(rtl["views"]), rtl["cycles"]["views"]
    pairs = zip(cycles, rtl["model_cycles"], rtl["model_is_exact"], strict=True)
    held = sum(ours == model if exact else ours >= model for ours, model, exact in pairs)
    return (
        f"RTL of color alone in {frames} frames, a splat every {part['color_cycles']} cycles: "
        f"{sum(rtl['mismatches']):,} splats differ from the integer model; "
        f"{sum(cycles) / max(sum(rtl['splats']), 1):.3f} cycles a splat; cycles equal to "
        f"its model's, or above its bound, in {held} of {frames} frames."
    )
