"""A trained scene: activated Gaussians, and the one place where raw values are activated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError

Float32 = NDArray[np.float32]

MAX_GAUSSIANS = 100_000_000
SH_COEFFICIENTS = {0: 1, 1: 4, 2: 9, 3: 16, 4: 25}


@dataclass(frozen=True, eq=False)
class Scene:
    """Activated 3D Gaussians, in the order of the file they came from.

    Parameters
    ----------
    name : where the scene came from, for messages and reports.
    means : (N, 3) float32, world space, scene units.
    scales : (N, 3) float32, standard deviation along each axis, scene units, > 0.
    quats : (N, 4) float32, unit quaternion w, x, y, z, local to world.
    opacities : (N,) float32, 0 to 1.
    sh : (N, K, 3) float32, spherical harmonics, K = (degree + 1)^2, last axis R, G, B.
    antialiased : trained with antialiasing, as golden.rules.Rules has it, where the file says so;
        no part of the hash.

    Raises InputError where shapes disagree, the scene is empty, or a value is not finite,
    a scale not positive, an opacity outside 0..1, or a quaternion not of unit length.
    """

    name: str
    means: Float32
    scales: Float32
    quats: Float32
    opacities: Float32
    sh: Float32
    antialiased: bool = False

    def __post_init__(self) -> None:
        n = len(self.means)
        if n == 0:
            raise InputError(f"{self.name} holds no Gaussians: give a scene with at least one.")
        shapes = {
            "means": (self.means, (n, 3)),
            "scales": (self.scales, (n, 3)),
            "quats": (self.quats, (n, 4)),
            "opacities": (self.opacities, (n,)),
            "sh": (self.sh, (n, self.sh.shape[1] if self.sh.ndim == 3 else 0, 3)),
        }
        for field, (array, shape) in shapes.items():
            if array.shape != shape or array.dtype != np.float32:
                raise InputError(
                    f"{self.name}: {field} is {array.dtype} {array.shape} where float32 {shape} "
                    "is needed: the file is damaged or of another kind."
                )
            self._refuse(~np.isfinite(array), field, "is not a finite number")
        if self.sh.shape[1] not in SH_COEFFICIENTS.values():
            raise InputError(
                f"{self.name}: {self.sh.shape[1]} colour coefficients a Gaussian fit no degree "
                "of spherical harmonics from 0 to 4: export the scene again."
            )
        self._refuse(self.scales <= 0, "scales", "is not greater than zero")
        self._refuse((self.opacities < 0) | (self.opacities > 1), "opacities", "is not in 0..1")
        norm = np.sqrt(np.einsum("ij,ij->i", self.quats, self.quats, dtype=np.float64))
        self._refuse(np.abs(norm - 1) > 1e-5, "quats", "is not of unit length")

    def _refuse(self, bad: NDArray[np.bool_], field: str, what: str) -> None:
        if bad.any():
            rows = bad if bad.ndim == 1 else bad.reshape(len(bad), -1).any(axis=1)
            raise InputError(
                f"{self.name}: {field} of Gaussian {int(np.argmax(rows))} {what} "
                f"({int(rows.sum())} such Gaussians): remove them or export the scene again."
            )

    def __len__(self) -> int:
        return len(self.means)

    @property
    def sh_degree(self) -> int:
        """Degree of the spherical harmonics, 0 to 4."""
        return {k: d for d, k in SH_COEFFICIENTS.items()}[self.sh.shape[1]]

    def taken(self, rows: NDArray[np.generic]) -> Scene:
        """The scene of some of its Gaussians; rows : (N,) bool, or their indices."""
        return replace(
            self,
            means=self.means[rows],
            scales=self.scales[rows],
            quats=self.quats[rows],
            opacities=self.opacities[rows],
            sh=self.sh[rows],
        )

    def sha256(self) -> str:
        """Hash of all activated values: the identity of a scene in packs and traces."""
        digest = hashlib.sha256()
        for array in (self.means, self.scales, self.quats, self.opacities, self.sh):
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def activate_scales(log_scales: NDArray[np.floating]) -> Float32:
    """s = exp(log s) in float64, rounded to float32; at least float32's smallest normal number.

    float64 makes the rounded value, and so a scene's hash, the same on every machine.
    """
    with np.errstate(over="ignore", under="ignore"):
        scales = np.exp(log_scales.astype(np.float64)).astype(np.float32)
    return np.maximum(scales, np.finfo(np.float32).tiny)


def activate_opacities(logits: NDArray[np.floating]) -> Float32:
    """o = 1 / (1 + exp(-logit)), float32; +-infinity give 1 and 0."""
    with np.errstate(over="ignore", under="ignore"):
        return (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)


def normalise_quats(raw: NDArray[np.floating], name: str) -> Float32:
    """q / |q| in float64, rounded to float32; raises InputError on a zero quaternion."""
    with np.errstate(all="ignore"):  # of NaN and infinity: Scene refuses them by name
        wide = raw.astype(np.float64)
        norm = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    zero = norm < 1e-30
    if zero.any():
        raise InputError(
            f"{name}: quats of Gaussian {int(np.argmax(zero))} is zero ({int(zero.sum())} such "
            "Gaussians), so it has no orientation: remove them or export the scene again."
        )
    with np.errstate(invalid="ignore"):
        unit: Float32 = (wide / norm[:, None]).astype(np.float32)
    return unit
