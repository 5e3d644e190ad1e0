"""`splatsieve verilog`: a preset of the hardware as Verilog, with what describes it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from splatsieve.inputs import JsonOption

if TYPE_CHECKING:
    from hw.verilog import Design

PRESETS = {
    "base": "the accelerator, default parameters",
    "cull": "the cluster stage alone",
    "project": "the projection alone",
    "wide": "the accelerator, 512 bits and 2 lanes",
}


def verilog(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")],
    preset: Annotated[
        str,
        typer.Option(
            metavar="|".join(PRESETS),
            help="; ".join(f"{name}: {what}" for name, what in PRESETS.items()) + ".",
        ),
    ] = "base",
    as_json: JsonOption = False,
) -> None:
    """Write the Verilog of a preset, a JSON of its ports and formats, and its registers."""
    from golden.files import atomic_path

    design, texts = _preset(preset)
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
    typer.echo(f"module {design.name}: {PRESETS[preset]}{suffix}")


def _preset(preset: str) -> tuple[Design, dict[str, str]]:
    """The design of a preset, and the text of each of its files by name."""
    from golden.errors import InputError
    from golden.params import Parameters
    from hw.host.register_docs import c_header, regs_markdown
    from hw.verilog import accelerator_design, cull_design, project_design, wide_design
    from sim.design_cache import cached_design

    if preset not in PRESETS:
        raise InputError(f"preset {preset!r} is not known: choose {', '.join(PRESETS)}.")
    make = {
        "base": accelerator_design,
        "cull": cull_design,
        "project": project_design,
        "wide": wide_design,
    }[preset]
    params = Parameters(data_bits=512, lanes=2) if preset == "wide" else Parameters()
    design = cached_design(make, params)
    name = design.name
    texts = {
        f"{name}.v": design.text,
        f"{name}.json": json.dumps(design.metadata, indent=1) + "\n",
    }
    if preset in ("base", "wide"):
        texts["regs.md" if preset == "base" else f"{name}_regs.md"] = regs_markdown(params)
        texts[f"{name}_regs.h"] = c_header(params)
    return design, texts
