"""Named fixed-point formats and the rounding rules that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Fixed:
    """Two's complement fixed point: value = integer * 2^-fraction_bits.

    Parameters
    ----------
    signed : True for two's complement, with the sign bit counted in `bits`.
    bits : width of the integer, 1 to 62.
    fraction_bits : position of the binary point; may be negative or exceed `bits`.

    Raises ValueError on a width outside 1..62.
    """

    signed: bool
    bits: int
    fraction_bits: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.bits <= 62:
            raise ValueError(f"a fixed-point format of {self.bits} bits is outside 1..62.")

    @property
    def min_int(self) -> int:
        """Smallest integer of the format."""
        return -(1 << (self.bits - 1)) if self.signed else 0

    @property
    def max_int(self) -> int:
        """Largest integer of the format."""
        return (1 << (self.bits - 1 if self.signed else self.bits)) - 1

    def contains(self, value: int) -> bool:
        """Whether an integer fits."""
        return self.min_int <= value <= self.max_int

    def nearest(self, value: float, what: str) -> int:
        """Integer nearest to a real value, halves to even; raises InputError outside the range."""
        return self._checked(round(float(np.ldexp(value, self.fraction_bits))), what)

    def ceil(self, value: float, what: str) -> int:
        """Smallest integer not below a real value; raises InputError outside the range."""
        return self._checked(int(np.ceil(np.ldexp(value, self.fraction_bits))), what)

    def floor(self, value: float, what: str) -> int:
        """Largest integer not above a real value; raises InputError outside the range."""
        return self._checked(int(np.floor(np.ldexp(value, self.fraction_bits))), what)

    def _checked(self, integer: int, what: str) -> int:
        if not self.contains(integer):
            raise InputError(
                f"{what} = {np.ldexp(integer, -self.fraction_bits):g} does not fit {self}: "
                "move or scale the scene or the camera."
            )
        return integer

    def __str__(self) -> str:
        """Q notation: s26.4 has 26 integer bits with the sign, and 4 fraction bits."""
        return f"{'su'[not self.signed]}{self.bits - self.fraction_bits}.{self.fraction_bits}"


def shift_round_half_up(value: Int64, shift: int) -> Int64:
    """floor(value / 2^shift + 1/2): the rounding of the datapath, an add and a shift."""
    return value if shift == 0 else (value + (1 << (shift - 1))) >> shift


def shift_ceil(value: Int64, shift: int) -> Int64:
    """ceil(value / 2^shift): used where up is the safe way."""
    return -((-value) >> shift)
