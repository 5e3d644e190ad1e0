"""`splatsieve frame`: one frame of a pack by the integer model or by the accelerator itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import CamerasOption, JsonOption, SizeOption

if TYPE_CHECKING:
    from sim.views.frame import FrameRun

MAX_LATENCY_CYCLES = 1_000_000


def frame(
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
    latency: Annotated[
        int, typer.Option("--latency", help="rtl: cycles of the memory to a burst's first beat.")
    ] = 100,
    as_json: JsonOption = False,
) -> None:
    """Run one frame of a pack: splats, counters, and what the hardware takes for it."""
    from golden.default_scene import NAME
    from golden.errors import InputError
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from sim.rtl.accelerator_harness import MemoryModel
    from sim.views.frame import frame_engine_named, run_frame
    from splatsieve.inputs import cameras_of, check_output, need_cameras

    by = frame_engine_named(engine)
    if not 1 <= latency <= MAX_LATENCY_CYCLES:
        raise InputError(
            f"a latency of {latency} cycles is outside 1..{MAX_LATENCY_CYCLES}: choose another."
        )
    check_output(splats, pack=pack, cameras=cameras)
    packed = load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    chosen = rules_named(rules or packed.meta.rules)
    camera = cameras_of(cameras, size, str(view))[0]
    run = run_frame(packed, camera, chosen, by, MemoryModel(latency_cycles=latency))
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
    typer.echo(json.dumps(result, indent=1) if as_json else _text(result))


def _write_splats(path: Path, run: FrameRun) -> None:
    """One array a field of SPLAT_DTYPE, under its name; vectors as (S, n)."""
    import numpy as np

    from golden.files import atomic_path

    fields: dict[str, Any] = {name: run.splats[name] for name in run.splats.dtype.names or ()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **fields)


def _text(result: dict[str, Any]) -> str:
    width = max(map(len, result))
    return "\n".join(f"{name:{width}}  {_shown(value)}" for name, value in result.items())


def _shown(value: object) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.6f}" if isinstance(value, float) else str(value)
