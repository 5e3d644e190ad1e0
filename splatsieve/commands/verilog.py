"""`splatsieve verilog`: a preset of the hardware as Verilog, with what describes it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from splatsieve.inputs import JsonOption

if TYPE_CHECKING:
    from golden.params import Parameters
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
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another value of a parameter than the preset's, repeatable: data_bits=128.",
        ),
    ] = None,
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
    from golden.errors import InputError
    from hw.package.presets import PRESETS
    from sim.package.files import package_files
    from sim.rtl.design_cache import cached_design

    if preset not in PRESETS:
        raise InputError(f"preset {preset!r} is not known: choose {', '.join(PRESETS)}.")
    chosen = PRESETS[preset]
    changed = replace(chosen, params=_changed(chosen.params, changes))
    if changed.draws != chosen.draws:
        other = "render" if changed.draws else "base"
        raise InputError(
            f"raster_lanes={changed.params.raster_lanes} makes another kind of build of {preset}: "
            f"begin with --preset {other}."
        )
    design = cached_design(changed.make, changed.params)
    return design, package_files(changed, design)


def _changed(params: Parameters, changes: list[str]) -> Parameters:
    """The parameters with NAME=VALUE of each change; raises InputError where that is not legal."""
    from golden.errors import InputError
    from golden.params import parameter_ranges

    values: dict[str, int] = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if name not in parameter_ranges() or not equals:
            raise InputError(
                f"--set {change} sets no parameter: write NAME=VALUE, with a name of the table in "
                "hw/README.md."
            )
        if not value.isdecimal():
            raise InputError(f"--set {change}: {value!r} is no whole number.")
        values[name] = int(value)
    try:
        return replace(params, **values)
    except ValueError as error:
        raise InputError(f"--set {' '.join(changes)}: {error}") from error
