"""Readers of camera files: INRIA cameras.json, COLMAP models, NeRF transforms.json."""

from __future__ import annotations

from os.path import isdir
from pathlib import Path

from golden.camera import Camera
from golden.camera_io.checks import parse_json
from golden.camera_io.colmap import STEMS, SUFFIXES, find_model, read_model
from golden.camera_io.inria import parse_inria
from golden.camera_io.transforms import parse_transforms
from golden.errors import InputError
from golden.files import read_bytes

KNOWN = "INRIA's cameras.json, a NeRF transforms.json, or a folder with a COLMAP model"


def read_cameras(path: Path) -> list[Camera]:
    """Cameras of a file or a folder, in the file's order, chosen by content and name.

    A JSON list is INRIA's cameras.json and a JSON object a transforms.json, whatever their
    names. A folder that holds cameras.bin and images.bin (or .txt) itself, under sparse/0 or
    under sparse is a COLMAP model, as is any one of these files named alone.

    Raises InputError, naming file and camera, on whatever is damaged or not supported.
    """
    if isdir(path):  # unlike Path.is_dir, False where a folder may not be entered
        return read_model(*find_model(path))
    if path.suffix in SUFFIXES and path.stem in STEMS:
        return read_model(path.parent, path.suffix)
    data = read_bytes(path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
        raise InputError(f"{path} is no camera file that is known: give {KNOWN}.")
    document = parse_json(data, path)
    if isinstance(document, list):
        return parse_inria(document, path)
    if isinstance(document, dict):
        return parse_transforms(document, path)
    raise InputError(f"{path} is no camera file that is known: give {KNOWN}.")
