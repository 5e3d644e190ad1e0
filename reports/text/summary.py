"""The key figures of a report, as sentences."""

from __future__ import annotations

from typing import Any

from reports.names import shown, with_names
from reports.text.accelerator_summary import accelerator_line
from reports.text.color_summary import color_lines
from reports.text.projection_summary import projection_lines

CULLED = ("paper", "reach")
NOTHING = (
    "No view shows anything: every Gaussian is behind the cameras or beside their pictures. "
    "Nothing is drawn, so nothing is said of what culling saves or how fast it is."
)
KINDS = {
    "equal_bandwidth": "at equal memory bandwidth",
    "edge": "over the derived edge GPU",
}


def summary_lines(document: dict[str, Any]) -> list[str]:
    """One sentence a finding, from the document alone."""
    if shows_nothing(document):
        return [_subject_line(document), NOTHING, _rtl_line(document)]
    return [
        _subject_line(document),
        *(_culling_line(document, name) for name in CULLED),
        _cost_line(document),
        _pareto_line(document),
        _three_sigma_line(document),
        _picture_line(document),
        _rtl_line(document),
        *projection_lines(document),
        *color_lines(document),
        accelerator_line(document),
        *_cycle_lines(document),
        *_speedup_lines(document),
    ]


def shows_nothing(document: dict[str, Any]) -> bool:
    """True where no Gaussian reaches a pixel of any view: what is left out then is no gain."""
    gaussians = document["scene"]["gaussians"]
    return all(hidden == gaussians for hidden in document["counts"]["cannot_reach"]["views"])


def summary_text(document: dict[str, Any]) -> str:
    """The sentences as lines of text, names on one line each."""
    return "\n".join(summary_lines(with_names(document, shown)))


def percent(fraction: float) -> str:
    """A fraction as a percentage with two digits after the point."""
    return f"{100 * fraction:.2f} %"


def mean_and_worst(figure: dict[str, Any], digits: int = 2) -> str:
    """Mean and worst view of a figure, as "mean (worst)"."""
    return f"{figure['mean']:,.{digits}f} ({figure['slowest']:,.{digits}f})"


def rtl_totals(document: dict[str, Any]) -> tuple[int, int, int]:
    """Frames that the RTL ran, frames whose cycles equal the model's, records that differ."""
    runs = [document["methods"][name].get("rtl") for name in CULLED]
    done = [run for run in runs if run is not None]
    equal = sum(
        cycles == model
        for run in done
        for cycles, model in zip(run["cycles"], run["model_cycles"], strict=True)
    )
    return sum(len(r["cycles"]) for r in done), equal, sum(sum(r["mismatches"]) for r in done)


def _subject_line(document: dict[str, Any]) -> str:
    scene, (width, height) = document["scene"], document["resolution_px"]
    unnecessary = document["counts"]["unnecessary"]["mean"] / scene["gaussians"]
    return (
        f"{scene['name']}: {scene['gaussians']:,} Gaussians, {len(document['views'])} views of "
        f"{width}x{height} px, rules {document['rules']}; {percent(unnecessary)} of the Gaussians "
        "are unnecessary (radii == 0) in the mean view."
    )


def _culling_line(document: dict[str, Any], name: str) -> str:
    entry = document["methods"][name]
    what = {"paper": "The paper's clusters", "reach": "Reach clusters"}[name]
    excluded, found = entry["excluded_fraction"], entry["found_fraction"]
    lost = sum(entry["lost"]["views"])
    return (
        f"{what} ({entry['clusters']:,}, safe radii): {percent(excluded['mean'])} of the Gaussians "
        f"are excluded before anything of them is read, {percent(found['mean'])} of the "
        f"unnecessary ones (worst view {percent(found['slowest'])}); lost in all views: {lost:,}."
    )


def _three_sigma_line(document: dict[str, Any]) -> str:
    lost = document["three_sigma"]["lost"]
    views = sum(value > 0 for value in lost["views"])
    return (
        f"The paper's literal radius is distance + 3 standard deviations. On the same clusters and "
        f"planes it loses {lost['mean']:,.1f} Gaussians in the mean view and {lost['slowest']:,} "
        f"in the worst; some are lost in {views} of {len(lost['views'])} views."
    )


def _cost_line(document: dict[str, Any]) -> str:
    """What the cluster test costs and saves."""
    parts = []
    for name in CULLED:
        of = document["cost"]["methods"][name]
        parts.append(
            f"{name}: {of['tests']['mean']:,.0f} tests, "
            f"{percent(of['tests_of_projection']['mean'])} of the multiplications of projecting "
            f"all Gaussians and {percent(of['table_of_geometry']['mean'])} of their geometry "
            f"bytes, {percent(of['saved_projection']['mean'])} of the multiplications saved net"
        )
    return f"Cost of the cluster test in the mean view ({'; '.join(parts)})."


