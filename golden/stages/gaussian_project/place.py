"""Where a Gaussian stands: its mean in camera space, its depth, and its place on the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import leading_one, normalize, round_shift, saturate
from golden.numbers.fixed import Int64
from golden.numbers.tables import reciprocal_table
from golden.stages.gaussian_project.constants import GaussianProjectConstants
from golden.stages.gaussian_project.formats import (
    ERROR_FLOOR,
    MAX_FRAME_SHIFT,
    MAX_MEMBER_EXPONENT,
    MEMBER_SHIFT_MAX,
    ProjectionFormats,
)

Bool = NDArray[np.bool_]

# Rotation and position rounded: |q|_1 >> this many bits is a bound of what depth may be off by.
DEPTH_ERROR_SHIFT = 15
# Offset in units of 2^m, rounded on three axes: off by 0.87 2^m, with all else below 2^(m + 1).
OFFSET_ERROR_BITS = 1


@dataclass(frozen=True, eq=False)
class Place:
    """Place of N Gaussians; integers.

    Parameters
    ----------
    depth : (N,) z >= 1, camera space, 2^unit_exponent units of the frame.
    unit_exponent : (N,) of the cluster.
    before : (N,) bool, the mean may lie before the near plane: nothing is drawn.
    depth_exponent : (N,) floor(log2 z).
    depth_mantissa : (N,) z / 2^depth_exponent, B bits, rounded down.
    reciprocal : (N,) 1 / depth_mantissa, u0.B.
    tangent : (N, 2) f^ x/z and f^ y/z, F fraction bits.
    error_exponent : (N,) log2 of a bound of the error of the position, camera space.
    """

    depth: Int64
    unit_exponent: Int64
    before: Bool
    depth_exponent: Int64
    depth_mantissa: Int64
    reciprocal: Int64
    tangent: Int64
    error_exponent: Int64


def place(
    members: NDArray[np.void], k: GaussianProjectConstants, formats: ProjectionFormats
) -> Place:
    """q = C + floor(R offset 2^(m - R_f + l) + 1/2);  t = f^ q_x / q_z.

    near / 2^unit_exponent, z, its mantissa and x / 2^exponent are rounded down, f^/z and |t| to
    nearest. A coordinate beyond the format `position`, or x beyond 2^(tangent_bits - 1 - F) z, is
    cut to it, which moves a Gaussian towards the middle of the picture.
    """
    params = formats.params
    b = formats.mantissa
    offset = members["geometry"]["offset"].astype(np.int64)
    exponent = members["member_exponent"].astype(np.int64)
    rotated = offset @ k.rotation.T
    unit = members["exponent"].astype(np.int64)
    # Member exponents are MAX_MEMBER_EXPONENT at most: always a shift to the right.
    down = params.rotation_fraction_bits - params.length_fraction_bits - exponent
    down = np.clip(down, 1, MEMBER_SHIFT_MAX)[:, None]
    q = saturate(
        members["center_camera"].astype(np.int64) + round_shift(rotated, down),
        formats.position.bits,
    )
    floor = np.maximum(k.error_floor - unit, ERROR_FLOOR)
    error = np.maximum(exponent + params.length_fraction_bits + OFFSET_ERROR_BITS, floor)
    most = MAX_MEMBER_EXPONENT + params.length_fraction_bits + OFFSET_ERROR_BITS
    error = np.minimum(error, most)
    slack = (np.int64(1) << error) + (np.abs(q).sum(axis=1) >> DEPTH_ERROR_SHIFT) + 1
    before = q[:, 2] + slack <= np.int64(k.near) >> np.minimum(unit, MAX_FRAME_SHIFT)
    depth = np.maximum(q[:, 2], 1)

    depth_exponent = leading_one(depth)
    mantissa = normalize(depth, depth_exponent, b)
    reciprocal = reciprocal_table(b)(mantissa)
    scale = round_shift(k.focal * reciprocal[:, None], b)
    shift = (k.tangent_shift - depth_exponent)[:, None]
    up, down = np.maximum(shift, 0), np.maximum(-shift, 0)
    # 33 bits moved up by 22 at most fit 64.
    lateral = saturate((q[:, :2] >> down) << up, formats.tangent_bits)
    return Place(
        depth=depth,
        unit_exponent=unit,
        before=before,
        depth_exponent=depth_exponent,
        depth_mantissa=mantissa,
        reciprocal=reciprocal,
        tangent=np.sign(lateral) * round_shift(np.abs(lateral) * scale, b - 1),
        error_exponent=error,
    )
