"""What a reader finds in a file, before it is checked; invalid rows are dropped on request."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError, warn
from golden.memory import need_memory
from golden.scene import MAX_GAUSSIANS, Float32, Scene, normalise_quats

SHORTEST_QUAT = 1e-30
JOIN_BYTES = 60  # of memory a Gaussian when parts are joined, beside its harmonics


@dataclass(frozen=True, eq=False)
class RawScene:
    """Gaussians as a file has them, activated, unchecked.

    Parameters
    ----------
    name, means, scales, opacities, sh : as in golden.scene.Scene.
    quats : (N, 4) of any length, w, x, y, z.
    antialiased : the file says that the scene was trained with antialiasing.
    """

    name: str
    means: Float32
    scales: Float32
    quats: NDArray[np.floating]
    opacities: Float32
    sh: Float32
    antialiased: bool = False

    def scene(self, drop_invalid: bool) -> Scene:
        """The scene of these rows, or, where that is asked for, of those that can be.

        Warns with the number of rows that were dropped, and why.

        Raises InputError where a row cannot be and is not dropped, and where none is left.
        """
        rows = self._valid() if drop_invalid else self
        return Scene(
            self.name,
            rows.means,
            rows.scales,
            normalise_quats(rows.quats, self.name),
            rows.opacities,
            rows.sh,
            self.antialiased,
        )

    def _valid(self) -> RawScene:
        faults = self._faults()
        bad = np.logical_or.reduce(list(faults.values()))
        if not bad.any():
            return self
        counts = ", ".join(
            f"{int(rows.sum()):,} {what}" for what, rows in faults.items() if rows.any()
        )
        if bad.all():
            raise InputError(
                f"{self.name}: no Gaussian is left of {len(bad):,} ({counts}): export it again."
            )
        warn(f"{self.name}: {int(bad.sum()):,} of {len(bad):,} Gaussians were dropped ({counts}).")
        return self.taken(~bad)

    def taken(self, rows: NDArray[np.generic]) -> RawScene:
        """Some of the rows; rows : (N,) bool, or their indices."""
        return replace(
            self,
            means=self.means[rows],
            scales=self.scales[rows],
            quats=self.quats[rows],
            opacities=self.opacities[rows],
            sh=self.sh[rows],
        )

    def _faults(self) -> dict[str, NDArray[np.bool_]]:
        """(N,) bool by what is wrong; a row counts once."""
        n = len(self.means)
        finite = np.ones(n, np.bool_)
        for array in (self.means, self.scales, self.quats, self.opacities, self.sh):
            finite &= np.isfinite(array.reshape(n, -1)).all(axis=1)
        with np.errstate(all="ignore"):  # of rows that are faulty already
            wide = self.quats.astype(np.float64)
            length = np.sqrt(np.einsum("ij,ij->i", wide, wide))
        turned = length >= SHORTEST_QUAT
        sized = (self.scales > 0).all(axis=1) & (self.opacities >= 0) & (self.opacities <= 1)
        return {
            "with a value that is not a finite number": ~finite,
            "without an orientation": finite & ~turned,
            "with a size or an opacity out of range": finite & turned & ~sized,
        }


def check_parts(total: int, part: RawScene, name: str) -> None:
    """Raises InputError where parts are too many Gaussians, or need more memory than is left.

    A file may name the same part many times: so this is asked with each part that is added.

    Parameters
    ----------
    total : Gaussians of all parts so far. part : the last of them. name : of the scene.
    """
    if total > MAX_GAUSSIANS:
        raise InputError(
            f"{name} places {total} Gaussians, above the limit of {MAX_GAUSSIANS}: cut the scene "
            "into parts."
        )
    need_memory(name, total, JOIN_BYTES + 12 * part.sh.shape[1])


def joined(parts: list[RawScene], name: str) -> RawScene:
    """One scene of several, in order; harmonics that a part lacks are 0. parts : at least one."""
    if len(parts) == 1:
        return replace(parts[0], name=name)
    sh = np.zeros(
        (sum(len(part.sh) for part in parts), max(part.sh.shape[1] for part in parts), 3),
        np.float32,
    )
    start = 0
    for part in parts:
        sh[start : start + len(part.sh), : part.sh.shape[1]] = part.sh
        start += len(part.sh)
    return RawScene(
        name,
        means=np.concatenate([part.means for part in parts]),
        scales=np.concatenate([part.scales for part in parts]),
        quats=np.concatenate([part.quats for part in parts]),
        opacities=np.concatenate([part.opacities for part in parts]),
        sh=sh,
        antialiased=any(part.antialiased for part in parts),
    )
