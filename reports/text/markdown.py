"""report.md, made from the document of a report alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.text import cost_tables, tables
from reports.text.projection_text import projection_table, projection_text
from reports.text.summary import CULLED, mean_and_worst, percent, rtl_totals, summary_lines

GLOSSARY = {
    "unnecessary": "Gaussians that the projection drops under the rules: radii == 0.",
    "cannot reach": "Gaussians that reach alpha 1/255 at no pixel: all unnecessary ones, and more.",
    "excluded": "Gaussians in clusters that the cluster test drops: no later stage reads them.",
    "found": "unnecessary Gaussians that are excluded, of the unnecessary ones.",
    "lost": "excluded Gaussians that do reach alpha 1/255 at a pixel, by the float64 reference.",
    "splat": "a Gaussian that the projection keeps: centre, conic, opacity, depth, tile rectangle.",
    "tile pairs": "pairs of a splat and a tile of 16x16 px that it may touch.",
    "ball test": "one ball, of a cluster or of a group of clusters, against the four side planes "
    "and the near plane. Tests: groups + clusters of the groups that pass.",
    "saved net": "1 - (what is spent with culling, its tests included) / (what is spent without).",
    "kept, dropped": "clusters that the test passes on, and the others.",
    "safe, 3sigma": "radius of a cluster's ball: the bound that loses nothing; the paper's, "
    "distance to the centre + 3 standard deviations.",
    "front end": "cluster_cull, gaussian_fetch and gaussian_project, as if alone on the bus.",
    "stream, sort, blend": "the three phases of a frame: cluster_cull to tile_bin streaming into "
    "one another; depth_sort, once all pairs are there; rasterize, once they are sorted.",
    "compute cycles, memory cycles": "of a stage's own units when nothing holds them up; of its "
    "bytes at the peak of the bus.",
    "memory-bound views": "views in which the stage alone would wait for memory.",
    "slowest": "the worst view of that very figure: fewest found, most cycles, least speed-up.",
    "gain": "cycles without culling / cycles with it, same hardware.",
    "speed-up": "GPU time / accelerator time of a view; the mean is over the views' ratios. Front "
    "end: against the GPU's projection kernels. Frame: against all its kernels. Frame with gaps: "
    "against the frame as measured, in which the GPU also waits for the host.",
    "equal bandwidth": "every rate of the configuration times ceil(GPU GB/s / configured GB/s), at "
    "the same clock, on a bus of the GPU's peak GB/s.",
    "fetched splats": "splats that the rasteriser reads, over all tiles, until a tile is done.",
    "tested, blended": "alpha evaluations at pixels that are not done yet, and those that changed "
    "a pixel.",
}


def report_markdown(document: dict[str, Any], figures: Sequence[str]) -> str:
    """The whole text; `figures` are file names beside it."""
    parts = [
        f"# splatsieve report: {document['scene']['name']}",
        "\n".join(f"- {line}" for line in summary_lines(document)),
        "Reproduce with:\n\n```\n" + document["command_line"] + "\n```",
        "## Culling",
        tables.culling_table(document),
        _three_sigma(document),
        _image("excluded_fraction.png", "Excluded Gaussians by view", figures),
        *_above_section(document, figures),
        "## Cost of the cluster test",
        cost_tables.cost_text(document),
        cost_tables.cost_table(document),
        cost_tables.operation_table(document),
        "## Found over tests",
        cost_tables.pareto_text(document),
        _image("pareto.png", "Found fraction over ball tests", figures),
        cost_tables.pareto_table(document),
        "## Projection",
        projection_text(),
        projection_table(document),
        _image("projection.png", "Gaussians kept and dropped by the projection", figures),
        "## Cycles",
        f"Configuration: {document['configuration']['configured']['description']}.",
        tables.configuration_table(document),
        tables.cycle_table(document),
        _image("cycles.png", "Cycles by phase and stage", figures),
        "Each stage on its own:",
        tables.stage_table(document),
        "## Speed-up over a GPU",
        *_speedup_section(document, figures),
        "## Counts",
        tables.count_table(document),
        _drawn(document),
        _image("view.png", f"View {document['pictures']['view']}", figures),
        "## What the paper claims",
        f"Claims of {document['paper_claims']['source']}, over Mip-NeRF360 and under its own "
        "accounting; its accelerator, its GPU and its memory are not public knowledge here. They "
        "stand beside our figures for orientation only and enter none of them.",
        tables.paper_table(document, cost_tables.paper_cost_rows(document)),
        cost_tables.paper_cost_text(document),
        "## Accounting",
        tables.accounting_table(document),
        _accounting(document),
        "## Glossary",
        "\n".join(f"- **{word}**: {text}" for word, text in GLOSSARY.items()),
        "## Provenance",
        _provenance(document),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _image(name: str, title: str, figures: Sequence[str]) -> str:
    return f"![{title}]({name})" if name in figures else ""


def _above_section(document: dict[str, Any], figures: Sequence[str]) -> list[str]:
    picture = _image("clusters_above.png", "Clusters from above", figures)
    return [cost_tables.above_text(document), picture] if picture else []


def _three_sigma(document: dict[str, Any]) -> str:
    lost = document["three_sigma"]["lost"]
    return (
        "The row 3sigma is the paper's radius taken literally, with this project's planes: "
        f"{mean_and_worst(lost, 1)} Gaussians lost a view, mean (worst, {lost['slowest_view']})."
    )


def _speedup_section(document: dict[str, Any], figures: Sequence[str]) -> list[str]:
    gpu = document["gpu"]
    if gpu is None:
        return [f"None is given: {document['gpu_note'].rstrip('.')}."]
    frame, kernels = gpu["frame_ms"]["mean"], gpu["kernels_ms"]["mean"]
    ratio = document["configuration"]["equal_bandwidth"]["bandwidth_ratio"]
    return [
        f"GPU: {gpu['device']}, gsplat {gpu['gsplat']} (rules {gpu['rules']}, packed "
        f"{'on' if gpu['packed'] else 'off'}), {gpu['memory_peak_gb_per_s']:,.0f} GB/s peak. Mean "
        f"view: projection kernels {1e3 * gpu['front_end_ms']['mean']:.1f} us, all kernels "
        f"{1e3 * kernels:.1f} us, frame {1e3 * frame:.1f} us, so that no kernel runs in "
        f"{percent(1 - kernels / frame)} of the frame.",
        "The GPU's bandwidth is a bound and no design: the configuration with every rate, the "
        f"cluster test's included, times {ratio}, at the same clock, on a bus of the GPU's peak "
        "rate, all of it used and the work spread evenly.",
        tables.speedup_table(document),
        _image("speedup.png", "Speed-up over the GPU", figures),
    ]


def _drawn(document: dict[str, Any]) -> str:
    """What the culled pictures were counted to hold, against what was derived for that view."""
    pictures = document["pictures"]
    drawn = pictures["back_end"]
    agree = all(
        document["methods"][method][key]["views"][0] == value
        for method, counts in drawn.items()
        for key, value in counts.items()
    )
    return (
        "With culling, splats, pairs and fetched splats are those of the whole picture that are "
        f"left. Counted again in view {pictures['view']}, drawn from what each culling left: "
        f"{'the same numbers' if agree else 'OTHER NUMBERS, see report.json'}."
    )


def _accounting(document: dict[str, Any]) -> str:
    tests = [document["methods"][name]["stages"]["configured"]["cluster_cull"] for name in CULLED]
    fronts = [document["methods"][name]["front_end_cycles"]["mean"] for name in CULLED]
    late = max(t["compute_cycles"] / front for t, front in zip(tests, fronts, strict=True))
    frames, equal, _ = rtl_totals(document)
    checked = f"its cycles are equal in {equal} of {frames} frames" if frames else "not in this run"
    return (
        "Memory cycles = bytes x clock_mhz / (1000 memory_gb_per_s), rounded up. Stages that "
        "stream: max(largest compute cycles, memory cycles of all their bytes). Frame = stream + "
        "sort + blend. Time = cycles / clock.\n\n"
        "Not in the model: latencies other than cluster_cull's (tens of cycles a frame), row "
        "misses and refresh of the memory, uneven work among lanes, and the order in which visible "
        "clusters come, which can add cluster_cull's compute cycles at most: "
        f"{percent(late)} of the front end here. cluster_cull is the one stage that is checked "
        f"against RTL: {checked}."
    )


def _provenance(document: dict[str, Any]) -> str:
    scene = document["scene"]
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    lines = [
        f"- Scene {scene['name']}: {scene['gaussians']:,} Gaussians, spherical harmonics of degree "
        f"{scene['sh_degree']}, SHA-256 of its values `{scene['sha256']}`.",
        f"- Versions: {versions}.",
    ]
    if document["gpu"] is not None:
        gpu = document["gpu"]
        lines.append(
            f"- GPU trace `{gpu['file']}`: {gpu['device']}, driver {gpu['driver']}, PyTorch "
            f"{gpu['torch']}, CUDA {gpu['cuda']}, gsplat {gpu['gsplat']}, "
            f"{gpu['resolution_px'][0]}x{gpu['resolution_px'][1]} px, {gpu['date']}; recorded with "
            f"`{gpu['command_line']}`."
        )
    lines.append("- Numbers of every view: `report.json`.")
    return "\n".join(lines)
