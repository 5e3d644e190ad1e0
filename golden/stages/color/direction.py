"""The direction from the camera to a splat, from its place on the screen."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import leading_one, round_shift
from golden.numbers.fixed import Int64
from golden.numbers.tables import GUARD_BITS, INDEX_BITS, LinearTable
from golden.stages.color.constants import ColorConstants
from golden.stages.color.formats import (
    COARSE_STEP,
    COARSE_STEPS,
    OPERAND_BITS,
    RECIPROCAL_BITS,
    ColorFormats,
)


@cache
def reciprocal_root_table(bits: int, output_bits: int) -> LinearTable:
    """1/sqrt(v): v in [2^(bits - 2), 2^bits) is a number cut to [1, 4), y in (1/2, 1].

    y = 2^output_bits / sqrt((v + 1/2) / 2^(bits - 2)), within 2 of the last place for 17 bits of
    output (tests/golden/color/test_direction.py): the middle of what v stands for. What is below 1
    is read as 0.
    """
    fraction_bits = bits - INDEX_BITS
    starts = (np.arange((1 << INDEX_BITS) + 1) << fraction_bits).astype(np.float64) + 0.5
    one = 2.0 ** (output_bits + GUARD_BITS)
    exact = one / np.sqrt(starts / 2.0 ** (bits - 2))
    middle = one / np.sqrt((starts[1:] + starts[:-1]) / 2.0 ** (bits - 1))
    # The chord of a convex curve lies above it: half of that below the ends halves the error. Both
    # cuts of the reading add 1/2 of base's last place in the mean: 1 less takes them back.
    sag = ((exact[1:] + exact[:-1]) / 2 - middle) / 2
    used = np.arange(1 << INDEX_BITS) >= 1 << (INDEX_BITS - 2)
    return LinearTable(
        input_bits=bits,
        fraction_bits=fraction_bits,
        output_bits=output_bits,
        rounding=2,
        base=np.where(used, np.rint(exact[:-1] - sag - 1), 0).astype(np.int64),
        slope=np.where(used, np.rint(exact[:-1] - exact[1:]), 0).astype(np.int64),
        falling=True,
    )


def direction(mean2d: NDArray[np.int32], k: ColorConstants, formats: ColorFormats) -> Int64:
    """(N, 3) unit vectors towards the splats, world space, format `direction`.

    t = (u - cx, v - cy) / 2^(shift + COARSE_STEP n), down, n the least with which both fit;
    d = floor((t_x axis_x + t_y axis_y) / 2^axis_shift) + floor(forward / 2^(COARSE_STEP n));
    m = d 2^up, the longest of an operand's length; r = 1/sqrt(m . m) by a table, rounded;
    d / |d| = m r, to nearest.

    Parameters
    ----------
    mean2d : (N, 2) u, v of the splats' records.
    """
    long = long_direction(mean2d, k, formats)
    place = leading_one(np.abs(long).max(axis=1))
    top = formats.long_direction.bits - 1
    up = np.minimum(top - place, (1 << formats.scale_shift_bits) - 1)
    mantissa = (long << up[:, None]) >> (top + 2 - OPERAND_BITS)
    squared = (mantissa * mantissa).sum(axis=1)
    # Up to 3 (2^17)^2: 1 to 4 in units of 2^34 or 2^32.
    above = squared >> (2 * OPERAND_BITS - 2) > 0
    kept = np.where(above, squared >> 2, squared) >> (2 * OPERAND_BITS - 2 - RECIPROCAL_BITS)
    table = reciprocal_root_table(RECIPROCAL_BITS, formats.reciprocal.bits)
    reciprocal = table(kept) >> above
    # m has 16 fraction bits, or 17 where the root is above 2: 1 is halved there.
    return round_shift(
        mantissa * reciprocal[:, None],
        OPERAND_BITS - 2 + formats.reciprocal.fraction_bits - formats.direction_fraction_bits,
    )


def long_direction(mean2d: NDArray[np.int32], k: ColorConstants, formats: ColorFormats) -> Int64:
    """(N, 3) d of `direction`, format `long_direction`: towards the splats, of any length."""
    shifted = (mean2d.astype(np.int64) - k.principal) >> k.shift
    # Bits beyond the operand: of the magnitude, with the sign's complement for negative numbers.
    size = np.bitwise_or.reduce(shifted ^ (shifted >> 63), axis=1)
    steps = np.zeros(len(size), dtype=np.int64)
    for n in range(COARSE_STEPS):
        steps += size >> (OPERAND_BITS - 1 + COARSE_STEP * n) > 0
    cut = shifted >> (COARSE_STEP * steps)[:, None]
    product = (cut[:, :1] * k.axis[0] + cut[:, 1:] * k.axis[1]) >> formats.axis_shift
    result: Int64 = product + (k.forward >> (COARSE_STEP * steps)[:, None])
    return result
