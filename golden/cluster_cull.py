"""The cluster test: float64 reference and the bit-exact integer model of the hardware.

A cluster with centre C is out when n . C + r(b) < 0 for a side plane, or when its deepest mean
z + max d lies before the near plane. The integer model defines the hardware. Its errors, in the
last place of camera space (2^-length_fraction_bits grid units), with L = max |C - P|:

    position rounded:           |d - d*| <= 1/2 an axis, sqrt(3)/2 after rotation
    rotation rounded, summed:   1.5 2^-rotation_fraction_bits L, and 1/2 for its own rounding
    normals rounded:            1.23 2^-normal_fraction_bits L
    together, |n|_1 <= sqrt(2): 1.94 + 3.35 2^-16 L  <  ROUNDING_MARGIN - 2 + 2^-distance_shift L

so the margins of the integer model cover them, and it culls no cluster that the exact test keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.fixed import Int64, shift_ceil, shift_round_half_up
from golden.frame import FrameConstants, ViewPlanes
from golden.params import Parameters

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CullResult:
    """Outcome of the cluster test for a frame.

    Parameters
    ----------
    visible : (M,) bool.
    center_camera : (M, 3) centres in camera space: float64 scene units from the reference,
        int64 in the format `camera_space` from the integer model.
    """

    visible: Bool
    center_camera: NDArray[np.float64] | Int64


def cluster_cull_float(
    clusters: NDArray[np.void],
    grid_exponent: int,
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
    grid_exponent : a grid unit is 2^grid_exponent scene units.
    """
    grid = np.ldexp(1.0, grid_exponent)
    center = (clusters["center"] * grid - camera.position) @ camera.viewmat[:3, :3].T
    low, high = clusters["radius_low"] * grid, clusters["radius_high"] * grid
    out = center[:, 2] + clusters["radius_mean"] * grid < planes.near
    for plane, (lateral, depth) in enumerate(zip(planes.lateral, planes.depth, strict=True)):
        axis = plane // 2
        radius = low + planes.weight[axis] * (high - low)
        out |= lateral * center[:, axis] + depth * center[:, 2] + radius < 0
    never = clusters["radius_high"] == params.radius.max_int
    return CullResult(visible=~out | never, center_camera=center)


def cluster_cull(
    clusters: NDArray[np.void], constants: FrameConstants, params: Parameters
) -> CullResult:
    """Integer model of the hardware, bit for bit; every rounding goes the safe way.

    Parameters
    ----------
    clusters : (M,) CLUSTER_DTYPE.
    """
    fraction = params.length_fraction_bits
    difference = (clusters["center"].astype(np.int64) << fraction) - constants.camera_position
    center = shift_round_half_up(difference @ constants.rotation.T, params.rotation_fraction_bits)
    margin = np.abs(difference).max(axis=1, initial=0) >> params.distance_shift

    low = clusters["radius_low"].astype(np.int64)
    high = clusters["radius_high"].astype(np.int64)
    mean = clusters["radius_mean"].astype(np.int64)
    out = center[:, 2] + margin + (mean << fraction) + constants.near_offset < 0
    for plane in range(4):
        axis = plane // 2
        radius = low + shift_ceil(
            constants.weight[axis] * (high - low), params.weight_fraction_bits
        )
        product = (
            constants.normal_lateral[plane] * center[:, axis]
            + constants.normal_depth[plane] * center[:, 2]
        )
        distance = product >> params.normal_fraction_bits
        out |= distance + margin + (radius << fraction) + constants.side_offset < 0
    return CullResult(visible=~out | (high == params.radius.max_int), center_camera=center)


@dataclass(frozen=True, eq=False)
class LevelsResult:
    """Outcome of the two-level test for a frame.

    Parameters
    ----------
    group_visible : (G,) bool, groups that pass.
    tested : (M,) bool, clusters of groups that pass: only these are read and tested.
    visible : (M,) bool, clusters whose group and own ball pass.
    center_camera : (M, 3) as in CullResult; zero where not tested.
    """

    group_visible: Bool
    tested: Bool
    visible: Bool
    center_camera: NDArray[np.float64] | Int64

    @property
    def tests(self) -> int:
        """Ball tests of the frame: every group, and the clusters of those that pass."""
        return len(self.group_visible) + int(self.tested.sum())


def cull_levels_float(
    groups: NDArray[np.void],
    clusters: NDArray[np.void],
    grid_exponent: int,
    camera: Camera,
    planes: ViewPlanes,
    params: Parameters,
) -> LevelsResult:
    """Float64 reference of both levels; see cluster_cull_float."""
    passed = cluster_cull_float(groups, grid_exponent, camera, planes, params).visible
    tested = np.repeat(passed, groups["count"])
    members = cluster_cull_float(clusters[tested], grid_exponent, camera, planes, params)
    return _levels(passed, tested, members)


def cull_levels(
    groups: NDArray[np.void],
    clusters: NDArray[np.void],
    constants: FrameConstants,
    params: Parameters,
) -> LevelsResult:
    """Integer model of both levels: the hardware reads and tests clusters of passing groups only.

    Parameters
    ----------
    groups : (G,) CLUSTER_DTYPE, base and count name runs of clusters.
    clusters : (M,) CLUSTER_DTYPE.
    """
    passed = cluster_cull(groups, constants, params).visible
    tested = np.repeat(passed, groups["count"])
    return _levels(passed, tested, cluster_cull(clusters[tested], constants, params))


def _levels(passed: Bool, tested: Bool, members: CullResult) -> LevelsResult:
    """Spreads the result of the tested clusters over all clusters."""
    center: NDArray[Any]
    visible = np.zeros(len(tested), dtype=np.bool_)
    visible[tested] = members.visible
    center = np.zeros((len(tested), 3), dtype=members.center_camera.dtype)
    center[tested] = members.center_camera
    return LevelsResult(passed, tested, visible, center)
