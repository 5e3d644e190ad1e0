"""What a list entry comes to in a bin: where it begins, and its steps from pixel to pixel.

An entry is worked on in lines: rows of the bin, or columns where its `swap` is 1. Along a line
runs the axis of the larger conic coefficient, so that abs(slope) <= 1:

    X = p (da + s dc),  Y = r dc,  alpha = o 2^-(X^2 + Y^2)

with da, dc the distances from the centre along and across the lines, p = sqrt(w1 log2(e)/2),
r = sqrt(w2 log2(e)/2). With rho^2 = log2(255 o) the entry reaches, along the line at dc, to
(rho/p) sqrt(1 - t^2) from the middle at -s dc, t = dc r/rho.
"""

from __future__ import annotations

from typing import NamedTuple

from golden.jit import serial_kernel
from golden.stages.rasterize.formats import (
    DISTANCE_FRACTION_BITS,
    HEIGHT_FRACTION_BITS,
    RATIO_FRACTION_BITS,
    RATIO_LIMIT,
    REACH_EXPONENT_MAX,
    TABLE_BITS,
    WIDTH_FRACTION_BITS,
    Int64,
    RasterFormats,
    circle_table,
    mantissa_table,
    reach_log_table,
    root_table,
)
from golden.stages.tile_bin.entry import (
    CENTER_FRACTION_BITS,
    FAR_FRACTION_BITS,
    FAR_WEIGHT_MIN_LOG2,
    LOG_FRACTION_BITS,
    SLOPE_FRACTION_BITS,
    WEIGHT_MIN_LOG2,
)

TABLE_MASK = (1 << TABLE_BITS) - 1
# Code of w = 1: its root's exponent is 0. That of a far entry has a fraction bit less.
ONE = -WEIGHT_MIN_LOG2 << LOG_FRACTION_BITS
FAR_ONE = -FAR_WEIGHT_MIN_LOG2 << LOG_FRACTION_BITS
RATIO_LOG_MAX = (2 << TABLE_BITS) - 1
HALF_PX = 1 << (CENTER_FRACTION_BITS - 1)
FAR_SHIFT = CENTER_FRACTION_BITS - FAR_FRACTION_BITS
# A height's mantissa, raised by so many bits, has CENTER_FRACTION_BITS at the largest exponent.
HEIGHT_UP = CENTER_FRACTION_BITS + REACH_EXPONENT_MAX - HEIGHT_FRACTION_BITS
# From a product of a reciprocal's mantissa and a distance to RATIO_FRACTION_BITS, at exponent 0.
RATIO_DOWN = CENTER_FRACTION_BITS + HEIGHT_FRACTION_BITS - RATIO_FRACTION_BITS
EXPONENT_OF_OPACITY = 3  # from LOG_FRACTION_BITS to EXPONENT_FRACTION_BITS
U, V, SWAP, SLOPE, W1, W2, OPACITY, RED, GREEN, BLUE, FAR = range(11)  # of an entry


class Tables(NamedTuple):
    """The tables of golden.stages.rasterize.formats."""

    root: Int64
    reach_log: Int64
    width: Int64
    height: Int64
    inverse: Int64
    circle: Int64
    power: Int64


class Steps(NamedTuple):
    """An entry in a bin; px from the centre of the bin's pixel (0, 0).

    Parameters
    ----------
    x, y : X and Y at that pixel, modulo 16, STEP_FRACTION_BITS.
    p, q, r : steps of X along a line and to the next one, and of Y to the next one, the same.
    opacity : -log2 o, EXPONENT_FRACTION_BITS.
    middle : where line 0 meets X = 0, SLOPE_FRACTION_BITS.
    slope : s, by which the middle falls from line to line, SLOPE_FRACTION_BITS.
    width, width_shift : half the ellipse's width is width 2^(10 - width_shift) px.
    ratio, ratio_step : t at line 0 and its step, RATIO_FRACTION_BITS.
    first, last : lines that the ellipse may touch, in the bin or not.
    """

    x: int
    y: int
    p: int
    q: int
    r: int
    opacity: int
    middle: int
    slope: int
    width: int
    width_shift: int
    ratio: int
    ratio_step: int
    first: int
    last: int


