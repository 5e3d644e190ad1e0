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
# Seconds of the steps on two cores, in a run with empty caches and in a later one.
FIRST_S = (3.4, 10.8, 7.1, 0.1, 1.3, 7.3, 7.4, 1.2, 14.0)
LATER_S = (2.5, 0.2, 2.1, 0.1, 0.6, 1.2, 0.3, 0.1, 13.6)


@dataclass
class _Steps:
    """Prints each step with its seconds, and keeps them.

    Parameters
    ----------
    quiet : print nothing.
    usual_s : seconds of all steps in a run of this kind: what is left is told by them, and by how
        much slower or faster than usual this run has been.
    seconds : by step, in order.
    """

    quiet: bool
    usual_s: tuple[float, ...]
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """Times a block; the lines that it appends are printed after it."""
        done = len(self.seconds)
        if not self.quiet:
            typer.echo(f"{done + 1}. {what}{self._left(done)} ...", nl=False)
        start = time.perf_counter()
        found: list[str] = []
        yield found
        self.seconds[what] = round(time.perf_counter() - start, 2)
        if not self.quiet:
            typer.echo(f" {self.seconds[what]:.1f} s")
            typer.echo("".join(f"   {line}\n" for line in found), nl=False)

    def _left(self, done: int) -> str:
        pace = sum(self.seconds.values()) / sum(self.usual_s[:done]) if done else 1.0
        return f" (about {pace * sum(self.usual_s[done:]):.0f} s left)"


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
    from sim.views.build_ahead import any_kept, build_ahead
    from sim.views.frame import run_frame
    from splatsieve.progress import track

    params, drawing = Parameters(), PRESETS["render"].params
    steps = _Steps(as_json, LATER_S if any_kept("accelerator") else FIRST_S)
    step = steps.step
    with (
        staged_folder(output, FILES) as stage,
        build_ahead([("cluster_cull", params), ("accelerator", drawing)]) as built,
        _removed_on_failure(output / REFERENCE) as first,
    ):
        if not as_json:
            typer.echo(
                "On two cores a first run takes about a minute: it compiles kernels and RTL beside "
                "the steps, and keeps them. Later runs take half of that."
            )
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
        with step(f"Clocking the front end of {CLOCKED_VIEWS} views by the cycle model") as found:
            front_end = _front_end(subject, pack)
            found += front_end.pop("lines")
        with step("Drawing the view by the integer model") as found:
            model = run_frame(pack, camera, subject.rules, "integer", None, drawing)
            assert model.picture is not None
            decibels = psnr_db(model.picture[..., :3] / 255, reference)
            found.append(f"{decibels:.1f} dB from {REFERENCE}")
        with step("Waiting for the RTL of the whole renderer"):
            built[1].result()
        with step("Drawing the view by the RTL") as found:
            # The cycle model's kernels of a whole picture would take longer than the picture.
            run = run_frame(pack, camera, subject.rules, "rtl", None, drawing, clocked=False)
            assert run.status is not None
            assert run.picture is not None
            run.status.check()
            write_png(stage / DRAWN, run.picture[..., :3] / 255)
            found.append(
                f"{DRAWN}: {camera.width}x{camera.height} px in {run.cycles:,} cycles; "
                f"{run.mismatches} of its pixels and counts differ from the integer model"
            )
    result: dict[str, Any] = {
        "files": [str(output / name) for name in (REFERENCE, *FILES, *verilog)],
        "seconds": steps.seconds,
        "seconds_total": round(sum(steps.seconds.values()), 2),
        "picture": {"cycles": run.cycles, "mismatches": run.mismatches, "psnr_db": decibels},
        **front_end,
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


def _front_end(subject: Subject, pack: Pack) -> dict[str, Any]:
    """The front end of some views by the cycle model, and against the GPU trace of the scene."""
    from reports.measure.front_end import clock_front_ends, front_end_part
    from reports.measure.gpu import committed_reference
    from sim.model.config import load_model_config

    stride = max(1, len(subject.cameras) // CLOCKED_VIEWS)
    few = replace(subject, cameras=subject.cameras[::stride][:CLOCKED_VIEWS])
    config = load_model_config("edge")
    cycles = clock_front_ends(few, pack, config)
    gpus, note = committed_reference(few)
    part = front_end_part(few, cycles, config, gpus[0] if gpus else None)
    lines = [
        f"{part['cycles_off']['mean']:,.0f} cycles a view with nothing culled, "
        f"{part['cycles']['mean']:,.0f} with culling: {part['gain']['mean']:.2f} times as fast",
        note,
    ]
    if gpus:
        ratio, gpu = part["speedup_equal_bandwidth"]["mean"], gpus[0].trace.device.name
        lines[1] = f"{ratio:.1f} times as fast as the projection of an {gpu}, at equal bandwidth"
    return {"lines": lines, "front_end": part}
