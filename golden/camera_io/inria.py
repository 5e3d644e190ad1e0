"""cameras.json as the INRIA trainer writes it beside a scene."""

from __future__ import annotations

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
from golden.errors import InputError

KEYS = ("img_name", "width", "height", "position", "rotation", "fx", "fy")


def parse_inria(entries: list[object], path: Path) -> list[Camera]:
    """Cameras of a list of {id, img_name, width, height, position, rotation, fx, fy}.

    `rotation` is camera to world (its columns are the camera's axes, x right, y down, z forward),
    `position` the camera centre, in scene units; the principal point is not written and lies at
    the centre of the image. viewmat = [R^T, -R^T p].

    Raises InputError on missing keys, wrong types, values that are not finite, poses that are
    not rigid, sizes out of range, and image names that appear twice.
    """
    return finished([_camera(entry, i, path) for i, entry in enumerate(entries)], path)


def _camera(entry: object, index: int, path: Path) -> Camera:
    where = f"{path}: camera {index}"
    if not isinstance(entry, dict):
        raise InputError(f"{where} is not an object with {', '.join(KEYS)}: correct the file.")
    missing = [key for key in KEYS if key not in entry]
    if missing:
        raise InputError(f"{where} lacks {', '.join(missing)}: correct the file.")
    name = image_name(entry["img_name"], where)
    where = f"{where} ({name})"
    width, height = (size_px(entry[key], key, where) for key in ("width", "height"))
    focal = number(entry["fx"], "fx", where), number(entry["fy"], "fy", where)
    rotation = matrix(entry["rotation"], [3], 3, "rotation", where)
    position = matrix([entry["position"]], [1], 3, "position", where)[0]
    viewmat = world_to_camera(rotation, position, where)
    return make_camera(path, name, (width, height), focal, (width / 2, height / 2), viewmat)
