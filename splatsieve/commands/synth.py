"""`splatsieve synth`: what the hardware takes of an FPGA or in a library's cells."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.inputs import JsonOption
from splatsieve.progress import track


def synth(
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", help="A preset or a component, repeatable; by default cull."),
    ] = None,
    device: Annotated[str, typer.Option(metavar="ecp5|xc7|xcup|nexus|gowin")] = "ecp5",
    place: Annotated[
        bool, typer.Option("--place", help="Place and route too, on ECP5 only.")
    ] = False,
    seed: Annotated[
        list[int] | None, typer.Option("--seed", help="Seed of the placement, repeatable.")
    ] = None,
    freq: Annotated[
        float | None,
        typer.Option("--freq", help="Clock to aim at, MHz; with --liberty, that of the power."),
    ] = None,
    router: Annotated[
        str,
        typer.Option(metavar="router1|router2", help="Router of nextpnr; the second is quicker."),
    ] = "router1",
    liberty: Annotated[
        Path | None,
        typer.Option(help="Map to the gates of this library instead: .lib or .lib.gz."),
    ] = None,
    memories: Annotated[
        list[Path] | None,
        typer.Option(help="Liberty file of memory macros, repeatable; with --liberty."),
    ] = None,
    activity: Annotated[
        str,
        typer.Option(
            metavar="NUMBER|FILE",
            help="Transitions of a net in a cycle, for the power, or a file that `splatsieve frame "
            "--activity` wrote; with --liberty.",
        ),
    ] = "0.1",
    build: Annotated[
        str | None,
        typer.Option(
            help="With --liberty: the stages of this build, a preset and NAME=VALUE of parameters, "
            "in quotes; --unit then chooses of its stages. Stages that stage_areas.json in the "
            "output folder has are not mapped again."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for netlists, logs and the tables."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Synthesise units for an FPGA, place them on an ECP5, or map them to a Liberty library."""
    from golden.cache_folder import usable_home
    from golden.errors import InputError
    from golden.files import make_folder, write_text
    from hw.synth.activity import parse_activity
    from hw.synth.devices import FAMILIES
    from hw.synth.flow import (
        TARGET_MHZ,
        place_and_route,
        synthesise,
        tool_versions,
        with_pins,
    )
    from hw.synth.results import Result, dump, table
    from hw.synth.timing import POWER_MHZ
    from hw.synth.units import UNITS, make_unit
    from splatsieve.commands.synth_build import synth_build
    from splatsieve.commands.synth_gates import synth_gates

    if build is not None:
        if liberty is None or place:
            raise InputError("--build goes with --liberty alone: give the library of the cells.")
        nets, clock = parse_activity(activity), freq or POWER_MHZ
        synth_build(build, unit or [], liberty, memories or [], nets, clock, output, as_json)
        return
    names = unit or ["cull"]
    for name in names:
        if name not in UNITS:
            raise InputError(f"unit {name!r} is not known: choose {', '.join(UNITS)}.")
    if freq is not None and not 1 <= freq <= 1000:
        raise InputError(f"a clock rate of {freq:g} MHz is outside 1 to 1000: give --freq in MHz.")
    if liberty is not None:
        if place:
            raise InputError("--place goes with an FPGA: leave it out with --liberty.")
        nets = parse_activity(activity)
        synth_gates(names, liberty, memories or [], nets, freq or POWER_MHZ, output, as_json)
        return
    if memories:
        raise InputError("--memories goes with --liberty: give the library of the cells too.")
    if device not in FAMILIES:
        raise InputError(f"device {device!r} is not known: choose {', '.join(FAMILIES)}.")
    if router not in ("router1", "router2"):
        raise InputError(f"router {router!r} is not known: choose router1, router2.")
    for number in seed or []:
        if not 0 <= number < 1 << 31:
            raise InputError(f"seed {number} is outside 0 to 2147483647: choose another --seed.")
    if place and device != "ecp5":
        raise InputError(f"{device} cannot be placed: nextpnr is here for ecp5 only.")
    if output is not None:
        make_folder(output)
    results = []
    with tempfile.TemporaryDirectory() as temporary, usable_home():
        folder = output or Path(temporary)
        for name in track(names, f"Synthesising for {device}"):
            made = make_unit(name)
            cells, seconds = synthesise(made, device, folder)
            if place:
                with_pins(made, folder)
            runs = [
                place_and_route(made, made.part, folder, number, freq or TARGET_MHZ, router)
                for number in track(seed or [1], f"Placing {name}")
                if place
            ]
            results.append(
                Result(name, device, cells, seconds, made.latency_cycles, tool_versions(), runs)
            )
        if output is not None:
            write_text(output / "synth.json", dump(results))
            write_text(output / "synth.md", table(results))
    typer.echo(
        json.dumps(json.loads(dump(results)), indent=1) if as_json else table(results), nl=False
    )
