"""A pixel: its exponent, its alpha, and what an entry adds to it."""

from __future__ import annotations

from typing import NamedTuple

from golden.jit import serial_kernel
from golden.stages.rasterize.formats import (
    EXPONENT_FRACTION_BITS,
    EXPONENT_MAX,
    STEP_BITS,
    STEP_FRACTION_BITS,
    TRANSMITTANCE_BITS,
    Int64,
    RasterFormats,
)
from golden.stages.tile_bin.entry import COLOR_FRACTION_BITS


class Widths(NamedTuple):
    """golden.stages.rasterize.formats.RasterFormats for the kernels."""

    square_fraction_bits: int
    alpha_bits: int
    sum_fraction_bits: int
    power_bits: int


OUTSIDE = -1  # no alpha: the entry does not reach the pixel


def widths_of(formats: RasterFormats) -> Widths:
    """The same numbers, as kernels take them."""
    return Widths(
        formats.square_fraction_bits,
        formats.alpha_bits,
        formats.sum_fraction_bits,
        formats.power_bits,
    )


@serial_kernel
def squared(value: int, widths: Widths) -> int:
    """X^2 of X modulo 16, 2 square_fraction_bits; X first to nearest, and cut below 4."""
    half = 1 << (STEP_BITS - 1)
    wrapped = ((value + half) & (2 * half - 1)) - half
    down = STEP_FRACTION_BITS - widths.square_fraction_bits
    size = (abs(wrapped) + ((1 << down) >> 1)) >> down
    size = min(size, (4 << widths.square_fraction_bits) - 1)
    return size * size


@serial_kernel
def alpha_of(square: int, opacity: int, limit: int, power: Int64, widths: Widths) -> int:
    """min(limit, 2^-e), e = X^2 + Y^2 - log2 o, alpha_bits fraction bits; OUTSIDE if e > log2 255.

    Parameters
    ----------
    square : X^2 + Y^2, 2 square_fraction_bits; cut to EXPONENT_FRACTION_BITS, rounded down.
    opacity : -log2 o. power : table of 2^-f.
    """
    down = 2 * widths.square_fraction_bits - EXPONENT_FRACTION_BITS
    exponent = (square >> down) + opacity
    if exponent > EXPONENT_MAX:
        return OUTSIDE
    index = exponent & ((1 << EXPONENT_FRACTION_BITS) - 1)
    whole = exponent >> EXPONENT_FRACTION_BITS
    mantissa = power[index >> (EXPONENT_FRACTION_BITS - widths.power_bits)]
    alpha = (mantissa + ((1 << whole) >> 1)) >> whole
    return int(min(alpha, limit))


@serial_kernel
def weight_of(transmittance: int, alpha: int, widths: Widths) -> int:
    """T alpha to nearest, TRANSMITTANCE_BITS."""
    return (transmittance * alpha + (1 << (widths.alpha_bits - 1))) >> widths.alpha_bits


@serial_kernel
def share(weight: int, color: int, widths: Widths) -> int:
    """What a weight adds to a colour's sum: the product to nearest."""
    down = TRANSMITTANCE_BITS + COLOR_FRACTION_BITS - widths.sum_fraction_bits
    return (weight * color + (1 << (down - 1))) >> down
