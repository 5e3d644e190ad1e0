"""transforms.json as NeRF tools write it (instant-ngp, nerfstudio, Blender exports)."""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping
from os.path import isfile
from pathlib import Path, PurePosixPath

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
from golden.camera_io.keys import TRANSFORMS, refuse_other_models, refuse_what_bends
from golden.errors import InputError
from golden.image import image_size_px

OPENGL_TO_OPENCV = np.array([1.0, -1.0, -1.0])
SUFFIXES = ("", ".png", ".jpg", ".jpeg", ".PNG", ".JPG", ".JPEG")
Size = tuple[int, int]


def parse_transforms(
    document: dict[str, object], path: Path, wanted_px: Size | None = None
) -> list[Camera]:
    """Cameras of {fl_x, fl_y, cx, cy, w, h, frames: [{file_path, transform_matrix}, ...]}.

    Intrinsics stand at the top or in a frame, which has the last word. Without fl_x,
    fl_x = w / (2 tan(camera_angle_x / 2)), and the same for y; one focal length alone counts
    for both axes; without cx, cy the principal point is the image centre. Without w and h the
    size is that of the picture beside the file, else, where lengths are given as angles, the
    wanted one.

    `transform_matrix` is camera to world, (4, 4) or (3, 4), with OpenGL axes (x right, y up,
    z back); its y and z columns change sign for OpenCV. The world is taken as written, so the
    scene must be in the same frame, or a transform between them be given. A view is named by the
    part of `file_path` behind the folders that all frames share.

    Parameters
    ----------
    wanted_px : width and height to draw at, px, where chosen.

    Raises InputError on lens distortion, a size that is not given, missing keys, wrong types,
    values that are not finite, poses that are not rigid, and image names that appear twice.
    """
    frames = document.get("frames")
    if not isinstance(frames, list):
        raise InputError(
            f"{path} has no list 'frames', so it is no transforms.json: give a camera file."
        )
    parts = [_path_parts(frame, i, path) for i, frame in enumerate(frames)]
    shared = _shared_folders(parts)
    cameras = []
    for i, frame in enumerate(frames):
        name = "/".join(parts[i][shared:])
        where = f"{path}: frame {i} ({name})"
        cameras.append(_camera(frame, name, document, path, where, wanted_px))
    return finished(cameras, path)


def _path_parts(frame: object, index: int, path: Path) -> tuple[str, ...]:
    """Folders and name of a frame's file_path, without what leads nowhere (., .., a drive)."""
    where = f"{path}: frame {index}"
    if not isinstance(frame, dict):
        raise InputError(f"{where} is not an object: correct the file.")
    missing = [key for key in ("file_path", "transform_matrix") if key not in frame]
    if missing:
        raise InputError(f"{where} lacks {', '.join(missing)}: correct the file.")
    file_path = image_name(frame["file_path"], where).replace("\\", "/")
    parts = tuple(p for p in PurePosixPath(file_path).parts if p not in ("/", "//", ".", ".."))
    image_name("/".join(parts), where)
    return parts


def _shared_folders(parts: list[tuple[str, ...]]) -> int:
    """How many leading folders all paths share."""
    shared = 0
    while parts and all(len(p) > shared + 1 and p[shared] == parts[0][shared] for p in parts):
        shared += 1
    return shared


def _camera(
    frame: dict[str, object],
    name: str,
    document: dict[str, object],
    path: Path,
    where: str,
    wanted_px: Size | None,
) -> Camera:
    values = ChainMap(frame, document)
    refuse_other_models(values, where)
    refuse_what_bends(values, TRANSFORMS, where)
    size = _size_px(values, path, where, wanted_px)
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


def _size_px(values: Mapping[str, object], path: Path, where: str, wanted_px: Size | None) -> Size:
    if "w" in values and "h" in values:
        return size_px(values["w"], "w", where), size_px(values["h"], "h", where)
    beside = path.parent / str(values["file_path"]).replace("\\", "/")
    for suffix in SUFFIXES:
        picture = beside.with_name(beside.name + suffix) if beside.name else beside
        if isfile(picture):
            return image_size_px(picture)
    in_px = [key for key in ("fl_x", "fl_y", "cx", "cy") if key in values]
    if wanted_px is not None and not in_px:
        return wanted_px
    raise InputError(
        f"{where} has no image size: add w and h (in px) to the file, as the images have them, or "
        + (
            f"put the images beside it, since {in_px[0]} is in px of their size."
            if in_px
            else "give --size."
        )
    )


def _focal_lengths_px(values: Mapping[str, object], size: Size, where: str) -> tuple[float, float]:
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