def tables_of(formats: RasterFormats) -> Tables:
    """All tables."""
    return Tables(
        root_table(),
        reach_log_table(),
        mantissa_table(WIDTH_FRACTION_BITS, up=True),
        mantissa_table(HEIGHT_FRACTION_BITS, up=True),
        mantissa_table(HEIGHT_FRACTION_BITS, up=False),
        circle_table(),
        formats.power,
    )


@serial_kernel
def nearest(value: int, shift: int) -> int:
    """floor(value / 2^shift + 1/2)."""
    return (value + ((1 << shift) >> 1)) >> shift


@serial_kernel
def steps_of(entry: Int64, x0: int, y0: int, tables: Tables) -> Steps:
    """An entry in the bin whose pixel (0, 0) is the picture's (x0, y0).

    Parameters
    ----------
    entry : (11,) fields, U to FAR.
    """
    far = entry[FAR]
    du = HALF_PX + (x0 << CENTER_FRACTION_BITS) - (entry[U] << (far * FAR_SHIFT))
    dv = HALF_PX + (y0 << CENTER_FRACTION_BITS) - (entry[V] << (far * FAR_SHIFT))
    along, across = (dv, du) if entry[SWAP] else (du, dv)
    slope, reach = entry[SLOPE], tables.reach_log[entry[OPACITY]]
    log_p = (entry[W1] << far) - (FAR_ONE if far else ONE)
    log_r = (entry[W2] << far) - (FAR_ONE if far else ONE)

    # Distance along the line from X = 0.
    distance = (along << SLOPE_FRACTION_BITS) + slope * across
    distance_bits = CENTER_FRACTION_BITS + SLOPE_FRACTION_BITS
    scaled = nearest(distance, distance_bits - DISTANCE_FRACTION_BITS)
    root_p, down_p = tables.root[log_p & TABLE_MASK], -(log_p >> TABLE_BITS)
    root_r, down_r = tables.root[log_r & TABLE_MASK], -(log_r >> TABLE_BITS)

    log_width, log_height = reach - log_p, reach - log_r
    log_ratio = min(-log_height, RATIO_LOG_MAX)
    inverse = tables.inverse[log_ratio & TABLE_MASK]
    down_ratio = RATIO_DOWN - (log_ratio >> TABLE_BITS)
    ratio = nearest(inverse * across, down_ratio)
    limit = RATIO_LIMIT << RATIO_FRACTION_BITS
    height_down = REACH_EXPONENT_MAX - min(log_height >> TABLE_BITS, REACH_EXPONENT_MAX)
    height = tables.height[log_height & TABLE_MASK] << HEIGHT_UP
    height = (height >> height_down) + 1
    return Steps(
        nearest(root_p * scaled, DISTANCE_FRACTION_BITS + down_p),
        nearest(root_r * across, CENTER_FRACTION_BITS + down_r),
        nearest(root_p, down_p),
        nearest(root_p * slope, SLOPE_FRACTION_BITS + down_p),
        nearest(root_r, down_r),
        entry[OPACITY] << EXPONENT_OF_OPACITY,
        -(distance >> CENTER_FRACTION_BITS),
        slope,
        tables.width[log_width & TABLE_MASK],
        REACH_EXPONENT_MAX - min(log_width >> TABLE_BITS, REACH_EXPONENT_MAX),
        min(max(ratio, -limit), limit - 1),
        nearest(inverse << CENTER_FRACTION_BITS, down_ratio),
        (HALF_PX * 2 - 1 - across - height) >> CENTER_FRACTION_BITS,
        (height - across) >> CENTER_FRACTION_BITS,
    )
