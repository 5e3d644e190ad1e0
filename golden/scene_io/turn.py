"""Gaussians in another world: turned, scaled and moved, their harmonics too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from golden.errors import InputError
from golden.scene import SH_COEFFICIENTS
from golden.scene_io.raw import RawScene
from golden.stages.color.reference import sh_basis

Float64 = NDArray[np.float64]

DIRECTIONS = 64  # at which two sums of harmonics are made equal; 9 are needed at degree 4
STRETCH = 1e-4  # by which lengths along the axes may differ and still count as equal


def half_turned(raw: RawScene) -> RawScene:
    """Half a turn about z, which negates x and y: exact, as every value keeps its size.

    A harmonic of order m has the parity (-1)^m under it. A quaternion w, x, y, z becomes
    (0, 0, 0, 1) times it, which is -z, -y, x, w.
    """
    degree = round(np.sqrt(raw.sh.shape[1])) - 1
    orders = [order for band in range(degree + 1) for order in range(-band, band + 1)]
    signs = np.array([(-1) ** (order % 2) for order in orders], np.float32)
    return replace(
        raw,
        means=raw.means * np.array([-1, -1, 1], np.float32),
        quats=raw.quats[:, [3, 2, 1, 0]] * np.array([-1, -1, 1, 1]),
        sh=raw.sh * signs[:, None],
    )


def transformed(raw: RawScene, matrix: Float64) -> RawScene:
    """Gaussians under m' = A m + t.

    A = s R with one scale s: sizes are s times as large, orientations R q, and harmonics such that
    the colour in direction d is what it was in direction R^T d.

    Parameters
    ----------
    matrix : (4, 4) float64, last row 0, 0, 0, 1.

    Raises InputError where A mirrors, or stretches axes unlike: Gaussians then need other numbers.
    """
    linear = matrix[:3, :3]
    with np.errstate(all="ignore"):
        scale = np.cbrt(np.linalg.det(linear))
        rotation = linear / scale
        off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if not np.isfinite(matrix).all() or scale <= 0 or not off < STRETCH:
        raise InputError(
            f"{raw.name}: a transform mirrors its Gaussians or stretches axes unlike, which is not "
            "done: apply it before the export."
        )
    turn = Rotation.from_matrix(rotation)
    length = np.linalg.norm(raw.quats.astype(np.float64), axis=1)
    quats = np.zeros((len(length), 4))
    turned = length > 0
    quats[turned] = (turn * Rotation.from_quat(raw.quats[turned], scalar_first=True)).as_quat(
        scalar_first=True
    )
    return replace(
        raw,
        means=(raw.means.astype(np.float64) @ linear.T + matrix[:3, 3]).astype(np.float32),
        scales=(raw.scales.astype(np.float64) * scale).astype(np.float32),
        quats=quats,
        sh=_turned_harmonics(raw.sh, turn.as_matrix()),
    )


def _turned_harmonics(sh: NDArray[np.float32], rotation: Float64) -> NDArray[np.float32]:
    """A turn mixes the harmonics of a degree among themselves, by the matrix found here."""
    degree = round(np.sqrt(sh.shape[1])) - 1
    steps = np.arange(DIRECTIONS) + 0.5
    z, around = 1 - 2 * steps / DIRECTIONS, steps * np.pi * (1 + np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    directions = np.stack([flat * np.cos(around), flat * np.sin(around), z], axis=1)
    new, old = sh_basis(directions, degree), sh_basis(directions @ rotation, degree)
    turned = sh.copy()
    for band in range(1, degree + 1):
        rows = slice(SH_COEFFICIENTS[band - 1], SH_COEFFICIENTS[band])
        mixing = np.linalg.lstsq(new[:, rows], old[:, rows], rcond=None)[0]
        turned[:, rows] = np.einsum("jk,nkc->njc", mixing, sh[:, rows].astype(np.float64))
    return turned
