"""transforms.json as NeRF tools write it (instant-ngp, nerfstudio)."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path

import numpy as np

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

PINHOLE_MODELS = ("PINHOLE", "SIMPLE_PINHOLE", "OPENCV")
DISTORTION = ("k1", "k2", "k3", "k4", "k5", "k6", "p1", "p2")
OPENGL_TO_OPENCV = np.array([1.0, -1.0, -1.0])
UNDISTORT = "undistort the images first, for example with COLMAP's image_undistorter."


def parse_transforms(document: dict[str, object], path: Path) -> list[Camera]:
    """Cameras of {fl_x, fl_y, cx, cy, w, h, frames: [{file_path, transform_matrix}, ...]}.

    Intrinsics stand at the top or in a frame, which has the last word. Without fl_x,
    fl_x = w / (2 tan(camera_angle_x / 2)), and the same for y; one focal length alone counts
    for both axes; without cx, cy the principal point is the image centre.

    `transform_matrix` is camera to world, (4, 4) or (3, 4), with OpenGL axes (x right, y up,
    z back); its y and z columns change sign for OpenCV. The world is taken as written, so the
    scene must be in the same frame. A view is named by the last part of `file_path`.

    Raises InputError on lens distortion, a size that is not given, missing keys, wrong types,
    values that are not finite, poses that are not rigid, and image names that appear twice.
    """
    frames = document.get("frames")
    if not isinstance(frames, list):
        raise InputError(
            f"{path} has no list 'frames', so it is no transforms.json: give a camera file."
        )
    return finished([_camera(frame, i, document, path) for i, frame in enumerate(frames)], path)


def _camera(frame: object, index: int, document: dict[str, object], path: Path) -> Camera:
    where = f"{path}: frame {index}"
    if not isinstance(frame, dict):
        raise InputError(f"{where} is not an object: correct the file.")
    missing = [key for key in ("file_path", "transform_matrix") if key not in frame]
    if missing:
        raise InputError(f"{where} lacks {', '.join(missing)}: correct the file.")
    file_path = image_name(frame["file_path"], where)
    name = image_name(file_path.replace("\\", "/").rstrip("/").split("/")[-1], where)
    where = f"{where} ({name})"
    values = ChainMap(frame, document)
    _refuse_distortion(values, where)
    if "w" not in values or "h" not in values:
        raise InputError(
            f"{where} has no image size: add w and h (in px) to the file, as the images have them."
        )
    size = size_px(values["w"], "w", where), size_px(values["h"], "h", where)
    focal = _focal_lengths_px(values, size, where)
    centre = (
        number(values.get("cx", size[0] / 2), "cx", where),
        number(values.get("cy", size[1] / 2), "cy", where),
    )
    pose = matrix(frame["transform_matrix"], [3, 4], 4, "transform_matrix", where)
    if len(pose) == 4 and pose[3].tolist() != [0, 0, 0, 1]:
        raise InputError(
            f"{where}: the last row of transform_matrix is not 0 0 0 1, so the pose is not a "
            "rigid motion: correct the file."
        )
    viewmat = world_to_camera(pose[:3, :3] * OPENGL_TO_OPENCV, pose[:3, 3], where)
    return make_camera(path, name, size, focal, centre, viewmat)


def _refuse_distortion(values: Mapping[str, object], where: str) -> None:
    model = values.get("camera_model", "PINHOLE")
    if model not in PINHOLE_MODELS:
        raise InputError(f"{where}: camera model {str(model)[:40]!r} is no pinhole: {UNDISTORT}")
    if values.get("is_fisheye"):
        raise InputError(f"{where}: a fisheye camera is no pinhole: {UNDISTORT}")
    for key in DISTORTION:
        if number(values.get(key, 0), key, where) != 0:
            raise InputError(f"{where}: lens distortion {key} is not zero: {UNDISTORT}")


def _focal_lengths_px(
    values: Mapping[str, object], size: tuple[int, int], where: str
) -> tuple[float, float]:
    found: list[float] = []
    for axis, side in zip("xy", size, strict=True):
        length, angle = f"fl_{axis}", f"camera_angle_{axis}"
        if length in values:
            found.append(number(values[length], length, where))
        elif angle in values:
            radians = number(values[angle], angle, where)
            if not 0 < radians < math.pi:
                raise InputError(
                    f"{where}: {angle} is {radians}, outside 0..pi radians: correct the file."
                )
            found.append(side / (2 * math.tan(radians / 2)))
    if not found:
        raise InputError(
            f"{where} has no focal length: add fl_x and fl_y (in px), or camera_angle_x "
            "(in radians), to the file."
        )
    return found[0], found[-1]
