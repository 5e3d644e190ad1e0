"""The grid of a pack: where its numbers begin, and their finest unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.params import Parameters

# Exponents of balls and frames are 8 bits.
MAX_EXPONENT = 255


@dataclass(frozen=True)
class Grid:
    """Where a pack's positions are counted from, and in what.

    A ball (cluster or group) has units of its own, 2^e grid units, and so has a frame: the camera
    position, and all that is computed from it, counts 2^camera_exponent grid units.

    Parameters
    ----------
    exponent : a grid unit is 2^exponent scene units.
    origin : (3,) scene units, float64: what centres and the camera position are relative to.
    """

    exponent: int
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def position(self, camera: Camera) -> NDArray[np.float64]:
        """(3,) camera position from the origin, scene units."""
        position: NDArray[np.float64] = camera.position - np.array(self.origin)
        return position

    def camera_exponent(self, camera: Camera, params: Parameters) -> int:
        """Least exponent, 0 or more, with which the camera position fits its format.

        Raises InputError where none of 8 bits does.
        """
        largest = float(np.ldexp(np.abs(self.position(camera)).max(), -self.exponent))
        reach = 2.0 ** (params.camera_position.bits - 1 - params.length_fraction_bits) - 1
        exponent = max(int(np.frexp(largest)[1]) - int(np.frexp(reach)[1]), 0)
        exponent += bool(np.ldexp(largest, -exponent) >= reach)
        if not exponent <= MAX_EXPONENT:
            raise InputError(
                f"camera {camera.name} stands {np.abs(camera.position).max():g} scene units from "
                "the origin, farther than a pack reaches: give --transform where the cameras have "
                "another world, or leave that view out."
            )
        return exponent

    def frame_exponent(self, camera: Camera, params: Parameters) -> int:
        """A frame's unit is 2^frame_exponent scene units: that of its depths, too."""
        return self.exponent + self.camera_exponent(camera, params)
