"""Byte layout of the tables that the hardware reads, and of the pack's header.

Everything is little-endian. Each record is 32 bytes: one beat of a 256-bit bus.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters

RECORD_BYTES = 32

CLUSTER_DTYPE = np.dtype(
    [
        ("center", "<i4", 3),  # x, y, z from the pack's origin, units of the ball, 24 bits used
        ("radius_low", "<u4"),  # r(1.0), units of the ball, rounded up, 24 bits used
        ("radius_high", "<u4"),  # r(1.3), the same; all 24 bits ones: never cull
        ("radius_mean", "<u4"),  # largest distance of a member's mean, for the near plane
        ("base", "<u4"),  # first Gaussian of the cluster, in pack order
        ("count", "<u2"),  # Gaussians in the cluster, 1 to 65535
        ("member_exponent", "<i1"),  # a member's offset is offset * 2^member_exponent units
        ("exponent", "<u1"),  # a unit of the ball is 2^exponent grid units
    ]
)

GEOMETRY_DTYPE = np.dtype(
    [
        ("offset", "<i2", 3),  # mean - cluster centre, 2^member_exponent units, nearest
        ("factor", "<i2", 6),  # l00 l10 l11 l20 l21 l22, mantissas of 2^factor_exponent
        ("factor_exponent", "<i1"),  # scene units; covariance = L L^T, L lower triangular
        ("flags", "<u1"),  # bit 0: can reach alpha 1/255 at all
        ("reach_factor", "<u2"),  # k, u2.14, rounded up
        ("opacity", "<u2"),  # u0.16 scaled by 65535, nearest
        ("reserved", "<u1", 8),  # zero
    ]
)

# A Gaussian's narrow colour record: one number of 256 bits, its fields in golden.pack.color_record.
COLOR_DTYPE = np.dtype([("words", "<u8", 4)])

# What cluster_cull sends on for a visible cluster: one beat of a 160-bit stream.
VISIBLE_DTYPE = np.dtype(
    [
        ("center_camera", "<i4", 3),  # x, y, z, camera space, format camera_space of Parameters
        ("base", "<u4"),
        ("count", "<u2"),
        ("member_exponent", "<i1"),  # of 2^exponent units of the frame
        ("exponent", "<u1"),  # center_camera counts 2^exponent units of the frame
    ]
)

# A member of a visible cluster on its way to gaussian_project: one beat of a 512-bit stream.
MEMBER_DTYPE = np.dtype(
    [
        ("geometry", GEOMETRY_DTYPE),
        ("center_camera", "<i4", 3),  # of its cluster, format camera_space of Parameters
        ("index", "<u4"),  # of the Gaussian, in pack order
        ("member_exponent", "<i1"),  # of its cluster
        ("exponent", "<u1"),  # of its cluster
        ("reserved", "<u1", 14),  # zero
    ]
)

# What gaussian_project sends on: one beat of a 352-bit stream.
SPLAT_DTYPE = np.dtype(
    [
        ("mean2d", "<i4", 2),  # u, v, 2^-screen_fraction_bits px; pixel (0, 0) has centre 1/2, 1/2
        ("conic", "<i4", 3),  # a, b, c, mantissas of 2^conic_exponent px^-2
        ("depth", "<u4"),  # camera-space z, code of golden.numbers.depth
        ("index", "<u4"),  # of the Gaussian, in pack order
        ("tile_rect", "<u2", 4),  # tiles x0, y0, x1, y1 of 16 px, x1 and y1 not included
        ("extent", "<u2", 2),  # half width and height of the reach, px, rounded up, cut at 65535
        ("opacity", "<u2"),  # u0.16 scaled by 65535
        ("conic_exponent", "<i1"),
        ("reserved", "<u1"),  # zero
    ]
)

# What color sends on: one beat of a 416-bit stream.
COLORED_DTYPE = np.dtype(
    [
        ("splat", SPLAT_DTYPE),
        ("color", "<u2", 3),  # red, green, blue, u1.9: 0 to 1023
        ("reserved", "<u2"),  # zero
    ]
)


PADDED_BYTES = 64


def streamed(dtype: np.dtype, params: Parameters) -> np.dtype:
    """The record as a lane of m_axis_splat has it: with params.padded_splats zeros lie above it,
    64 bytes in all, a power of two."""
    if not params.padded_splats:
        return dtype
    fields: dict[str, Any] = dict(dtype.fields or {})
    return np.dtype(
        {
            "names": list(fields),
            "formats": [field[0] for field in fields.values()],
            "offsets": [field[1] for field in fields.values()],
            "itemsize": PADDED_BYTES,
        }
    )


def splats_of(records: NDArray[np.void]) -> NDArray[np.void]:
    """SPLAT_DTYPE of records of either stream of splats."""
    return records["splat"] if records.dtype == COLORED_DTYPE else records


# Names of the parts of a field that has several; x, y, z where nothing is said here.
PARTS = {
    "factor": ("00", "10", "11", "20", "21", "22"),
    "mean2d": ("u", "v"),
    "conic": ("a", "b", "c"),
    "tile_rect": ("x0", "y0", "x1", "y1"),
    "extent": ("x", "y"),
    "color": ("red", "green", "blue"),
}

# A run of clusters that cluster_cull asks for: one beat of a 64-bit stream.
REQUEST_DTYPE = np.dtype(
    [
        ("base", "<u4"),  # first cluster
        ("count", "<u2"),  # clusters
        ("reserved", "<u2"),  # zero
    ]
)
