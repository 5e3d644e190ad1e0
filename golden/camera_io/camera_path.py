"""A camera path as nerfstudio's viewer saves it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from golden.camera import Camera
from golden.camera_io.checks import finished, make_camera, matrix, number, size_px, world_to_camera
from golden.camera_io.keys import CAMERA_PATH, refuse_other_models, refuse_what_bends
from golden.camera_io.transforms import OPENGL_TO_OPENCV
from golden.errors import InputError


def parse_camera_path(document: dict[str, object], path: Path) -> list[Camera]:
    """Cameras of {render_width, render_height, camera_path: [{camera_to_world, fov}, ...]}.

    fov is the vertical angle in degrees: f = render_height / (2 tan(fov / 2)) on both axes, the
    principal point the image centre. `camera_to_world` has 16 numbers, row by row, OpenGL axes.
    Views are named by their place, frame_00000 on.

    Raises InputError on a camera that is not a pinhole, a crop, and impossible values.
    Source: nerfstudio, cameras/camera_paths.py.
    """
    refuse_other_models(document, str(path))
    refuse_what_bends(document, CAMERA_PATH, str(path))
    size = (
        size_px(document.get("render_width"), "render_width", str(path)),
        size_px(document.get("render_height"), "render_height", str(path)),
    )
    steps = document["camera_path"]
    if not isinstance(steps, list):
        raise InputError(f"{path}: camera_path is no list: save the path again.")
    return finished([_camera(step, i, size, path) for i, step in enumerate(steps)], path)


def _camera(step: object, index: int, size: tuple[int, int], path: Path) -> Camera:
    name = f"frame_{index:05}"
    where = f"{path}: {name}"
    if not isinstance(step, dict):
        raise InputError(f"{where} is not an object: save the path again.")
    flat = step.get("camera_to_world")
    rows = flat
    if isinstance(flat, list) and len(flat) == 16:
        rows = [flat[i : i + 4] for i in range(0, 16, 4)]
    pose = matrix(rows, [4], 4, "camera_to_world", where)
    degrees = number(step.get("fov"), "fov", where)
    if not 0 < degrees < 180:
        raise InputError(f"{where}: fov is {degrees:g}, outside 0..180 degrees: save it again.")
    focal = size[1] / (2 * math.tan(math.radians(degrees) / 2))
    viewmat = world_to_camera(pose[:3, :3] * OPENGL_TO_OPENCV, pose[:3, 3], where)
    if not np.array_equal(pose[3], [0, 0, 0, 1]):
        raise InputError(f"{where}: the last row of camera_to_world is not 0 0 0 1: save it again.")
    return make_camera(path, name, size, (focal, focal), (size[0] / 2, size[1] / 2), viewmat)
