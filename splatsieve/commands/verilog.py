"""`splatsieve verilog`: a preset of the hardware as Verilog, with what describes it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from splatsieve.inputs import ChangesOption, JsonOption

if TYPE_CHECKING:
    from hw.verilog import Design


def verilog(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")],
    preset: Annotated[
        str,
        typer.Option(
            metavar="base|cull|project|wide|render|render_edge",
            help="base: the accelerator; cull, project: a stage alone; wide: 512 bits, 2 lanes; "
            "render, render_edge: the whole renderer, 4 and 64 lanes.",
        ),
    ] = "base",
    changes: ChangesOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a preset as an IP core: Verilog, JSON, registers, testbench, FuseSoC file."""
    from golden.files import atomic_path
    from hw.package.presets import PRESETS

    design, texts = _preset(preset, changes or [])
    paths = [output / name for name in texts]
    with ExitStack() as files:
        # Each takes its name as the stack unwinds, so none does where one cannot be written.
        for path, text in zip(paths, texts.values(), strict=True):
            files.enter_context(atomic_path(path)).write_text(text, encoding="utf-8")
    if as_json:
        typer.echo(
            json.dumps({"files": [str(path) for path in paths], **design.metadata}, indent=1)
        )
        return
    for path in paths:
        typer.echo(f"{path}, {path.stat().st_size:,} bytes")
    latency = design.metadata.get("latency_cycles")
    suffix = f", latency {latency} cycles" if latency else ""
    changed = f", with {' '.join(changes)}" if changes else ""
    typer.echo(f"module {design.name}: {PRESETS[preset].what}{changed}{suffix}")


def _preset(preset: str, changes: list[str]) -> tuple[Design, dict[str, str]]:
    """The design of a preset, and the text of each of its files by path."""
    from hw.package.presets import preset_with
    from sim.package.files import package_files
    from sim.rtl.design_cache import cached_design

    changed = preset_with(preset, changes)
    design = cached_design(changed.make, changed.params)
    return design, package_files(changed, design)
