"""cameras.json as the INRIA trainer writes it beside a scene."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from golden.camera import Camera
from golden.camera_io.checks import (
    finished,
    image_name,
    make_camera,
    matrix,
    number,
    size_px,
    world_to_camera,
)
from golden.camera_io.keys import INRIA, refuse_what_bends
from golden.errors import InputError, warn

KEYS = ("img_name", "width", "height", "position", "rotation", "fx", "fy")


def parse_inria(entries: list[object], path: Path) -> list[Camera]:
    """Cameras of a list of {id, img_name, width, height, position, rotation, fx, fy}.

    `rotation` is camera to world (its columns are the camera's axes, x right, y down, z forward),
    `position` the camera centre, in scene units; the principal point lies at the centre of the
    image unless cx, cy are written. viewmat = [R^T, -R^T p].

    The trainer leaves folders out of names, so those of a rig may repeat: each of these is then
    followed by # and its place in the file, with a warning.

    Raises InputError on missing keys, wrong types, values that are not finite, poses that are
    not rigid, distortion and sizes out of range.
    """
    cameras = [_camera(entry, i, path) for i, entry in enumerate(entries)]
    twice = {name for name, n in Counter(c.name for c in cameras).items() if n > 1}
    if twice:
        warn(
            f"{path}: views share the image name {min(twice)}"
            f"{f' and {len(twice) - 1} more' if len(twice) > 1 else ''}, as those of a rig do: "
            "each is told apart by # and its place in the file."
        )
        cameras = [
            replace(c, name=f"{c.name}#{i}") if c.name in twice else c
            for i, c in enumerate(cameras)
        ]
    return finished(cameras, path)


def _camera(entry: object, index: int, path: Path) -> Camera:
    where = f"{path}: camera {index}"
    if not isinstance(entry, dict):
        raise InputError(f"{where} is not an object with {', '.join(KEYS)}: correct the file.")
    if "transform" in entry and "rotation" not in entry:
        raise InputError(
            f"{where} has a 'transform' and no focal length, as `ns-export cameras` writes it: "
            "give the transforms.json of the images with --transform dataparser_transforms.json."
        )
    missing = [key for key in KEYS if key not in entry]
    if missing:
        raise InputError(f"{where} lacks {', '.join(missing)}: correct the file.")
    name = image_name(entry["img_name"], where)
    where = f"{where} ({name})"
    refuse_what_bends(entry, INRIA, where)
    width, height = (size_px(entry[key], key, where) for key in ("width", "height"))
    focal = number(entry["fx"], "fx", where), number(entry["fy"], "fy", where)
    centre = (
        number(entry.get("cx", width / 2), "cx", where),
        number(entry.get("cy", height / 2), "cy", where),
    )
    rotation = matrix(entry["rotation"], [3], 3, "rotation", where)
    position = matrix([entry["position"]], [1], 3, "position", where)[0]
    viewmat = world_to_camera(rotation, position, where)
    return make_camera(path, name, (width, height), focal, centre, viewmat)
