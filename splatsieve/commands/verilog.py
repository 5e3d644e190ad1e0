"""`splatsieve verilog`: the cluster stage as Verilog, with a JSON of its ports and formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.inputs import JsonOption


def verilog(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")],
    as_json: JsonOption = False,
) -> None:
    """Write the Verilog of the cluster stage and a JSON of its ports, formats and latency."""
    from golden.params import Parameters
    from hw.verilog import cull_design, write_design

    design = cull_design(Parameters())
    paths = write_design(design, output)
    if as_json:
        typer.echo(
            json.dumps({"files": [str(path) for path in paths], **design.metadata}, indent=1)
        )
        return
    for path in paths:
        typer.echo(f"{path}, {path.stat().st_size:,} bytes")
    latency = design.metadata["latency_cycles"]
    typer.echo(f"module {design.name}: one cluster a cycle, latency {latency} cycles")
