"""Reciprocal and square root: a table and one step of linear interpolation, bit for bit.

y = (base[i] -+ floor(slope[i] f / 2^frac)) / 2^GUARD, where i are the upper bits of a normalised
number and f the lower ones. One read and one small multiplication, where Newton's iteration from a
table takes two; its error, h^2 max|y''| / 8 for intervals of h, is below the last place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.numbers.fixed import Int64

INDEX_BITS = 9
GUARD_BITS = 2


@dataclass(frozen=True, eq=False)
class LinearTable:
    """y(x) by intervals: the content of a memory and how it is read.

    Parameters
    ----------
    input_bits : width of x.
    fraction_bits : lower bits of x, the place f in an interval; the upper ones are the index.
    output_bits : width of y.
    rounding : added before the last shift: 2 for the nearest, 3 for up.
    base : (2^INDEX_BITS,) y at the interval's start, GUARD_BITS more than y.
    slope : (2^INDEX_BITS,) change of base over an interval, 0 or more, its sign aside.
    falling : y falls with x.
    """

    input_bits: int
    fraction_bits: int
    output_bits: int
    rounding: int
    base: Int64
    slope: Int64
    falling: bool

    @property
    def base_bits(self) -> int:
        """Width of an entry of `base`."""
        return int(self.base.max()).bit_length()

    @property
    def slope_bits(self) -> int:
        """Width of an entry of `slope`."""
        return int(self.slope.max()).bit_length()

    def __call__(self, x: Int64) -> Int64:
        """y of each x, cut to output_bits."""
        index = (x >> self.fraction_bits) & ((1 << INDEX_BITS) - 1)
        place = x & ((1 << self.fraction_bits) - 1)
        step = (self.slope[index] * place) >> self.fraction_bits
        y = self.base[index] - step if self.falling else self.base[index] + step
        result: Int64 = np.minimum((y + self.rounding) >> GUARD_BITS, (1 << self.output_bits) - 1)
        return result


def reciprocal_table(bits: int) -> LinearTable:
    """1/m: m in [2^(bits - 1), 2^bits) is a number cut to [1, 2), y in (1/2, 1], u0.bits.

    y = 2^(2 bits - 1) / (m + 1/2), within 0.78 of the last place for 12 to 18 bits
    (tests/golden/numbers/test_tables.py): the middle of what m stands for, so the cut costs half
    of its last place only.
    """
    fraction_bits = bits - 1 - INDEX_BITS
    starts = (1 << (bits - 1)) + (np.arange((1 << INDEX_BITS) + 1) << fraction_bits) + 0.5
    exact = 2.0 ** (2 * bits - 1 + GUARD_BITS) / starts
    middle = 2.0 ** (2 * bits - 1 + GUARD_BITS) / ((starts[1:] + starts[:-1]) / 2)
    # The chord of a convex curve lies above it: half of that below the ends halves the error. Both
    # cuts of the reading add 1/2 of base's last place in the mean: 1 less takes them back.
    sag = ((exact[1:] + exact[:-1]) / 2 - middle) / 2
    return LinearTable(
        input_bits=bits,
        fraction_bits=fraction_bits,
        output_bits=bits,
        rounding=2,
        base=np.rint(exact[:-1] - sag - 1).astype(np.int64),
        slope=np.rint(exact[:-1] - exact[1:]).astype(np.int64),
        falling=True,
    )


def square_root_table(bits: int) -> LinearTable:
    """sqrt(v), rounded up: v in [2^(bits - 2), 2^bits) is a number cut to [1, 4), y u1.(bits - 1).

    y >= 2^(bits - 1) sqrt((v + 1) / 2^(bits - 2)): not below the root of anything that v stands
    for, and above sqrt(v / 2^(bits - 2)) by 3 of the last place at most, for 12 to 18 bits
    (tests/golden/numbers/test_tables.py). For the two largest v, y is cut to the largest number
    below 2.
    """
    fraction_bits = bits - INDEX_BITS
    starts = (np.arange((1 << INDEX_BITS) + 1) << fraction_bits).astype(np.float64) + 1
    exact = 2.0 ** (bits - 1 + GUARD_BITS) * np.sqrt(starts / 2.0 ** (bits - 2))
    middle = 2.0 ** (bits - 1 + GUARD_BITS) * np.sqrt(
        (starts[1:] + starts[:-1]) / 2.0 ** (bits - 1)
    )
    # The chord of a concave curve lies below it: raised by its greatest distance it lies above.
    sag = middle - (exact[1:] + exact[:-1]) / 2
    used = np.arange(1 << INDEX_BITS) >= 1 << (INDEX_BITS - 2)
    base = np.where(used, np.ceil(exact[:-1] + 1.25 * sag) + 2, 0)
    return LinearTable(
        input_bits=bits,
        fraction_bits=fraction_bits,
        output_bits=bits,
        rounding=3,
        base=base.astype(np.int64),
        slope=np.where(used, np.rint(exact[1:] - exact[:-1]), 0).astype(np.int64),
        falling=False,
    )
