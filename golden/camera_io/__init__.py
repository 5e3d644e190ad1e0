"""Readers of camera files: INRIA cameras.json, COLMAP models, transforms.json, camera paths."""

from __future__ import annotations

from os.path import isdir
from pathlib import Path

from golden.camera import Camera
from golden.camera_io.camera_path import parse_camera_path
from golden.camera_io.checks import parse_json
from golden.camera_io.colmap import STEMS, SUFFIXES, find_model, read_model
from golden.camera_io.frame_transform import read_transform
from golden.camera_io.inria import parse_inria
from golden.camera_io.transforms import parse_transforms
from golden.errors import InputError
from golden.files import read_bytes

KNOWN = (
    "INRIA's cameras.json, a NeRF transforms.json, a camera path of nerfstudio, or a folder with a "
    "COLMAP model"
)


def read_cameras(
    path: Path, wanted_px: tuple[int, int] | None = None, transform: Path | None = None
) -> list[Camera]:
    """Cameras of a file or a folder, in the file's order, chosen by content and name.

    A JSON list is INRIA's cameras.json and a JSON object a transforms.json or a camera path,
    whatever their names. A folder that holds cameras.bin and images.bin (or .txt) itself, under
    sparse/0, sparse or colmap/sparse/0 is a COLMAP model, as is any one of these files named alone.

    Parameters
    ----------
    wanted_px : size of files that give only angles; of others it is left to Camera.resized.
    transform : file of golden.camera_io.frame_transform, by which the cameras are moved into the
        world of the scene.

    Raises InputError, naming file and camera, on whatever is damaged or not supported.
    """
    document = None if _is_colmap(path) else _document(path)
    applied: tuple[object, object] = None, 1
    if document is None:
        place = find_model(path) if isdir(path) else (path.parent, path.suffix)
        cameras = read_model(*place)
    elif isinstance(document, list):
        cameras = parse_inria(document, path)
    elif "camera_path" in document and "frames" not in document:
        cameras = parse_camera_path(document, path)
    else:
        cameras = parse_transforms(document, path, wanted_px)
        applied = document.get("applied_transform"), document.get("applied_scale", 1)
    if transform is None:
        return cameras
    frame = read_transform(transform, *applied)
    return [frame.moved(camera) for camera in cameras]


def _is_colmap(path: Path) -> bool:
    # os.path.isdir, unlike Path.is_dir, is False where a folder may not be entered.
    return isdir(path) or (path.suffix in SUFFIXES and path.stem in STEMS)


def _document(path: Path) -> list[object] | dict[str, object]:
    """A JSON list or object; raises InputError on anything else."""
    data = read_bytes(path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        document = parse_json(data, path)
        if isinstance(document, list | dict):
            return document
    raise InputError(f"{path} is no camera file that is known: give {KNOWN}.")
