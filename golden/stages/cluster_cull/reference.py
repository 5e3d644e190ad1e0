"""The cluster test in float64: the exact test on the table's values, no margin for rounding.

A cluster with centre C is out when n . C + r(b) < 0 for a side plane, or when its deepest mean
z + max d lies before the near plane.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.grid import Grid
from golden.params import Parameters
from golden.stages.cluster_cull.constants import ViewPlanes
from golden.stages.cluster_cull.result import CullResult, LevelsResult, spread_levels


def ball_cull_reference(
    clusters: NDArray[np.void],
    grid: Grid,
    camera: Camera,
    planes: ViewPlanes,
    params: Parameters,
) -> CullResult:
    """Float64 reference: the exact test on the table's values, no margin for rounding.

    A radius_high of all ones in the format `radius` stands for a ball too large for the table:
    such a cluster is never culled.

    Parameters
    ----------
    clusters : (M,) CLUSTER_DTYPE.
    """
    unit = np.ldexp(1.0, clusters["exponent"].astype(np.int64) + grid.exponent)
    world = clusters["center"] * unit[:, None] - grid.position(camera)
    center = world @ camera.viewmat[:3, :3].T
    low, high = clusters["radius_low"] * unit, clusters["radius_high"] * unit
    out = center[:, 2] + clusters["radius_mean"] * unit < planes.near
    for plane, (lateral, depth) in enumerate(zip(planes.lateral, planes.depth, strict=True)):
        axis = plane // 2
        radius = low + planes.weight[axis] * (high - low)
        out |= lateral * center[:, axis] + depth * center[:, 2] + radius < 0
    never = clusters["radius_high"] == params.radius.max_int
    apart = np.zeros(len(clusters), dtype=np.int64)
    return CullResult(visible=~out | never, center_camera=center, apart=apart)


def cluster_cull_reference(
    groups: NDArray[np.void],
    clusters: NDArray[np.void],
    grid: Grid,
    camera: Camera,
    planes: ViewPlanes,
    params: Parameters,
) -> LevelsResult:
    """Float64 reference of both levels; see ball_cull_reference."""
    passed = ball_cull_reference(groups, grid, camera, planes, params).visible
    tested = np.repeat(passed, groups["count"])
    members = ball_cull_reference(clusters[tested], grid, camera, planes, params)
    return spread_levels(passed, tested, members)
