"""Real spherical harmonics of degree 1 to 3 of integer unit vectors.

Each function is a constant times a polynomial of degree 2 at most, times a coordinate where its
degree is 3: with the polynomials shared, 13 products of two variables for all 15.
"""

from __future__ import annotations

import math

import numpy as np

from golden.numbers.bits import round_shift
from golden.numbers.fixed import Int64
from golden.stages.color.formats import ColorFormats

# Degree 1: coordinate and constant of Y_1 to Y_3.
_LINEAR = math.sqrt(3 / (4 * math.pi))
LINEAR = (("y", -_LINEAR), ("z", _LINEAR), ("x", -_LINEAR))

# Polynomials of degree 2 by name: integer weights of squares and products; `one` is 1.
POLYNOMIALS: dict[str, dict[str, int]] = {
    "xy": {"xy": 1},
    "yz": {"yz": 1},
    "3zz-1": {"zz": 3, "one": -1},
    "xz": {"xz": 1},
    "xx-yy": {"xx": 1, "yy": -1},
    "3xx-yy": {"xx": 3, "yy": -1},
    "5zz-1": {"zz": 5, "one": -1},
    "5zz-3": {"zz": 5, "one": -3},
    "xx-3yy": {"xx": 1, "yy": -3},
}
PRODUCTS = ("xx", "yy", "zz", "xy", "yz", "xz")

# Degree 2: polynomial and constant of Y_4 to Y_8.
_PAIR = math.sqrt(15 / (4 * math.pi))
QUADRATIC = (
    ("xy", _PAIR),
    ("yz", -_PAIR),
    ("3zz-1", math.sqrt(5 / (16 * math.pi))),
    ("xz", -_PAIR),
    ("xx-yy", _PAIR / 2),
)

# Degree 3: polynomial, its constant, and the coordinate that it meets, of Y_9 to Y_15.
_EDGE = math.sqrt(35 / (32 * math.pi))
_SIDE = math.sqrt(21 / (32 * math.pi))
_TRIPLE = math.sqrt(105 / (4 * math.pi))
CUBIC = (
    ("3xx-yy", -_EDGE, "y"),
    ("xy", _TRIPLE, "z"),
    ("5zz-1", -_SIDE, "y"),
    ("5zz-3", math.sqrt(7 / (16 * math.pi)), "z"),
    ("5zz-1", -_SIDE, "x"),
    ("xx-yy", _TRIPLE / 2, "z"),
    ("xx-3yy", -_EDGE, "x"),
)
FUNCTIONS = len(LINEAR) + len(QUADRATIC) + len(CUBIC)


def factor(constant: float, formats: ColorFormats) -> int:
    """A constant as an integer with factor_bits fraction bits."""
    return round(constant * (1 << formats.factor_bits))


def basis(direction: Int64, formats: ColorFormats) -> Int64:
    """(N, 15) Y_1 to Y_15, format `basis`, as golden.stages.color.reference.sh_basis orders them.

    Products of two coordinates, polynomials times their constant, and the functions are each
    rounded to nearest: halves up.

    Parameters
    ----------
    direction : (N, 3) format `direction`.
    """
    coordinate = dict(zip("xyz", direction.T, strict=True))
    down = 2 * formats.direction_fraction_bits - formats.square_fraction_bits
    product = {
        name: round_shift(coordinate[name[0]] * coordinate[name[1]], down) for name in PRODUCTS
    }
    product["one"] = np.full(len(direction), 1 << formats.square_fraction_bits, dtype=np.int64)
    polynomial = {name: _weighted(product, terms) for name, terms in POLYNOMIALS.items()}
    y, bits = formats.basis_fraction_bits, formats.factor_bits
    columns = [
        round_shift(
            coordinate[name] * factor(constant, formats), formats.direction_fraction_bits + bits - y
        )
        for name, constant in LINEAR
    ]
    columns += [
        round_shift(
            polynomial[name] * factor(constant, formats), formats.square_fraction_bits + bits - y
        )
        for name, constant in QUADRATIC
    ]
    for name, constant, other in CUBIC:
        scaled = round_shift(polynomial[name] * factor(constant, formats), bits)
        down = formats.square_fraction_bits + formats.direction_fraction_bits - y
        columns.append(round_shift(scaled * coordinate[other], down))
    return np.stack(columns, axis=1)


def _weighted(product: dict[str, Int64], terms: dict[str, int]) -> Int64:
    """The sum of a polynomial's terms, exactly."""
    total = np.zeros_like(product["one"])
    for name, weight in terms.items():
        total += weight * product[name]
    return total
