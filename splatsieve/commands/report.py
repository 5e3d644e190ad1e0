"""`splatsieve report`: measures a scene and writes tables, figures and JSON of what it gains."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.inputs import (
    AxesOption,
    CamerasOption,
    DetailOption,
    DropInvalidOption,
    JsonOption,
    SceneArgument,
    SizeOption,
    TransformOption,
    ViewsOption,
)

DEFAULT_CONFIG = "edge"


def report(
    context: typer.Context,
    scene: SceneArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write into.")],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    trace: Annotated[
        list[Path] | None,
        typer.Option(
            "--trace",
            help="GPU trace of the same scene, views and size, to compare with; the first of "
            "several is used in every ratio, the others are listed.",
        ),
    ] = None,
    config: Annotated[
        str,
        typer.Option(
            "--config", help="Configuration: base, edge, edge96, fpga, gscore, or a .toml."
        ),
    ] = DEFAULT_CONFIG,
    rules: Annotated[str, typer.Option(help="Rendering rules: inria or gsplat.")] = "inria",
    rtl: Annotated[
        bool, typer.Option("--rtl/--no-rtl", help="Run the hardware itself on every view too.")
    ] = True,
    picture: Annotated[
        bool, typer.Option("--picture/--no-picture", help="Keep the picture of the first view.")
    ] = True,
    transform: TransformOption = None,
    drop_invalid: DropInvalidOption = False,
    axes: AxesOption = None,
    detail: DetailOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure culling, cycles and speed-up of a scene; write a report with figures."""
    from golden.rules import rules_named
    from reports.folder import staged_folder
    from reports.measure.gpu import GpuReference, committed_reference, gpu_reference
    from reports.measure.measure import measure
    from reports.measure.results import report_document
    from reports.measure.subject import Subject
    from reports.text.summary import summary_text
    from reports.writer import REPORT_FILES, write_report
    from sim.model.config import load_model_config
    from sim.views.blind_views import warn_of_blind_views
    from splatsieve.inputs import DEFAULT, cameras_of, need_cameras, scene_of
    from splatsieve.progress import track

    need_cameras(scene, DEFAULT, cameras)
    machine, chosen = load_model_config(config), rules_named(rules)
    selected = cameras_of(cameras, size, views, transform)
    subject = Subject(scene_of(scene, drop_invalid, axes, detail), selected, chosen)
    gpu: tuple[GpuReference, ...] = ()
    note = "no GPU trace was given; record one with splatsieve trace"
    if trace:
        gpu, note = tuple(gpu_reference(path, subject) for path in trace), ""
    elif scene == DEFAULT:
        gpu, note = committed_reference(subject)
    words = _words(scene, cameras, size, views, trace, config, rules, rtl, picture, output)
    words[-2:-2] = [
        *(["--transform", transform.name] if transform is not None else []),
        *(["--drop-invalid"] if drop_invalid else []),
        *(["--axes", axes] if axes is not None else []),
        *(["--detail", str(detail)] if detail is not None else []),
    ]
    with staged_folder(output, REPORT_FILES) as stage:
        measured = measure(subject, machine, rtl=rtl, track=track)
        seen = [len(subject.scene) - view.cannot_reach for view in measured.cullings[0].views]
        names = [camera.name for camera in selected]
        warn_of_blind_views(dict(zip(names, seen, strict=True)), subject.scene.name)
        document = report_document(subject, measured, gpu, note, shlex.join(words))
        document["warnings"] = list(context.obj or ())
        image = measured.pictures.image if picture else None
        names = write_report(document, image, stage, measured.above)
    if as_json:
        typer.echo(json.dumps(document, indent=1))
        return
    typer.echo(summary_text(document))
    typer.echo("\n".join(str(output / name) for name in names))


def _words(
    scene: str,
    cameras: Path | None,
    size: str | None,
    views: str | None,
    trace: list[Path] | None,
    config: str,
    rules: str,
    rtl: bool,
    picture: bool,
    output: Path,
) -> list[str]:
    """The command that gives this report again; files by name, not by folder."""
    words = ["splatsieve", "report", Path(scene).name]
    options = {
        "--cameras": cameras.name if cameras is not None else None,
        "--size": size,
        "--views": views,
        "--config": Path(config).name if config != DEFAULT_CONFIG else None,
        "--rules": rules if rules != "inria" else None,
    }
    for option, value in options.items():
        words += [] if value is None else [option, value]
    for path in trace or ():
        words += ["--trace", path.name]
    words += [] if rtl else ["--no-rtl"]
    words += [] if picture else ["--no-picture"]
    return [*words, "-o", output.name]
