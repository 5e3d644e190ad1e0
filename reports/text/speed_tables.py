"""Tables of cycles and speed-ups, from the document alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reports.text.summary import percent
from reports.text.tables import table

Document = dict[str, Any]

SPAN_WORDS = {
    "front_end": "front end",
    "front_end_color": "front end + colour",
    "front_end_color_stored": "front end + colour, splats written to memory",
    "frame": "whole frame",
    "frame_steady": "whole frame, frames overlapping",
}
KIND_WORDS = {
    "measured": "as measured",
    "equal_bandwidth": "at equal bandwidth",
    "edge": "over the derived edge GPU",
}


def configuration_table(document: Document) -> str:
    """Every value of the configuration, and of its memory."""
    config = dict(document["configuration"])
    memory = dict(config.pop("memory"))
    currents = memory.pop("currents", None) or {}
    memory |= {f"currents.{key}": value for key, value in currents.items()}
    rows = [[f"`{key}`", _value(value)] for key, value in config.items()]
    rows += [[f"`memory.{key}`", _value(value)] for key, value in memory.items()]
    return table(["value", document["configuration"]["name"]], rows)


def cycle_table(document: Document) -> str:
    """Cycles of each span, mean and slowest view, a row for each way of culling."""
    rows = [
        [
            SPAN_WORDS[span],
            method,
            f"{of['mean']:,.0f}",
            f"{of['slowest']:,.0f}",
            of["slowest_view"],
            f"{entry[f'{span}_gain']['mean']:.2f}",
            f"{entry[f'{span}_gain']['slowest']:.2f}",
        ]
        for span in SPAN_WORDS
        for method, entry in document["methods"].items()
        for of in [entry[f"{span}_cycles"]]
    ]
    head = ["span", "culling", "mean, cycles", "slowest view, cycles", "slowest view",
            "gain over no culling, mean x", "gain, least view, x"]  # fmt: skip
    return table(head, rows, text_columns=2)


def stage_table(document: Document) -> str:
    """Where the cycles of the mean frame go; each row adds up to the frame."""
    rows = []
    for method in ("off", "reach"):
        entry = document["methods"][method]
        for stage, of in entry["stages"].items():
            rows.append(
                [
                    stage,
                    method,
                    *(f"{of[part]:,.0f}" for part in _PARTS),
                    f"{entry['frame_cycles']['mean']:,.0f}",
                    f"{of['read_bytes'] / 1e6:.2f}",
                    f"{of['written_bytes'] / 1e6:.2f}",
                    percent(of["bandwidth_share"]),
                ]
            )
    head = ["stage", "culling", *_PARTS.values(), "sum: frame, cycles", "read, MB", "written, MB",
            "of the peak bandwidth, in its phase"]  # fmt: skip
    return table(head, rows, text_columns=2)


_PARTS = {
    "busy_cycles": "busy, cycles",
    "dram_stall_cycles": "waits for DRAM, cycles",
    "upstream_stall_cycles": "waits for an earlier stage, cycles",
    "downstream_stall_cycles": "waits for a later stage, cycles",
    "idle_cycles": "other phase, cycles",
}


def dram_table(document: Document) -> str:
    """Bytes and bandwidth of each span with its requests through the DRAM."""
    peak = document["configuration"]["memory_peak_gb_per_s"]
    rows = [
        [span.replace("_", " "), method, f"{of['bytes'] / 1e6:.2f}", f"{of['cycles']:,.0f}",
         f"{of['achieved_gb_per_s']:.2f}", percent(of["achieved_gb_per_s"] / peak)]
        for method in ("off", "reach")
        for span, of in document["methods"][method]["dram"].items()
    ]  # fmt: skip
    head = ["span", "culling", "moved, MB", "DRAM at work, cycles",
            "achieved while at work, GB/s", "of the peak"]  # fmt: skip
    return table(head, rows, text_columns=2)


def energy_text(document: Document) -> str:
    """What the DRAM's energy is of, and where its currents come from."""
    memory = document["configuration"]["memory"]
    if memory["currents"] is None:
        return f"Energy of the DRAM: not known, {memory['name']} comes without currents."
    rails = " and ".join(memory["currents"]["rails"])
    return (
        f"Energy of the DRAM, {memory['name']}, in a frame alone. An estimate by the formulas of "
        f"`sim/model/dram_energy.py`: the DRAM itself on {rails}, without I/O, controller and "
        f"power-down. Currents: {memory['currents']['source']}."
    )


