"""The test of lines: which pixels of a line, and so which quads, an entry touches."""

from __future__ import annotations

from golden.jit import serial_kernel
from golden.stages.rasterize.entry_steps import Steps, Tables
from golden.stages.rasterize.formats import (
    CIRCLE_BITS,
    RATIO_FRACTION_BITS,
    REACH_EXPONENT_MAX,
    REACH_FRACTION_BITS,
    WIDTH_FRACTION_BITS,
)
from golden.stages.tile_bin.entry import SLOPE_FRACTION_BITS

Pair = tuple[int, int]

# From a product of width and circle to px at the largest exponent.
REACH_UP = REACH_EXPONENT_MAX + REACH_FRACTION_BITS - 2 * WIDTH_FRACTION_BITS
NONE = (1, 0)


@serial_kernel
def line_span(steps: Steps, line: int, last: int, tables: Tables) -> Pair:
    """First and last pixel of a line of pixels 0 to `last` that an entry touches; 1, 0: none.

    From ceil(m - h) to floor(m + h) with m the middle less slope times line, rounded down, and
    h = width c(t) 2^(10 - width_shift), rounded down, plus one last place; none where abs(t) >= 1.
    """
    ratio = abs(steps.ratio + line * steps.ratio_step)
    if ratio >> RATIO_FRACTION_BITS:
        return NONE
    circle = tables.circle[ratio >> (RATIO_FRACTION_BITS - CIRCLE_BITS)]
    half = (((steps.width * circle) << REACH_UP) >> steps.width_shift) + 1
    middle = (steps.middle - line * steps.slope) >> (SLOPE_FRACTION_BITS - REACH_FRACTION_BITS)
    low = (middle - half + (1 << REACH_FRACTION_BITS) - 1) >> REACH_FRACTION_BITS
    high = (middle + half) >> REACH_FRACTION_BITS
    if low > high or high < 0 or low > last:
        return NONE
    return max(low, 0), min(high, last)


@serial_kernel
def quad_span(steps: Steps, quad_line: int, last: int, tables: Tables) -> Pair:
    """First and last quad of a line of quads: from the first pixel of both lines to the last."""
    low, high = line_span(steps, 2 * quad_line, last, tables)
    low_1, high_1 = line_span(steps, 2 * quad_line + 1, last, tables)
    if low > high:
        low, high = low_1, high_1
    elif low_1 <= high_1:
        low, high = min(low, low_1), max(high, high_1)
    return (low >> 1, high >> 1) if low <= high else NONE
