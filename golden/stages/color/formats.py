"""Number formats of color: each width and binary point, once.

README.md beside this file holds the error budget that they come from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from golden.numbers.fixed import Fixed
from golden.pack.color_record import DEGREES
from golden.params import Parameters

# A tangent is cut to the operand of a multiplier, in steps of COARSE_STEP bits beyond its range.
COARSE_STEP = 5
COARSE_STEPS = 3
# Tangents of finest steps reach at least 2^TANGENT_RANGE_BITS / 2 times the focal length.
TANGENT_RANGE_BITS = 4
OPERAND_BITS = 18

RECIPROCAL_BITS = 16  # input of the table of 1/sqrt
EXPONENT_BITS = 4  # of a record's exponents
COLOR = Fixed(False, 10, 9)
LARGEST_COLOR = COLOR.max_int / (1 << COLOR.fraction_bits)
MAX_EXPONENT = (1 << EXPONENT_BITS) - 1
CONSTANT_TERM = 0.5 / math.sqrt(math.pi)


@dataclass(frozen=True)
class ColorFormats:
    """Formats of the datapath; reports/benches/bench_color_widths.py says what each width buys.

    Parameters
    ----------
    params : the parameters.
    direction_fraction_bits : of the unit vector towards the splat, 8 to 13.
    square_fraction_bits : of products of two of its coordinates, and of polynomials of these.
    basis_fraction_bits : of a basis function, 7 to 13.
    sum_fraction_bits : of a colour before it is rounded, more than COLOR has.
    factor_bits : fraction bits of the constants of the basis.
    constant_term_bits : fraction bits of the constant of degree 0.
    """

    params: Parameters
    direction_fraction_bits: int = 10
    square_fraction_bits: int = 12
    basis_fraction_bits: int = 9
    sum_fraction_bits: int = 13
    factor_bits: int = 10
    constant_term_bits: int = 14

    @property
    def screen(self) -> Fixed:
        """u or v of a splat as its record holds them, px."""
        return Fixed(True, 32, self.params.screen_fraction_bits)

    @property
    def principal(self) -> Fixed:
        """cx or cy, px, as gaussian_project has them."""
        return Fixed(True, 30, self.params.screen_fraction_bits)

    @property
    def tangent(self) -> Fixed:
        """u - cx, or v - cy, px."""
        return Fixed(True, self.screen.bits + 1, self.params.screen_fraction_bits)

    @property
    def cut_tangent(self) -> Fixed:
        """A tangent cut to a multiplier's operand; its unit is 2^(shift + COARSE_STEP steps)."""
        return Fixed(True, OPERAND_BITS)

    @property
    def axis(self) -> Fixed:
        """What a unit of a tangent adds to a coordinate of the direction; scaled by the frame."""
        return Fixed(True, OPERAND_BITS)

    @property
    def axis_shift(self) -> int:
        """Bits that are dropped from a tangent times an axis."""
        return 12

    @property
    def forward(self) -> Fixed:
        """What the optical axis adds to a coordinate, in units of the products after axis_shift."""
        return Fixed(True, OPERAND_BITS + 2, 17)

    @property
    def long_direction(self) -> Fixed:
        """A coordinate of the direction before it is normalised: two products and a constant."""
        product = self.cut_tangent.bits + self.axis.bits + 1 - self.axis_shift
        return Fixed(True, product + 1, 17)

    @property
    def scale_shift_bits(self) -> int:
        """Bits of the shift that makes the longest coordinate of a direction an operand's length.

        Vectors that are shorter than its largest shift makes up for are less exact.
        """
        return 4

    @property
    def mantissa(self) -> Fixed:
        """A coordinate moved up so that the longest is 2^(OPERAND_BITS - 2) or more."""
        return Fixed(True, OPERAND_BITS)

    @property
    def reciprocal(self) -> Fixed:
        """1/sqrt of a number of 1 to 4, and half of it."""
        return Fixed(False, OPERAND_BITS - 1, OPERAND_BITS - 1)

    @property
    def direction(self) -> Fixed:
        """A coordinate of the unit vector, -1 to 1."""
        return Fixed(True, self.direction_fraction_bits + 2, self.direction_fraction_bits)

    @property
    def square(self) -> Fixed:
        """A product of two coordinates, -1 to 1."""
        return Fixed(True, self.square_fraction_bits + 2, self.square_fraction_bits)

    @property
    def polynomial(self) -> Fixed:
        """A polynomial of degree 2 times its constant, below 4 in size."""
        return Fixed(True, self.square_fraction_bits + 3, self.square_fraction_bits)

    @property
    def basis(self) -> Fixed:
        """A basis function, below 1 in size."""
        return Fixed(True, self.basis_fraction_bits + 1, self.basis_fraction_bits)


def room(degree: int, formats: ColorFormats) -> int:
    """Bits by which a degree's sum is moved up before it is shifted down by 15 - e.

    sum 2^(e + b - fraction bits) in units of 2^-sum_fraction_bits.
    """
    fraction_bits = formats.constant_term_bits if degree == 0 else formats.basis_fraction_bits
    return MAX_EXPONENT + DEGREES[degree].unit_exponent + formats.sum_fraction_bits - fraction_bits


def constant_factor(formats: ColorFormats) -> int:
    """Y_0 = 1 / (2 sqrt(pi)) with constant_term_bits fraction bits."""
    return round(CONSTANT_TERM * (1 << formats.constant_term_bits))


def rounding(formats: ColorFormats) -> int:
    """What a sum starts from: 1/2, and half of COLOR's last place."""
    below = formats.sum_fraction_bits - COLOR.fraction_bits
    return (1 << (formats.sum_fraction_bits - 1)) + (1 << (below - 1))