def energy_table(document: Document) -> str:
    """Terms of the DRAM's energy in the mean frame, and the worst view's, by way of culling."""
    methods = document["methods"].items()
    rows = [
        [method, *(f"{value:.4f}" for value in of["dram_energy_terms_mj"].values()),
         f"{of['dram_energy_mj']['mean']:.4f}", f"{of['dram_energy_mj']['slowest']:.4f}",
         of["dram_energy_mj"]["slowest_view"]]
        for method, of in methods if of["dram_energy_mj"] is not None
    ]  # fmt: skip
    head = ["culling", "activates, mJ", "reads, mJ", "writes, mJ", "refresh, mJ", "standby, mJ",
            "in all, mJ", "most, mJ", "in view"]  # fmt: skip
    return table(head, rows) if rows else ""


def speedup_table(document: Document) -> str:
    """Every ratio, mean and slowest view, a row for each span, kind and way of culling."""
    rows = [
        [
            SPAN_WORDS[span],
            KIND_WORDS[kind],
            *(
                f"{_figure(entry, span, kind)[of]:.3g}"
                for entry in document["methods"].values()
                for of in ("mean", "slowest")
            ),
        ]
        for span in SPAN_WORDS
        for kind in KIND_WORDS
    ]
    head = ["span", "comparison"]
    head += [f"{m}, {of} x" for m in document["methods"] for of in ("mean", "slowest view,")]
    return table(head, rows, text_columns=2)


def _figure(entry: Mapping[str, Any], span: str, kind: str) -> dict[str, Any]:
    figure: dict[str, Any] = entry[f"{span}_speedup_{kind}"]
    return figure


def inria_table(document: Document) -> str:
    """The INRIA rasteriser's quoted frames, derived for the edge GPU."""
    rows = [
        [
            f"{one['resolution_px'][0]}x{one['resolution_px'][1]}",
            f"{one['frame_ms']:.2f}",
            f"{one['kernels_ms']:.2f}",
            f"{one['derived_ms']:.1f}",
            f"{one['derived_frames_per_s']:.2f}",
            f"{one['frame_over_it']:.2f}"
            if one["frame_over_it"] is not None
            else "another scene"
            if one["resolution_px"] == document["resolution_px"]
            else "another size",
        ]
        for one in document["inria"]
    ]
    head = ["size, px", "frame measured, ms", "its kernels, ms", "kernels derived, ms",
            "derived, frames/s", "our mean frame over it, x"]  # fmt: skip
    return table(head, rows)


def variant_table(document: Document) -> str:
    """Ways of drawing on the GPU: their times, and our ratios over each."""
    rows = []
    for one in document["gpu_variants"]:
        stages = one["stages_us"]
        name = one["variant"] + (f", {one['clustering']} clusters" if one["clustering"] else "")
        culling = ("cluster_cull", "compaction", "gaussian_fetch")
        rows.append(
            [
                name,
                *(f"{stages[s]:.1f}" if s in stages else "" for s in culling),
                *(f"{stages[s]:.1f}" for s in ("gaussian_project", "color")),
                f"{1e3 * one['front_end_ms']['mean']:.1f}",
                f"{1e3 * one['kernels_ms']['mean']:.1f}",
                f"{one['reach']['front_end_speedup_equal_bandwidth']['mean']:.3g}",
                f"{one['reach']['frame_speedup_measured']['mean']:.3g}",
            ]
        )
    head = ["GPU", "ball tests, us", "compaction, us", "gather, us", "projection, us",
            "colour, us", "front end, us", "all kernels, us",
            "our front end at equal bandwidth, x", "our frame as measured, x"]  # fmt: skip
    return table(head, rows)


