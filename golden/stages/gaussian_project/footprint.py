"""The shape of a Gaussian on the screen: T = f^ (J R) L, the square root of its 2-D covariance.

cov2d = T T^T 2^(2 e) / zm^2 px^2, where zm is the depth's mantissa, so the low pass of 0.3 px^2 is
added as 0.3 zm^2 2^(-2 e): no product scales the covariance. L being triangular, T takes 12
products where J Sigma J^T takes 18, and T T^T cannot lose its positive determinant to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import round_shift, saturate
from golden.numbers.fixed import Int64
from golden.stages.gaussian_project.constants import GaussianProjectConstants
from golden.stages.gaussian_project.formats import (
    COARSE_STEP,
    COARSE_STEPS,
    EXPONENT_MAX,
    ProjectionFormats,
)
from golden.stages.gaussian_project.place import Place


@dataclass(frozen=True, eq=False)
class Footprint:
    """2-D covariance of N Gaussians with the low pass, in units of 2^(2 exponent) / zm^2 px^2.

    Parameters
    ----------
    xx, yy : (N,) unsigned, covariance_bits, 1 or more.
    xy : (N,) signed.
    sharp_xx, sharp_yy : (N,) xx and yy without the low pass.
    exponent : (N,) exponent_min to EXPONENT_MAX.
    depth_squared : (N,) zm^2, u2.(B - 2), rounded down.
    """

    xx: Int64
    yy: Int64
    xy: Int64
    sharp_xx: Int64
    sharp_yy: Int64
    exponent: Int64
    depth_squared: Int64


def footprint(
    members: NDArray[np.void], where: Place, k: GaussianProjectConstants, formats: ProjectionFormats
) -> Footprint:
    """A = f^ r - t r_z (nearest), T = A L (nearest), xx = sum T_x^2 + low pass.

    t is cut to the clamp range. A footprint too small for its exponent is shifted right in steps of
    COARSE_STEP bits. The low pass is rounded down, to 1 at least.
    """
    geometry = members["geometry"]
    fraction = formats.jacobian.fraction_bits
    clamped = np.clip(where.tangent, k.clamp_low, k.clamp_high) >> (k.tangent_shift - fraction)
    turned = clamped[:, :, None] * k.rotation[2]
    jacobian = k.jacobian - round_shift(turned, formats.params.rotation_fraction_bits)

    l00, l10, l11, l20, l21, l22 = geometry["factor"].astype(np.int64).T[:, :, None]
    a0, a1, a2 = np.moveaxis(jacobian, 2, 0)
    columns = (a0 * l00 + a1 * l10 + a2 * l20, a1 * l11 + a2 * l21, a2 * l22)

    exponent = geometry["factor_exponent"].astype(np.int64) + k.exponent_offset
    exponent -= where.depth_exponent + where.unit_exponent
    missing = np.maximum(formats.exponent_min - exponent, 0)
    steps = np.minimum((missing + COARSE_STEP - 1) // COARSE_STEP, COARSE_STEPS)
    exponent = np.clip(exponent + COARSE_STEP * steps, formats.exponent_min, EXPONENT_MAX)
    shift = (fraction + COARSE_STEP * steps)[:, None]
    t = [saturate(round_shift(column, shift), formats.footprint.bits) for column in columns]

    b = formats.mantissa
    squared = where.depth_mantissa * where.depth_mantissa >> b
    low_pass = (squared * formats.low_pass_factor) >> (2 * b - 2 + 2 * exponent)
    low_pass = np.maximum(low_pass, 1)
    top = (1 << formats.covariance_bits) - 1
    rows = np.stack(t, axis=2)
    sharp = (rows * rows).sum(axis=2)
    square = sharp + low_pass[:, None]
    return Footprint(
        xx=np.minimum(square[:, 0], top),
        yy=np.minimum(square[:, 1], top),
        xy=saturate((rows[:, 0] * rows[:, 1]).sum(axis=1), formats.covariance_bits + 1),
        sharp_xx=np.minimum(sharp[:, 0], top),
        sharp_yy=np.minimum(sharp[:, 1], top),
        exponent=exponent,
        depth_squared=squared,
    )
