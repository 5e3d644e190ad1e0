"""The cluster test in integers: the bit-exact model of the hardware.

A cluster with centre C is out when n . C + r(b) < 0 for a side plane, or when its deepest mean
z + max d lies before the near plane. The integer model defines the hardware.

A ball counts 2^e grid units, the frame 2^p (its camera_exponent). Both are brought to the coarser
of the two, s = max(e, p), so a ball is as precise as its own place asks for, whatever else the
scene holds: centres and the camera position to nearest, radii and offsets up. Errors in the last
place of camera space (2^(s - length_fraction_bits) grid units), with L = max |C - P|:

    position, rounded once or twice, or once and the centre once:
                                |d - d*| <= 1 an axis, sqrt(3) after rotation
    rotation rounded, summed:   1.5 2^-rotation_fraction_bits L, and 1/2 for its own rounding
    normals rounded:            1.23 2^-normal_fraction_bits L
    together, |n|_1 <= sqrt(2): 2.81 + 3.35 2^-16 L  <  ROUNDING_MARGIN - 2 + 2^-distance_shift L

so the margins of the integer model cover them, and it culls no cluster that the exact test keeps.
The origin is subtracted in float64: 2^-53 of a distance, below 2^-25 of the last place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import ceil_shift, round_shift
from golden.numbers.fixed import Int64, shift_ceil, shift_round_half_up
from golden.params import Parameters
from golden.stages.cluster_cull.constants import MAX_APART, ROUNDING_MARGIN, ClusterCullConstants
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
    apart = clusters["exponent"].astype(np.int64) - constants.camera_exponent
    # One of the two is 0: the frame's numbers are brought to the ball's unit, or the ball's.
    frame_down, ball_down = np.clip(apart, 0, MAX_APART), np.clip(-apart, 0, MAX_APART)
    world = _nearest(clusters["center"].astype(np.int64) << fraction, ball_down[:, None])
    difference = world - _nearest(constants.camera_position, frame_down[:, None])
    center = shift_round_half_up(difference @ constants.rotation.T, params.rotation_fraction_bits)
    margin = np.abs(difference).max(axis=1, initial=0) >> params.distance_shift

    margin += ROUNDING_MARGIN
    side = ceil_shift(np.asarray(constants.side_offset, dtype=np.int64), frame_down)
    near = ceil_shift(np.asarray(constants.near_offset, dtype=np.int64), frame_down)
    low, high, mean = (
        ceil_shift(clusters[f"radius_{name}"].astype(np.int64), ball_down)
        for name in ("low", "high", "mean")
    )
    out = center[:, 2] + margin + (mean << fraction) + near < 0
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
        out |= distance + margin + (radius << fraction) + side < 0
    never = clusters["radius_high"] == params.radius.max_int
    return CullResult(visible=~out | never, center_camera=center, apart=apart)


def _nearest(value: Int64, shift: Int64) -> Int64:
    """floor(value / 2^shift + 1/2), the value itself for shifts of 0."""
    return np.where(shift > 0, round_shift(value, np.maximum(shift, 1)), value)


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
