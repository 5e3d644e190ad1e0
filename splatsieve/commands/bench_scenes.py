"""Studies of a scene: its clusters, how colours are stored, packs of many sizes."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from splatsieve.commands.bench_options import (
    TEST_VIEWS,
    OutputOption,
    given_words,
    rules_in,
    write_result,
)
from splatsieve.inputs import CamerasOption, SceneArgument, SizeOption, ViewsOption


def clusters(
    scene: SceneArgument,
    cameras: CamerasOption = None,
    size: SizeOption = None,
    rules: Annotated[str, typer.Option(help="Rendering rules: inria or gsplat.")] = "inria",
    tests: Annotated[
        str | None, typer.Option(help="Ball tests a view to aim at, such as 1000,2000.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Found fraction over ball tests of every clustering, from few tests to many."""
    from golden.rules import rules_named
    from reports.benches.bench_clusters import TESTS, markdown
    from reports.benches.bench_clusters import bench as measure
    from reports.measure.subject import Subject
    from splatsieve.inputs import (
        DEFAULT,
        cameras_of,
        check_output,
        need_cameras,
        numbers,
        scene_of,
    )

    check_output(output, scene=scene, cameras=cameras)
    need_cameras(scene, DEFAULT, cameras)
    aims = [int(aim) for aim in numbers(tests, "--tests", whole=True)] or TESTS
    chosen = rules_named(rules)
    subject = Subject(scene_of(scene), cameras_of(cameras, size, None), chosen)
    result = measure(subject, aims, tell=typer.echo)
    write_result(result, output)
    typer.echo(markdown(result))
    typer.echo(f"lost in all points: {sum(point['lost'] for point in result['points'])}")


def colors(
    scene: Annotated[Path, typer.Argument(help="Scene file.")],
    cameras: Annotated[
        Path, typer.Option("--cameras", help="cameras.json, transforms.json or a COLMAP folder.")
    ],
    photos: Annotated[Path, typer.Option("--photos", help="Folder of the cameras' photographs.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="JSON file to write.")],
    views: ViewsOption = None,
    rules: Annotated[str, typer.Option(help="inria, gsplat, or both, separated by a comma.")] = (
        "gsplat,inria"
    ),
    seed: Annotated[
        int, typer.Option(help="Seed of the noise that takes colours off a lattice.")
    ] = 0,
) -> None:
    """PSNR against photographs by how colours are stored, on the scene's lattice and off it."""
    from golden.scene_io import read_scene
    from reports.benches.bench_colors import colors_document, markdown
    from sim.views.photos import photographed
    from splatsieve.inputs import cameras_of, check_output
    from splatsieve.progress import track

    check_output(output, scene=scene, cameras=cameras)
    chosen = rules_in(rules)
    found = photographed(cameras_of(cameras, None, views), photos)
    words = ["splatsieve", "bench", "colors", scene.name, "--cameras", cameras.name]
    words += ["--photos", photos.name, *([] if views is None else ["--views", views])]
    words += ["--rules", rules, "--seed", str(seed), "-o", output.name]
    result = colors_document(read_scene(scene), found, chosen, seed, shlex.join(words), track)
    write_result(result, output)
    typer.echo(markdown(result["rows"]))


def color_widths(
    scene: Annotated[Path, typer.Argument(help="Scene file.")],
    pack: Annotated[Path, typer.Argument(help="Its pack, with narrow colours.")],
    cameras: Annotated[
        Path, typer.Option("--cameras", help="cameras.json, transforms.json or a COLMAP folder.")
    ],
    photos: Annotated[
        Path | None,
        typer.Option("--photos", help="Folder of photographs; only views that have one."),
    ] = None,
    size: SizeOption = None,
    views: Annotated[
        int, typer.Option(help="How many views, evenly spaced among every 8th by name.")
    ] = 4,
    rules: Annotated[str, typer.Option(help="inria or gsplat.")] = "gsplat",
    widths: Annotated[
        str | None,
        typer.Option(help="Widths to vary, separated by commas, or none; by default all."),
    ] = None,
    output: OutputOption = None,
) -> None:
    """Pictures with the hardware's colours, what is cut, and what each bit of them buys."""
    from golden.errors import InputError
    from golden.pack.file import load_pack
    from golden.rules import rules_named
    from reports.benches.bench_color_widths import cuts_text, markdown, study
    from reports.benches.color_study import RANGES
    from reports.measure.projection import spread
    from sim.views.photos import photographed
    from splatsieve.inputs import cameras_of, check_output, scene_of
    from splatsieve.progress import track

    check_output(output, scene=scene, cameras=cameras, pack=pack)
    if views < 1:
        raise InputError(f"{views} views cannot be measured: choose 1 or more.")
    names = {None: list(RANGES), "none": []}.get(widths, (widths or "").split(","))
    for name in names:
        if name not in RANGES:
            raise InputError(f"width {name!r} is not varied: choose of {', '.join(RANGES)}.")
    seen = cameras_of(cameras, size, TEST_VIEWS)
    found: list[tuple[Any, Path | None]] = [(camera, None) for camera in seen]
    if photos is not None:
        found = list(photographed(seen, photos))
    found = [found[place] for place in spread(len(found), views)]
    words = ["splatsieve", "bench", "color-widths", scene.name, pack.name]
    words += given_words(
        {
            "--cameras": cameras.name,
            "--photos": photos.name if photos is not None else None,
            "--size": size,
            "--views": str(views),
            "--rules": rules,
            "--widths": widths,
            "-o": output.name if output is not None else None,
        }
    )
    chosen = rules_named(rules)
    packed, read = load_pack(pack), scene_of(str(scene))
    result = study(read, packed, found, chosen, names, shlex.join(words), track)
    write_result(result, output)
    typer.echo(markdown(result))
    typer.echo(cuts_text(result))


def pack(
    scene: Annotated[Path, typer.Argument(help="Scene file.")],
    copies: Annotated[str, typer.Option(help="Copies side by side, such as 1,2,4.")] = "1,2,4",
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each size.")] = 1,
    method: Annotated[str, typer.Option(help="Clustering: reach, paper or morton.")] = "reach",
    output: OutputOption = None,
) -> None:
    """Time and memory of packing over scene sizes: copies of one scene, side by side."""
    from reports.benches.bench_pack import bench as measure
    from splatsieve.inputs import check_output, numbers

    check_output(output, scene=scene)
    sizes = [int(number) for number in numbers(copies, "--copies", whole=True)]
    result = measure(scene, sizes, repeats, method, tell=typer.echo)
    write_result(result, output)
    for name, value in (*result["fit"].items(), ("same_bytes", result["same_bytes"])):
        typer.echo(f"{name}: {value}")
