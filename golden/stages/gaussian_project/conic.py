"""The conic: the inverse of the 2-D covariance, with one exponent for its three entries.

det = xx yy - xy^2 is exact, so a needle of 1 : 30,000 still has its true width. Beside the entries
of the covariance all factors are common to the three, so their rounding scales the conic as a
whole by 2^-15 and cannot turn it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.numbers.bits import UInt64, leading_one, normalize, round_shift
from golden.numbers.fixed import Int64
from golden.numbers.tables import reciprocal_table
from golden.stages.gaussian_project.footprint import Footprint
from golden.stages.gaussian_project.formats import ProjectionFormats


@dataclass(frozen=True, eq=False)
class Conic:
    """a, b, c of [[a, b], [b, c]], value = mantissa 2^exponent px^-2.

    Parameters
    ----------
    mantissas : (N, 3) a and c unsigned, conic_bits, b signed with as many.
    exponent : (N,) cut to -128..127.
    """

    mantissas: Int64
    exponent: Int64


def determinant(shape: Footprint, formats: ProjectionFormats) -> UInt64:
    """xx yy - xy^2, modulo 2^(2 covariance_bits), and 1 at least."""
    det = shape.xx.astype(np.uint64) * shape.yy.astype(np.uint64)
    cross = np.abs(shape.xy).astype(np.uint64)
    det = det - cross * cross
    if formats.covariance_bits < 32:
        det &= np.uint64((1 << (2 * formats.covariance_bits)) - 1)
    return det | np.uint64(1)


def conic(shape: Footprint, formats: ProjectionFormats) -> Conic:
    """(yy, -xy, xx) zm^2 2^(-2 e) / det.

    The mantissa of det is rounded down, the reciprocal and zm^2/det nearest and down, the entries
    down before and to nearest after.
    """
    b, bits = formats.mantissa, formats.params.conic_bits
    det = determinant(shape, formats)
    det_exponent = leading_one(det)
    reciprocal = reciprocal_table(b)(normalize(det, det_exponent, b))
    scale = (shape.depth_squared * reciprocal) >> b
    place = leading_one(shape.xx | shape.yy)
    sizes = np.stack((shape.yy, np.abs(shape.xy), shape.xx), axis=1)
    mantissas = round_shift(normalize(sizes, place[:, None], bits) * scale[:, None], b)
    mantissas[:, 1] *= -np.sign(shape.xy)
    exponent = place - det_exponent - bits + 3 - 2 * shape.exponent
    return Conic(mantissas, np.clip(exponent, -128, 127))
