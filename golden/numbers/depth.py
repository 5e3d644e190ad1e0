"""Depths of any range in 32 bits: linear where the scene is, by octaves beyond, always in order.

A depth is z 2^k, z a positive integer in the unit of its cluster, k that unit's exponent. With
E = floor(log2 z) + k:

    E < 31:   code = z 2^k                              exact
    E >= 31:  code = 2^31 + (E - 31) 2^23 + the 23 bits of z below its highest, zeros below

so codes compare as depths do, and a renderer that sorts by them as if they were linear is right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import leading_one, normalize
from golden.numbers.fixed import Int64

CODE_BITS = 32
LINEAR_BITS = CODE_BITS - 1
# Bits below the leading one that an octave keeps: 8 bits of octaves are left.
OCTAVE_BITS = 23
OCTAVES = 1 << (LINEAR_BITS - OCTAVE_BITS)


def depth_code(z: Int64, exponent: Int64) -> Int64:
    """Codes of z 2^exponent, rounded down; z >= 1, exponents 0 to 255. An octave beyond the last
    is cut to it."""
    place = leading_one(z)
    octave = np.minimum(place + exponent - LINEAR_BITS, OCTAVES - 1)
    below = normalize(z, place, OCTAVE_BITS + 1) - (1 << OCTAVE_BITS)
    far = (1 << LINEAR_BITS) + (octave << OCTAVE_BITS) + below
    near = z << np.where(octave < 0, exponent, 0)
    code: Int64 = np.where(octave < 0, near, far)
    return code


def depth_of_code(code: NDArray[np.integer]) -> NDArray[np.float64]:
    """What codes stand for, in the unit of exponent 0: exact where linear, else rounded down."""
    whole = code.astype(np.int64)
    octave = (whole >> OCTAVE_BITS) & (OCTAVES - 1)
    mantissa = (1 << OCTAVE_BITS) + (whole & ((1 << OCTAVE_BITS) - 1))
    far = np.ldexp(mantissa.astype(np.float64), octave + LINEAR_BITS - OCTAVE_BITS)
    depth: NDArray[np.float64] = np.where(whole < 1 << LINEAR_BITS, whole, far)
    return depth
