"""Clusters of one view as seen from above: on the plane in which the cameras stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.pack import Pack
from golden.params import Parameters
from reports.measure.subject import Subject
from sim.views.cluster_cull import cull_views

Float64 = NDArray[np.float64]

# Centres between these percentiles, on each axis, are shown, and all cameras.
SHOWN_PERCENT = (4.0, 96.0)
ROOM = 0.06  # around them, of the longer side
FLAT = 1e-6  # a second axis shorter than this part of the first is none


@dataclass(frozen=True, eq=False)
class ClustersAbove:
    """Cluster balls and one camera on a plane; lengths in scene units.

    Parameters
    ----------
    method, view : of the clustering, and name of the camera.
    centers : (M, 2) float64. radii : (M,) float64 of the balls at b = 1; NaN for "never culled".
    kept : (M,) bool, passed on by the cluster test.
    cameras : (V, 2) float64, positions of all views; the first is the camera of this one.
    corners : (4, 2) float64, directions of the rays through the corners of its image, in order
        around it, on the plane and for one scene unit of depth.
    limits : x from, x to, y from, y to: the part of the plane that is shown.
    """

    method: str
    view: str
    centers: Float64
    radii: Float64
    kept: NDArray[np.bool_]
    cameras: Float64
    corners: Float64
    limits: tuple[float, float, float, float]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """(M,) bool: the centre lies in the part that is shown."""
        x, y = self.centers.T
        left, right, bottom, top = self.limits
        return np.asarray((left <= x) & (x <= right) & (bottom <= y) & (y <= top))


def clusters_above(subject: Subject, pack: Pack) -> ClustersAbove:
    """The pack's clusters in the first view, by the integer model, on the cameras' plane."""
    camera = subject.cameras[0]
    frame = next(cull_views(pack, [camera], subject.rules, "integer"))
    axes = plane_of(subject.cameras)
    exponents = pack.clusters["exponent"].astype(np.int64) + pack.meta.grid.exponent
    unit = np.ldexp(1.0, exponents)
    radii = pack.clusters["radius_low"] * unit
    radii[pack.clusters["radius_high"] == Parameters().radius.max_int] = np.nan
    centers = (pack.clusters["center"] * unit[:, None] + np.array(pack.meta.grid.origin)) @ axes.T
    cameras = np.stack([c.position for c in subject.cameras]) @ axes.T
    return ClustersAbove(
        method=pack.meta.method,
        view=camera.name,
        centers=centers,
        radii=radii,
        kept=frame.visible,
        cameras=cameras,
        corners=_corner_rays(camera) @ axes.T,
        limits=_limits(centers, cameras),
    )


def above_part(above: ClustersAbove) -> dict[str, Any]:
    """What the figure shows, for the document; the balls themselves are not in it."""
    inside = above.inside
    return {
        "view": above.view,
        "method": above.method,
        "clusters": len(above.kept),
        "clusters_shown": int(inside.sum()),
        "kept": int(above.kept.sum()),
        "kept_shown": int((above.kept & inside).sum()),
        "limits_scene_units": [round(limit, 6) for limit in above.limits],
    }


def plane_of(cameras: Sequence[Camera]) -> Float64:
    """The two largest principal axes of the camera positions, (2, 3) float64, orthonormal rows.

    They are turned so that the cameras' heads point at the viewer: the picture is no mirror
    image. Where the cameras stand on a line or a point, the first one's right and forward axes.
    """
    positions = np.stack([camera.position for camera in cameras])
    _, lengths, rows = np.linalg.svd(positions - positions.mean(axis=0), full_matrices=False)
    if len(lengths) < 2 or lengths[1] <= FLAT * max(lengths[0], np.abs(positions).max()):
        rotation = cameras[0].viewmat[:3, :3]
        return np.asarray(rotation[[0, 2]])
    up = -np.mean([camera.viewmat[1, :3] for camera in cameras], axis=0)
    # The sign of a principal axis is free: make its largest entry positive, then turn the second.
    first = rows[0] * np.sign(rows[0, np.abs(rows[0]).argmax()])
    second = rows[1] if np.cross(first, rows[1]) @ up >= 0 else -rows[1]
    return np.stack([first, second])


def _corner_rays(camera: Camera) -> Float64:
    """Directions through the corners of the image at depth 1, world space, (4, 3)."""
    corners = [(0, 0), (camera.width, 0), (camera.width, camera.height), (0, camera.height)]
    rays = [((u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1.0) for u, v in corners]
    return np.asarray(np.array(rays) @ camera.viewmat[:3, :3])


def _limits(centers: Float64, cameras: Float64) -> tuple[float, float, float, float]:
    low, high = np.percentile(centers, SHOWN_PERCENT, axis=0)
    low, high = np.minimum(low, cameras.min(axis=0)), np.maximum(high, cameras.max(axis=0))
    room = ROOM * max(float((high - low).max()), np.finfo(np.float64).tiny)
    (left, bottom), (right, top) = low - room, high + room
    return float(left), float(right), float(bottom), float(top)
