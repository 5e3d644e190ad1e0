"""`splatsieve trace`: times gsplat on this machine's GPU, kernel by kernel and view by view."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from splatsieve.inputs import AxesOption, DetailOption, DropInvalidOption, TransformOption
from splatsieve.output import show_result

if TYPE_CHECKING:
    from golden.pack import Pack
    from sim.gpu.trace import Trace


def trace(
    context: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output", help="The trace to write, JSON.")],
    scene: Annotated[
        Path | None,
        typer.Argument(help="Scene file; by default the scene that comes with splatsieve."),
    ] = None,
    cameras: Annotated[
        Path | None, typer.Option("--cameras", help="Camera file or COLMAP folder of the SCENE.")
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", help="WIDTHxHEIGHT, px; by default the cameras' own.")
    ] = None,
    views: Annotated[
        str | None,
        typer.Option("--views", help="START:STOP:STEP of the views sorted by name, or one index."),
    ] = None,
    warmup: Annotated[
        int, typer.Option("--warmup", help="Frames of each view before it is timed.")
    ] = 5,
    repeats: Annotated[
        int, typer.Option("--repeats", help="Timed frames of each view, in each pass.")
    ] = 5,
    packed: Annotated[
        bool, typer.Option("--packed", help="gsplat's packed mode: less memory, often slower.")
    ] = False,
    cull: Annotated[
        Path | None,
        typer.Option("--cull", help="Pack of the SCENE: cull every frame by it, on the GPU."),
    ] = None,
    levels: Annotated[
        int | None,
        typer.Option(
            "--levels",
            help="Levels of --cull. 2: groups, then clusters of groups that pass. 1: all clusters. "
            "By default 2, or 1 for a pack of one group.",
        ),
    ] = None,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the means as JSON, not as a table.")
    ] = False,
) -> None:
    """Record a GPU trace with gsplat: frame and kernel times, and counts, of each view.

    With --cull, ball tests, compaction and gather run on the GPU before gsplat. Each picture is
    compared with that of the whole scene.
    """
    from golden.errors import InputError
    from sim.gpu.gpu_device import require_gpu
    from sim.gpu.record_trace import record_trace
    from sim.gpu.trace import save_trace
    from splatsieve.inputs import DEFAULT, cameras_of, check_output, scene_of
    from splatsieve.progress import track

    require_gpu()
    if levels is not None and cull is None:
        raise InputError("--levels is of the culling: give a pack with --cull too.")
    check_output(output, scene=scene, cameras=cameras, pack=cull)
    _check_pair(scene, cameras)
    chosen = cameras_of(cameras, size, views, transform)
    subject = scene_of(DEFAULT if scene is None else str(scene), drop_invalid, axes, detail)
    pack = None if cull is None else _pack(cull)
    if pack is not None and levels is None:
        levels = 1 if len(pack.groups) == 1 else 2
    recorded = record_trace(
        subject,
        chosen,
        warmup=warmup,
        repeats=repeats,
        packed=packed,
        pack=pack,
        levels=levels or 2,
        progress=track,
        command_line=_command_line(
            {
                "--cameras": cameras if scene is not None else None,
                "--size": size,
                "--views": views,
                "--warmup": warmup,
                "--repeats": repeats,
                "--packed": packed,
                "--cull": cull,
                "--transform": transform,
                "--drop-invalid": drop_invalid,
                "--axes": axes,
                "--detail": detail,
                "--levels": levels,
                "-o": output,
            },
            scene,
        ),
    )
    save_trace(recorded, output)
    show_result(context, _summary(recorded), as_json, lambda _: _table(recorded, output))


def _check_pair(scene: Path | None, cameras: Path | None) -> None:
    from golden.errors import InputError

    if (scene is None) != (cameras is None):
        raise InputError(
            "a scene and its cameras go together: give SCENE and --cameras, or neither for the "
            "scene that comes with splatsieve."
        )


def _pack(path: Path) -> Pack:
    from golden.pack.file import load_pack

    return load_pack(path)


def _command_line(options: dict[str, object], scene: Path | None) -> str:
    """The command that gives this trace again; files by name, not by folder.

    Parameters
    ----------
    options : name to value; None and False are left out, True is a flag.
    """
    words = ["splatsieve", "trace"] + ([] if scene is None else [scene.name])
    for name, value in options.items():
        if value is True:
            words.append(name)
        elif value is not None and value is not False:
            words += [name, value.name if isinstance(value, Path) else str(value)]
    return shlex.join(words)


def _summary(recorded: Trace) -> dict[str, object]:
    slowest = recorded.slowest_view
    return {
        "device": recorded.device.name,
        "rules": recorded.rules,
        "packed": recorded.packed,
        "variant": recorded.variant,
        "scene": recorded.scene_name,
        "gaussians": recorded.scene_gaussians,
        "width_px": recorded.width_px,
        "height_px": recorded.height_px,
        "views": len(recorded.views),
        "mean_frame_ms": round(recorded.mean_frame_ms, 4),
        "slowest_view": slowest.name,
        "slowest_frame_ms": round(slowest.frame_median_ms, 4),
        "mean_stages_us": {
            stage: round(recorded.mean_stage_us(stage), 3) for stage in recorded.stages
        },
        "mean_front_end_us": round(_mean(recorded, "front_end_us"), 3),
        "mean_front_end_color_us": round(_mean(recorded, "front_end_color_us"), 3),
        "mean_gap_us": round(recorded.mean_gap_us, 3),
        "mean_visible": round(recorded.mean_visible, 1),
        "mean_tile_pairs": round(recorded.mean_tile_pairs, 1),
        "pictures_equal": recorded.pictures_equal,
    }


def _mean(recorded: Trace, figure: str) -> float:
    """Mean over the views of a figure of sim.gpu.trace_times.GpuTimes."""
    from sim.gpu.trace_times import gpu_times

    times = gpu_times(recorded)
    return sum(float(getattr(view, figure)) for view in times) / len(times)


def _table(recorded: Trace, output: Path) -> str:
    slowest = recorded.slowest_view
    rows = [(stage, recorded.mean_stage_us(stage)) for stage in recorded.stages]
    rows += [("no kernel", recorded.mean_gap_us), ("frame", 1e3 * recorded.mean_frame_ms)]
    return "\n".join(
        [
            f"{output}: {recorded.device.name}, gsplat {recorded.gsplat}, rules {recorded.rules}, "
            f"{recorded.variant}",
            f"{recorded.scene_name}, {recorded.scene_gaussians} Gaussians, {len(recorded.views)} "
            f"views at {recorded.width_px}x{recorded.height_px}",
            f"{'stage':<18}{'mean_us':>12}",
            *(f"{name:<18}{time_us:>12.1f}" for name, time_us in rows),
            f"slowest view {slowest.name}: {slowest.frame_median_ms:.3f} ms; mean visible "
            f"{recorded.mean_visible:.0f}, mean tile pairs {recorded.mean_tile_pairs:.0f}",
            *_culling_lines(recorded),
        ]
    )


def _culling_lines(recorded: Trace) -> list[str]:
    if recorded.culling is None:
        return []
    culled = [view.culled for view in recorded.views if view.culled is not None]
    tests = sum(view.groups_tested + view.clusters_tested for view in culled) / len(culled)
    kept = sum(view.gaussians_kept for view in culled) / len(culled)
    return [
        f"culled by {recorded.culling.clusters} {recorded.culling.method} clusters in "
        f"{recorded.culling.levels} levels: mean ball tests {tests:.0f}, mean kept {kept:.0f}; "
        f"pictures equal in {recorded.pictures_equal} of {len(culled)} views"
    ]
