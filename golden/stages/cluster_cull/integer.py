"""The cluster test in integers: the bit-exact model of the hardware.

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

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import shift_ceil, shift_round_half_up
from golden.params import Parameters
from golden.stages.cluster_cull.constants import ClusterCullConstants
from golden.stages.cluster_cull.result import CullResult, LevelsResult, spread_levels


def ball_cull(
    clusters: NDArray[np.void], constants: ClusterCullConstants, params: Parameters
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


def cluster_cull(
    groups: NDArray[np.void],
    clusters: NDArray[np.void],
    constants: ClusterCullConstants,
    params: Parameters,
) -> LevelsResult:
    """Integer model of both levels: the hardware reads and tests clusters of passing groups only.

    Parameters
    ----------
    groups : (G,) CLUSTER_DTYPE, base and count name runs of clusters.
    clusters : (M,) CLUSTER_DTYPE.
    """
    passed = ball_cull(groups, constants, params).visible
    tested = np.repeat(passed, groups["count"])
    return spread_levels(passed, tested, ball_cull(clusters[tested], constants, params))
