"""The narrow colour record: spherical harmonics of degree 0 to 3 in 32 bytes, bit for bit.

Each degree l is a block of mantissas with one exponent: sh_k = mantissa_k 2^(e_l + b_l) for the
coefficients k of that degree. The record is a little-endian number of 256 bits, fields upwards from
bit 0, mantissas coefficient by coefficient R, G, B:

====== ============ ================= ========= ==== ============
degree exponent     mantissas         bits each b    largest value
====== ============ ================= ========= ==== ============
0      bits 0-3     bits 16-51, 3     12        -10  65,504
1      bits 4-7     bits 52-96, 9     5         -10  480
2      bits 8-11    bits 97-171, 15   5         -10  480
3      bits 12-15   bits 172-255, 21  4         -9   448
====== ============ ================= ========= ==== ============

Exponents are unsigned. Mantissas are two's complement, the most negative one of a width unused.
Fields of degrees that a scene lacks are zero. Why these widths: golden/pack/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.numbers.fixed import Fixed
from golden.records import COLOR_DTYPE
from golden.scene import SH_COEFFICIENTS, Float32

Int64 = NDArray[np.int64]
UInt64 = NDArray[np.uint64]

MAX_DEGREE = 3
EXPONENT = Fixed(False, 4)
_WORD_BITS = 64


@dataclass(frozen=True)
class DegreeFormat:
    """Fields of one degree.

    Parameters
    ----------
    mantissa : format of a mantissa, signed; used from -max_int to max_int.
    unit_exponent : b; a mantissa's unit is 2^(e + b).
    exponent_bit, mantissa_bit : lowest bit of the exponent, and of the first mantissa.
    first, coefficients : of the degree; three mantissas each.
    """

    mantissa: Fixed
    unit_exponent: int
    exponent_bit: int
    mantissa_bit: int
    first: int
    coefficients: int


DEGREES = (
    DegreeFormat(Fixed(True, 12), -10, 0, 16, 0, 1),
    DegreeFormat(Fixed(True, 5), -10, 4, 52, 1, 3),
    DegreeFormat(Fixed(True, 5), -10, 8, 97, 4, 5),
    DegreeFormat(Fixed(True, 4), -9, 12, 172, 9, 7),
)


@dataclass(frozen=True, eq=False)
class ColorFields:
    """The integers of narrow colour records.

    Parameters
    ----------
    exponents : (N, 4) int64, e of each degree, 0 to 15.
    mantissas : (N, 16, 3) int64, last axis R, G, B; zero beyond the scene's degree.
    """

    exponents: Int64
    mantissas: Int64


def encode_colors(sh: Float32) -> NDArray[np.void]:
    """(N,) COLOR_DTYPE of spherical harmonics.

    e_l is the smallest exponent with which all mantissas of the degree, rounded to nearest (halves
    to even), are at most max_int; where 15 is too small for that, values are cut to the largest.

    Parameters
    ----------
    sh : (N, K, 3) float32, finite, K = 1, 4, 9 or 16.

    Raises InputError where K is of degree 4.
    """
    need_degree(sh.shape[1], "the colours")
    exponents = np.zeros((len(sh), len(DEGREES)), dtype=np.int64)
    mantissas = np.zeros((len(sh), SH_COEFFICIENTS[MAX_DEGREE], 3), dtype=np.int64)
    for degree, part in enumerate(DEGREES):
        rows = slice(part.first, part.first + part.coefficients)
        values = sh[:, rows].astype(np.float64)
        if values.shape[1] == 0:
            break
        limit = part.mantissa.max_int
        # In units of 2^b. Rounding may carry into one bit more.
        scaled = np.ldexp(values, -part.unit_exponent)
        largest = np.abs(scaled).max(axis=(1, 2))
        exponent = np.maximum(np.frexp(largest)[1] - (part.mantissa.bits - 1), 0)
        exponent += np.rint(np.ldexp(largest, -exponent)) > limit
        exponent = np.minimum(exponent, EXPONENT.max_int)
        units = np.rint(np.ldexp(scaled, -exponent[:, None, None]))
        exponents[:, degree] = exponent
        mantissas[:, rows] = np.clip(units, -limit, limit)
    return _joined(ColorFields(exponents, mantissas))


def color_fields(records: NDArray[np.generic]) -> ColorFields:
    """The integers of (N,) COLOR_DTYPE, exactly as stored."""
    words: UInt64 = records.view(COLOR_DTYPE)["words"]
    exponents = np.zeros((len(records), len(DEGREES)), dtype=np.int64)
    mantissas = np.zeros((len(records), SH_COEFFICIENTS[MAX_DEGREE], 3), dtype=np.int64)
    for degree, part in enumerate(DEGREES):
        exponents[:, degree] = _field(words, part.exponent_bit, EXPONENT.bits)
        bits = part.mantissa.bits
        for bit, k, channel in _places(part):
            raw = _field(words, bit, bits)
            mantissas[:, k, channel] = raw - ((raw >> (bits - 1)) << bits)
    return ColorFields(exponents, mantissas)


def decode_colors(records: NDArray[np.generic], coefficients: int) -> Float32:
    """(N, K, 3) float32, sh_k = mantissa_k 2^(e_l + b_l): exact.

    Parameters
    ----------
    records : (N,) COLOR_DTYPE. coefficients : K of the scene, 1, 4, 9 or 16.

    Raises InputError where K is of degree 4.
    """
    need_degree(coefficients, "the colours")
    fields = color_fields(records)
    sh = np.empty((len(records), coefficients, 3), dtype=np.float32)
    for degree, part in enumerate(DEGREES):
        rows = slice(part.first, part.first + part.coefficients)
        if part.first < coefficients:
            units = (fields.exponents[:, degree] + part.unit_exponent)[:, None, None]
            sh[:, rows] = np.ldexp(fields.mantissas[:, rows].astype(np.float64), units)
    return sh


def complaint(records: NDArray[np.generic], coefficients: int) -> str | None:
    """What encode_colors would not have written, or None."""
    fields = color_fields(records)
    for degree, part in enumerate(DEGREES):
        exponent = fields.exponents[:, degree]
        size = np.abs(fields.mantissas[:, part.first : part.first + part.coefficients])
        largest = size.max(axis=(1, 2))
        if part.first >= coefficients:
            if exponent.any() or largest.any():
                return f"a field of degree {degree} is not zero"
        elif (largest > part.mantissa.max_int).any():
            return f"a mantissa of degree {degree} is below -{part.mantissa.max_int}"
        elif ((exponent > 0) & (largest < 1 << (part.mantissa.bits - 2))).any():
            return f"an exponent of degree {degree} is not the smallest that fits"
    return None


def need_degree(coefficients: int, what: str) -> None:
    """Raises InputError where narrow records do not hold that many coefficients."""
    if coefficients > SH_COEFFICIENTS[MAX_DEGREE]:
        raise InputError(
            f"{what}: narrow colour records hold spherical harmonics of degree 0 to {MAX_DEGREE} "
            "and these have degree 4: pack with --colors float16."
        )


def _places(part: DegreeFormat) -> list[tuple[int, int, int]]:
    """Lowest bit, coefficient and channel of each mantissa of a degree."""
    return [
        (part.mantissa_bit + (3 * j + channel) * part.mantissa.bits, part.first + j, channel)
        for j in range(part.coefficients)
        for channel in range(3)
    ]


def _joined(fields: ColorFields) -> NDArray[np.void]:
    """Records of the integers."""
    records = np.zeros(len(fields.exponents), dtype=COLOR_DTYPE)
    words: UInt64 = records["words"]
    for degree, part in enumerate(DEGREES):
        _put(words, part.exponent_bit, EXPONENT.bits, fields.exponents[:, degree])
        for bit, k, channel in _places(part):
            _put(words, bit, part.mantissa.bits, fields.mantissas[:, k, channel])
    return records


def _put(words: UInt64, bit: int, bits: int, values: Int64) -> None:
    """Writes the low `bits` of values at a bit of the record, over two words where it lies so."""
    low = (values & ((1 << bits) - 1)).astype(np.uint64)
    word, shift = divmod(bit, _WORD_BITS)
    words[:, word] |= low << np.uint64(shift)
    if shift + bits > _WORD_BITS:
        words[:, word + 1] |= low >> np.uint64(_WORD_BITS - shift)


def _field(words: UInt64, bit: int, bits: int) -> Int64:
    """The unsigned number of `bits` at a bit of the record."""
    word, shift = divmod(bit, _WORD_BITS)
    value = words[:, word] >> np.uint64(shift)
    if shift + bits > _WORD_BITS:
        value = value | (words[:, word + 1] << np.uint64(_WORD_BITS - shift))
    return (value & np.uint64((1 << bits) - 1)).astype(np.int64)
