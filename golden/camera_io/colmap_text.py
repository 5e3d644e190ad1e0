"""cameras.txt and images.txt of COLMAP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from golden.camera_io.checks import image_name
from golden.camera_io.colmap_records import Lens, Pose, add_lens, parameter_names
from golden.errors import InputError
from golden.files import read_bytes


def text_lenses(path: Path) -> dict[int, Lens]:
    """Lenses by camera id, of lines CAMERA_ID MODEL WIDTH HEIGHT PARAMS...; # starts a comment."""
    lenses: dict[int, Lens] = {}
    for line_number, line in _lines(path):
        where = f"{path}: line {line_number}"
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 4:
            raise InputError(f"{where} is no camera (id, model, width, height): correct the file.")
        names = parameter_names(words[1], where)
        if len(words) != 4 + len(names):
            raise InputError(
                f"{where}: {words[1]} has {len(words) - 4} parameters where {len(names)} are "
                "needed: correct the file."
            )
        try:
            camera_id, width, height = int(words[0]), int(words[2]), int(words[3])
            parameters = dict(zip(names, map(float, words[4:]), strict=True))
        except ValueError as error:
            raise InputError(
                f"{where} holds a word that is no number: correct the file."
            ) from error
        add_lens(lenses, camera_id, (width, height), parameters, where)
    return lenses


def text_poses(path: Path) -> list[Pose]:
    """Poses of images.txt: a line IMAGE_ID QW QX QY QZ TX TY TZ CAMERA_ID NAME, then one of points.

    The line of points (X Y POINT3D_ID ...) may be empty but must be there: without it every
    second image would be lost in silence, so its shape is checked.
    """
    poses: list[Pose] = []
    lines = _lines(path)
    for line_number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        where = f"{path}: line {line_number}"
        words = line.split(maxsplit=9)
        if len(words) != 10:
            raise InputError(
                f"{where} is no image (id, quaternion, translation, camera id, name): "
                "correct the file."
            )
        name = image_name(words[9].strip(), where)
        try:
            values = tuple(map(float, words[1:8]))
            camera_id = int(words[8])
        except ValueError as error:
            raise InputError(
                f"{where} ({name}) holds a word that is no number: correct the file."
            ) from error
        poses.append(Pose(f"{where} ({name})", name, values[:4], values[4:], camera_id))
        _, points = next(lines, (0, ""))
        if not _is_points(points):
            raise InputError(
                f"{where} ({name}) is not followed by a line of image points (it may be empty): "
                "export the model again."
            )
    return poses


def _is_points(line: str) -> bool:
    words = line.split()
    if len(words) % 3:
        return False
    try:
        return not words or int(words[-1]) >= -1
    except ValueError:
        return False


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: give a complete file.") from error
    return iter(enumerate(text.split("\n"), start=1))
