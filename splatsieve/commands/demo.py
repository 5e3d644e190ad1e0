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
    """Do the whole job on the default scene: pack, RTL against model, pictures, report."""
    from golden.default_scene import default_cameras, default_scene
    from golden.pack.file import save_pack
    from golden.params import Parameters
    from golden.rules import INRIA
    from hw.verilog import cull_design, project_design, write_design
    from reports.folder import staged_folder
    from reports.measure.above import clusters_above
    from reports.measure.culling import measure_culling
    from reports.measure.cycles import Cycles, model_views
    from reports.measure.explore import explore
    from reports.measure.gpu import committed_reference
    from reports.measure.measure import Measurements, packs
    from reports.measure.pareto import measure_pareto
    from reports.measure.pictures import compare_pictures, count_views
    from reports.measure.projection import measure_projection
    from reports.measure.results import report_document
    from reports.measure.subject import Subject
    from reports.text.summary import summary_text
    from reports.writer import REPORT_FILES, write_report
    from sim.model.config import load_model_config
    from sim.rtl.cluster_cull_harness import ClusterCullHarness
    from sim.rtl.design_cache import cached_design
    from sim.rtl.gaussian_project_harness import GaussianProjectHarness
    from splatsieve.progress import track

    steps = _Steps(quiet=as_json)
    step = steps.step
    with staged_folder(output, REPORT_FILES) as stage:
        with step("Making the default scene and its cameras") as found:
            subject = Subject(default_scene(), default_cameras(), INRIA)
            found.append(_subject_line(subject))
        with step("Clustering and packing it: the paper's way, and by reach") as found:
            paper, three_sigma, reach = packs(subject, track)
            save_pack(reach, stage / PACK)
            found.append(f"{paper.meta.clusters:,} and {reach.meta.clusters:,} clusters")
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
        with step("Culling all views: integer model, float64 reference and RTL") as found:
            cullings = tuple(
                measure_culling(subject, pack, rtl=True, track=track) for pack in (paper, reach)
            )
            literal = measure_culling(subject, three_sigma, rtl=False, track=track)
            above = clusters_above(subject, reach)
            found += [_culling_line(culling) for culling in cullings]
        with step("Projecting all views: integer model, float64 reference, and RTL") as found:
            projection = measure_projection(subject, reach, rtl_views=FEW_VIEWS, track=track)
            found.append(_projection_line(projection))
        with step("Drawing one view whole and from what culling leaves") as found:
            pictures = compare_pictures(subject, cullings)
            found += [
                f"{name}: {count:,} pixels differ"
                for name, count in pictures.differing_pixels.items()
            ]
        with step("Drawing all views for the counts of the back end"):
            counts = count_views(subject, cullings, reach, splat_views=FEW_VIEWS, track=track)
        with step("Cycle model of all views") as found:
            config = load_model_config("edge")
            methods = model_views(subject, paper, config, track)
            methods |= model_views(subject, reach, config, track)
            cycles = Cycles(config, methods)
            exploration = explore(subject, reach, config, track)
            means = (sum(v.frame.frame_cycles for v in vs) / len(vs) for vs in methods.values())
            found += [
                f"{name}: {mean:,.0f} cycles a frame"
                for name, mean in zip(methods, means, strict=True)
            ]
        with step("Trying other methods and sizes of clusters"):
            pareto = measure_pareto(subject, cullings, methods, config, track)
        with step("Figures and report") as found:
            gpu, note = committed_reference(subject)
            document = report_document(
                subject,
                Measurements(
                    cullings=cullings,
                    three_sigma=literal,
                    pictures=pictures,
                    counts=counts,
                    projection=projection,
                    above=above,
                    pareto=pareto,
                    cycles=cycles,
                    exploration=exploration,
                ),
                gpu,
                note,
                shlex.join(["splatsieve", "demo", "-o", output.name]),
            )
            names = [PACK, *verilog]
            names += write_report(document, pictures.image, stage, above)
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


def _subject_line(subject: Any) -> str:
    width, height = subject.size_px
    return (
        f"{len(subject.scene):,} Gaussians, {len(subject.cameras)} views of {width}x{height} px, "
        f"rules {subject.rules.name}"
    )


def _culling_line(culling: Any) -> str:
    views = culling.views
    excluded = 1 - sum(v.gaussians_visible for v in views) / (culling.gaussians * len(views))
    return (
        f"{culling.method}: {100 * excluded:.1f} % of the Gaussians excluded, "
        f"{sum(v.lost for v in views):,} lost, {sum(v.rtl_mismatches for v in views):,} RTL "
        f"records differ from the model ({sum(v.rtl_cycles for v in views):,} RTL cycles)"
    )


def _projection_line(projection: Any) -> str:
    views = projection.views
    ran = [view for view in views if view.rtl_cycles is not None]
    return (
        f"{sum(v.splats for v in views):,} splats of {sum(v.members for v in views):,} Gaussians, "
        f"{sum(v.check.lost for v in views):,} lost; in {len(ran)} views "
        f"{sum(v.rtl_mismatches for v in ran):,} RTL splats differ from the model "
        f"({sum(v.rtl_cycles for v in ran):,} RTL cycles)"
    )
