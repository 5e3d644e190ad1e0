"""Fixed-point formats and rounding."""

from fractions import Fraction

import numpy as np
import pytest

from golden.errors import InputError
from golden.numbers.fixed import Fixed, shift_ceil, shift_round_half_up


@pytest.mark.parametrize(
    ("fixed", "low", "high", "notation"),
    [
        (Fixed(True, 24), -(2**23), 2**23 - 1, "s24.0"),
        (Fixed(False, 17, 16), 0, 2**17 - 1, "u1.16"),
        (Fixed(True, 30, 4), -(2**29), 2**29 - 1, "s26.4"),
        (Fixed(False, 1), 0, 1, "u1.0"),
    ],
)
def test_range_and_notation(fixed, low, high, notation):
    assert (fixed.min_int, fixed.max_int, str(fixed)) == (low, high, notation)
    assert fixed.contains(low)
    assert fixed.contains(high)
    assert not fixed.contains(low - 1)
    assert not fixed.contains(high + 1)


@pytest.mark.parametrize("bits", [0, 63, -1])
def test_refuses_widths(bits):
    with pytest.raises(ValueError, match=f"a fixed-point format of {bits} bits is outside 1..62."):
        Fixed(True, bits)


def test_rounding_of_reals():
    fixed = Fixed(True, 16, 4)
    for value in np.random.default_rng(0).uniform(-100, 100, 200):
        exact = Fraction(float(value)) * 16
        assert fixed.floor(value, "x") == exact.__floor__()
        assert fixed.ceil(value, "x") == exact.__ceil__()
        assert abs(fixed.nearest(value, "x") - exact) <= Fraction(1, 2)


@pytest.mark.parametrize("method", ["nearest", "ceil", "floor"])
def test_refuses_values_outside(method):
    with pytest.raises(InputError, match=r"the width = 128 does not fit s8\.4: move or scale"):
        getattr(Fixed(True, 12, 4), method)(128.0, "the width")


@pytest.mark.parametrize("shift", [0, 1, 5, 16])
def test_shifts(shift):
    values = np.random.default_rng(1).integers(-(2**40), 2**40, 500)
    for value, rounded, up in zip(
        values, shift_round_half_up(values, shift), shift_ceil(values, shift), strict=True
    ):
        exact = Fraction(int(value), 2**shift)
        assert rounded == (exact + Fraction(1, 2)).__floor__()
        assert up == exact.__ceil__()
