"""Generated documents of hw/: page and picture of the worked example, and the registers."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import hw
from golden.files import atomic_path, write_text
from golden.params import Parameters
from hw.docs.block_diagram import BLOCKS, blocks_svg
from hw.docs.interface import (
    INTERFACE,
    README,
    filled,
    interface_markdown,
    with_table,
    with_tables,
)
from hw.docs.timing_diagram import TIMING, timing_svg
from hw.host.register_docs import c_header, regs_markdown
from hw.host.register_rdl import system_rdl
from hw.package.presets import PRESETS
from hw.synth.area import load as load_areas
from hw.synth.area import table as area_table
from hw.synth.results import load, table
from hw.verilog import ACCELERATOR_NAME
from sim.docs.worked_example import LATENCY_CYCLES, Step, WorkedExample
from sim.package.manifest import write_manifest
from sim.rtl.design_cache import cached_design

PAGE, PICTURE = "worked_example.md", "worked_example.png"
HASH_KEY = "Steps"  # of the picture's PNG text: which steps it shows
ROWS = (
    "s_axil",
    "m_axi_ar",
    "m_axi_r",
    "group test",
    "cluster test",
    "fetch",
    "member",
    "m_axis_splat",
    "tlast",
    "irq",
)
COLORS = {
    "header": "#9a9a9a",
    "groups": "#d08b2c",
    "clusters": "#3b7fb8",
    "geometry": "#4b9b57",
}
ROW_COLORS = {"group test": "groups", "cluster test": "clusters", "fetch": "clusters"}
OTHER_COLOR, UNSEEN_COLOR = "#4b9b57", "#ffffff"
STRETCH_CYCLES = 65
WIDTH_INCHES, STRETCH_INCHES, LEVEL = 15.0, 2.9, 0.36


def steps_hash(steps: tuple[Step, ...]) -> str:
    """SHA-256 of the steps, which the picture carries in its PNG text."""
    return hashlib.sha256(json.dumps([asdict(step) for step in steps]).encode()).hexdigest()


def picture(example: WorkedExample) -> Figure:
    """A row a place, a box a handshake; the time axis runs on from stretch to stretch."""
    last = example.steps[-1].cycle
    stretches = -(-(last + 4) // STRETCH_CYCLES)
    figure = Figure(figsize=(WIDTH_INCHES, STRETCH_INCHES * stretches), layout="constrained")
    for n, axes in enumerate(figure.subplots(stretches, 1, squeeze=False)[:, 0]):
        first = n * STRETCH_CYCLES
        _stretch(axes, first, [s for s in example.steps if 0 <= s.cycle - first < STRETCH_CYCLES])
    figure.supxlabel("cycles of aclk after the answer to the start", fontsize=9)
    return figure


def _stretch(axes: Axes, first: int, steps: list[Step]) -> None:
    """The rows of some cycles."""
    end = first + STRETCH_CYCLES
    for row, name in enumerate(ROWS):
        axes.plot([first, end], [row + LEVEL] * 2, color="#c8c8c8", linewidth=0.8, zorder=1)
        for step in (step for step in steps if step.row == name):
            _box(axes, step, row)
    axes.set_yticks(range(len(ROWS)), ROWS, fontsize=8, family="monospace")
    axes.set_xticks(range(first, end + 1, 5))
    axes.set_xticks(range(first, end + 1), minor=True)
    axes.tick_params(axis="x", labelsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", which="both", color="#ececec", linewidth=0.6, zorder=0)
    axes.set_xlim(first, end)
    axes.set_ylim(len(ROWS) - 0.5, -0.6)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _box(axes: Axes, step: Step, row: int) -> None:
    """A handshake: filled, or hollow where what enters goes no further."""
    unseen = step.text.endswith(("not seen", "dropped"))
    color = COLORS.get(step.part or ROW_COLORS.get(step.row, ""), OTHER_COLOR)
    if step.row in ("s_axil", "tlast", "irq"):
        color = "#b23a48"
    fill = UNSEEN_COLOR if unseen else color
    corner = (step.cycle, row - LEVEL)
    cycles = STRETCH_CYCLES if step.row == "irq" else 1  # irq stands until it is acknowledged
    axes.add_patch(
        Rectangle(corner, cycles, 2 * LEVEL, facecolor=fill, edgecolor=color, linewidth=1, zorder=2)
    )
    wide = step.row in ("m_axi_ar", "s_axil", "irq")
    axes.text(
        step.cycle + (1.2 if wide else 0.5),
        row,
        step.label,
        fontsize=6.5,
        ha="left" if wide else "center",
        va="center",
        color="#ffffff" if step.row == "irq" or not (wide or unseen) else "#202020",
        zorder=3,
    )


def page(example: WorkedExample) -> str:
    """The Markdown page: what is seen, the picture, every cycle in which something happens."""
    pack, levels = example.frame.pack, example.frame.levels
    clusters, groups = pack.clusters, pack.groups
    seen = [f"c{n}" for n, yes in enumerate(levels.visible) if yes]
    lines = [
        "# A frame, cycle by cycle",
        "",
        f"The scene has {len(pack)} Gaussians, m0 to m{len(pack) - 1}, in {len(clusters)} "
        f"clusters, c0 to c{len(clusters) - 1}, and {len(groups)} groups, g0 to "
        f"g{len(groups) - 1}. The RTL has the default parameters. The memory's latency is "
        f"{LATENCY_CYCLES} cycles.",
        "The camera looks past the last group, whose clusters are never read, and past one cluster "
        "of the first, whose Gaussians are never read.",
        "",
        "| group | clusters | Gaussians of each | seen |",
        "| --- | --- | --- | --- |",
    ]
    for n, group in enumerate(groups):
        of = range(int(group["base"]), int(group["base"]) + int(group["count"]))
        members = (
            f"m{clusters['base'][c]} to m{clusters['base'][c] + clusters['count'][c] - 1}"
            for c in of
        )
        shown = ", ".join(f"c{c}" for c in of if f"c{c}" in seen) or "none"
        names = ", ".join(f"c{c}" for c in of)
        lines.append(f"| g{n} | {names} | {'; '.join(members)} | {shown} |")
    lines += [
        "",
        f"![The frame as a waveform]({PICTURE})",
        "",
        "A box is a handshake: valid and ready in that cycle. Grey is the header, orange are "
        "groups, blue are clusters, green are Gaussians. What is in a hollow box goes no further. "
        "Cycle 0 answers the write of start.",
        "",
        *_counters(example),
        "",
        "| cycle | where | what |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {step.cycle} | {step.row} | {step.text} |" for step in example.steps if step.text]
    made = "`uv run splatsieve docs hw`"
    lines += ["", f"Made by {made} from a run of the harness; a test holds it to the RTL."]
    return "\n".join(filled(lines)) + "\n"


def _counters(example: WorkedExample) -> list[str]:
    """What the counters say of it, a row each."""
    c = example.counters
    rows = {
        "cycles of the frame": f"{c['frame_cycles']}",
        "of these, bus beats": f"{c['bus_beats']}",
        "waiting for the memory": f"{c['bus_wait_cycles']}",
        "nothing asked for": f"{c['bus_idle_cycles']}",
        "bursts": f"{c['bus_bursts']}",
        "groups seen": f"{c['groups_visible']} of {c['groups_tested']}",
        "clusters seen, of those tested": f"{c['clusters_visible']} of {c['clusters_tested']}",
        "Gaussians projected": f"{c['members']}",
        "dropped for their opacity": f"{c['dropped_opacity']}",
        "splats": f"{c['splats']}",
    }
    return ["| counters | |", "| --- | ---: |", *(f"| {k} | {n} |" for k, n in rows.items())]


def write_docs(example: WorkedExample, folder: Path) -> None:
    """Writes all generated documents of hw/ into a folder, and the manifest of the presets."""
    write_text(folder / "regs.md", regs_markdown(Parameters()))
    write_text(folder / "splatsieve_regs.h", c_header(Parameters()))
    rdl = system_rdl(Parameters(), ACCELERATOR_NAME)
    write_text(folder / f"{ACCELERATOR_NAME}_regs.rdl", rdl)
    write_text(folder / PAGE, page(example))
    designs = {n: cached_design(p.make, p.params) for n, p in PRESETS.items()}
    quick = {n: d for n, d in designs.items() if not PRESETS[n].draws and n != "wide"}
    write_text(folder / INTERFACE, interface_markdown(quick))
    write_text(folder / TIMING, timing_svg())
    write_text(folder / BLOCKS, blocks_svg(Parameters()))
    source = Path(next(iter(hw.__path__)))
    write_text(folder / README, with_tables((source / README).read_text(encoding="utf-8")))
    page_of_synth = (source / "synth" / README).read_text(encoding="utf-8")
    write_text(folder / "synth" / README, with_table(page_of_synth, "results", table(load())))
    page_of_area = (source / "synth" / "area.md").read_text(encoding="utf-8")
    page_of_area = with_table(page_of_area, "areas", area_table(load_areas()))
    write_text(folder / "synth" / "area.md", page_of_area)
    write_manifest(designs)
    with atomic_path(folder / PICTURE) as temporary:
        picture(example).savefig(
            temporary,
            format="png",
            dpi=110,
            metadata={HASH_KEY: steps_hash(example.steps), "Software": ""},
        )
