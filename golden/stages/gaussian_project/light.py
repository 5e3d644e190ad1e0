"""What antialiasing takes of a splat's opacity: its low pass spreads the light over more pixels.

    opacity' = opacity sqrt(det(cov2d - low pass) / det(cov2d)) = opacity 2^-loss

Both determinants are exact, so a needle's is as good as its footprint; their ratio is a difference
of logarithms, so no wide product follows them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Int64
from golden.numbers.logarithm import LOG_TABLE_BITS, POWER_BITS, log2_of, power_table
from golden.stages.gaussian_project.conic import determinant
from golden.stages.gaussian_project.footprint import Footprint
from golden.stages.gaussian_project.formats import ProjectionFormats

# The whole part of a loss is cut to this, by which nothing is left that could show.
WHOLE_MAX = 15
# An opacity below 2^8 / 65535 is 0.4% below 1/255, more than the two logarithms can be off by.
FAINT_BITS = 8


def light_loss(shape: Footprint, formats: ProjectionFormats) -> Int64:
    """(N,) -log2 of the share of light that is kept, 0 or more, 9 fraction bits, cut downwards.

    Of determinants of 0 or less, which only rounding makes, the logarithm is that of 1.
    """
    product = shape.sharp_xx.astype(np.uint64) * shape.sharp_yy.astype(np.uint64)
    cross = np.abs(shape.xy).astype(np.uint64)
    cross *= cross
    sharp = np.where(product > cross, product - cross, np.uint64(0))
    both = log2_of(determinant(shape, formats)) - log2_of(sharp)
    loss: Int64 = np.maximum(both, 0) >> 1
    return loss


def lessened(opacity: NDArray[np.unsignedinteger], loss: Int64) -> Int64:
    """(N,) floor(opacity 2^-loss), 65535ths; a loss of 0 takes nothing."""
    mantissa = power_table()[loss & ((1 << LOG_TABLE_BITS) - 1)]
    whole = np.minimum(loss >> LOG_TABLE_BITS, WHOLE_MAX)
    less: Int64 = (opacity.astype(np.int64) * mantissa) >> (POWER_BITS + whole)
    return less
