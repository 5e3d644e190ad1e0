"""Number formats of rasterize: each width, binary point and table once.

README.md beside this file has the error budget that they come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from golden.rules import ALPHA_MIN
from golden.stages.tile_bin.entry import LOG_FRACTION_BITS

Int64 = NDArray[np.int64]

TABLE_BITS = 6  # of the index of each table of powers of two
ROOT_BITS = 13  # of the mantissa of a square root, STEP_FRACTION_BITS of them a fraction
STEP_FRACTION_BITS = 12  # of X, Y and their steps
STEP_BITS = 16  # of X and Y: they are known modulo 16, and below 8 where a pixel is worked on
DISTANCE_FRACTION_BITS = 8  # of a distance along a line, before it is scaled
EXPONENT_FRACTION_BITS = 8
TRANSMITTANCE_BITS = 16  # all of them a fraction; 1 is the largest value
TRANSMITTANCE_MIN = 7  # a pixel of less is done: 1e-4 2^16 = 6.6
SUM_INTEGER_BITS = 3  # weights add up to 1, colours are below 2, and a share is rounded up to twice

# The test of lines.
RATIO_FRACTION_BITS = 14  # of a line's distance from the centre over half the ellipse's height
RATIO_LIMIT = 256
REACH_FRACTION_BITS = 6  # of the ends of a span, px
REACH_EXPONENT_MAX = 18  # of half an ellipse's width and height, px; more are cut


@dataclass(frozen=True)
class RasterFormats:
    """Widths that the study varies, and the tables that follow from them.

    Parameters
    ----------
    square_fraction_bits : of X and Y before they are squared.
    alpha_bits : of alpha, all of them a fraction.
    sum_fraction_bits : of the colour sums.
    power_bits : of the index of the table of 2^-f.
    """

    square_fraction_bits: int = 6
    alpha_bits: int = 10
    sum_fraction_bits: int = 14
    power_bits: int = 6

    @property
    def sum_bits(self) -> int:
        """Width of a colour sum: colours are below 2, and weights add up to 1."""
        return SUM_INTEGER_BITS + self.sum_fraction_bits

    @cached_property
    def power(self) -> Int64:
        """2^-f in the middle of each interval, alpha_bits fraction bits, nearest."""
        count = 1 << self.power_bits
        middle = (np.arange(count) + 0.5) / count
        return np.rint(2.0 ** (self.alpha_bits - middle)).astype(np.int64)


EXPONENT_MAX = math.floor(-math.log2(ALPHA_MIN) * (1 << EXPONENT_FRACTION_BITS))
# sqrt(log2(e) / 2): X^2 + Y^2 is then the exponent of 2.
ROOT_SCALE = math.sqrt(math.log2(math.e) / 2)


def root_table() -> Int64:
    """sqrt(log2(e)/2) 2^(f / 2^TABLE_BITS), STEP_FRACTION_BITS fraction bits, nearest."""
    place = np.arange(1 << TABLE_BITS) / (1 << TABLE_BITS)
    return np.rint(ROOT_SCALE * 2.0 ** (STEP_FRACTION_BITS + place)).astype(np.int64)


def reach_log_table() -> Int64:
    """2^TABLE_BITS log2(rho / sqrt(log2(e)/2)) of each opacity, nearest.

    rho^2 is the exponent at which alpha is 1/255. Up, 0.7% more quads would be looked at in vain.
    """
    code = np.arange(1 << 8)
    squared = (EXPONENT_MAX + 1) / (1 << EXPONENT_FRACTION_BITS) - code / (1 << LOG_FRACTION_BITS)
    log = np.log2(np.sqrt(squared) / ROOT_SCALE)
    return np.asarray(np.rint(log * (1 << TABLE_BITS)), dtype=np.int64)


def mantissa_table(fraction_bits: int, up: bool) -> Int64:
    """2^(f / 2^TABLE_BITS) with so many fraction bits, up or down."""
    place = np.arange(1 << TABLE_BITS) / (1 << TABLE_BITS)
    exact = 2.0 ** (fraction_bits + place)
    return np.asarray(np.ceil(exact) if up else np.floor(exact), dtype=np.int64)


WIDTH_FRACTION_BITS = 8  # of the mantissa of half a width, and of the circle
HEIGHT_FRACTION_BITS = 11  # of the mantissa of half a height, and of its reciprocal
CIRCLE_BITS = 7  # of the index of the circle


def circle_table() -> Int64:
    """sqrt(1 - t^2) in the middle of each interval of t, WIDTH_FRACTION_BITS, nearest."""
    middle = (np.arange(1 << CIRCLE_BITS) + 0.5) / (1 << CIRCLE_BITS)
    exact = np.sqrt(1 - middle**2) * (1 << WIDTH_FRACTION_BITS)
    return np.asarray(np.rint(exact), dtype=np.int64)
