"""Stage 3, gaussian_project: Gaussians to splats on the screen, the float64 reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.camera import Camera
from golden.gaussians.covariance import Covariances, Float64, covariance3d
from golden.rules import Rules
from golden.scene import Scene
from golden.stages.gaussian_project.ewa import Int32, Mask, splat_kernel, view_constants
from golden.stages.gaussian_project.visibility import visibility


@dataclass(frozen=True, eq=False)
class Splats:
    """Projected Gaussians that the view needs, in the scene's order.

    Parameters
    ----------
    index : (M,) int32, which Gaussian of the scene, ascending.
    mean2d : (M, 2) float64, px; the centre of pixel (i, j) is (i + 0.5, j + 0.5).
    conic : (M, 3) float64, a, b, c of the inverse 2-D covariance [[a, b], [b, c]], px^-2.
    depth : (M,) float64, camera-space z, scene units.
    opacity : (M,) float64, 0 to 1.
    radius_px : (M, 2) int32, half extent along x and y, px; more than 2^31 - 1 is cut to it.
    tile_rect : (M, 4) int32, tiles x0, y0, x1, y1 of 16 px, x1 and y1 not included, never empty.
    """

    index: Int32
    mean2d: Float64
    conic: Float64
    depth: Float64
    opacity: Float64
    radius_px: Int32
    tile_rect: Int32

    def __len__(self) -> int:
        return len(self.index)


def gaussian_project_reference(
    scene: Scene,
    camera: Camera,
    rules: Rules,
    keep: Mask | None = None,
    covariances: Covariances | None = None,
) -> Splats:
    """Splats of the Gaussians with radii > 0 and a tile rectangle that is not empty.

    q = R m + t;  u = fx x/z + cx;  cov2d = J R Sigma R^T J^T + 0.3 I;  conic = cov2d^-1
    J = [[fx/z, 0, -fx X/z], [0, fy/z, -fy Y/z]], X and Y being x/z and y/z clamped by the rules.

    inria: z <= 0.2 is dropped; radius = ceil(3 sqrt(l)), l = mid + sqrt(max(0.1, mid^2 - det)),
    mid = (cov_xx + cov_yy)/2; tiles trunc((u - 1/2 - r)/16) to trunc((u - 1/2 + r + 15)/16).
    gsplat: z < 0.01, z > 1e10 and opacity < 1/255 are dropped; per axis r = ceil(e sqrt(cov_xx)),
    e = min(3.33, sqrt(2 ln(255 opacity))); u + r <= 0 and u - r >= width are dropped; tiles
    floor((u - r)/16) to ceil((u + r)/16). Both: det <= 0 is dropped, tiles are cut to the image.
    Antialiased: opacity' = opacity sqrt(max(0, det(cov2d - 0.3 I)) / det(cov2d)), and gsplat's
    extent and drop are of opacity'.

    Parameters
    ----------
    keep : (N,) bool, Gaussians to look at; None for all. A splat's numbers depend on its own
        Gaussian only, so they are the same bit for bit whatever else is kept.
    covariances : covariance3d(scene) where it is at hand; computed here where not.

    All arithmetic is float64 in a fixed order, with no fused multiply-add. Raises InputError
    where keep or covariances are of another length than the scene.

    Source: Zwicker et al. 2001 (EWA splatting); Kerbl et al. 2023; Ye et al. 2024 (gsplat 1.5.3).
    """
    covariances = covariance3d(scene) if covariances is None else covariances
    emitted = visibility(scene, camera, rules, covariances, keep).radii_positive
    index = np.flatnonzero(emitted).astype(np.int32)
    m = len(index)
    splats = Splats(
        index=index,
        mean2d=np.empty((m, 2)),
        conic=np.empty((m, 3)),
        depth=np.empty(m),
        opacity=scene.opacities[index].astype(np.float64),
        radius_px=np.empty((m, 2), np.int32),
        tile_rect=np.empty((m, 4), np.int32),
    )
    splat_kernel(
        view_constants(camera, rules),
        scene.means,
        covariances.sigma,
        covariances.reach,
        index,
        splats.mean2d,
        splats.conic,
        splats.depth,
        splats.opacity,
        splats.radius_px,
        splats.tile_rect,
    )
    return splats
