"""`splatsieve demo`: the main job on the scene that comes with it, step by step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import JsonOption

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from golden.pack import Pack
    from reports.measure.culling import Culling
    from reports.measure.subject import Subject

PACK, REFERENCE, DRAWN = "default.pack", "reference.png", "drawn.png"
FILES = (PACK, DRAWN, "excluded_fraction.png")
DRAWN_PX = (400, 266)  # half of the cameras' size: some seconds of RTL
CLOCKED_VIEWS = 4  # of all, evenly spaced, by the cycle model


@dataclass
class _Steps:
    """Prints each step with its seconds, and keeps them.

    Parameters
    ----------
    quiet : print nothing.
    seconds : by step, in order.
    """

    quiet: bool
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """Times a block; the lines that it appends are printed after it."""
        if not self.quiet:
            typer.echo(f"{len(self.seconds) + 1}. {what} ...", nl=False)
        start = time.perf_counter()
        found: list[str] = []
        yield found
        self.seconds[what] = round(time.perf_counter() - start, 2)
        if not self.quiet:
            typer.echo(f" {self.seconds[what]:.1f} s")
            typer.echo("".join(f"   {line}\n" for line in found), nl=False)


@contextmanager
def _removed_on_failure(path: Path) -> Iterator[Path]:
    """A file that is there before all the others are, so that there is something to look at."""
    try:
        yield path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")] = Path(
        "out/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Cull, clock and draw the default scene: pack, RTL against model, speed-up, pictures."""
    from golden.clustering.cluster import ClusterOptions
    from golden.default_scene import default_cameras, default_scene
    from golden.image import psnr_db, write_png
    from golden.pack import build_pack
    from golden.pack.file import save_pack
    from golden.params import Parameters
    from golden.render import render
    from golden.rules import INRIA
    from hw.package.presets import PRESETS
    from hw.verilog import cull_design, write_design
    from reports.figures.overview import save_figures
    from reports.folder import staged_folder
    from reports.measure.culling import measure_culling
    from reports.measure.steps import culling_line, pack_line, subject_line
    from reports.measure.subject import Subject
    from sim.rtl.design_cache import cached_design
    from sim.views.build_ahead import build_ahead
    from sim.views.frame import run_frame
    from splatsieve.progress import track

    steps = _Steps(quiet=as_json)
    step, params, drawing = steps.step, Parameters(), PRESETS["render"].params
    with (
        staged_folder(output, FILES) as stage,
        build_ahead([("cluster_cull", params), ("accelerator", drawing)]) as built,
        _removed_on_failure(output / REFERENCE) as first,
    ):
        if not as_json:
            typer.echo("A first run compiles kernels and RTL beside the steps, and keeps them.")
        with step("Making the default scene and its cameras") as found:
            subject = Subject(default_scene(), default_cameras(), INRIA)
            found.append(subject_line(subject))
        with step("Drawing a view in float64") as found:
            camera = subject.cameras[0].resized(*DRAWN_PX)
            reference = render(subject.scene, camera, subject.rules).image
            write_png(first, reference)
            found.append(f"{first}: {camera.width}x{camera.height} px")
        with step("Clustering in two levels, and packing") as found:
            options = ClusterOptions(method="reach")
            pack = build_pack(subject.scene, options, INRIA, params, track, "narrow")
            save_pack(pack, stage / PACK)
            found.append(f"{PACK}: {pack_line(pack)}")
        with step("Waiting for the RTL of cluster_cull"):
            built[0].result()
            paths = write_design(cached_design(cull_design, params), stage)
            verilog = [path.name for path in paths]
        with step("Culling all views by RTL and model") as found:
            culling = measure_culling(subject, pack, rtl=True, track=track)
            save_figures({FILES[-1]: _excluded(subject, culling)}, stage)
            found.append(culling_line(culling))
        with step(f"Clocking {CLOCKED_VIEWS} views by the cycle model, culled and not") as found:
            cycles = _cycles(subject, pack)
            found += cycles.pop("lines")
        with step("Waiting for the RTL of the whole renderer"):
            built[1].result()
        with step("Drawing the view by the RTL") as found:
            run = run_frame(pack, camera, subject.rules, "rtl", None, drawing)
            assert run.status is not None
            assert run.picture is not None
            run.status.check()
            drawn = run.picture[..., :3] / 255
            write_png(stage / DRAWN, drawn)
            decibels = psnr_db(drawn, reference)
            found.append(
                f"{DRAWN}: {camera.width}x{camera.height} px in {run.cycles:,} cycles; "
                f"{run.mismatches} of its pixels and counters differ from the models; "
                f"{decibels:.1f} dB from {REFERENCE}"
            )
    result: dict[str, Any] = {
        "files": [str(output / name) for name in (REFERENCE, *FILES, *verilog)],
        "seconds": steps.seconds,
        "seconds_total": round(sum(steps.seconds.values()), 2),
        "picture": {"cycles": run.cycles, "mismatches": run.mismatches, "psnr_db": decibels},
        **cycles,
    }
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo(f"Done in {result['seconds_total']:.1f} s. Written:")
    typer.echo("\n".join(f"  {file}" for file in result["files"]))
    typer.echo("Every figure of the scene, against GPU traces: splatsieve report default -o report")


def _excluded(subject: Subject, culling: Culling) -> Figure:
    """The report's figure of what each view leaves out."""
    from reports.figures.overview import excluded_figure
    from reports.measure.cycles import figure

    names, total = [camera.name for camera in subject.cameras], culling.gaussians
    first, views = subject.cameras[0], culling.views
    excluded = [1 - view.gaussians_visible / total for view in views]
    return excluded_figure(
        {
            "scene": {"name": subject.scene.name, "gaussians": total},
            "views": names,
            "resolution_px": [first.width, first.height],
            "rules": subject.rules.name,
            "methods": {culling.method: {"excluded_fraction": figure(names, excluded, min)}},
            "counts": {"unnecessary": figure(names, [view.unnecessary for view in views], max)},
        }
    )


def _cycles(subject: Subject, pack: Pack) -> dict[str, Any]:
    """Some views by the cycle model, and against the GPU trace of the default scene."""
    from reports.measure.cycles import Cycles, model_views
    from reports.measure.gpu import committed_reference
    from reports.measure.speedup import speedup_part
    from reports.measure.steps import cycle_lines
    from sim.model.config import NO_BUILD, load_model_config

    stride = max(1, len(subject.cameras) // CLOCKED_VIEWS)
    few = replace(subject, cameras=subject.cameras[::stride][:CLOCKED_VIEWS])
    # By formula: a clock's kernels take as long again to compile, where nothing is compiled yet.
    config = replace(load_model_config("edge"), build=NO_BUILD)
    cycles = Cycles(config, model_views(few, pack, config))
    lines = cycle_lines(cycles.methods)
    gpus, note = committed_reference(few)
    if not gpus:
        return {"lines": [*lines, note], "speedup": None}
    names = [camera.name for camera in few.cameras]
    part = speedup_part(names, cycles, pack.meta.method, gpus[0])
    front_end = part["front_end_speedup_equal_bandwidth"]["mean"]
    gpu = gpus[0].trace.device.name
    lines.append(f"front end {front_end:.1f} times {gpu} at equal memory bandwidth, their mean")
    return {"lines": lines, "speedup": part}
