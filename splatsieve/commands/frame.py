"""`splatsieve frame`: one frame of a pack by the integer model or by the accelerator itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import (
    AntialiasedOption,
    BackgroundOption,
    CamerasOption,
    ChangesOption,
    JsonOption,
    MapsOption,
    SizeOption,
    TransformOption,
)
from splatsieve.output import show_result

if TYPE_CHECKING:
    from golden.params import Parameters
    from sim.model.memory import DramBehind
    from sim.views.frame import FrameRun

MAX_LATENCY_CYCLES = 1_000_000


def frame(
    context: typer.Context,
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    view: Annotated[int, typer.Option("--view", help="Index of the view, by image name.")] = 0,
    size: SizeOption = None,
    rules: Annotated[
        str | None, typer.Option(help="inria or gsplat; by default the pack's own.")
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="integer: bit-exact model. rtl: the accelerator, simulated, behind its driver."
        ),
    ] = "integer",
    splats: Annotated[
        Path | None,
        typer.Option(
            "--splats",
            help="Write the splats in stream order, one array a field, .npz. Stage color adds "
            "their colours, 0 to 1023 for 0 to 2.",
        ),
    ] = None,
    stage: Annotated[
        str | None,
        typer.Option(
            "--stage", help="Last stage of the build: gaussian (splats), color, or picture."
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="Build of that name (splatsieve verilog), for its stage."),
    ] = None,
    changes: ChangesOption = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the view; write it as a PNG.")
    ] = None,
    latency: Annotated[
        int, typer.Option("--latency", help="rtl: cycles the memory takes to a burst's first beat.")
    ] = 100,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="NAME",
            help="rtl: a DRAM behind the bus, of sim/drams or a .toml file, in place of --latency.",
        ),
    ] = None,
    clock: Annotated[
        float, typer.Option("--clock", help="rtl: clock of the accelerator with that DRAM, MHz.")
    ] = 1000.0,
    activity: Annotated[
        Path | None,
        typer.Option(
            "--activity", help="rtl: count how often each stage's nets change; write it as JSON."
        ),
    ] = None,
    background: BackgroundOption = "0,0,0",
    antialiased: AntialiasedOption = None,
    maps: MapsOption = None,
    transform: TransformOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one frame of a pack: splats or a picture, counters, and what the hardware takes."""
    from golden.default_scene import NAME
    from golden.errors import InputError
    from golden.image import BLACK, parse_background, write_png
    from golden.maps import maps_of_frame, write_maps
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from golden.view import view_frame
    from sim.model.dram_config import load_dram
    from sim.model.memory import DramBehind, MemoryModel
    from sim.rtl.activity import write_activity
    from sim.views.blind_views import warn_of_blind_views
    from sim.views.frame import FrameRunner, frame_engine_named
    from splatsieve.inputs import cameras_of, check_output, need_cameras

    by = frame_engine_named(engine)
    last, params = _build(stage, preset, changes or [], picture is not None or maps is not None)
    if maps is not None and by != "integer":
        raise InputError("the hardware writes no depth: take --maps of --engine integer.")
    if activity is not None and by != "rtl":
        raise InputError("--activity counts what the RTL's nets do: take it of --engine rtl.")
    behind = parse_background(background)
    if behind != BLACK and last != "picture":
        raise InputError(
            f"a build that ends with {last} draws no picture: leave --background out, or use "
            "--preset render."
        )
    if not 1 <= latency <= MAX_LATENCY_CYCLES:
        raise InputError(
            f"a latency of {latency} cycles is outside 1..{MAX_LATENCY_CYCLES}: choose another."
        )
    for path in (splats, picture, maps, activity):
        check_output(path, pack=pack, cameras=cameras)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    wanted = packed.meta.antialiased if antialiased is None else antialiased
    chosen = rules_named(rules or packed.meta.rules, wanted)
    if by == "integer":  # the model of any build
        params = params.with_antialiasing(wanted)
    elif wanted and not params.antialiased:
        raise InputError(
            "this build has no antialiasing: take one that has it with --set antialiased=1, or "
            "draw without it with --plain."
        )
    camera = cameras_of(cameras, size, str(view), transform)[0]
    dram = None if memory is None else DramBehind(load_dram(memory), clock)
    view_of = view_frame(packed, camera, chosen, params, behind)
    model = MemoryModel(latency_cycles=latency, dram=dram)
    runner = FrameRunner(packed, by, model, params, behind, traces_activity=activity is not None)
    run = runner.run_view(view_of)
    if run.status is not None:
        run.status.check()
    if splats is not None:
        _write_splats(splats, run)
    if picture is not None and run.picture is not None:
        write_png(picture, run.picture[..., :3] / 255)
    if maps is not None:
        write_maps(maps, maps_of_frame(view_of))
    result: dict[str, Any] = {
        "pack": str(pack),
        "view": camera.name,
        "size_px": f"{camera.width}x{camera.height}",
        "rules": chosen.label,
        "engine": by,
        "stage": last,
        **run.counters,
        "seconds": round(run.seconds, 3),
    }
    if run.status is not None:
        result |= {
            "cycles": run.cycles,
            "bus_utilisation": run.bus_utilisation,
            **({"latency_cycles": latency} if dram is None else _of_dram(dram, run)),
            "mismatches": run.mismatches,
            "status": run.status.code.name.lower(),
        }
    if activity is not None and run.activity is not None:
        write_activity(activity, run.activity, {**result, "parameters": asdict(params)})
    warn_of_blind_views({camera.name: len(run.splats)}, packed.meta.scene)
    show_result(context, result, as_json, _text)


