"""hw/interface.md, and the tables of hw/README.md, from the source that defines them."""

from __future__ import annotations

import re
from dataclasses import fields
from textwrap import wrap

import numpy as np

from golden.params import Parameters, parameter_ranges
from golden.records import (
    CLUSTER_DTYPE,
    GEOMETRY_DTYPE,
    MEMBER_DTYPE,
    REQUEST_DTYPE,
    SPLAT_DTYPE,
    VISIBLE_DTYPE,
)
from hw.accelerator_top import AcceleratorTop
from hw.docs.system import splat_meanings, system_lines
from hw.frame.phases import LIST, PHASES, RENDER
from hw.package.lint import STAYING
from hw.package.ports import purpose
from hw.package.presets import PRESETS
from hw.stages.rows import STAGES
from hw.stream_top import bit_slices
from hw.synth.devices import FAMILIES
from hw.synth.results import load
from hw.verilog import WIDE_NAME, Design, ports_of

INTERFACE, README = "interface.md", "README.md"
RECORDS = {
    "Splat": (SPLAT_DTYPE, "m_axis_splat_tdata, a lane each"),
    "Group or cluster": (CLUSTER_DTYPE, "tables of the pack; s_axis_group and s_axis_cluster"),
    "Geometry of a Gaussian": (GEOMETRY_DTYPE, "table of the pack"),
    "Member": (MEMBER_DTYPE, "s_axis_member of the projection alone"),
    "Request": (REQUEST_DTYPE, "m_axis_request of the cluster stage alone"),
    "Visible cluster": (VISIBLE_DTYPE, "m_axis_visible of the cluster stage alone"),
}


def filled(lines: list[str]) -> list[str]:
    """Lines of a page, its sentences broken at 120 characters; tables and headings stay whole."""
    return [
        part
        for line in lines
        for part in (wrap(line, 120) if len(line) > 120 and line[0] not in "|#!<" else [line])
    ]


def parameter_table() -> str:
    """Name, default, legal range and meaning of each parameter, Markdown."""
    lines = ["| name | default | legal | meaning |", "| --- | --- | --- | --- |"]
    for name, legal in parameter_ranges().items():
        default = getattr(Parameters(), name)
        lines.append(f"| `{name}` | {default} | {legal.low} to {legal.high} | {legal.meaning} |")
    return "\n".join(lines) + "\n"


