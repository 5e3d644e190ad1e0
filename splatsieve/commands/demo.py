"""`splatsieve demo`: the whole job on the scene that comes with it, step by step."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.inputs import JsonOption

PACK = "default.pack"
DRAWN = "drawn.png"
DRAWN_PX = (400, 266)  # half of the cameras' size: some seconds of RTL
# Views, of all, that the slower steps look at.
FEW_VIEWS = 2


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


def demo(
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")] = Path(
        "out/demo"
    ),
    as_json: JsonOption = False,
) -> None:
    """Do the whole job on the default scene: pack, RTL against model, a picture, report."""
    from golden.default_scene import default_cameras, default_scene
    from golden.image import psnr_db, write_png
    from golden.pack import Pack, with_colors
    from golden.pack.file import save_pack
    from golden.params import Parameters
    from golden.render import render
    from golden.rules import INRIA
    from hw.package.presets import PRESETS
    from hw.verilog import cull_design, project_design, write_design
    from reports.folder import staged_folder
    from reports.measure.gpu import committed_reference
    from reports.measure.measure import measure
    from reports.measure.results import report_document
    from reports.measure.steps import subject_line
    from reports.measure.subject import Subject
    from reports.text.summary import summary_text
    from reports.writer import REPORT_FILES, write_report
    from sim.model.config import load_model_config
    from sim.rtl.cluster_cull_harness import ClusterCullHarness
    from sim.rtl.design_cache import cached_design
    from sim.rtl.gaussian_project_harness import GaussianProjectHarness
    from sim.views.frame import run_frame
    from splatsieve.progress import track

    steps = _Steps(quiet=as_json)
    step = steps.step
    kept: list[Pack] = []
    with staged_folder(output, REPORT_FILES) as stage:

        def keep(pack: Pack) -> None:
            if pack.meta.method == "reach":
                kept.append(with_colors(pack, subject.scene, "narrow"))
                save_pack(kept[0], stage / PACK)

        with step("Making the default scene and its cameras") as found:
            subject = Subject(default_scene(), default_cameras(), INRIA)
            found.append(subject_line(subject))
        with step("Writing the Verilog of cluster_cull and gaussian_project") as found:
            verilog: list[str] = []
            for make in (cull_design, project_design):
                design = cached_design(make, Parameters())
                paths = write_design(design, stage)
                verilog += [path.name for path in paths]
                found.append(f"{paths[0].name}, {paths[0].stat().st_size:,} bytes")
        with step("Compiling both with Verilator (kept for later runs)"):
            ClusterCullHarness(Parameters()).build()
            GaussianProjectHarness(Parameters()).build()
        measured = measure(
            subject,
            load_model_config("edge"),
            rtl=True,
            few_views=FEW_VIEWS,
            track=track,
            step=step,
            keep=keep,
        )
        with step("Drawing a view by the RTL of the whole renderer (compiled once)") as found:
            params = PRESETS["render"].params
            camera = subject.cameras[0].resized(*DRAWN_PX)
            run = run_frame(kept[0], camera, subject.rules, "rtl", None, params)
            assert run.status is not None
            assert run.picture is not None
            run.status.check()
            drawn = run.picture[..., :3] / 255
            write_png(stage / DRAWN, drawn)
            reference = render(subject.scene, camera, subject.rules).image
            found.append(
                f"{DRAWN}: {camera.width}x{camera.height} px in {run.cycles:,} cycles; "
                f"{run.mismatches} of its pixels and counters differ from the integer model; "
                f"{psnr_db(drawn, reference):.1f} dB from the float64 reference"
            )
        with step("Figures and report"):
            gpu, note = committed_reference(subject)
            command = shlex.join(["splatsieve", "demo", "-o", output.name])
            document = report_document(subject, measured, gpu, note, command)
            names = [PACK, DRAWN, *verilog]
            names += write_report(document, measured.pictures.image, stage, measured.above)
    result: dict[str, Any] = {
        "files": [str(output / name) for name in names],
        "seconds": steps.seconds,
        "seconds_total": round(sum(steps.seconds.values()), 2),
        "report": document,
    }
    if as_json:
        typer.echo(json.dumps(result, indent=1))
        return
    typer.echo(f"Done in {result['seconds_total']:.1f} s.\n\n{summary_text(document)}\n")
    typer.echo("\n".join(["Written:", *(f"  {file}" for file in result["files"])]))
