"""Studies of frames: list entries, pictures, memory, widths of the projection."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from splatsieve.commands.bench_options import (
    TEST_VIEWS,
    OutputOption,
    given_words,
    rules_in,
    write_result,
)
from splatsieve.inputs import (
    AntialiasedOption,
    CamerasOption,
    SceneArgument,
    SizeOption,
    ViewsOption,
)


def entries(
    scene: SceneArgument,
    cameras: CamerasOption = None,
    photos: Annotated[Path | None, typer.Option("--photos", help="Folder of photographs.")] = None,
    size: SizeOption = None,
    views: Annotated[
        int, typer.Option(min=1, help="How many views, evenly spaced among every 8th by name.")
    ] = 2,
    each: Annotated[
        int, typer.Option(min=0, help="Views whose fields are drawn one by one too.")
    ] = 1,
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "inria",
    output: OutputOption = None,
) -> None:
    """Pictures blended from list entries against those of the splats, and what lists weigh."""
    from golden.rules import rules_named
    from reports.benches.bench_entries import markdown, study
    from reports.measure.projection import spread
    from sim.views.photos import photographed
    from splatsieve.inputs import DEFAULT, cameras_of, check_output, need_cameras, scene_of
    from splatsieve.progress import track

    check_output(output, scene=scene, cameras=cameras)
    need_cameras(scene, DEFAULT, cameras)
    seen = cameras_of(cameras, size, TEST_VIEWS if cameras else None)
    seen = [seen[place] for place in spread(len(seen), views)]
    found = {} if photos is None else {one.name: path for one, path in photographed(seen, photos)}
    words = ["splatsieve", "bench", "entries", Path(scene).name]
    words += given_words(
        {
            "--cameras": cameras.name if cameras is not None else None,
            "--photos": photos.name if photos is not None else None,
            "--size": size,
            "--views": str(views),
            "--each": str(each),
            "--rules": rules,
            "-o": output.name if output is not None else None,
        }
    )
    chosen = rules_named(rules)
    result = study(scene_of(scene), seen, chosen, found, each, shlex.join(words), track)
    write_result(result, output)
    typer.echo(markdown(result))


def picture(
    scene: SceneArgument,
    pack: Annotated[Path, typer.Argument(help="Its pack, with narrow colours.")],
    cameras: CamerasOption = None,
    photos: Annotated[
        Path | None,
        typer.Option("--photos", help="Folder of photographs; only views that have one."),
    ] = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "gsplat",
    antialiased: AntialiasedOption = None,
    output: OutputOption = None,
) -> None:
    """Pictures of the whole integer chain, 8 bits, against the float64 renderer's."""
    from golden.pack.file import load_pack
    from reports.benches.bench_picture import View, markdown, study
    from sim.views.photos import photographed
    from splatsieve.builds import picture_build
    from splatsieve.inputs import (
        DEFAULT,
        cameras_of,
        check_output,
        need_cameras,
        rules_of,
        scene_of,
    )
    from splatsieve.progress import track

    check_output(output, scene=scene, cameras=cameras, pack=pack)
    need_cameras(scene, DEFAULT, cameras)
    seen = cameras_of(cameras, size, views)
    found: list[View] = [(camera, None) for camera in seen]
    if photos is not None:
        found = list(photographed(seen, photos))
    words = ["splatsieve", "bench", "picture", Path(scene).name, pack.name]
    words += given_words(
        {
            "--cameras": cameras.name if cameras is not None else None,
            "--photos": photos.name if photos is not None else None,
            "--size": size,
            "--views": views,
            "--rules": rules,
            "-o": output.name if output is not None else None,
        }
    )
    if antialiased is not None:
        words.append("--antialiased" if antialiased else "--plain")
    packed, given = load_pack(pack), scene_of(scene, knows_antialiased=True)
    chosen = rules_of(rules, given, antialiased)
    params = picture_build(chosen)
    result = study(given, packed, found, chosen, params, shlex.join(words), track)
    write_result(result, output)
    typer.echo(markdown(result))


