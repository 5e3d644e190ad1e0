"""`splatsieve frame`: one frame of a pack by the integer model or by the accelerator itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import CamerasOption, JsonOption, SizeOption, TransformOption
from splatsieve.output import show_result

if TYPE_CHECKING:
    from golden.params import Parameters
    from sim.views.frame import FrameRun

MAX_LATENCY_CYCLES = 1_000_000
COLOR_CYCLES = 4  # as of an FPGA build


def frame(
    context: typer.Context,
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    view: Annotated[int, typer.Option("--view", help="Index of the view, by image name.")] = 0,
    size: SizeOption = None,
    rules: Annotated[
        str | None, typer.Option(help="inria or gsplat; without it the pack's own.")
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            help="integer: bit-exact model. rtl: the accelerator, simulated, behind its driver."
        ),
    ] = "integer",
    splats: Annotated[
        Path | None,
        typer.Option("--splats", help="Write the splats, one array a field, stream order, .npz."),
    ] = None,
    stage: Annotated[
        str,
        typer.Option("--stage", help="Last stage of the build: gaussian (splats) or color."),
    ] = "gaussian",
    latency: Annotated[
        int, typer.Option("--latency", help="rtl: cycles of the memory to a burst's first beat.")
    ] = 100,
    transform: TransformOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one frame of a pack: splats, counters, and what the hardware takes for it."""
    from golden.default_scene import NAME
    from golden.errors import InputError
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.model.memory import MemoryModel
    from sim.views.blind_views import warn_of_blind_views
    from sim.views.frame import frame_engine_named, run_frame
    from splatsieve.inputs import cameras_of, check_output, need_cameras

    by, params = frame_engine_named(engine), _build(stage)
    if not 1 <= latency <= MAX_LATENCY_CYCLES:
        raise InputError(
            f"a latency of {latency} cycles is outside 1..{MAX_LATENCY_CYCLES}: choose another."
        )
    check_output(splats, pack=pack, cameras=cameras)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    chosen = rules_named(rules or packed.meta.rules)
    camera = cameras_of(cameras, size, str(view), transform)[0]
    run = run_frame(packed, camera, chosen, by, MemoryModel(latency_cycles=latency), params)
    if run.status is not None:
        run.status.check()
    if splats is not None:
        _write_splats(splats, run)
    result: dict[str, Any] = {
        "pack": str(pack),
        "view": camera.name,
        "size_px": f"{camera.width}x{camera.height}",
        "rules": chosen.name,
        "engine": by,
        "stage": stage,
        **run.counters,
        "seconds": round(run.seconds, 3),
    }
    if run.status is not None:
        result |= {
            "cycles": run.cycles,
            "bus_utilisation": run.bus_utilisation,
            "latency_cycles": latency,
            "mismatches": run.mismatches,
            "status": run.status.code.name.lower(),
        }
    warn_of_blind_views({camera.name: len(run.splats)}, packed.meta.scene)
    show_result(context, result, as_json, _text)


def _build(stage: str) -> Parameters:
    """Parameters of a build that ends with a stage; raises InputError."""
    from golden.errors import InputError
    from golden.params import Parameters

    builds = {"gaussian": Parameters(), "color": Parameters(color_cycles=COLOR_CYCLES)}
    if stage not in builds:
        raise InputError(f"stage {stage!r} ends no build: choose {' or '.join(builds)}.")
    return builds[stage]


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
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6f}" if isinstance(value, float) else str(value)
