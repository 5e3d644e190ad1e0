"""World-space covariance and reach of every Gaussian: what no view changes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.rules import ALPHA_MIN
from golden.scene import Float32, Scene

Float64 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Covariances:
    """What projection needs of a scene beside its means, computed once and used for every view.

    Parameters
    ----------
    sigma : (N, 6) float64, upper triangle xx, xy, xz, yy, yz, zz of R_g S^2 R_g^T, scene units^2.
    reach : (N,) float64, k = sqrt(2 ln(255 opacity)): alpha falls below 1/255 beyond k standard
        deviations; -1 where opacity < 1/255, so that no pixel is reached at all.

    Raises InputError where the two arrays are of different length.
    """

    sigma: Float64
    reach: Float64

    def __post_init__(self) -> None:
        if self.sigma.shape != (len(self.reach), 6):
            raise InputError(
                f"covariances of shape {self.sigma.shape} do not fit {len(self.reach)} reaches: "
                "compute both from one scene."
            )

    def __len__(self) -> int:
        return len(self.reach)


def covariance3d(scene: Scene) -> Covariances:
    """Sigma = R_g S^2 R_g^T and k = sqrt(2 ln(255 o)) of each Gaussian, float64.

    R_g is the rotation of the quaternion w, x, y, z, made of unit length in float64 first.
    """
    n = len(scene)
    sigma, reach = np.empty((n, 6)), np.empty(n)
    _covariance(scene.quats, scene.scales, scene.opacities, ALPHA_MIN, sigma, reach)
    return Covariances(sigma, reach)


@serial_kernel
def _scaled_rotation(
    quat: Float32, scale: Float32
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Rows of R_g S, float64; the quaternion is made of unit length first."""
    w, x, y, z = np.float64(quat[0]), np.float64(quat[1]), np.float64(quat[2]), np.float64(quat[3])
    norm = math.sqrt(w * w + x * x + y * y + z * z)
    w, x, y, z = w / norm, x / norm, y / norm, z / norm
    s0, s1, s2 = np.float64(scale[0]), np.float64(scale[1]), np.float64(scale[2])
    return (
        (1 - 2 * (y * y + z * z)) * s0,
        2 * (x * y - w * z) * s1,
        2 * (x * z + w * y) * s2,
        2 * (x * y + w * z) * s0,
        (1 - 2 * (x * x + z * z)) * s1,
        2 * (y * z - w * x) * s2,
        2 * (x * z - w * y) * s0,
        2 * (y * z + w * x) * s1,
        (1 - 2 * (x * x + y * y)) * s2,
    )


@parallel_kernel
def _covariance(
    quats: Float32,
    scales: Float32,
    opacities: Float32,
    alpha_min: float,
    sigma: Float64,
    reach: Float64,
) -> None:
    for i in parallel_range(len(reach)):
        # M = R_g S, so that Sigma = M M^T is symmetric and positive by construction
        m00, m01, m02, m10, m11, m12, m20, m21, m22 = _scaled_rotation(quats[i], scales[i])
        sigma[i, 0] = m00 * m00 + m01 * m01 + m02 * m02
        sigma[i, 1] = m00 * m10 + m01 * m11 + m02 * m12
        sigma[i, 2] = m00 * m20 + m01 * m21 + m02 * m22
        sigma[i, 3] = m10 * m10 + m11 * m11 + m12 * m12
        sigma[i, 4] = m10 * m20 + m11 * m21 + m12 * m22
        sigma[i, 5] = m20 * m20 + m21 * m21 + m22 * m22
        opacity = np.float64(opacities[i])
        if opacity < alpha_min:
            reach[i] = -1.0
        else:
            reach[i] = math.sqrt(max(0.0, 2 * math.log(opacity / alpha_min)))


def covariance_factor(scene: Scene) -> Float64:
    """L of Sigma = L L^T, lower triangular: l00, l10, l11, l20, l21, l22, (N, 6) float64.

    The rows of M = R_g S made orthonormal one after another, scene units. A factor keeps what a
    covariance of the same width loses: the small axis of a needle.
    """
    factor = np.empty((len(scene), 6))
    _factor(scene.quats, scene.scales, factor)
    return factor


@parallel_kernel
def _factor(quats: Float32, scales: Float32, factor: Float64) -> None:
    for i in parallel_range(len(factor)):
        a0, a1, a2, b0, b1, b2, c0, c1, c2 = _scaled_rotation(quats[i], scales[i])
        l00 = math.sqrt(a0 * a0 + a1 * a1 + a2 * a2)
        one = 1 / l00 if l00 > 0 else 0.0
        a0, a1, a2 = a0 * one, a1 * one, a2 * one
        l10 = b0 * a0 + b1 * a1 + b2 * a2
        b0, b1, b2 = b0 - l10 * a0, b1 - l10 * a1, b2 - l10 * a2
        l11 = math.sqrt(b0 * b0 + b1 * b1 + b2 * b2)
        one = 1 / l11 if l11 > 0 else 0.0
        b0, b1, b2 = b0 * one, b1 * one, b2 * one
        l20 = c0 * a0 + c1 * a1 + c2 * a2
        c0, c1, c2 = c0 - l20 * a0, c1 - l20 * a1, c2 - l20 * a2
        l21 = c0 * b0 + c1 * b1 + c2 * b2
        c0, c1, c2 = c0 - l21 * b0, c1 - l21 * b1, c2 - l21 * b2
        factor[i, 0], factor[i, 1], factor[i, 2] = l00, l10, l11
        factor[i, 3], factor[i, 4] = l20, l21
        factor[i, 5] = math.sqrt(c0 * c0 + c1 * c1 + c2 * c2)
