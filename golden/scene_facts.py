"""What a scene is, in numbers: for anyone who has a file and does not know what is in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.scene import Scene

NEEDLE_RATIO = 1000  # longest over middle axis, from which a Gaussian counts as a needle
OUTLIER_EXTENTS = 10  # half extents of the middle 98% from which a Gaussian counts as far out
FAINT_OPACITY = 1 / 255  # at no pixel does a Gaussian below it reach alpha 1/255
Range = tuple[float, float, float]


@dataclass(frozen=True)
class SceneFacts:
    """A scene in numbers, lengths in scene units.

    Parameters
    ----------
    gaussians : N. sh_degree : 0 to 4.
    low, high : (x, y, z), of the means.
    middle_low, middle_high : (x, y, z), between which 98% of the means lie on each axis.
    far_out : Gaussians more than OUTLIER_EXTENTS half extents of the middle from its centre.
    size, opacity : least, median and largest; size is the longest standard deviation.
    needles : Gaussians whose longest axis is NEEDLE_RATIO times the middle one and more.
    faint : Gaussians of an opacity below FAINT_OPACITY, which no renderer shows.
    """

    gaussians: int
    sh_degree: int
    low: Range
    high: Range
    middle_low: Range
    middle_high: Range
    far_out: int
    size: Range
    opacity: Range
    needles: int
    faint: int


def scene_facts(scene: Scene) -> SceneFacts:
    """The facts of a scene."""
    means = scene.means
    middle_low, middle_high = _middle(scene)
    axes = np.sort(scene.scales, axis=1)
    return SceneFacts(
        gaussians=len(scene),
        sh_degree=scene.sh_degree,
        low=_three(means.min(axis=0)),
        high=_three(means.max(axis=0)),
        middle_low=_three(middle_low),
        middle_high=_three(middle_high),
        far_out=int(far_out(scene).sum()),
        size=_spread(axes[:, 2]),
        opacity=_spread(scene.opacities),
        needles=int((axes[:, 2] >= NEEDLE_RATIO * axes[:, 1]).sum()),
        faint=int(faint(scene).sum()),
    )


def far_out(scene: Scene) -> NDArray[np.bool_]:
    """Which Gaussians lie far out, (N,)."""
    low, high = _middle(scene)
    off = np.abs(scene.means.astype(np.float64) - (low + high) / 2)
    return np.asarray((off > OUTLIER_EXTENTS * (high - low) / 2).any(axis=1))


def faint(scene: Scene) -> NDArray[np.bool_]:
    """Which Gaussians no renderer shows, (N,)."""
    return scene.opacities < FAINT_OPACITY


def _middle(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds of the middle 98% on each axis, (3,) each."""
    low, high = np.percentile(scene.means.astype(np.float64), (1, 99), axis=0)
    return low, high


def _three(values: np.ndarray) -> Range:
    x, y, z = (float(f"{value:.6g}") for value in values)
    return x, y, z


def _spread(values: np.ndarray) -> Range:
    return _three(np.percentile(values, (0, 50, 100)))