def resource_table() -> str:
    """The presets in hw/synth/results.json, a row a family, Markdown."""
    lines = [
        "| family | preset | LUT | FF | DSP | block RAM | LUT RAM | Fmax, MHz |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for result in load():
        if result.unit in PRESETS:
            family = FAMILIES[result.device]
            found = family.resources(result.cells)
            numbers = (f"{found[name]:,}" for name in ("lut", "ff", "dsp", "bram", "lut_ram"))
            speed = "" if result.fmax_mhz is None else f"{result.fmax_mhz:.1f}"
            lines.append(f"| {family.name} | `{result.unit}` | {' | '.join(numbers)} | {speed} |")
    return "\n".join(lines) + "\n"


def with_tables(readme: str) -> str:
    """hw/README.md with its generated tables put in anew; see with_table."""
    for name, table in (("parameters", parameter_table()), ("resources", resource_table())):
        readme = with_table(readme, name, table)
    return readme


def with_table(page: str, name: str, table: str) -> str:
    """A page with a table between `<!-- name -->` and `<!-- end -->`.

    Raises ValueError where the page has no such place, or several.
    """
    start, end = f"<!-- {name} -->\n", "<!-- end -->"
    text, count = re.subn(f"{start}.*?{end}", lambda _: f"{start}{table}{end}", page, flags=re.S)
    if count != 1:
        raise ValueError(f"the page has {count} places for the table of {name}, not one.")
    return text


def interface_markdown(designs: dict[str, Design]) -> str:
    """The page.

    Parameters
    ----------
    designs : by preset, for their ports; those that draw are told apart by the ports alone.
    """
    lines = [
        "# Interface of the IP core",
        "",
        "Made by `uv run splatsieve docs hw`; a test holds it to the source.",
        "Registers: [regs.md](regs.md). A frame cycle by cycle: [worked_example.md]"
        "(worked_example.md). How to use it: [verilog.md](verilog.md).",
        "",
        "![A read burst and the last splats of a frame](timing.svg)",
        "",
        "## Parameters",
        "",
        parameter_table().rstrip(),
        "",
        "`data_bits` and `burst_beats` are powers of two.",
        "",
        *_wide(),
    ]
    for preset, design in designs.items():
        lines += ["", f"## Ports of `{design.name}` (preset {preset})", ""]
        lines += ["| port | direction | bits | purpose |", "| --- | --- | ---: | --- |"]
        lines += [
            f"| `{port['name']}` | {port['direction']} | {port['bits']} | "
            f"{purpose(str(port['name']))} |"
            for port in design.metadata["ports"]  # type: ignore[attr-defined]
        ]
    lines += [*_drawing(), *system_lines()]
    for name, (dtype, where) in RECORDS.items():
        lines += _record(
            name, dtype, where, splat_meanings(Parameters()) if name == "Splat" else {}
        )
    lines += [*_stages(), *_latencies(designs)]
    lines += ["", "## Lint warnings that stay", ""]
    lines += [
        "Icarus (`-Wall -g2005`) and Yosys (`proc; flatten; opt; check -assert`) have none.",
        "",
    ]
    lines += ["| tool | rule | why |", "| --- | --- | --- |"]
    for tool, rules in STAYING.items():
        lines += [_row(tool, f"`{rule}`", reason) for rule, reason in rules.items()]
    return "\n".join(filled(lines)) + "\n"


def _wide() -> list[str]:
    """What preset `wide` has otherwise: parameters, and ports by their widths."""
    params = PRESETS["wide"].params
    values = {item.name: getattr(params, item.name) for item in fields(Parameters)}
    changed = [f"`{n}` {v}" for n, v in values.items() if v != getattr(Parameters(), n)]
    widths = {
        "m_axi_rdata": params.data_bits,
        "m_axis_splat_tdata": params.lanes * SPLAT_DTYPE.itemsize * 8,
        "m_axis_splat_tkeep": params.lanes * SPLAT_DTYPE.itemsize,
    }
    ports = ", ".join(f"`{port}` of {bits} bits" for port, bits in widths.items())
    return [
        f"Preset `wide`, module `{WIDE_NAME}`, has {', '.join(changed)}. Its ports are those of "
        f"`splatsieve` below, except for {ports}."
    ]


def _drawing() -> list[str]:
    """What presets that draw have otherwise: parameters, and ports beside those of `base`."""
    plain, lines = Parameters(), ["", "## Presets that draw", ""]
    for name, preset in PRESETS.items():
        if preset.draws:
            changed = [
                f"`{item.name}` {getattr(preset.params, item.name)}"
                for item in fields(Parameters)
                if getattr(preset.params, item.name) != getattr(plain, item.name)
            ]
            lines += [f"Preset `{name}` has {', '.join(changed)}.", ""]
    first, drawing = AcceleratorTop(plain), AcceleratorTop(PRESETS["render"].params)
    known = {port["name"] for port in ports_of(first)}
    lines += [
        "Their ports are those of `base` without `m_axis_splat_*`, and with the write channels of "
        "the memory port. The bits are those of preset `render`.",
        "",
        "| port | direction | bits | purpose |",
        "| --- | --- | ---: | --- |",
    ]
    return lines + [
        f"| `{port['name']}` | {port['direction']} | {port['bits']} | {port['purpose']} |"
        for port in ports_of(drawing)
        if port["name"] not in known
    ]


def _record(name: str, dtype: np.dtype, where: str, meanings: dict[str, str]) -> list[str]:
    """Fields by bit, and their meanings where there are any."""
    columns = ["bits", "field", "type", *["number"] * bool(meanings)]
    lines = ["", f"## {name}, {dtype.itemsize * 8} bits", "", f"{where}.", ""]
    lines += [_row(*columns), _row(*["---"] * len(columns))]
    for part, (first, bits) in bit_slices(dtype).items():
        kind = "zero" if part.endswith("reserved") else _kind(dtype, part)
        shown = [meanings[part]] if meanings else []
        lines.append(_row(f"{first + bits - 1}:{first}", f"`{part}`", kind, *shown))
    return lines


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _kind(dtype: np.dtype, part: str) -> str:
    """Signed or unsigned, of a field by its dotted path."""
    for name in part.split("."):
        if dtype.names and name in dtype.names:
            dtype = dtype[name]
    return "signed" if dtype.base.kind == "i" else "unsigned"


def _stages() -> list[str]:
    """Stages by their rows, and the phases that they work in."""
    lines = [
        "",
        "## Stages and phases",
        "",
        "| stage | phase | busy while |",
        "| --- | --- | --- |",
    ]
    lines += [f"| `{stage.name}` | {stage.phase} | {stage.busy} |" for stage in STAGES]
    lines += ["", "| phase | what happens in it |", "| --- | --- |"]
    return [*lines, *(f"| {phase.name} | {phase.text} |" for phase in (*PHASES, LIST, RENDER))]


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
