"""From a splat with its colour to a list entry, by integers only, as the hardware does it.

    w1 = max(a, c), s = b / w1, w2 = (a c - b^2) / w1

Logarithms come from one table of 512 entries, by the ten highest bits of a number: half of an
interval is 2^-10.5, a thirtieth of a code of w1. The determinant is exact, so w2 is as good for a
needle as the splat's mantissas are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.numbers.bits import leading_one, normalize
from golden.numbers.fixed import Int64, shift_round_half_up
from golden.numbers.logarithm import LOG_TABLE_BITS, log2_of
from golden.numbers.tables import reciprocal_table
from golden.params import Parameters
from golden.stages.tile_bin.entry import (
    CENTER_FRACTION_BITS,
    ENTRY_FIELDS,
    FAR_FRACTION_BITS,
    FAR_WEIGHT_MIN_LOG2,
    KEY_BITS,
    KEY_KNEE,
    KEY_MANTISSA_BITS,
    LOG_FRACTION_BITS,
    SLOPE_FRACTION_BITS,
    WEIGHT_MIN_LOG2,
    pack_fields,
)

RECIPROCAL_BITS = 18
_ROUNDED_BITS = LOG_TABLE_BITS - LOG_FRACTION_BITS
OPACITY_LOG2 = 16  # 65535 stands for 1


def encode(
    splats: NDArray[np.void], colors: NDArray[np.integer], depth_shift: int, params: Parameters
) -> NDArray[np.void]:
    """(N,) ENTRY_DTYPE of splats and their colours.

    Parameters
    ----------
    splats : (N,) SPLAT_DTYPE.
    colors : (N, 3) R, G, B, 0 to 1023, 9 fraction bits.
    depth_shift : of depth_key.
    """
    fields, halvings = _center(splats, params)
    fields |= _shape(splats, fields["far"], halvings)
    fields["opacity"] = _opacity(splats["opacity"].astype(np.int64))
    for channel, name in enumerate(("red", "green", "blue")):
        fields[name] = colors[:, channel].astype(np.int64)
    fields["key"] = depth_key(splats["depth"].astype(np.int64), depth_shift)
    return pack_fields(fields)


def depth_key(depth: Int64, depth_shift: int) -> Int64:
    """Key of depths below 2^32: never falls as the depth grows.

    d = floor(depth / 2^depth_shift) below KEY_KNEE = 15 2^16; from there on
    KEY_KNEE + 2^12 (floor(log2 d) - 19) + the 12 bits below d's leading one.
    """
    shifted = depth >> depth_shift
    place = np.maximum(leading_one(shifted), KEY_BITS - 1)
    mantissa = shifted >> (place - KEY_MANTISSA_BITS) & ((1 << KEY_MANTISSA_BITS) - 1)
    beyond = KEY_KNEE + ((place - (KEY_BITS - 1)) << KEY_MANTISSA_BITS) + mantissa
    return np.where(shifted < KEY_KNEE, shifted, beyond)


def _center(splats: NDArray[np.void], params: Parameters) -> tuple[dict[str, Int64], Int64]:
    """u, v and far; and how often the splat is halved about pixel (0, 0), so that u and v fit.

    far: u or v to nearest does not fit 18 bits with 5 fraction bits, so both have one. Beyond
    +-2^16 px the place is divided by 2^h, and the conic has to be multiplied by 4^h.
    """
    s = params.screen_fraction_bits
    place = splats["mean2d"].astype(np.int64)
    limit = ENTRY_FIELDS["u"][1]
    finer = max(CENTER_FRACTION_BITS - s, 0)
    near = shift_round_half_up(place << finer, s + finer - CENTER_FRACTION_BITS)
    far = np.asarray(((near < limit.min_int) | (near > limit.max_int)).any(axis=1))
    # Of a negative number its complement: what is above the highest bit that fits says how often.
    size: Int64 = np.where(place < 0, ~place, place)
    top = leading_one(size[:, 0] | size[:, 1])
    least = s - FAR_FRACTION_BITS
    halvings = np.maximum(top - (limit.bits - 2 + least), 0)
    shift = least + halvings
    whole = (place + (np.int64(1) << (shift - 1))[:, None]) >> shift[:, None]
    whole = np.minimum(whole, limit.max_int)
    chosen = np.where(far[:, None], whole, near)
    return {"u": chosen[:, 0], "v": chosen[:, 1], "far": far.astype(np.int64)}, halvings


def _shape(splats: NDArray[np.void], far: Int64, halvings: Int64) -> dict[str, Int64]:
    """swap, slope, w1 and w2. A determinant of 0 or less counts as 1: an endless needle."""
    a, b, c = (splats["conic"][:, n].astype(np.int64) for n in range(3))
    swap = c > a
    pivot = np.where(swap, c, a)
    exponent = (splats["conic_exponent"].astype(np.int64) + 2 * halvings) << LOG_TABLE_BITS
    det = np.maximum(a * c - b * b, 1)
    log_pivot = log2_of(pivot)
    return {
        "swap": swap.astype(np.int64),
        "slope": _slope(b, pivot),
        "w1": _weight(log_pivot + exponent, far),
        "w2": _weight(log2_of(det) - log_pivot + exponent, far),
    }


def _slope(b: Int64, pivot: Int64) -> Int64:
    """b / pivot, 11 fraction bits, nearest but for 2^-17, cut to +-2047.

    Both as 18 bits from the pivot's leading one down; a b that is larger by a last place is cut.
    """
    place = leading_one(pivot)
    top = (1 << RECIPROCAL_BITS) - 1
    size = np.minimum(normalize(np.abs(b), place, RECIPROCAL_BITS), top)
    reciprocal = reciprocal_table(RECIPROCAL_BITS)(normalize(pivot, place, RECIPROCAL_BITS))
    shift = 2 * RECIPROCAL_BITS - 1 - SLOPE_FRACTION_BITS
    slope = shift_round_half_up(size * reciprocal, shift)
    return np.sign(b) * np.minimum(slope, ENTRY_FIELDS["slope"][1].max_int)


def _weight(log: Int64, far: Int64) -> Int64:
    """Code of w1 or w2 from its logarithm, to nearest, cut to its 10 bits.

    2^-30 to 2^(2 - 1/32) px^-2; where far with one fraction bit less, from 2^-62 on.
    """
    near_code = shift_round_half_up(log, _ROUNDED_BITS) - (WEIGHT_MIN_LOG2 << LOG_FRACTION_BITS)
    far_code = shift_round_half_up(log, _ROUNDED_BITS + 1)
    far_code = far_code - (FAR_WEIGHT_MIN_LOG2 << (LOG_FRACTION_BITS - 1))
    code = np.where(far, far_code, near_code)
    return np.clip(code, 0, ENTRY_FIELDS["w1"][1].max_int)


def _opacity(opacity: Int64) -> Int64:
    """-log2 of an opacity in 65535ths, to nearest; 255, which is 1/250.6, for all below."""
    code = shift_round_half_up((OPACITY_LOG2 << LOG_TABLE_BITS) - log2_of(opacity), _ROUNDED_BITS)
    return np.clip(code, 0, ENTRY_FIELDS["opacity"][1].max_int)
