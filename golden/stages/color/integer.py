"""Stage 4, color, in integers: what the hardware computes, bit for bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Int64
from golden.pack.color_record import DEGREES, ColorFields, color_fields
from golden.params import Parameters
from golden.stages.color.basis import basis
from golden.stages.color.constants import ColorConstants
from golden.stages.color.direction import direction
from golden.stages.color.formats import (
    COLOR,
    MAX_EXPONENT,
    ColorFormats,
    constant_factor,
    room,
    rounding,
)

CHUNK_ROWS = 1 << 14
CHANNELS = 3


def color(
    splats: NDArray[np.void],
    records: NDArray[np.generic],
    constants: ColorConstants,
    params: Parameters,
    formats: ColorFormats | None = None,
) -> NDArray[np.uint16]:
    """(M, 3) R, G, B of the splats, format COLOR, 0 to 1023: 0 to 2, cut at both.

    Parameters
    ----------
    splats : (M,) SPLAT_DTYPE, of which mean2d is read, and index.
    records : (N,) COLOR_DTYPE, the pack's narrow colours; splat i has records[index[i]]. Fields of
        degrees that the scene lacks are zero, so nothing else says the degree.
    formats : those of the hardware where not given.
    """
    return cut(uncut_color(splats, records, constants, params, formats))


def uncut_color(
    splats: NDArray[np.void],
    records: NDArray[np.generic],
    constants: ColorConstants,
    params: Parameters,
    formats: ColorFormats | None = None,
) -> Int64:
    """(M, 3) the same in units of COLOR, before they are cut to its range."""
    formats = formats or ColorFormats(params)
    colors = np.empty((len(splats), CHANNELS), dtype=np.int64)
    for first in range(0, len(splats), CHUNK_ROWS):
        rows = splats[first : first + CHUNK_ROWS]
        functions = basis(direction(rows["mean2d"], constants, formats), formats)
        fields = color_fields(records[rows["index"]])
        colors[first : first + CHUNK_ROWS] = evaluate(functions, fields, formats)
    return colors


def evaluate(functions: Int64, fields: ColorFields, formats: ColorFormats) -> Int64:
    """(N, 3) colours in units of COLOR: 1/2 + sum_k Y_k sh_k, to nearest.

    A degree's sum of products is exact, and is cut to sum_fraction_bits, down, after its shift by
    the record's exponent. Their sum is exact: no number of a record can overflow it.

    Parameters
    ----------
    functions : (N, 15) Y_1 to Y_15, format `basis`.
    fields : of N records.
    """
    total = np.full((len(functions), CHANNELS), rounding(formats), dtype=np.int64)
    for degree, part in enumerate(DEGREES):
        rows = slice(part.first, part.first + part.coefficients)
        mantissas = fields.mantissas[:, rows]
        if degree == 0:
            products = mantissas[:, 0] * constant_factor(formats)
        else:
            first = part.first - 1
            products = mantissas[:, 0] * functions[:, first : first + 1]
            for j in range(1, part.coefficients):
                products += mantissas[:, j] * functions[:, first + j : first + j + 1]
        up = MAX_EXPONENT - fields.exponents[:, degree]
        total += (products << room(degree, formats)) >> up[:, None]
    colors: Int64 = total >> (formats.sum_fraction_bits - COLOR.fraction_bits)
    return colors


def cut(uncut: Int64) -> NDArray[np.uint16]:
    """Colours in units of COLOR, cut to its range."""
    return np.clip(uncut, 0, COLOR.max_int).astype(np.uint16)


def colors_of(integers: NDArray[np.uint16]) -> NDArray[np.float64]:
    """(M, 3) float64, the integer colours as numbers."""
    return np.ldexp(integers.astype(np.float64), -COLOR.fraction_bits)
