"""hw/interface.md: parameters, ports, records and latencies, from the source that defines them."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from golden.params import LEGAL_RANGES, Parameters
from golden.records import (
    CLUSTER_DTYPE,
    GEOMETRY_DTYPE,
    MEMBER_DTYPE,
    REQUEST_DTYPE,
    SPLAT_DTYPE,
    VISIBLE_DTYPE,
)
from hw.package.lint import WAIVED
from hw.package.ports import purpose
from hw.package.presets import PRESETS
from hw.stream_top import bit_slices
from hw.verilog import Design

INTERFACE = "interface.md"
RECORDS = {
    "Splat": (SPLAT_DTYPE, "m_axis_splat_tdata, a lane each"),
    "Group or cluster": (CLUSTER_DTYPE, "tables of the pack; s_axis_group and s_axis_cluster"),
    "Geometry of a Gaussian": (GEOMETRY_DTYPE, "table of the pack"),
    "Member": (MEMBER_DTYPE, "s_axis_member of the projection alone"),
    "Request": (REQUEST_DTYPE, "m_axis_request of the cluster stage alone"),
    "Visible cluster": (VISIBLE_DTYPE, "m_axis_visible of the cluster stage alone"),
}


def interface_markdown(designs: dict[str, Design]) -> str:
    """The page; designs: by preset, for their ports."""
    lines = [
        "# Interface of the IP core",
        "",
        "Made by `uv run python -m sim.worked_example_docs hw`; a test holds it to the source.",
        "Registers: [regs.md](regs.md). A frame cycle by cycle: [worked_example.md]"
        "(worked_example.md). How to use it: [verilog.md](verilog.md).",
        "",
        "![A read burst and the last splats of a frame](timing.svg)",
        "",
        "## Parameters",
        "",
        "| name | default | least | largest |",
        "| --- | ---: | ---: | ---: |",
    ]
    for item in fields(Parameters):
        low, high = LEGAL_RANGES[item.name]
        lines.append(f"| `{item.name}` | {item.default} | {low} | {high} |")
    lines += [
        "",
        "`data_bits` and `burst_beats` are powers of two; meanings: [README.md](README.md).",
    ]
    for preset, design in designs.items():
        lines += ["", f"## Ports of `{design.name}` (preset {preset})", ""]
        lines += ["| port | direction | bits | purpose |", "| --- | --- | ---: | --- |"]
        lines += [
            f"| `{port['name']}` | {port['direction']} | {port['bits']} | "
            f"{purpose(str(port['name']))} |"
            for port in design.metadata["ports"]  # type: ignore[attr-defined]
        ]
    for name, (dtype, where) in RECORDS.items():
        lines += _record(name, dtype, where)
    lines += _latencies(designs)
    lines += ["", "## Lint warnings that stay", "", "| Verilator's rule | why |", "| --- | --- |"]
    lines += [f"| `{rule}` | {reason} |" for rule, reason in WAIVED.items()]
    return "\n".join(lines) + "\n"


def _record(name: str, dtype: np.dtype, where: str) -> list[str]:
    lines = ["", f"## {name}, {dtype.itemsize * 8} bits", "", f"{where}.", ""]
    lines += ["| bits | field | type |", "| --- | --- | --- |"]
    for part, (first, bits) in bit_slices(dtype).items():
        kind = "zero" if part.endswith("reserved") else _kind(dtype, part)
        lines.append(f"| {first + bits - 1}:{first} | `{part}` | {kind} |")
    return lines


def _kind(dtype: np.dtype, part: str) -> str:
    """Signed or unsigned, of a field by its dotted path."""
    for name in part.split("."):
        if dtype.names and name in dtype.names:
            dtype = dtype[name]
    return "signed" if dtype.base.kind == "i" else "unsigned"


def _latencies(designs: dict[str, Design]) -> list[str]:
    """From the components' attributes, which the designs carry."""
    cull, project = designs["cull"].metadata, designs["project"].metadata
    return [
        "",
        "## Latency and throughput",
        "",
        "| stage | from | to | cycles | items a cycle |",
        "| --- | --- | --- | ---: | ---: |",
        f"| `cluster_cull` | cluster | visible cluster | {cull['latency_cycles']} | 1 |",
        f"| `cluster_cull` | group | request | {cull['request_latency_cycles']} | 1 |",
        f"| `gaussian_project` | member | splat | {project['latency_cycles']} | `lanes` |",
        "",
        f"Presets: {'; '.join(f'`{name}`, {preset.what}' for name, preset in PRESETS.items())}.",
    ]
