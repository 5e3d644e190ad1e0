"""Stage 4, color: view-dependent colour from spherical harmonics, of the splats only."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.gaussians.covariance import Float64
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.scene import Float32, Scene
from golden.stages.gaussian_project.reference import Splats


def sh_basis(directions: Float64, degree: int) -> Float64:
    """Real spherical harmonics of unit vectors, (M, (degree + 1)^2) float64.

    Y_l^m = (-1)^m N_l^|m| P_l^|m|(z) c_m, with c_m = Re (x + iy)^m for m >= 0 and
    Im (x + iy)^|m| for m < 0; P is the associated Legendre polynomial without its factor
    (1 - z^2)^(m/2) and without the Condon-Shortley sign; column l^2 + l + m.

    Parameters
    ----------
    directions : (M, 3) float64, unit vectors x, y, z.
    degree : 0 to 4.

    Source: the definition of orthonormal real spherical harmonics, with the sign (-1)^m that
    trained 3DGS scenes assume.
    """
    basis = np.empty((len(directions), (degree + 1) ** 2))
    _basis_kernel(directions, degree, _norms(), basis)
    return basis


def color_reference(scene: Scene, camera: Camera, splats: Splats) -> Float64:
    """Colours of the splats, (M, 3) float64, R, G, B, not below 0 and not cut at 1.

    c = max(0, 1/2 + sum_k Y_k(d) sh_k),  d = (m - camera position) / |m - camera position|.
    float64 in a fixed order; each colour depends on its own Gaussian only.
    """
    colors = np.empty((len(splats), 3))
    _color_kernel(
        scene.means,
        scene.sh,
        splats.index,
        np.ascontiguousarray(camera.position),
        scene.sh_degree,
        _norms(),
        colors,
    )
    return colors


def _norms() -> Float64:
    """N_l^m = sqrt((2 - [m = 0]) (2l + 1)/(4 pi) (l - m)!/(l + m)!) at [l, m]."""
    norms = np.zeros((5, 5))
    for l_ in range(5):
        for m in range(l_ + 1):
            ratio = math.factorial(l_ - m) / math.factorial(l_ + m)
            norms[l_, m] = math.sqrt((1 if m == 0 else 2) * (2 * l_ + 1) / (4 * math.pi) * ratio)
    return norms


@serial_kernel
def _basis(x: float, y: float, z: float, degree: int, norms: Float64, out: Float64) -> None:
    cos_m, sin_m, start = 1.0, 0.0, 1.0  # (x + iy)^m and (-1)^m P_m^m = (-1)^m (2m - 1)!!
    for m in range(degree + 1):
        before, legendre = 0.0, start
        for l_ in range(m, degree + 1):
            if l_ > m:
                step = (z * (2 * l_ - 1) * legendre - (l_ + m - 1) * before) / (l_ - m)
                before, legendre = legendre, step
            value = norms[l_, m] * legendre
            out[l_ * l_ + l_ + m] = value * cos_m
            if m > 0:
                out[l_ * l_ + l_ - m] = value * sin_m
        cos_m, sin_m = cos_m * x - sin_m * y, cos_m * y + sin_m * x
        start *= -(2 * m + 1)


@serial_kernel
def _basis_kernel(directions: Float64, degree: int, norms: Float64, basis: Float64) -> None:
    for i in range(len(directions)):
        x, y, z = directions[i]
        _basis(x, y, z, degree, norms, basis[i])


@parallel_kernel
def _color_kernel(
    means: Float32,
    sh: Float32,
    index: NDArray[np.int32],
    position: Float64,
    degree: int,
    norms: Float64,
    colors: Float64,
) -> None:
    for j in parallel_range(len(index)):
        i = index[j]
        x, y, z = means[i, 0] - position[0], means[i, 1] - position[1], means[i, 2] - position[2]
        length = math.sqrt(x * x + y * y + z * z)
        basis = np.empty(25)
        _basis(x / length, y / length, z / length, degree, norms, basis)
        for channel in range(3):
            total = 0.5
            for k in range(sh.shape[1]):
                total += basis[k] * np.float64(sh[i, k, channel])
            colors[j, channel] = max(0.0, total)