def memory(
    pack: Annotated[Path, typer.Argument(help="Pack file, written by splatsieve pack.")],
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: ViewsOption = None,
    config: Annotated[str, typer.Option(help="Configuration with a build and a DRAM.")] = "edge",
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "gsplat",
    output: OutputOption = None,
) -> None:
    """What a frame asks of memory, and each purpose's rate against the DRAM's streaming rate."""
    from golden.default_scene import NAME
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from reports.benches.bench_memory import markdown, study
    from sim.model.config import load_model_config
    from splatsieve.inputs import cameras_of, check_output, need_cameras
    from splatsieve.progress import track

    check_output(output, pack=pack, cameras=cameras)
    words = ["splatsieve", "bench", "memory", pack.name]
    words += given_words(
        {
            "--cameras": cameras.name if cameras is not None else None,
            "--size": size,
            "--views": views,
            "--config": config,
            "--rules": rules,
            "-o": output.name if output is not None else None,
        }
    )
    machine, packed = load_model_config(config), load_pack(pack)
    need_cameras(packed.meta.scene, NAME, cameras)
    seen = cameras_of(cameras, size, views)
    result = study(packed, seen, rules_named(rules), machine, shlex.join(words), track)
    write_result(result, output)
    typer.echo(markdown(result))


def widths(
    scene: SceneArgument,
    cameras: CamerasOption = None,
    size: SizeOption = None,
    views: Annotated[
        int, typer.Option(help="How many views, evenly spaced among every 8th by name.")
    ] = 4,
    rules: Annotated[str, typer.Option(help="inria, gsplat, or both, separated by a comma.")] = (
        "gsplat,inria"
    ),
    parameters: Annotated[
        str | None, typer.Option(help="Parameters to vary, separated by commas; by default all.")
    ] = None,
    output: OutputOption = None,
    figure: Annotated[Path | None, typer.Option("--figure", help="PNG file to write.")] = None,
) -> None:
    """PSNR and errors of the projection over each of its widths: what each bit buys."""
    from dataclasses import replace

    from golden.errors import InputError
    from reports.benches.bench_widths import markdown, study
    from reports.benches.width_figure import write_width_figure
    from reports.benches.width_study import RANGES
    from reports.measure.projection import spread
    from reports.measure.subject import Subject
    from splatsieve.inputs import DEFAULT, cameras_of, check_output, need_cameras, scene_of
    from splatsieve.progress import track

    for path in (output, figure):
        check_output(path, scene=scene, cameras=cameras)
    if views < 1:
        raise InputError(f"{views} views cannot be measured: choose 1 or more.")
    names = list(dict.fromkeys(parameters.split(",") if parameters is not None else RANGES))
    for name in names:
        if name not in RANGES:
            raise InputError(f"parameter {name!r} is not varied: choose of {', '.join(RANGES)}.")
    need_cameras(scene, DEFAULT, cameras)
    chosen = rules_in(rules)
    seen = cameras_of(cameras, size, TEST_VIEWS if cameras else None)
    seen = [seen[place] for place in spread(len(seen), views)]
    first = Subject(scene_of(scene), seen, chosen[0])
    subjects = [replace(first, rules=one) for one in chosen]
    words = ["splatsieve", "bench", "widths", Path(scene).name]
    words += given_words(
        {
            "--cameras": cameras.name if cameras is not None else None,
            "--size": size,
            "--views": str(views),
            "--rules": rules,
            "--parameters": parameters,
            "-o": output.name if output is not None else None,
            "--figure": figure.name if figure is not None else None,
        }
    )
    result = study(first.scene, subjects, names, shlex.join(words), track)
    write_result(result, output)
    if figure is not None:
        write_width_figure(result, figure)
    typer.echo(f"by rules: {' / '.join(result['rules'])}")
    typer.echo(markdown(result))
    typer.echo(f"lost in all points: {sum(point['lost'] for point in result['points'])}")
