"""What COLMAP's text and binary files both hold: a lens and an image pose."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
# Parameters of the models that are pinholes where all behind cy is zero; the others bend rays
# with any parameters.
PARAMETERS = {
    model: tuple(names.split())
    for model, names in {
        "SIMPLE_PINHOLE": "f cx cy",
        "PINHOLE": "fx fy cx cy",
        "SIMPLE_RADIAL": "f cx cy k",
        "RADIAL": "f cx cy k1 k2",
        "OPENCV": "fx fy cx cy k1 k2 p1 p2",
        "FULL_OPENCV": "fx fy cx cy k1 k2 p1 p2 k3 k4 k5 k6",
        "FOV": "fx fy cx cy omega",
    }.items()
}
UNDISTORT = "undistort the model with `colmap image_undistorter` and give its result."


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


def parameter_names(model: str, where: str) -> tuple[str, ...]:
    """Names of a camera model's parameters; raises InputError where it cannot be a pinhole."""
    if model not in PARAMETERS:
        raise InputError(
            f"{where}: camera model {model[:40]!r} is not supported, only pinholes are: {UNDISTORT}"
        )
    return PARAMETERS[model]


def add_lens(
    lenses: dict[int, Lens],
    camera_id: int,
    size: tuple[int, int],
    parameters: Mapping[str, float],
    where: str,
) -> None:
    """Enters a lens of named parameters, px, under an id not used before.

    Raises InputError where one that bends rays is not zero.
    """
    if camera_id in lenses:
        raise InputError(f"{where}: the camera id was used before: export the model again.")
    for value in parameters.values():
        number(value, "an intrinsic parameter", where)
    fx, fy = (parameters.get(key, parameters.get("f", 0.0)) for key in ("fx", "fy"))
    lenses[camera_id] = Lens(size, (fx, fy), (parameters["cx"], parameters["cy"]))
    for name, value in parameters.items():
        if name not in ("f", "fx", "fy", "cx", "cy") and value != 0:
            raise InputError(f"{where}: lens distortion {name} is {value:g}, not zero: {UNDISTORT}")
