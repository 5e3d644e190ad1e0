"""A pinhole camera, and choosing views from a list of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError, warn

MAX_SIZE_PX = 16_384


@dataclass(frozen=True, eq=False)
class Camera:
    """Pinhole camera, OpenCV axes: x right, y down, z forward.

    u = fx x/z + cx and v = fy y/z + cy, in pixels, where the centre of pixel (i, j) lies at
    (i + 0.5, j + 0.5); a centred principal point is (width/2, height/2) under both rule sets.

    Parameters
    ----------
    name : image name; views are sorted by it.
    width, height : image size, px.
    fx, fy : focal lengths, px.
    cx, cy : principal point, px.
    pose : (4, 4) float64, world to camera, as given; last row 0 0 0 1.
    viewmat : (4, 4) float64, the pose with the nearest exact rotation: what everything else reads,
        since the culling bound relies on lengths being kept.

    Raises InputError on a size outside 1..16384 px, a focal length that is not positive, a value
    that is not finite, or a pose whose rotation is not a rotation (to 1e-3).
    """

    name: str
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    pose: NDArray[np.float64]

    def __post_init__(self) -> None:
        for side in (self.width, self.height):
            if not 1 <= side <= MAX_SIZE_PX:
                raise InputError(
                    f"camera {self.name}: size {self.width}x{self.height} px is outside "
                    f"1..{MAX_SIZE_PX}: choose another size."
                )
        if (
            not np.isfinite([self.fx, self.fy, self.cx, self.cy]).all()
            or min(self.fx, self.fy) <= 0
        ):
            raise InputError(
                f"camera {self.name}: intrinsics fx={self.fx} fy={self.fy} cx={self.cx} "
                f"cy={self.cy} are not finite with positive focal lengths: correct the camera file."
            )
        if self.pose.shape != (4, 4) or not np.isfinite(self.pose).all():
            raise InputError(
                f"camera {self.name}: the pose is not finite: correct the camera file."
            )
        rotation = self.pose[:3, :3]
        if (
            np.abs(rotation @ rotation.T - np.eye(3)).max() > 1e-3
            or np.linalg.det(rotation) < 0
            or not np.array_equal(self.pose[3], [0, 0, 0, 1])
        ):
            raise InputError(
                f"camera {self.name}: the pose is not a rigid motion: correct the camera file."
            )

    @cached_property
    def viewmat(self) -> NDArray[np.float64]:
        """(4, 4) world to camera; the rotation is the one nearest to the pose's."""
        left, _, right = np.linalg.svd(self.pose[:3, :3])
        exact = self.pose.copy()
        exact[:3, :3] = left @ right
        return exact

    @property
    def position(self) -> NDArray[np.float64]:
        """Camera centre in world space, (3,) scene units: -R^T t."""
        return -self.viewmat[:3, :3].T @ self.viewmat[:3, 3]

    def resized(self, width: int, height: int) -> Camera:
        """The same view at another size; focal lengths and principal point scale with it."""
        if not (1 <= width <= MAX_SIZE_PX and 1 <= height <= MAX_SIZE_PX):
            raise InputError(
                f"size {width}x{height} px is outside 1..{MAX_SIZE_PX}: choose another --size."
            )
        sx, sy = width / self.width, height / self.height
        return replace(
            self,
            width=width,
            height=height,
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=self.cx * sx,
            cy=self.cy * sy,
        )


def same_shape(one_px: tuple[int, int], other_px: tuple[int, int]) -> bool:
    """True where one size is the other times one factor, each side to a pixel of rounding."""
    low, high = 0.0, float("inf")
    for one, other in zip(one_px, other_px, strict=True):
        low = max(low, (other - 1) / (one + 1))
        high = min(high, (other + 1) / (one - 1) if one > 1 else high)
    return low <= high


def warn_of_stretching(cameras: Sequence[Camera], width: int, height: int) -> None:
    """Warns of views of another shape than the size they are drawn at: their pictures stretch."""
    others = [c for c in cameras if not same_shape((c.width, c.height), (width, height))]
    if others:
        first = others[0]
        fits = max(1, round(width * first.height / first.width))
        warn(
            f"--size {width}x{height} is of another shape than {len(others)} of {len(cameras)} "
            f"views ({first.name} is {first.width}x{first.height} px), and stretches them: "
            f"choose such as {width}x{fits}, or only views of one shape with --views."
        )


def parse_size(text: str) -> tuple[int, int]:
    """Width and height in px from 'WxH'; raises InputError."""
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(p.isascii() and p.isdigit() for p in parts):
        raise InputError(f"size {text!r} is not WIDTHxHEIGHT: write for example 1559x1039.")
    # A side of more digits than int() converts is out of range, as any of more than five is.
    width, height = (int(part) if len(part) < 6 else MAX_SIZE_PX + 1 for part in parts)
    if not (1 <= width <= MAX_SIZE_PX and 1 <= height <= MAX_SIZE_PX):
        raise InputError(f"size {text[:40]} px is outside 1..{MAX_SIZE_PX}: choose another size.")
    return width, height


def select_views(cameras: Sequence[Camera], views: str | None) -> list[Camera]:
    """Cameras sorted by image name, cut by 'START:STOP:STEP' or 'I' as Python slices do.

    Raises InputError on text that is no slice, an index out of range, or no view left.
    """
    ordered = sorted(cameras, key=lambda camera: camera.name)
    if views is None:
        return ordered
    try:
        numbers = [int(p) if p.strip() else None for p in views.split(":")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or numbers == [None] or (len(numbers) == 3 and numbers[2] == 0):
        raise InputError(f"views {views!r} is not START:STOP:STEP: write for example 0:292:8.")
    if len(numbers) == 1:
        index = numbers[0] or 0
        if not -len(ordered) <= index < len(ordered):
            raise InputError(
                f"view {index} does not exist: the camera file holds {len(ordered)} views, "
                f"0 to {len(ordered) - 1}."
            )
        return [ordered[index]]
    chosen = ordered[slice(*numbers)]
    if not chosen:
        raise InputError(f"views {views!r} choose none of the {len(ordered)} cameras: widen them.")
    return chosen
