"""Which Gaussians a view needs: the measure of every culling, one fast pass a view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.camera import Camera
from golden.errors import InputError
from golden.gaussians.covariance import Covariances, covariance3d
from golden.rules import Rules
from golden.scene import Scene
from golden.stages.gaussian_project.ewa import Mask, mask_kernel, view_constants

# Widening of k^2 for rounding: a fixed part, and 16 units of float64 rounding for each unit of
# cov_xx cov_yy / det, by which the conic of a needle magnifies them.
ROUNDING_SLACK = (1e-9, 2.0**-48)


@dataclass(frozen=True, eq=False)
class Visibility:
    """What one view needs of a scene.

    Parameters
    ----------
    radii_positive : (N,) bool, gaussian_project emits the Gaussian.
    can_reach : (N,) bool, it is emitted and alpha >= 1/255 may hold at a pixel of the image.
    """

    radii_positive: Mask
    can_reach: Mask


def visibility(
    scene: Scene,
    camera: Camera,
    rules: Rules,
    covariances: Covariances | None = None,
    keep: Mask | None = None,
) -> Visibility:
    """Both masks of a view in one pass, float64, by the rules of gaussian_project.

    can_reach: opacity >= 1/255, and the box of the ellipse alpha >= 1/255, half sides
    k sqrt(cov_xx) and k sqrt(cov_yy) with k = sqrt(2 ln(255 opacity)), holds the centre of a
    pixel of the image. It errs to the safe side:
    the box holds the ellipse, and k^2 is widened by 1e-9 + 2^-48 cov_xx cov_yy/det, more than
    rounding can move the edge where the rasteriser finds it. Antialiasing only takes opacity away,
    which is not counted on. A picture of can_reach alone
    is therefore equal bit for bit to the picture of the whole scene. Corners of the box make it
    an upper bound: 28.3% of bonsai at 1559x1039, where
    27.2% have alpha >= 1/255 at a pixel centre (inria rules, every 24th view).

    Parameters
    ----------
    covariances : covariance3d(scene) where it is at hand; computed here where not.
    keep : (N,) bool, Gaussians to look at; the others are False in both masks. None for all.

    Raises InputError where covariances or keep are of another length than the scene.
    """
    covariances = covariance3d(scene) if covariances is None else covariances
    n = len(scene)
    if len(covariances) != n:
        raise InputError(
            f"{scene.name}: {len(covariances)} covariances do not fit {n} Gaussians: "
            "compute them from this scene."
        )
    wanted = np.ones(n, np.bool_) if keep is None else keep
    if wanted.shape != (n,) or wanted.dtype != np.bool_:
        raise InputError(
            f"{scene.name}: keep is {wanted.dtype} {wanted.shape} where bool ({n},) is needed: "
            "make it from this scene."
        )
    emitted, reaching = np.empty(n, np.bool_), np.empty(n, np.bool_)
    mask_kernel(
        view_constants(camera, rules),
        scene.means,
        covariances.sigma,
        covariances.reach,
        wanted,
        ROUNDING_SLACK,
        emitted,
        reaching,
    )
    return Visibility(emitted, reaching)


def radii_positive(
    scene: Scene, camera: Camera, rules: Rules, covariances: Covariances | None = None
) -> Mask:
    """(N,) bool: gaussian_project emits the Gaussian (radii > 0, tile rectangle not empty)."""
    return visibility(scene, camera, rules, covariances).radii_positive


def can_reach(
    scene: Scene, camera: Camera, rules: Rules, covariances: Covariances | None = None
) -> Mask:
    """(N,) bool: the Gaussian is emitted and may have alpha >= 1/255 at a pixel of the image."""
    return visibility(scene, camera, rules, covariances).can_reach
