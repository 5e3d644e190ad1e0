"""Constants of a frame for gaussian_project: what the host computes once from a camera.

With E the focal exponent, t = f^ x/z a tangent in units of 2^-F, F = E + S, one unit of which is
2^-S px, and d = C - P the distance from the camera. The margins bound what the integer position of
a Gaussian on the screen may be off by:

    rotation rounded (dR = R_int - R, known here):  f (1 + |t|) |dR| sqrt(1 + 2 t^2)
    number formats (1/z, f^ and their product):     f |t| 2^(2.5 - B), and 4 units
    a float32 renderer:                             2^-6 px, and 2^-20 |P|_1 in position
    stored offset, rounded positions (delta, in camera space): 1.34 f (1 + |t|) delta / z

for |t| up to a power of two that holds the clamp range; beyond it the hardware doubles them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.grid import Grid
from golden.numbers.fixed import Fixed
from golden.params import Parameters
from golden.rules import Rules
from golden.stages.cluster_cull.constants import (
    FLOAT32_PIXEL_MARGIN_PX,
    FLOAT32_POSITION_MARGIN,
    rotation_constants,
)
from golden.stages.gaussian_project.formats import ERROR_FLOOR, SIZE_BITS, ProjectionFormats

# f^ sqrt(1 + lim^2) stays below 2 by what keeps cov + low pass below 4 times the largest variance.
FOCAL_ROOM = 1.9
# 1 / (1 - rho) for errors of depth up to rho = 1/4, and all that is of second order.
SECOND_ORDER = 1.34
POSITION_MANTISSA_BITS = 8
# Camera position, centre (twice) and rotated offset are rounded: last places of camera space. In a
# cluster's unit the float32 renderer's error f is f / 2^k of its last places, and with
#   f <= ERROR_ROOM 2^n:  f / 2^k + ROUNDING_ERROR <= 2^max(n - k, ERROR_FLOOR - 1)  for all k >= 0,
# tightest at n - k = 3: ERROR_ROOM 8 + 2.74 <= 8.
ROUNDING_ERROR = 2.74
ERROR_ROOM = 0.65


@dataclass(frozen=True, eq=False)
class GaussianProjectConstants:
    """What the gaussian_project datapath holds during a frame; lengths in units of the frame.

    Parameters
    ----------
    rotation : (3, 3) format `rotation`, rows are the camera's axes in world space.
    jacobian : (2, 3) format `jacobian` of ProjectionFormats, f^x row 0 and f^y row 1 of it.
    focal : (2,) format `focal` of ProjectionFormats, f^x and f^y.
    principal : (2,) cx and cy, px with S fraction bits.
    clamp_low, clamp_high : (2,) range of t for the Jacobian, F fraction bits.
    near : depth of the near plane less its margin, `camera_space`, rounded down.
    tangent_shift : F, fraction bits of t.
    exponent_offset : E - frame exponent + length_fraction_bits, of the footprint.
    error_floor : log2 of the least error of a position in the frame's unit, last places of camera
        space; of a cluster whose unit is 2^k larger: max(error_floor - k, ERROR_FLOOR).
    bound_bits : |t| < 2^bound_bits units holds the clamp range.
    screen_margin : first three margins, up, 2^-S px.
    position_mantissa, position_exponent : the last margin per delta/z, up, 2^-S px.
    last_pixel : (2,) width - 1 and height - 1, px.
    antialiased : 1 where opacities lose what the low pass adds; None in a build without that.
    """

    rotation: NDArray[np.int64]
    jacobian: NDArray[np.int64]
    focal: NDArray[np.int64]
    principal: NDArray[np.int64]
    clamp_low: NDArray[np.int64]
    clamp_high: NDArray[np.int64]
    near: int
    tangent_shift: int
    exponent_offset: int
    error_floor: int
    bound_bits: int
    screen_margin: int
    position_mantissa: int
    position_exponent: int
    last_pixel: NDArray[np.int64]
    antialiased: int | None = None

    def as_ports(self) -> dict[str, int]:
        """Each constant under the name of its hardware port."""
        ports: dict[str, int] = {}
        for i in range(3):
            for j in range(3):
                ports[f"rotation_{i}{j}"] = int(self.rotation[i, j])
        for i, axis in enumerate("xy"):
            for j in range(3):
                ports[f"jacobian_{axis}{j}"] = int(self.jacobian[i, j])
            for name in ("focal", "principal", "clamp_low", "clamp_high", "last_pixel"):
                ports[f"{name}_{axis}"] = int(getattr(self, name)[i])
        for name in SCALARS:
            ports[name] = int(getattr(self, name))
        if self.antialiased is not None:
            ports["antialiased"] = self.antialiased
        return ports


SCALARS = (
    "near",
    "tangent_shift",
    "exponent_offset",
    "error_floor",
    "bound_bits",
    "screen_margin",
    "position_mantissa",
    "position_exponent",
)


def constant_formats(params: Parameters) -> dict[str, Fixed]:
    """Format of each constant, under the names and in the order of as_ports."""
    formats = ProjectionFormats(params)
    tangent = Fixed(True, formats.tangent_bits)
    names = {f"rotation_{i}{j}": params.rotation for i in range(3) for j in range(3)}
    for axis in "xy":
        names |= {f"jacobian_{axis}{j}": formats.jacobian for j in range(3)}
        names |= {
            f"focal_{axis}": formats.focal,
            f"principal_{axis}": Fixed(True, formats.tangent_bits, params.screen_fraction_bits),
            f"clamp_low_{axis}": tangent,
            f"clamp_high_{axis}": tangent,
            f"last_pixel_{axis}": Fixed(False, SIZE_BITS),
        }
    names |= {
        "near": params.camera_space,
        "tangent_shift": Fixed(False, 5),
        "exponent_offset": Fixed(True, 9),
        "error_floor": Fixed(False, 5),
        "bound_bits": Fixed(False, 5),
        "screen_margin": Fixed(False, formats.extent_bits),
        "position_mantissa": Fixed(False, POSITION_MANTISSA_BITS),
        "position_exponent": Fixed(True, 7),
    }
    return names | ({"antialiased": Fixed(False, 1)} if params.antialiased else {})


def gaussian_project_constants(
    camera: Camera, rules: Rules, grid: Grid, params: Parameters
) -> GaussianProjectConstants:
    """Integer constants of a view for packs of a grid.

    Raises InputError where the picture, the focal length or the camera's distance is too large for
    the formats, or the rules are antialiased and the build is not.
    """
    if rules.antialiased and not params.antialiased:
        raise InputError(
            "this build has no antialiasing: take one with antialiased=1, or draw without it."
        )
    formats = ProjectionFormats(params)
    if max(camera.width, camera.height) > 1 << SIZE_BITS:
        raise InputError(
            f"camera {camera.name} has {camera.width}x{camera.height} px, more than "
            f"{1 << SIZE_BITS} a side: choose a smaller --size."
        )
    center_px = np.array([camera.cx, camera.cy])
    size_px = np.array([camera.width, camera.height])
    limits = rules.clamp_limits(camera)
    limit = np.array([max(abs(limits[0]), abs(limits[1])), max(abs(limits[2]), abs(limits[3]))])
    focal_px = np.array([camera.fx, camera.fy])
    exponent = _focal_exponent(camera, float((focal_px * np.hypot(1, limit)).max()), formats)
    shift = exponent + params.screen_fraction_bits
    # Beyond the largest x/z a Gaussian is drawn too near: the whole picture must lie before that.
    edge = np.maximum(np.abs(center_px), np.abs(size_px - center_px)) / focal_px
    widest = float(max(limit.max(), edge.max()))
    if widest > 2.0 ** (formats.tangent_bits - 2 - shift):
        raise InputError(
            f"camera {camera.name} looks {np.degrees(np.arctan(widest)):.1f} degrees to the side, "
            "more than the formats hold at its focal length: choose a smaller --size, or leave "
            "that view out with --views."
        )
    focal = np.ldexp(focal_px, -exponent)
    rotation = rotation_constants(camera, params)
    unit = np.ldexp(1.0, shift)
    clamp = np.array(limits).reshape(2, 2) * focal[:, None] * unit
    bound_bits = int(np.abs(np.rint(clamp)).max()).bit_length()
    tangent = np.ldexp(1.0, bound_bits) / unit / float(focal.min())

    error = rotation / 2.0**params.rotation_fraction_bits - camera.viewmat[:3, :3]
    largest_px = float(focal_px.max())
    position = float(np.abs(grid.position(camera)).sum())
    to_last_place = params.length_fraction_bits - grid.frame_exponent(camera, params)
    float32_error = np.ldexp(position * FLOAT32_POSITION_MARGIN, to_last_place)
    screen_margin_px = (
        largest_px * (1 + tangent) * np.linalg.norm(error, 2) * np.sqrt(1 + 2 * tangent**2)
        + largest_px * tangent * 2.0 ** (2.5 - params.mantissa_bits)
        + FLOAT32_PIXEL_MARGIN_PX
    )
    screen_unit = 1 << params.screen_fraction_bits
    mantissa, position_exponent = _rounded_up(
        SECOND_ORDER * largest_px * (1 + tangent) * screen_unit, POSITION_MANTISSA_BITS
    )
    near = np.ldexp(rules.near, to_last_place) - float32_error - 1
    return GaussianProjectConstants(
        rotation=rotation,
        jacobian=_nearest(camera.viewmat[:2, :3] * focal[:, None], formats.jacobian, "f r"),
        focal=_nearest(focal, formats.focal, "the focal length"),
        principal=_nearest(
            np.array([camera.cx, camera.cy]),
            Fixed(True, formats.tangent_bits, params.screen_fraction_bits),
            "the principal point",
        ),
        clamp_low=np.rint(clamp[:, 0]).astype(np.int64),
        clamp_high=np.rint(clamp[:, 1]).astype(np.int64),
        # A near plane beyond the format is beyond all Gaussians too.
        near=int(np.floor(min(near, params.camera_space.max_int))),
        tangent_shift=shift,
        exponent_offset=exponent + to_last_place,
        # Doubled, so that the rounding of an offset of up to half as much fits in too.
        error_floor=max(int(np.frexp(float32_error / ERROR_ROOM)[1]) + 1, ERROR_FLOOR),
        bound_bits=bound_bits,
        screen_margin=min(
            int(np.ceil(screen_margin_px * screen_unit)) + 4, (1 << formats.extent_bits) - 1
        ),
        position_mantissa=mantissa,
        position_exponent=position_exponent,
        last_pixel=np.array([camera.width - 1, camera.height - 1]),
        antialiased=int(rules.antialiased) if params.antialiased else None,
    )


def _focal_exponent(camera: Camera, slant_px: float, formats: ProjectionFormats) -> int:
    """E: least exponent of its range with slant_px <= FOCAL_ROOM 2^E."""
    low, high = formats.focal_exponent_range
    exponent = max(int(np.ceil(np.log2(slant_px / FOCAL_ROOM))), low)
    if exponent > high:
        raise InputError(
            f"camera {camera.name} has a focal length of {max(camera.fx, camera.fy):g} px, more "
            "than the formats hold: choose a smaller --size."
        )
    return exponent


def _nearest(values: NDArray[np.float64], fixed: Fixed, what: str) -> NDArray[np.int64]:
    rounded = [fixed.nearest(float(value), what) for value in values.ravel()]
    return np.array(rounded, dtype=np.int64).reshape(values.shape)


def _rounded_up(value: float, bits: int) -> tuple[int, int]:
    """(mantissa, exponent) with mantissa 2^exponent >= value and `bits` bits of mantissa."""
    exponent = int(np.frexp(value)[1]) - bits
    mantissa = int(np.ceil(np.ldexp(value, -exponent)))
    return (mantissa, exponent) if mantissa < 1 << bits else (mantissa >> 1, exponent + 1)
