"""From the world of the cameras to that of the scene: a matrix, or nerfstudio's transform."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.camera_io.checks import matrix, number, parse_json
from golden.errors import InputError
from golden.files import read_bytes

Float64 = NDArray[np.float64]

SIMILARITY_TOLERANCE = 1e-3
LAST_ROW = np.array([0.0, 0.0, 0.0, 1.0])


@dataclass(frozen=True, eq=False)
class FrameTransform:
    """A similarity from the cameras' world to the scene's: x' = s R x + t.

    Parameters
    ----------
    rotation : (3, 3) float64, R, det(R) = 1.
    scale : s, > 0.
    translation : (3,) float64, t, units of the scene's world.
    """

    rotation: Float64
    scale: float
    translation: Float64

    def moved(self, camera: Camera) -> Camera:
        """The camera in the scene's world; its picture of what moves with it stays the same.

        With viewmat [V, v]: V' = V R^T, v' = s v - V' t.
        """
        viewmat = np.eye(4)
        viewmat[:3, :3] = camera.viewmat[:3, :3] @ self.rotation.T
        viewmat[:3, 3] = self.scale * camera.viewmat[:3, 3] - viewmat[:3, :3] @ self.translation
        return replace(camera, pose=viewmat)


def read_transform(path: Path, applied: object = None, applied_scale: object = 1) -> FrameTransform:
    """The transform of a file.

    A 4x4 or 3x4 matrix, as JSON rows or as text of 16 or 12 numbers, takes points of the cameras'
    world to the scene's. nerfstudio's dataparser_transforms.json {"transform": T, "scale": s} does
    so from the world before `applied_transform` A, `applied_scale` a of transforms.json, where
    poses hold these already: s/a T A^-1 for cameras of such a file, s T for all others.

    Parameters
    ----------
    applied, applied_scale : A, (3, 4) or (4, 4) rows, and a, of the cameras' file.

    Raises InputError where the file is neither, or its matrix no rotation with one scale.
    Source: nerfstudio, nerfstudio_dataparser.py.
    """
    data = read_bytes(path)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
        return _similarity(_text_matrix(data, path), 1.0, path)
    document = parse_json(data, path)
    if not isinstance(document, dict):
        return _similarity(_four_rows(document, path), 1.0, path)
    if "transform" not in document:
        raise InputError(
            f"{path} has no 'transform', as nerfstudio's dataparser_transforms.json has: give that "
            "or a 4x4 matrix."
        )
    scale = number(document.get("scale", 1), "scale", str(path))
    before = number(applied_scale, "applied_scale", "the cameras")
    if not (scale > 0 and before > 0):
        raise InputError(f"{path}: its scale is not greater than zero: correct the file.")
    whole = _four_rows(document["transform"], path)
    if applied is not None:
        whole = _before(_four_rows(applied, Path("applied_transform")), whole)
    return _similarity(whole, scale / before, path)


def _before(applied: Float64, whole: Float64) -> Float64:
    """A transform of the world before `applied`; raises InputError where that has no inverse."""
    try:
        with np.errstate(all="ignore"):  # what is not finite is no similarity
            return whole @ np.linalg.inv(applied)
    except np.linalg.LinAlgError as error:
        raise InputError(
            "applied_transform of the cameras has no inverse: export the cameras again."
        ) from error


def _four_rows(rows: object, path: Path) -> Float64:
    """(4, 4) of 3 or 4 JSON rows of 4 numbers."""
    values = matrix(rows, [3, 4], 4, "the transform", str(path))
    return values if len(values) == 4 else np.vstack([values, LAST_ROW])


def _text_matrix(data: bytes, path: Path) -> Float64:
    """(4, 4) of 12 or 16 numbers between spaces, commas or line breaks."""
    words = data.decode("utf-8-sig", "replace").replace(",", " ").split()
    try:
        values = [float(word) for word in words[:17]]
    except ValueError:
        values = []
    if len(values) not in (12, 16):
        raise InputError(
            f"{path} is no transform: give 4 lines of 4 numbers, the same as JSON, or nerfstudio's "
            "dataparser_transforms.json."
        )
    return _four_rows([values[i : i + 4] for i in range(0, len(values), 4)], path)


def _similarity(whole: Float64, factor: float, path: Path) -> FrameTransform:
    """factor times the upper three rows of a matrix, taken apart."""
    with np.errstate(all="ignore"):  # what is not finite is no similarity
        upper = factor * whole[:3]
        determinant = float(np.linalg.det(upper[:, :3])) if np.isfinite(upper).all() else math.nan
        scale = determinant ** (1 / 3) if determinant > 0 else math.nan
        rotation = upper[:, :3] / scale
        off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if not off <= SIMILARITY_TOLERANCE or not np.array_equal(whole[3], LAST_ROW):
        raise InputError(
            f"{path}: its matrix is no rotation with one scale and a shift (last row 0 0 0 1, not "
            "mirrored): a scene that was bent or mirrored cannot be seen by pinhole cameras."
        )
    return FrameTransform(rotation, scale, upper[:, 3])
