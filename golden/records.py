"""Byte layout of the tables that the hardware reads, and of the pack's header.

Everything is little-endian. Each record is 32 bytes: one beat of a 256-bit bus.
"""

from __future__ import annotations

import numpy as np

RECORD_BYTES = 32

CLUSTER_DTYPE = np.dtype(
    [
        ("center", "<i4", 3),  # x, y, z, world space, grid units, 24 bits used
        ("radius_low", "<u4"),  # r(1.0), grid units, rounded up, 24 bits used
        ("radius_high", "<u4"),  # r(1.3), the same; all 24 bits ones: never cull
        ("radius_mean", "<u4"),  # largest distance of a member's mean, for the near plane
        ("base", "<u4"),  # first Gaussian of the cluster, in pack order
        ("count", "<u2"),  # Gaussians in the cluster, 1 to 65535
        ("member_exponent", "<i1"),  # a member's offset is offset * 2^member_exponent grid units
        ("reserved", "<u1"),  # zero
    ]
)

GEOMETRY_DTYPE = np.dtype(
    [
        ("offset", "<i2", 3),  # mean - cluster centre, 2^member_exponent grid units, nearest
        ("covariance", "<i2", 6),  # xx xy xz yy yz zz, mantissas of 2^covariance_exponent
        ("covariance_exponent", "<i1"),  # scene units squared
        ("flags", "<u1"),  # bit 0: can reach alpha 1/255 at all
        ("reach_factor", "<u2"),  # k, u2.14, rounded up
        ("opacity", "<u2"),  # u0.16 scaled by 65535, nearest
        ("reserved", "<u1", 8),  # zero
    ]
)

# What cluster_cull sends on for a visible cluster: one beat of a 160-bit stream.
VISIBLE_DTYPE = np.dtype(
    [
        ("center_camera", "<i4", 3),  # x, y, z, camera space, format camera_space of Parameters
        ("base", "<u4"),
        ("count", "<u2"),
        ("member_exponent", "<i1"),
        ("reserved", "<u1"),  # zero
    ]
)

# A run of clusters that cluster_cull asks for: one beat of a 64-bit stream.
REQUEST_DTYPE = np.dtype(
    [
        ("base", "<u4"),  # first cluster
        ("count", "<u2"),  # clusters
        ("reserved", "<u2"),  # zero
    ]
)
