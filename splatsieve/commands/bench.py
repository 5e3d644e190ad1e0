"""`splatsieve bench`: the studies behind the committed results, one command each."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from splatsieve.inputs import (
    AntialiasedOption,
    CamerasOption,
    SceneArgument,
    SizeOption,
    ViewsOption,
)

if TYPE_CHECKING:
    from golden.rules import Rules

# The views that were held out of the training of the usual scenes.
TEST_VIEWS = "::8"

bench = typer.Typer(
    name="bench",
    help="Run a study behind the results: clusters, colours, entries, memory or widths.",
    rich_markup_mode="rich",
)
OutputOption = Annotated[Path | None, typer.Option("-o", "--output", help="JSON file to write.")]


@bench.command()
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
    _write(result, output)
    typer.echo(markdown(result))
    typer.echo(f"lost in all points: {sum(point['lost'] for point in result['points'])}")


@bench.command()
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
    chosen = _rules(rules)
    found = photographed(cameras_of(cameras, None, views), photos)
    words = ["splatsieve", "bench", "colors", scene.name, "--cameras", cameras.name]
    words += ["--photos", photos.name, *([] if views is None else ["--views", views])]
    words += ["--rules", rules, "--seed", str(seed), "-o", output.name]
    result = colors_document(read_scene(scene), found, chosen, seed, shlex.join(words), track)
    _write(result, output)
    typer.echo(markdown(result["rows"]))


@bench.command(name="color-widths")
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
    words += _given(
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
    _write(result, output)
    typer.echo(markdown(result))
    typer.echo(cuts_text(result))


@bench.command()
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
    words += _given(
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
    _write(result, output)
    typer.echo(markdown(result))


@bench.command()
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
    words += _given(
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
    _write(result, output)
    typer.echo(markdown(result))


@bench.command()
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
    _write(result, output)
    for name, value in (*result["fit"].items(), ("same_bytes", result["same_bytes"])):
        typer.echo(f"{name}: {value}")


@bench.command()
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
    words += _given(
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
    _write(result, output)
    typer.echo(markdown(result))


@bench.command()
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
    chosen = _rules(rules)
    seen = cameras_of(cameras, size, TEST_VIEWS if cameras else None)
    seen = [seen[place] for place in spread(len(seen), views)]
    first = Subject(scene_of(scene), seen, chosen[0])
    subjects = [replace(first, rules=one) for one in chosen]
    words = ["splatsieve", "bench", "widths", Path(scene).name]
    words += _given(
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
    _write(result, output)
    if figure is not None:
        write_width_figure(result, figure)
    typer.echo(f"by rules: {' / '.join(result['rules'])}")
    typer.echo(markdown(result))
    typer.echo(f"lost in all points: {sum(point['lost'] for point in result['points'])}")


def _given(options: dict[str, str | None]) -> list[str]:
    """Words of the options that have a value, as they are typed."""
    return [word for name, value in options.items() if value is not None for word in (name, value)]


def _rules(text: str) -> list[Rules]:
    """The rule sets between commas, each once; raises InputError."""
    from golden.rules import rules_named

    return [rules_named(name) for name in dict.fromkeys(text.split(","))]


def _write(result: dict[str, Any], output: Path | None) -> None:
    from golden.files import write_text

    if output is not None:
        write_text(output, json.dumps(result, indent=1) + "\n")
