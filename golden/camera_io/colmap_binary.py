"""cameras.bin and images.bin of COLMAP, little-endian.

COLMAP's own native readers, and bindings to them, abort the whole process on a hostile count or
a truncated file. So the few records needed here are read with struct, each within the bounds of
the bytes that are there, and a count is held against the file size before anything is done.
"""

from __future__ import annotations

import struct
from pathlib import Path

from golden.camera_io.checks import image_name
from golden.camera_io.colmap_records import MODELS, Lens, Pose, add_lens, parameter_names
from golden.errors import InputError
from golden.files import read_bytes

CAMERA = struct.Struct("<IiQQ")  # id, model, width, height; then float64 parameters
IMAGE = struct.Struct("<I4d3dI")  # id, quaternion wxyz, translation, camera id; then a name
COUNT = struct.Struct("<Q")
MIN_CAMERA_BYTES = CAMERA.size + 3 * 8
MIN_IMAGE_BYTES = IMAGE.size + 2 + COUNT.size  # a name of one letter and its zero, no points
POINT_BYTES = 24  # x, y float64; point id int64
MAX_NAME_BYTES = 4096


class _Bytes:
    """Reads a file from front to back; what lies beyond its end is an InputError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = read_bytes(path)
        self.offset = 0

    def skip(self, size: int, where: str) -> int:
        """Offset of the next `size` bytes, which are skipped."""
        start = self.offset
        if size > len(self.data) - start:
            raise InputError(
                f"{where} is cut off ({size} bytes needed, {len(self.data) - start} left): "
                "give a complete file."
            )
        self.offset = start + size
        return start

    def unpack(self, layout: struct.Struct, where: str) -> tuple[float, ...]:
        return layout.unpack_from(self.data, self.skip(layout.size, where))

    def count(self, what: str, min_bytes: int) -> int:
        """The count that opens a file of records of at least `min_bytes` each."""
        count = int(self.unpack(COUNT, str(self.path))[0])
        if count * min_bytes > len(self.data) - self.offset:
            raise InputError(
                f"{self.path} claims {count} {what} but has only {len(self.data)} bytes: "
                "give a complete file."
            )
        return count

    def text(self, where: str) -> str:
        """A name that ends with a zero byte."""
        end = self.data.find(b"\0", self.offset, self.offset + MAX_NAME_BYTES)
        if end < 0:
            raise InputError(f"{where}: the image name has no end: give a complete file.")
        raw = self.data[self.skip(end + 1 - self.offset, where) : end]
        try:
            return image_name(raw.decode(), where)
        except UnicodeDecodeError as error:
            raise InputError(f"{where}: the image name is not UTF-8: rename the image.") from error

    def finish(self) -> None:
        """Refuses bytes after the last record."""
        if self.offset != len(self.data):
            raise InputError(
                f"{self.path} goes on for {len(self.data) - self.offset} bytes after its last "
                "record: it is damaged or of another kind."
            )


def binary_lenses(path: Path) -> dict[int, Lens]:
    """Lenses of cameras.bin by camera id; raises InputError on a lens that is not a pinhole."""
    source = _Bytes(path)
    lenses: dict[int, Lens] = {}
    for i in range(source.count("cameras", MIN_CAMERA_BYTES)):
        where = f"{path}: camera {i}"
        camera_id, model, width, height = map(int, source.unpack(CAMERA, where))
        name = MODELS[model] if 0 <= model < len(MODELS) else f"number {model}"
        names = parameter_names(name, where)
        values = source.unpack(struct.Struct(f"<{len(names)}d"), where)
        parameters = dict(zip(names, values, strict=True))
        add_lens(lenses, camera_id, (width, height), parameters, where)
    source.finish()
    return lenses


def binary_poses(path: Path) -> list[Pose]:
    """Poses of images.bin, in its order; the image points are skipped."""
    source = _Bytes(path)
    poses: list[Pose] = []
    for i in range(source.count("images", MIN_IMAGE_BYTES)):
        where = f"{path}: image {i}"
        _, *pose, camera_id = source.unpack(IMAGE, where)
        name = source.text(where)
        where = f"{where} ({name})"
        points = int(source.unpack(COUNT, where)[0])
        source.skip(points * POINT_BYTES, f"{where} with {points} image points")
        poses.append(Pose(where, name, tuple(pose[:4]), tuple(pose[4:]), int(camera_id)))
    source.finish()
    return poses
