"""`splatsieve synth --build`: the stages of a build in the cells of a library, into one file."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from splatsieve.progress import track

if TYPE_CHECKING:
    from hw.synth.activity import NetActivity

FILE = "stage_areas.json"


def synth_build(
    build: str,
    names: list[str],
    liberty: Path,
    memories: list[Path],
    activity: NetActivity,
    freq_mhz: float,
    output: Path | None,
    as_json: bool,
) -> None:
    """Maps stages of a build whose Verilog the file does not have; adds them to it."""
    from golden.cache_folder import usable_home
    from golden.files import make_folder
    from hw.synth.area import table
    from hw.synth.liberty import read_liberty
    from hw.synth.macros import read_macros
    from hw.synth.mapped_area import mapped_area
    from hw.synth.stage_areas import (
        StageArea,
        dump_stages,
        load_stages,
        save_stages,
        tool_versions,
    )
    from hw.synth.units import BUILD_UNITS, build_parameters, stage_unit

    params, wanted = build_parameters(build), names or list(BUILD_UNITS)
    units = {name: stage_unit(name, params) for name in wanted}
    for name in wanted:
        activity.of(name)
    library, macros = read_liberty(liberty), read_macros(memories)
    path = None
    if output is not None:
        make_folder(output)
        path = output / FILE
    known = load_stages(path) if path is not None and path.exists() else []
    have = {(stage.area.unit, stage.verilog_sha256) for stage in known}
    left = [n for n, unit in units.items() if (n, unit.verilog_sha256) not in have]
    with tempfile.TemporaryDirectory() as temporary, usable_home():
        for name in track(left, f"Mapping to {library.name}"):
            unit, folder = units[name], Path(temporary)
            area = mapped_area(unit, library, macros, activity, freq_mhz, folder)
            tools = tool_versions(area.timing is not None)
            counted_in = build if activity.parameters == asdict(params) else ""
            known.append(StageArea(build, unit.verilog_sha256, tools, area, counted_in))
            if path is not None:  # kept stage by stage: one takes minutes
                save_stages(known, path)
    made = {(name, unit.verilog_sha256) for name, unit in units.items()}
    found = [stage for stage in known if (stage.area.unit, stage.verilog_sha256) in made]
    text = dump_stages(found) if as_json else table([stage.area for stage in found])
    typer.echo(text, nl=False)
