"""What a Gaussian covers: its reach on the screen, widened by what may be off, and its tiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import ceil_shift, leading_one, normalize
from golden.numbers.fixed import Int64
from golden.numbers.tables import square_root_table
from golden.rules import TILE_PX
from golden.stages.gaussian_project.constants import (
    POSITION_MANTISSA_BITS,
    GaussianProjectConstants,
)
from golden.stages.gaussian_project.footprint import Footprint
from golden.stages.gaussian_project.formats import (
    DEPTH_TRUST_BITS,
    FOOTPRINT_MARGIN,
    MAX_EXTENT_SHIFT,
    REACH_FRACTION_BITS,
    ProjectionFormats,
)
from golden.stages.gaussian_project.place import Place

Bool = NDArray[np.bool_]
# (reach factor) x (1/z's mantissa) loses its last bits down to those of 1/z's mantissa squared.
REACH_SHIFT = REACH_FRACTION_BITS + 2
RECIPROCAL_MARGIN = 2
TILE_SHIFT = TILE_PX.bit_length() - 1


@dataclass(frozen=True, eq=False)
class Cover:
    """What N Gaussians cover of the picture.

    Parameters
    ----------
    extent_px : (N, 2) half width and height, rounded up, cut at 65535.
    tile_rect : (N, 4) tiles x0, y0, x1, y1, the last two not included.
    empty : (N,) bool, no pixel centre of the picture is covered; tile_rect means nothing then.
    """

    extent_px: Int64
    tile_rect: Int64
    empty: Bool


def reach(
    members: NDArray[np.void], where: Place, shape: Footprint, formats: ProjectionFormats
) -> Int64:
    """k sqrt(cov_xx), k sqrt(cov_yy), rounded up, (N, 2), S fraction bits, cut to extent_bits.

    k/zm times (ceil sqrt(xx) + FOOTPRINT_MARGIN + turned) times 2^exponent, where `turned` is what
    the error of t in the Jacobian can add: below 4 delta/z times |L| <= 2^(W - 1), so
    2^(W + 1 - trust) + 1 with 2^-trust >= delta/z.
    """
    w = formats.params.factor_bits
    trust = np.clip(where.depth_exponent - where.error_exponent, DEPTH_TRUST_BITS, w + 2)
    turned = (np.int64(1 << (w + 1)) >> trust) + 1
    b, s = formats.mantissa, formats.params.screen_fraction_bits
    factor = members["geometry"]["reach_factor"].astype(np.int64)
    scaled = (factor * (where.reciprocal + RECIPROCAL_MARGIN) >> REACH_SHIFT) + 1
    scaled = np.minimum(scaled, (1 << b) - 1)  # for factors beyond 3.33, which no pack holds
    variance = np.stack((shape.xx, shape.yy), axis=1)
    even = leading_one(variance) & ~np.int64(1)
    root = square_root_table(b)(normalize(variance, even + 1, b))
    sigma = ceil_shift(root, b - 1 - even // 2) + FOOTPRINT_MARGIN + turned[:, None]
    product = scaled[:, None] * sigma
    # Exponents reach 15 > B - 2 - S: a shift up first, so that one down is left.
    shift = (b - 2 - s - shape.exponent)[:, None]
    length = ceil_shift(product << np.maximum(-shift, 0), np.maximum(shift, 0))
    cut: Int64 = np.minimum(length, (1 << formats.extent_bits) - 1)
    return cut


def margin(where: Place, k: GaussianProjectConstants, formats: ProjectionFormats) -> Int64:
    """Bound of the error of a place on the screen, (N,), S fraction bits, cut to extent_bits.

    screen_margin 4^h + position margin 2^h delta / z, where |t| < 2^(bound_bits + h).
    """
    top = (1 << formats.extent_bits) - 1
    size = np.abs(where.tangent)
    doublings = np.maximum(leading_one(size[:, 0] | size[:, 1]) + 1 - k.bound_bits, 0)
    near = (where.reciprocal >> (formats.mantissa - POSITION_MANTISSA_BITS)) + 1
    product = k.position_mantissa * near
    exponent = k.position_exponent + where.error_exponent + doublings - where.depth_exponent
    exponent -= POSITION_MANTISSA_BITS
    # 8 + 9 bits: beyond extent_bits all is one, and far enough below one place is left.
    up = np.clip(exponent, 0, formats.extent_bits)
    down = np.clip(-exponent, 0, 2 * POSITION_MANTISSA_BITS + 1)
    position = np.minimum(ceil_shift(product << up, down), top)
    screen = np.minimum(k.screen_margin << (2 * doublings), top)
    total: Int64 = np.minimum(position + screen, top)
    return total


def cover(
    members: NDArray[np.void],
    where: Place,
    shape: Footprint,
    k: GaussianProjectConstants,
    formats: ProjectionFormats,
) -> Cover:
    """Pixel centres within the extent of the place, in tiles of 16 px.

    extent = reach (1 + 2^-r) + margin, 2^-r >= 2 (error of depth) / z, r at most
    MAX_EXTENT_SHIFT. All of the picture where z is below 2^DEPTH_TRUST_BITS of its error, and of
    an axis where the extent does not fit its bits.
    """
    s = formats.params.screen_fraction_bits
    top = (1 << formats.extent_bits) - 1
    trust = where.depth_exponent - where.error_exponent
    lost = trust < DEPTH_TRUST_BITS
    length = reach(members, where, shape, formats)
    grown = np.clip(trust - 1, 0, MAX_EXTENT_SHIFT)[:, None]
    length = length + (length >> grown) + 1 + margin(where, k, formats)[:, None]
    length = np.minimum(length, top)

    center = where.tangent + k.principal
    half = 1 << (s - 1)
    first = np.maximum((center - length + half - 1) >> s, 0)
    last = np.minimum((center + length - half) >> s, k.last_pixel)
    everywhere = lost[:, None] | (length == top)
    first = np.where(everywhere, 0, first)
    last = np.where(everywhere, k.last_pixel, last)
    rect = np.concatenate((first >> TILE_SHIFT, (last >> TILE_SHIFT) + 1), axis=1)
    return Cover(
        extent_px=np.minimum(ceil_shift(length, s), 0xFFFF),
        tile_rect=rect,
        empty=np.asarray((first > last).any(axis=1)),
    )