def _of_dram(dram: DramBehind, run: FrameRun) -> dict[str, Any]:
    """Name of the memory and its energy in the frame, an estimate; null where it is not known."""
    energy = run.dram_energy
    energy_mj = None if energy is None else round(energy.total_mj, 9)
    return {"memory": dram.config.name, "dram_energy_mj": energy_mj}


def _build(
    stage: str | None, preset: str | None, changes: list[str], draws: bool
) -> tuple[str, Parameters]:
    """Last stage and parameters of a build.

    Parameters
    ----------
    changes : NAME=VALUE each, of parameters.
    draws : a picture is wanted.

    Raises InputError where there is no such build, or where it does not end as is wanted.
    """
    from golden.errors import InputError
    from golden.params import Parameters
    from hw.package.presets import PRESETS, changed_parameters, preset_with
    from sim.views.color import BUILD

    builds = {
        "gaussian": Parameters(),
        "color": BUILD,
        "picture": PRESETS["render"].params,
    }
    if stage is not None and stage not in builds:
        raise InputError(f"stage {stage!r} ends no build: choose {', '.join(builds)}.")
    if preset is None:
        last = stage or ("picture" if draws else "gaussian")
        params = changed_parameters(builds[last], changes)
        if bool(params.raster_lanes) != (last == "picture"):
            raise InputError("--set makes a build that ends elsewhere: name it with --preset.")
    else:
        whole = [name for name, known in PRESETS.items() if known.has_registers]
        if preset not in whole:
            raise InputError(f"preset {preset!r} runs no frames: choose {', '.join(whole)}.")
        params = preset_with(preset, changes).params
        last = "picture" if params.raster_lanes else "gaussian"
        if stage not in (None, last):
            raise InputError(f"preset {preset} ends with {last}: leave --preset or --stage out.")
    if draws and last != "picture":
        raise InputError(f"a build that ends with {last} draws no picture: use --preset render.")
    return last, params


def _write_splats(path: Path, run: FrameRun) -> None:
    """One array a field of SPLAT_DTYPE under its name, vectors as (S, n), and `color` (S, 3)."""
    import numpy as np

    from golden.files import atomic_path

    splats = run.splats
    fields: dict[str, Any] = {}
    if "color" in (splats.dtype.names or ()):
        fields["color"], splats = splats["color"], splats["splat"]
    fields |= {name: splats[name] for name in splats.dtype.names or ()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **fields)


def _text(result: dict[str, Any]) -> str:
    width = max(map(len, result))
    return "\n".join(f"{name:{width}}  {_shown(value)}" for name, value in result.items())


def _shown(value: object) -> str:
    if value is None:
        return "not known"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6f}" if isinstance(value, float) else str(value)