def _pareto_line(document: dict[str, Any]) -> str:
    """The best point of each method, as one sentence."""
    best: dict[str, Any] = {}
    for point in document["pareto"]["points"]:
        known = best.get(point["method"])
        if known is None or point["found_fraction"] > known["found_fraction"]:
            best[point["method"]] = point
    parts = [
        f"{method} {percent(point['found_fraction'])} with {point['tests']:,.0f} tests"
        for method, point in best.items()
    ]
    views = len(document["pareto"]["views"])
    return f"Most found of the sizes tried, mean of {views} views: {', '.join(parts)}."


def _picture_line(document: dict[str, Any]) -> str:
    pictures = document["pictures"]
    differing = pictures["differing_pixels"]
    if any(differing.values()):
        found = ", ".join(f"{count:,} pixels ({name})" for name, count in differing.items())
        return (
            f"View {pictures['view']} drawn with culling DIFFERS from the whole picture: {found}."
        )
    return (
        f"View {pictures['view']} drawn with culling ({', '.join(differing)}) equals the whole "
        "picture bit for bit."
    )


def _rtl_line(document: dict[str, Any]) -> str:
    frames, equal, mismatches = rtl_totals(document)
    if not frames:
        return "The RTL was not run (--no-rtl)."
    return (
        f"RTL of cluster_cull in {frames} frames: {mismatches:,} records differ from the integer "
        f"model; cycles equal to the cycle model's in {equal} of {frames} frames."
    )


def _cycle_lines(document: dict[str, Any]) -> list[str]:
    off, reach = (document["methods"][name] for name in ("off", "reach"))
    lines = []
    for span, what in (("front_end", "front end"), ("frame", "whole frame")):
        before, after = off[f"{span}_cycles"]["mean"], reach[f"{span}_cycles"]["mean"]
        gain = reach[f"{span}_gain"]
        lines.append(
            f"Configuration {document['configuration']['name']}: the {what} takes {before:,.0f} "
            f"cycles without culling and {after:,.0f} with reach clusters, mean view: a gain of "
            f"{gain['mean']:.2f}x (worst view {gain['slowest']:.2f}x)."
        )
    return lines


def _speedup_lines(document: dict[str, Any]) -> list[str]:
    gpu = document["gpu"]
    if gpu is None:
        return [f"No speed-up over a GPU is given: {document['gpu_note'].rstrip('.')}."]
    at, methods = document["configuration"], document["methods"]
    lines = []
    for span, what in (
        ("front_end", "Front end"),
        ("front_end_color", "Front end with colour"),
        ("frame", "Whole frame"),
    ):
        of, off = (
            {kind: methods[name][f"{span}_speedup_{kind}"] for kind in ("measured", *KINDS)}
            for name in ("reach", "off")
        )
        others = "; ".join(
            f"{words} {of[kind]['mean']:.3g}x (slowest view {of[kind]['slowest']:.3g}; culling off "
            f"{off[kind]['mean']:.3g})"
            for kind, words in KINDS.items()
        )
        lines.append(
            f"{what}, configuration {at['name']} ({at['memory_peak_gb_per_s']:g} GB/s), reach "
            f"clusters: {of['measured']['mean']:.3g}x {gpu['device']} as measured (slowest view "
            f"{of['measured']['slowest']:.3g}); {others}."
        )
    kernels, frame = gpu["kernels_ms"]["mean"], gpu["frame_ms"]["mean"]
    lines.append(
        f"GPU times are those of its kernels: in {percent(1 - kernels / frame)} of its measured "
        "frames it waits for the host, which counts for no speed-up above."
    )
    if gpu["rules"] != document["rules"]:
        off = document["methods"]["off"]
        lines.append(
            f"The GPU drew by the rules {gpu['rules']} ({gpu['visible']['mean']:,.0f} splats, "
            f"{gpu['tile_pairs']['mean']:,.0f} pairs in the mean view), the accelerator by "
            f"{document['rules']} ({off['splats']['mean']:,.0f} and "
            f"{off['tile_pairs']['mean']:,.0f}): for the same work on both sides, "
            f"report with --rules {gpu['rules']}."
        )
    else:
        lines.append(_count_line(document))
    return lines


def _count_line(document: dict[str, Any]) -> str:
    """How far the counts of this report are from those of the GPU, under the same rules."""
    gpu, off = document["gpu"], document["methods"]["off"]
    differences = {
        what: max(
            abs(ours - theirs) / max(theirs, 1)
            for ours, theirs in zip(off[ours_key]["views"], gpu[gpu_key]["views"], strict=True)
        )
        for what, ours_key, gpu_key in (
            ("splats", "splats", "visible"),
            ("tile pairs", "tile_pairs", "tile_pairs"),
        )
    }
    found = " and ".join(f"{100 * value:.3f} % of {what}" for what, value in differences.items())
    return f"The GPU and this report count the same but for {found}, in the worst view."
