"""report.md, made from the document of a report alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hw.synth.area import from_json
from hw.synth.area import table as area_table
from reports.names import code_block, code_span, markdown_text, with_names
from reports.text import cost_tables, speed_tables, tables
from reports.text.accelerator_text import (
    accelerator_table,
    accelerator_text,
    accelerator_view_table,
)
from reports.text.aims_text import aims_sentences, aims_table
from reports.text.claims import claims_table, claims_text
from reports.text.color_text import color_table, color_text
from reports.text.glossary import GLOSSARY
from reports.text.projection_text import projection_table, projection_text
from reports.text.summary import mean_and_worst, percent, rtl_totals, shows_nothing, summary_lines
from reports.text.timeline_text import timeline_table, timeline_text

ENERGY_AND_AREA = (
    "Estimates of the stages' RTL alone, in the cells of a library; they do not depend on the "
    "scene of this report. How they are made: `hw/synth/area.md`. Figures of published "
    "accelerators are of other units and processes, so they stand there beside these, unscaled."
)


def report_markdown(document: dict[str, Any], figures: Sequence[str]) -> str:
    """The whole text; `figures` are file names beside it."""
    raw, document = document, with_names(document, markdown_text)
    if shows_nothing(document):
        return _joined(_of_nothing(document, raw, figures))
    parts = [
        f"# splatsieve report: {document['scene']['name']}",
        "\n".join(f"- {line}" for line in summary_lines(document)),
        *(f"**Warning**: {sentence}" for sentence in document.get("warnings", ())),
        "Reproduce with:\n\n" + code_block(raw["command_line"]),
        "## The paper's claims beside ours",
        claims_table(document),
        claims_text(document),
        f"The claims are those of {document['paper_claims']['source']}, over Mip-NeRF360 and under "
        "its own accounting; its accelerator, its GPU and its memory are not public knowledge "
        "here. They enter no figure of ours.",
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
        "## Colour",
        color_text(document),
        color_table(document),
        "## The accelerator's RTL",
        accelerator_text(document),
        accelerator_table(document),
        accelerator_view_table(document),
        "## Cycles",
        _configuration_text(document, raw["configuration"]["name"]),
        speed_tables.cycle_table(document),
        _image("cycles.png", "Cycles of each span, and where those of the stages go", figures),
        "Where the cycles of the mean frame go; in each row busy, waits and other phase add up to "
        "the frame:",
        speed_tables.stage_table(document),
        timeline_text(document),
        _image("timeline.png", "A frame over its cycles", figures),
        timeline_table(document),
        "The DRAM, given each span's requests as fast as it takes them:",
        speed_tables.dram_table(document),
        _image("roofline.png", "Roofline, a point a stage", figures),
        "## Wider and narrower machines",
        _exploration_text(document),
        _image("exploration.png", "Speed over bandwidth, lanes, cores and cluster size", figures),
        speed_tables.exploration_table(document),
        "## Speed-up over a GPU",
        *_speedup_section(document, figures),
        *_aims_section(document),
        "## Beside published accelerators",
        "Each ratio is over the baseline that its own paper names, on that paper's scenes: the "
        "order is that of the numbers and no ranking of speed.",
        _image("published.png", "Published speed-ups and ours", figures),
        speed_tables.published_table(document),
        "## Energy and area",
        ENERGY_AND_AREA,
        area_table([from_json(entry) for entry in document["area"]["areas"]]).rstrip(),
        speed_tables.energy_text(document),
        speed_tables.energy_table(document),
        "## Every view",
        "With reach clusters:",
        speed_tables.view_table(document),
        _image("per_view.png", "Speed-up of every view", figures),
        "## Counts",
        tables.count_table(document),
        _drawn(document),
        _image("view.png", f"View {document['pictures']['view']}", figures),
        "## Computation, by the paper's words",
        tables.paper_table(document, cost_tables.paper_cost_rows(document)),
        cost_tables.paper_cost_text(document),
        "## Accounting",
        tables.accounting_table(document),
        _accounting(document),
        "## Glossary",
        "\n".join(f"- **{word}**: {text}" for word, text in GLOSSARY.items()),
        "## Configuration",
        speed_tables.configuration_table(document),
        "## Provenance",
        _provenance(document, raw),
    ]
    return _joined(parts)


def _of_nothing(document: dict[str, Any], raw: dict[str, Any], figures: Sequence[str]) -> list[str]:
    """What is left to say where no view shows anything."""
    return [
        f"# splatsieve report: {document['scene']['name']}",
        "\n".join(f"- {line}" for line in summary_lines(document)),
        *(f"**Warning**: {sentence}" for sentence in document.get("warnings", ())),
        "Reproduce with:\n\n" + code_block(raw["command_line"]),
        "## Culling",
        tables.culling_table(document),
        *_above_section(document, figures),
        "## Counts",
        tables.count_table(document),
        _image("view.png", f"View {document['pictures']['view']}", figures),
        "## Configuration",
        speed_tables.configuration_table(document),
        "## Provenance",
        _provenance(document, raw),
    ]


def _joined(parts: Sequence[str]) -> str:
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


def _configuration_text(document: dict[str, Any], name: str) -> str:
    config = document["configuration"]
    return (
        f"Configuration {code_span(name)}: {config['description']}; memory "
        f"{config['memory']['name']}, {config['memory_peak_gb_per_s']:g} GB/s peak. Every value "
        "stands under Configuration below. The front end's control is that of the RTL, cycle for "
        "cycle; the back end is a model."
    )


def _exploration_text(document: dict[str, Any]) -> str:
    views = document["exploration"]["views"]
    return (
        f"Mean of {len(views)} views ({', '.join(views)}), reach clusters. Bandwidth varies by "
        "channels of the same memory, lanes with a bus of 256 bits each, 512 at most, cores with "
        "their blending lanes; everything else as configured. Presets are as their files say, and "
        "are shown without culling too."
    )


def _speedup_section(document: dict[str, Any], figures: Sequence[str]) -> list[str]:
    gpu = document["gpu"]
    if gpu is None:
        return [f"None is given: {document['gpu_note'].rstrip('.')}."]
    frame, kernels = gpu["frame_ms"]["mean"], gpu["kernels_ms"]["mean"]
    ours = document["configuration"]["memory_peak_gb_per_s"]
    edge = gpu["edge"]
    return [
        f"GPU: {gpu['device']}, gsplat {gpu['gsplat']} (rules {gpu['rules']}, {gpu['variant']}), "
        f"{gpu['memory_peak_gb_per_s']:,.0f} GB/s peak. Mean view: projection kernels "
        f"{1e3 * gpu['front_end_ms']['mean']:.1f} us, with colour "
        f"{1e3 * gpu['front_end_color_ms']['mean']:.1f} us, all kernels {1e3 * kernels:.1f} us, "
        f"frame {1e3 * frame:.1f} us. No kernel runs in {percent(1 - kernels / frame)} of the "
        "frame.",
        "As measured: GPU kernel time / accelerator time. At equal bandwidth: the GPU's kernel "
        f"times times {gpu['memory_peak_gb_per_s']:,.1f} / {ours:,.1f} (both peaks in GB/s), the "
        "accelerator as configured. This charges the GPU as if every kernel slowed down with its "
        "memory. It favours the accelerator where a kernel is not bound by the memory. Derived: "
        f"the GPU's kernels scaled to {edge['machine']}, mean frame "
        f"{edge['kernels_ms']['mean']:.1f} ms, front end {edge['front_end_ms']['mean']:.2f} ms.",
        "The rule, kernel by kernel (`sim/gpu/edge_gpu.py`):",
        "\n".join(f"- {line}" for line in edge["rule"]),
        edge["note"],
        speed_tables.whole_frames(document["configuration"]),
        speed_tables.speedup_table(document),
        _image("speedup.png", "Speed-up over the GPU", figures),
        *_inria(document),
        "Ways of drawing on that GPU, mean of the views:",
        speed_tables.variant_table(document),
    ]


def _inria(document: dict[str, Any]) -> list[str]:
    """The rule checked on another renderer, and our frame over its derived one."""
    if not document["inria"]:
        return []
    first = document["inria"][0]
    published = first["published_frames_per_s"]
    check = (
        f", where about {published:g} frames/s are published ({first['published_source']})"
        if published is not None
        else ""
    )
    return [
        f"The same rule on quoted times of the INRIA rasteriser ({first['renderer']}, "
        f"{first['device']}; {first['scene']}; views {first['views']}): "
        f"{document['gpu']['edge']['machine']} would draw "
        f"{first['derived_frames_per_s']:.1f} frames/s at "
        f"{first['resolution_px'][0]}x{first['resolution_px'][1]}{check}. The last column is a "
        "ratio of two means, over its views and over those of this report.",
        speed_tables.inria_table(document),
    ]


def _aims_section(document: dict[str, Any]) -> list[str]:
    if document["aims"] is None:
        return []
    return [
        "## Aims, and what binds them",
        aims_table(document),
        "\n".join(f"- {line}" for line in aims_sentences(document)),
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
    frames, equal, _ = rtl_totals(document)
    checked = f"equal in {equal} of {frames} frames" if frames else "not compared in this run"
    return (
        "stream = max(front end under the shared memory, busiest of stages 1 to 5, DRAM). render = "
        "max(schedule of sort and blending over the cores, DRAM). Frame = stream + render. Time = "
        f"cycles / clock. Cycles of cluster_cull alone against its RTL: {checked}."
    )


def _provenance(document: dict[str, Any], raw: dict[str, Any]) -> str:
    """The last lines; `raw` has the names as they are, for what is set as code."""
    scene = document["scene"]
    versions = ", ".join(f"{name} {number}" for name, number in document["versions"].items())
    lines = [
        f"- Scene {scene['name']}: {scene['gaussians']:,} Gaussians, spherical harmonics of degree "
        f"{scene['sh_degree']}, SHA-256 of its values `{scene['sha256']}`.",
        f"- Command: {code_span(raw['command_line'])}.",
        f"- Commit: {document['commit'] or 'not run from a checkout'}"
        f"{' (files differ from it)' if (document['commit'] or '').endswith('+') else ''}.",
        f"- Configuration: {code_span(raw['configuration']['name'])}.",
        f"- Versions: {versions}.",
    ]
    if document["gpu"] is not None:
        gpu = document["gpu"]
        lines.append(
            f"- GPU trace {code_span(raw['gpu']['file'])}: {gpu['device']}, driver "
            f"{gpu['driver']}, PyTorch {gpu['torch']}, CUDA {gpu['cuda']}, gsplat {gpu['gsplat']}, "
            f"{gpu['resolution_px'][0]}x{gpu['resolution_px'][1]} px, {gpu['date']}; recorded with "
            f"{code_span(gpu['command_line'])}."
        )
    lines.append("- Numbers of every view: `report.json`.")
    return "\n".join(lines)
