"""Scenes and cameras as the commands name them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from golden.camera import Camera, parse_size, select_views, warn_of_stretching
from golden.errors import InputError, warn
from golden.files import check_target
from golden.rules import Rules
from golden.scene import Scene

DEFAULT = "default"

SceneArgument = Annotated[
    str,
    typer.Argument(
        help="Scene file (.ply, .spz, .splat, .ksplat, .sog, .glb, .gltf; meta.json or "
        "lod-meta.json of a .sog in a folder, or the folder), or the word default."
    ),
]
CamerasOption = Annotated[
    Path | None,
    typer.Option(
        "--cameras", help="cameras.json, transforms.json or a COLMAP folder; not for default."
    ),
]
SizeOption = Annotated[
    str | None, typer.Option("--size", help="WIDTHxHEIGHT, px; by default the cameras' own.")
]
ViewsOption = Annotated[
    str | None,
    typer.Option(
        "--views", help="START:STOP:STEP of the views sorted by image name, or one index."
    ),
]
TransformOption = Annotated[
    Path | None,
    typer.Option(
        "--transform",
        help="Move the cameras into the scene's world by a 4x4 matrix (text or JSON), or by "
        "nerfstudio's dataparser_transforms.json.",
    ),
]
DropInvalidOption = Annotated[
    bool,
    typer.Option(
        "--drop-invalid", help="Leave out Gaussians with impossible values, and count them."
    ),
]
AxesOption = Annotated[
    str | None,
    typer.Option(
        "--axes",
        metavar="rub|luf|rdf",
        help="Axes in the file. rub: .spz's own. luf: glTF's. rdf: those of PLY, which some "
        "writers keep.",
    ),
]
DetailOption = Annotated[
    int | None,
    typer.Option("--detail", help="Level of detail of a streamed .sog: 0, the default, is finest."),
]
BackgroundOption = Annotated[
    str,
    typer.Option("--background", metavar="R,G,B", help="Colour behind the scene, 0 to 1 each."),
]
AntialiasedOption = Annotated[
    bool | None,
    typer.Option(
        "--antialiased/--plain",
        help="With antialiasing, as gsplat's rasterize_mode has it, or without; by default as "
        "the scene's file says.",
    ),
]
MapsOption = Annotated[
    Path | None,
    typer.Option("--maps", help="Write alpha and depth (camera-space z), float32, .npz."),
]
ChangesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Override a parameter of the preset, such as data_bits=128; repeatable.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def scene_of(
    argument: str,
    drop_invalid: bool = False,
    axes: str | None = None,
    detail: int | None = None,
    knows_antialiased: bool = False,
) -> Scene:
    """The scene of that file, or the one that comes with splatsieve.

    Warns of a scene trained with antialiasing, unless the caller minds it.
    """
    if argument == DEFAULT:
        from golden.default_scene import default_scene

        return default_scene()
    from golden.scene_io import read_scene

    scene = read_scene(Path(argument), drop_invalid=drop_invalid, axes=axes, detail=detail)
    if scene.antialiased and not knows_antialiased:
        warn(
            f"{scene.name} was trained with antialiasing, which is left out here: Gaussians "
            "smaller than a pixel come out brighter than in training."
        )
    return scene


def rules_of(name: str, scene: Scene, antialiased: bool | None) -> Rules:
    """The rules to draw a scene with: antialiased where that is asked for, or the file says so.

    Parameters
    ----------
    antialiased : as asked for; None for what the file says.
    """
    from golden.rules import rules_named

    return rules_named(name, scene.antialiased if antialiased is None else antialiased)


def cameras_of(
    path: Path | None, size: str | None, views: str | None, transform: Path | None = None
) -> list[Camera]:
    """The chosen views, by image name, at the chosen size; the default scene's without a file.

    Warns where that size stretches their pictures.
    """
    size_px = parse_size(size) if size else None
    if path is None:
        from golden.default_scene import default_cameras

        if transform is not None:
            raise InputError("the default scene and its cameras share a world: no --transform.")
        cameras = default_cameras()
    else:
        from golden.camera_io import read_cameras

        cameras = read_cameras(path, size_px, transform)
    chosen = select_views(cameras, views)
    if size_px is None:
        return chosen
    warn_of_stretching(chosen, *size_px)
    return [camera.resized(*size_px) for camera in chosen]


def need_cameras(scene_name: str, default_name: str, path: Path | None) -> None:
    """Raises InputError where a scene that is not the default one comes without cameras."""
    if path is None and scene_name != default_name:
        raise InputError(
            f"{scene_name} comes without cameras: give its cameras.json, transforms.json or "
            "COLMAP folder with --cameras."
        )


def numbers(text: str | None, option: str, *, whole: bool = False) -> list[float]:
    """Positive numbers between commas; none without text. Raises InputError."""
    values = []
    for word in text.split(",") if text is not None else []:
        try:
            value = float(int(word)) if whole else float(word)
        except ValueError:
            value = 0.0
        if not 0 < value < 1e9:
            kind = "whole numbers" if whole else "numbers"
            raise InputError(
                f"{option} {text!r} is not positive {kind} between commas: write such as 1,2,4."
            )
        values.append(value)
    return values


def check_output(output: Path | None, **inputs: str | Path | None) -> None:
    """Raises InputError, before any work, where a file to write is a folder or an input.

    Parameters
    ----------
    output : the file; None where none is written.
    inputs : what the command reads, under the name that the message gives it.
    """
    if output is None:
        return
    check_target(output)
    for name, path in inputs.items():
        if path is not None and _same_file(output, path):
            raise InputError(f"{output} is the {name} itself: name another file to write.")


def _same_file(one: Path, other: str | Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return False
