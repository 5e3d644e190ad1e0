"""Culling as a library call: arrays of Gaussians and cameras in, masks out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.arrays import numbers_of
from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.errors import InputError
from golden.pack import Pack, build_pack, check_parameters, scene_mask
from golden.params import Parameters
from golden.rules import Rules, rules_named
from golden.scene import Scene, normalise_quats
from golden.view import view_frame

CulledBy = Literal["cluster", "gaussian"]


@dataclass(frozen=True, eq=False)
class Culler:
    """A scene that is clustered, ready to be culled for any number of views.

    Parameters
    ----------
    pack : of the scene; `culler` makes one of arrays, golden.pack.file.load_pack reads one.
    rules : of the renderer that the masks are for.
    """

    pack: Pack
    rules: Rules

    def __post_init__(self) -> None:
        check_parameters(self.pack, Parameters())

    def masks(
        self,
        viewmats: Any,
        Ks: Any,
        width: int,
        height: int,
        by: CulledBy = "cluster",
    ) -> NDArray[np.bool_]:
        """Which Gaussians each view may need, (C, N) bool, in the order of the arrays.

        A Gaussian that is False reaches alpha 1/255 at no pixel of the view. True says nothing:
        `cluster` keeps whole clusters, `gaussian` tests each of their members, too.

        Parameters
        ----------
        viewmats : (C, 4, 4) or (4, 4), world to camera, OpenCV axes.
        Ks : (C, 3, 3) or (3, 3), px; the centre of the first pixel is (0.5, 0.5).
        width, height : px.

        Raises InputError where an array is of another shape, a camera is not a pinhole, or stands
        out of reach of the pack's grid.
        """
        if by not in get_args(CulledBy):
            raise InputError(f"culling by {by!r} is not known: choose cluster or gaussian.")
        cameras = _cameras(viewmats, Ks, width, height)
        return np.stack([self._mask(camera, by) for camera in cameras])

    def _mask(self, camera: Camera, by: CulledBy) -> NDArray[np.bool_]:
        frame = view_frame(self.pack, camera, self.rules)
        if by == "cluster":
            return scene_mask(self.pack, frame.levels.visible)
        kept = np.zeros(len(self.pack), np.bool_)
        kept[self.pack.order[frame.splats["index"]]] = True
        return kept


def culler(
    means: Any,
    quats: Any,
    scales: Any,
    opacities: Any,
    *,
    rules: str = "gsplat",
    options: ClusterOptions | None = None,
    name: str = "arrays",
) -> Culler:
    """Clusters Gaussians of arrays, as gsplat.rasterization takes them.

    Parameters
    ----------
    means : (N, 3), scene units. quats : (N, 4), w, x, y, z, of any length.
    scales : (N, 3), standard deviations (not their logarithms). opacities : (N,), 0 to 1.
    rules : "gsplat" or "inria". options : of clustering; the method `reach` where None.
    name : of the scene, for messages.

    Raises InputError on other shapes, and on values that golden.scene.Scene refuses.
    """
    chosen = rules_named(rules)
    positions = numbers_of(means, "means", None, 3)
    count = len(positions)
    scene = Scene(
        name,
        means=_single(positions),
        scales=_single(numbers_of(scales, "scales", count, 3)),
        quats=normalise_quats(numbers_of(quats, "quats", count, 4), name),
        opacities=_single(numbers_of(opacities, "opacities", count)),
        sh=np.zeros((count, 1, 3), np.float32),  # no mask depends on colours
    )
    return Culler(build_pack(scene, options or ClusterOptions(), chosen), chosen)


def _single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):  # infinity is refused by Scene
        return values.astype(np.float32)


def _cameras(viewmats: Any, intrinsics: Any, width: int, height: int) -> list[Camera]:
    """One a view; a single matrix is of one view."""
    poses, focal = _stacked(viewmats, "viewmats", 4), _stacked(intrinsics, "Ks", 3)
    if len(poses) != len(focal):
        raise InputError(f"viewmats are of {len(poses)} views and Ks of {len(focal)}.")
    bent = focal.copy()
    bent[:, [0, 1, 0, 1], [0, 1, 2, 2]] = 0
    if not np.array_equal(bent, np.broadcast_to(np.diag([0, 0, 1]), bent.shape)):
        raise InputError("Ks hold more than fx, fy, cx and cy above a last row of 0, 0, 1.")
    return [
        Camera(f"view {i}", width, height, k[0, 0], k[1, 1], k[0, 2], k[1, 2], pose)
        for i, (pose, k) in enumerate(zip(poses, focal, strict=True))
    ]


def _stacked(matrices: Any, name: str, side: int) -> NDArray[np.float64]:
    """(C, side, side), of one or more matrices."""
    if len(np.shape(matrices)) == 2:
        return numbers_of(matrices, name, side, side)[None]
    return numbers_of(matrices, name, None, side, side)
