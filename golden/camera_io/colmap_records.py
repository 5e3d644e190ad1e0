"""What COLMAP's text and binary files both hold: a lens and an image pose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera_io.checks import number
from golden.errors import InputError

# The number of a model in cameras.bin is its place in this list.
MODELS = (
    "SIMPLE_PINHOLE",
    "PINHOLE",
    "SIMPLE_RADIAL",
    "RADIAL",
    "OPENCV",
    "OPENCV_FISHEYE",
    "FULL_OPENCV",
    "FOV",
    "SIMPLE_RADIAL_FISHEYE",
    "RADIAL_FISHEYE",
    "THIN_PRISM_FISHEYE",
    "RAD_TAN_THIN_PRISM_FISHEYE",
)
PARAMETERS = {"SIMPLE_PINHOLE": 3, "PINHOLE": 4}


@dataclass(frozen=True)
class Lens:
    """Intrinsics, px: image size, focal lengths, principal point."""

    size: tuple[int, int]
    focal: tuple[float, float]
    centre: tuple[float, float]


@dataclass(frozen=True)
class Pose:
    """One image: where it stands in its file, name, world to camera (quaternion wxyz, t), lens."""

    where: str
    name: str
    quat: tuple[float, ...]
    translation: tuple[float, ...]
    camera_id: int

    def viewmat(self) -> NDArray[np.float64]:
        """(4, 4) world to camera, of the quaternion divided by its length.

        Raises InputError where a value is not finite or the quaternion is zero.
        """
        for value in (*self.quat, *self.translation):
            number(value, "the pose", self.where)
        largest = max(map(abs, self.quat))
        if largest < 1e-30:
            raise InputError(
                f"{self.where}: the quaternion is zero, so the view has no orientation: "
                "remove the image or export the model again."
            )
        # Dividing by the largest part first keeps the squares from overflowing.
        w, x, y, z = (part / largest for part in self.quat)
        norm = math.sqrt(w * w + x * x + y * y + z * z)
        w, x, y, z = w / norm, x / norm, y / norm, z / norm
        viewmat = np.eye(4)
        viewmat[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
        viewmat[:3, 3] = self.translation
        return viewmat


def parameter_count(model: str, where: str) -> int:
    """How many parameters a camera model has; raises InputError where it is not a pinhole."""
    if model not in PARAMETERS:
        raise InputError(
            f"{where}: camera model {model[:40]!r} is not supported, only SIMPLE_PINHOLE and "
            "PINHOLE are: undistort the model with `colmap image_undistorter` and give its result."
        )
    return PARAMETERS[model]


def add_lens(
    lenses: dict[int, Lens],
    camera_id: int,
    size: tuple[int, int],
    values: tuple[float, ...],
    where: str,
) -> None:
    """Enters (f, cx, cy) or (fx, fy, cx, cy), px, under an id not used before."""
    if camera_id in lenses:
        raise InputError(f"{where}: the camera id was used before: export the model again.")
    for value in values:
        number(value, "an intrinsic parameter", where)
    lenses[camera_id] = Lens(size, (values[0], values[-3]), (values[-2], values[-1]))
