"""A list entry: a splat with its colour in 16 bytes. README.md beside this file has every bit.

power = (X^2 + Y^2) / 2 with X = p (dx + s dy), Y = r dy where `swap` is 0, and with dx and dy
exchanged where it is 1; alpha = opacity exp(-power). It is never negative, whatever the bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Fixed, Int64

Float64 = NDArray[np.float64]

ENTRY_BYTES = 16
ENTRY_DTYPE = np.dtype([("words", "<u8", 2)])  # one number of 128 bits, fields in ENTRY_FIELDS

CENTER_FRACTION_BITS = 5  # of u and v, px
FAR_FRACTION_BITS = 1  # the same where `far`
SLOPE_FRACTION_BITS = 11
LOG_FRACTION_BITS = 5  # of w1, w2 and opacity
WEIGHT_MIN_LOG2 = -30  # what code 0 of w1 and w2 stands for
FAR_WEIGHT_MIN_LOG2 = -62  # the same where `far`, with one fraction bit less
COLOR_FRACTION_BITS = 9
KEY_BITS = 20
KEY_KNEE = 15 << 16  # below, the key is the shifted depth; from there on 12 bits and an exponent
KEY_MANTISSA_BITS = 12

# Field -> lowest bit and format, from bit 0 up. Nothing lies between them.
ENTRY_FIELDS: dict[str, tuple[int, Fixed]] = {
    "u": (0, Fixed(True, 18, CENTER_FRACTION_BITS)),
    "v": (18, Fixed(True, 18, CENTER_FRACTION_BITS)),
    "swap": (36, Fixed(False, 1)),
    "slope": (37, Fixed(True, 12, SLOPE_FRACTION_BITS)),
    "w1": (49, Fixed(False, 10, LOG_FRACTION_BITS)),
    "w2": (59, Fixed(False, 10, LOG_FRACTION_BITS)),
    "opacity": (69, Fixed(False, 8, LOG_FRACTION_BITS)),
    "red": (77, Fixed(False, 10, COLOR_FRACTION_BITS)),
    "green": (87, Fixed(False, 10, COLOR_FRACTION_BITS)),
    "blue": (97, Fixed(False, 10, COLOR_FRACTION_BITS)),
    "far": (107, Fixed(False, 1)),
    "key": (108, Fixed(False, KEY_BITS)),
}
ENTRY_BITS = 8 * ENTRY_BYTES
_WORD_BITS = 64

# An empty list is sent on as this entry: it reaches no pixel of any picture.
NULL_FIELDS = {
    "u": -(1 << 17),
    "v": -(1 << 17),
    "w1": 1023,
    "w2": 1023,
    "opacity": 255,
    "key": (1 << KEY_BITS) - 1,
}


@dataclass(frozen=True, eq=False)
class DecodedEntries:
    """Entries as numbers, (N, ...) float64 where nothing is said.

    Parameters
    ----------
    mean2d : (N, 2) u, v, px.
    swap : (N,) bool, the pivot is c: exchange dx and dy.
    slope : s.
    p2, r2 : squares of p and r, px^-2.
    conic : (N, 3) a, b, c, px^-2, which the four above make.
    opacity : 2^-7.97 to 1.
    color : (N, 3) R, G, B, 0 to 1023/512.
    key : (N,) int64, depth key.
    """

    mean2d: Float64
    swap: NDArray[np.bool_]
    slope: Float64
    p2: Float64
    r2: Float64
    conic: Float64
    opacity: Float64
    color: Float64
    key: Int64


def pack_fields(fields: dict[str, Int64]) -> NDArray[np.void]:
    """(N,) ENTRY_DTYPE of the integers of each field; those that are not named are 0.

    Raises ValueError where a value does not fit its field.
    """
    words = np.zeros((len(next(iter(fields.values()))), 2), np.uint64)
    for name, values in fields.items():
        place, fixed = ENTRY_FIELDS[name]
        if len(values) and not fixed.min_int <= values.min() <= values.max() <= fixed.max_int:
            raise ValueError(
                f"{name} has values from {values.min()} to {values.max()}: "
                f"its {fixed.bits} bits hold {fixed.min_int} to {fixed.max_int}."
            )
        bits = values.astype(np.int64).astype(np.uint64) & np.uint64((1 << fixed.bits) - 1)
        word, shift = divmod(place, _WORD_BITS)
        words[:, word] |= bits << np.uint64(shift)
        if shift + fixed.bits > _WORD_BITS:
            words[:, word + 1] |= bits >> np.uint64(_WORD_BITS - shift)
    entries = np.zeros(len(words), ENTRY_DTYPE)
    entries["words"] = words
    return entries


def unpack_fields(entries: NDArray[np.void]) -> dict[str, Int64]:
    """The integers of every field, (N,) int64 each, signed where the field is."""
    words, fields = entries["words"], {}
    for name, (place, fixed) in ENTRY_FIELDS.items():
        word, shift = divmod(place, _WORD_BITS)
        bits = words[:, word] >> np.uint64(shift)
        if shift + fixed.bits > _WORD_BITS:
            bits = bits | words[:, word + 1] << np.uint64(_WORD_BITS - shift)
        unused = np.uint64(_WORD_BITS - fixed.bits)
        moved = bits << unused
        fields[name] = (
            moved.view(np.int64) >> unused.astype(np.int64)
            if fixed.signed
            else (moved >> unused).astype(np.int64)
        )
    return fields


def null_entry() -> NDArray[np.void]:
    """(1,) ENTRY_DTYPE, the entry that stands for an empty list."""
    return pack_fields({name: np.array([value]) for name, value in NULL_FIELDS.items()})


def depth_keys(entries: NDArray[np.void]) -> Int64:
    """(N,) depth keys of entries."""
    place = ENTRY_FIELDS["key"][0] - _WORD_BITS
    keys: Int64 = (entries["words"][:, 1] >> np.uint64(place)).astype(np.int64)
    return keys


def decode(entries: NDArray[np.void]) -> DecodedEntries:
    """What entries stand for; exact in float64 but for the powers of two of fractions."""
    fields = unpack_fields(entries)
    far = fields["far"].astype(np.bool_)
    unit = np.where(far, 2.0**-FAR_FRACTION_BITS, 2.0**-CENTER_FRACTION_BITS)
    step = np.where(far, 2.0, 1.0) * 2.0**-LOG_FRACTION_BITS
    least = np.where(far, FAR_WEIGHT_MIN_LOG2, WEIGHT_MIN_LOG2)
    slope = np.ldexp(fields["slope"].astype(np.float64), -SLOPE_FRACTION_BITS)
    color = np.stack([fields[name] for name in ("red", "green", "blue")], axis=1)
    p2, r2 = (np.exp2(fields[name] * step + least) for name in ("w1", "w2"))
    swap = fields["swap"].astype(np.bool_)
    minor = p2 * slope * slope + r2
    a, c = np.where(swap, minor, p2), np.where(swap, p2, minor)
    return DecodedEntries(
        mean2d=np.stack((fields["u"] * unit, fields["v"] * unit), axis=1),
        swap=swap,
        slope=slope,
        p2=p2,
        r2=r2,
        conic=np.stack((a, p2 * slope, c), axis=1),
        opacity=np.exp2(-fields["opacity"] * 2.0**-LOG_FRACTION_BITS),
        color=np.ldexp(color.astype(np.float64), -COLOR_FRACTION_BITS),
        key=fields["key"],
    )
