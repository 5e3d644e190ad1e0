"""`splatsieve synth --liberty`: what the hardware takes in the cells of a library."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from splatsieve.progress import track

if TYPE_CHECKING:
    from hw.synth.activity import NetActivity


def synth_gates(
    names: list[str],
    liberty: Path,
    memories: list[Path],
    activity: NetActivity,
    freq_mhz: float,
    output: Path | None,
    as_json: bool,
) -> None:
    """Maps units to a Liberty library, and tabulates cells, areas, critical path and power."""
    from golden.cache_folder import usable_home
    from golden.files import make_folder, write_text
    from hw.synth.area import dump, table
    from hw.synth.liberty import read_liberty
    from hw.synth.macros import read_macros
    from hw.synth.mapped_area import mapped_area
    from hw.synth.units import make_unit

    for name in names:  # before the long work
        activity.of(name)
    library, macros = read_liberty(liberty), read_macros(memories)
    if output is not None:
        make_folder(output)
    with tempfile.TemporaryDirectory() as temporary, usable_home():
        folder = output or Path(temporary)
        areas = []
        for name in track(names, f"Mapping to {library.name}"):
            areas.append(mapped_area(make_unit(name), library, macros, activity, freq_mhz, folder))
    if output is not None:
        write_text(output / "area.json", dump(areas))
        write_text(output / "area.md", table(areas))
    typer.echo(json.dumps(json.loads(dump(areas)), indent=1) if as_json else table(areas), nl=False)
