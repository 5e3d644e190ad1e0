"""What every camera reader checks: numbers, sizes, names, poses, and the finished list."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.camera import MAX_SIZE_PX, Camera
from golden.errors import InputError

MAX_NAME_LENGTH = 1024
RIGID_TOLERANCE = 1e-3


def parse_json(data: bytes, path: Path) -> object:
    """Any JSON value; raises InputError where the text is not JSON or nests without end."""
    try:
        value: object = json.loads(data)
    except RecursionError as error:
        raise InputError(
            f"{path} is nested too deeply for a camera file: give a file that a camera tool wrote."
        ) from error
    except ValueError as error:
        reason = str(error).split("\n")[0][:120]
        raise InputError(f"{path} is not JSON ({reason}): give a complete file.") from error
    return value


def number(value: object, what: str, where: str) -> float:
    """A finite JSON number as float; raises InputError on any other value."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{where}: {what} is {_shown(value)}, not a number: correct the file.")
    try:
        result = float(value)
    except OverflowError:
        result = math.inf
    if not math.isfinite(result):
        raise InputError(f"{where}: {what} is not a finite number: correct the file.")
    return result


def size_px(value: object, what: str, where: str) -> int:
    """An image side in px, also where it was written as 800.0; make_camera checks its range."""
    side = number(value, what, where)
    if not side.is_integer():
        raise InputError(f"{where}: {what} is {side}, not a whole number of px: correct the file.")
    return int(side)


def matrix(
    value: object, rows: Sequence[int], columns: int, what: str, where: str
) -> NDArray[np.float64]:
    """Nested JSON lists as float64, (one of `rows`, columns); raises InputError."""
    wanted = f"{' or '.join(map(str, rows))} rows of {columns} numbers"
    if not isinstance(value, list) or len(value) not in rows:
        raise InputError(f"{where}: {what} is not {wanted}: correct the file.")
    for row in value:
        if not isinstance(row, list) or len(row) != columns:
            raise InputError(f"{where}: {what} is not {wanted}: correct the file.")
    return np.array([[number(x, what, where) for x in row] for row in value])


def image_name(value: object, where: str) -> str:
    """A printable image name of 1 to 1024 characters; raises InputError on any other value."""
    if (
        not isinstance(value, str)
        or not value.isprintable()
        or not 1 <= len(value) <= MAX_NAME_LENGTH
    ):
        raise InputError(
            f"{where}: the image name {_shown(value)} is not printable text of 1 to "
            f"{MAX_NAME_LENGTH} characters: correct the file."
        )
    return value


def world_to_camera(
    rotation: NDArray[np.float64], position: NDArray[np.float64], where: str
) -> NDArray[np.float64]:
    """viewmat = [R^T, -R^T p] from the camera-to-world rotation R and the camera centre p.

    Files hold R rounded to a few digits, so the nearest rotation is taken: three Newton steps
    R <- (R + R^-T) / 2 reach it to float64 from an error of 1e-3. Written without LAPACK or BLAS,
    so that every machine gets the same bits.

    Parameters
    ----------
    rotation : (3, 3) float64, columns are the camera's axes in the world.
    position : (3,) float64, scene units.

    Raises InputError where R is not a rotation to 1e-3.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        gram = (rotation[:, :, None] * rotation[:, None, :]).sum(axis=0)
        rigid = bool((np.abs(gram - np.eye(3)) <= RIGID_TOLERANCE).all())
    if not rigid or (rotation[0] * np.cross(rotation[1], rotation[2])).sum() < 0:
        raise InputError(
            f"{where}: the rotation is not a rotation (orthogonal axes of length 1, right-handed): "
            "correct the file."
        )
    for _ in range(3):
        first, second, third = rotation
        cofactors = np.stack(
            [np.cross(second, third), np.cross(third, first), np.cross(first, second)]
        )
        rotation = (rotation + cofactors / (first * cofactors[0]).sum()) / 2
    viewmat = np.eye(4)
    viewmat[:3, :3] = rotation.T
    with np.errstate(over="ignore", invalid="ignore"):
        viewmat[:3, 3] = -(rotation.T * position).sum(axis=1)
    return viewmat


def make_camera(
    path: Path,
    name: str,
    size: tuple[int, int],
    focal: tuple[float, float],
    centre: tuple[float, float],
    viewmat: NDArray[np.float64],
) -> Camera:
    """A Camera whose errors also name the file; size and focal in px, as width and height."""
    if not all(1 <= side <= MAX_SIZE_PX for side in size):
        raise InputError(
            f"{path}: camera {name}: the image size is outside 1..{MAX_SIZE_PX} px: "
            "correct the file."
        )
    try:
        return Camera(name, *size, *focal, *centre, viewmat)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def finished(cameras: list[Camera], path: Path) -> list[Camera]:
    """The same list; raises InputError where it is empty or two images share a name."""
    if not cameras:
        raise InputError(f"{path} holds no cameras: give a file with at least one.")
    seen: set[str] = set()
    for camera in cameras:
        if camera.name in seen:
            raise InputError(
                f"{path}: the image name {camera.name} appears twice: views are told apart by "
                "name, so give each image its own."
            )
        seen.add(camera.name)
    return cameras


def _shown(value: object) -> str:
    text = repr(value[:60] if isinstance(value, str | bytes) else value)
    return text if len(text) <= 80 else f"{text[:77]}..."