def view_table(document: Document) -> str:
    """Each view with reach clusters."""
    reach = document["methods"]["reach"]
    keys: dict[str, tuple[str, Callable[[float], str]]] = {
        "excluded_fraction": ("excluded, %", _hundred),
        "found_fraction": ("found, %", _hundred),
        "front_end_cycles": ("front end, cycles", "{:,}".format),
        "frame_cycles": ("frame, cycles", "{:,}".format),
        "front_end_speedup_equal_bandwidth": ("front end, equal bandwidth, x", _three),
        "front_end_color_speedup_equal_bandwidth": ("with colour, equal bandwidth, x", _three),
        "frame_speedup_measured": ("frame as measured, x", _three),
        "frame_speedup_edge": ("frame over edge GPU, x", _three),
    }
    shown = {key: of for key, of in keys.items() if key in reach}
    rows = [
        [view, *(show(reach[key]["views"][n]) for key, (_, show) in shown.items())]
        for n, view in enumerate(document["views"])
    ]
    return table(["view", *(name for name, _ in shown.values())], rows)


def exploration_table(document: Document) -> str:
    """Presets, and the configuration made wider or narrower, with reach clusters."""
    rows = [
        [
            f"{v['axis']}" + (f" {v['name']}" if v["axis"] == "preset" else ""),
            "on" if v["culling"] else "off",
            f"{v['clock_mhz']:g}",
            f"{v['bandwidth_gb_per_s']:.1f}",
            f"{v['lanes']}",
            f"{v['cores']}",
            f"{v['blend_lanes']}",
            *(f"{v['ms'][span]:.3f}" for span in ("front_end", "front_end_color", "frame")),
            f"{1e3 / v['ms']['frame']:.1f}",
        ]
        for v in document["exploration"]["variations"]
    ]
    head = ["varied", "culling", "clock, MHz", "peak bandwidth, GB/s", "projection lanes", "cores",
            "blending lanes", "front end, ms", "front end + colour, ms", "frame, ms",
            "frames a second"]  # fmt: skip
    return table(head, rows, text_columns=2)


def published_table(document: Document) -> str:
    """What others published, and ours by the derived edge GPU among it, largest ratio first."""
    rows = [
        (float(e["speedup"]), [e["name"], f"{e['speedup']:g}", e["over"], e["statistic"],
                               e["span"], e["technology"], e["means"], e["source"]])
        for e in document["published"]
    ]  # fmt: skip
    if document["gpu"] is not None:
        ratio = document["methods"]["reach"]["frame_speedup_edge"]["mean"]
        config = document["configuration"]
        rows.append(
            (ratio, [f"**this project, `{config['name']}`, cycle model**", f"{ratio:.2f}",
                     f"{document['gpu']['edge']['machine']}, derived", "mean of the views",
                     "whole frame", f"{config['clock_mhz']:g} MHz, "
                     f"{config['memory_peak_gb_per_s']:g} GB/s; no chip",
                     "model of the back end, RTL of the front end", "this report"])
        )  # fmt: skip
    rows.sort(key=lambda row: -row[0])
    head = ["design", "speed-up, x", "over", "statistic", "span", "technology", "what it is",
            "source"]  # fmt: skip
    return table(head, [row for _, row in rows])


def _hundred(value: float) -> str:
    return f"{100 * value:.2f}"


def _three(value: float) -> str:
    return f"{value:.3g}"


def _value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    return f"{value:,g}" if isinstance(value, int | float) else str(value)


def whole_frames(configuration: dict[str, Any]) -> str:
    """How the cycles of whole frames come about."""
    if configuration["build"]:
        return (
            f"Whole frames are clocked: every cycle of the RTL of `{configuration['build']}` by a "
            "model that equals it (`sim/model/frame_clock`), behind the DRAM that the RTL is "
            "simulated with."
        )
    return (
        "Whole frames are by throughput bounds of stages 4 to 7, for a machine of cores and tiles "
        "that is not this RTL. Given GSCore's resources it is faster than GSCore's published "
        "rates; `sim/model/calibration.md` has by how much and why. So the ratios of whole frames "
        "are upper figures."
    )
