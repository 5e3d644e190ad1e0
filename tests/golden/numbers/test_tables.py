"""The tables of 1/m and sqrt(v) against exact arithmetic, for every input of every width."""

import numpy as np
import pytest

from golden.numbers.tables import INDEX_BITS, reciprocal_table, square_root_table

WIDTHS = range(12, 19)


def hundredths_of_reciprocal_error(bits):
    """The greatest |y - 2^(2 bits - 1) / (m + 1/2)|, rounded up to 1/100, by integers only."""
    m = np.arange(1 << (bits - 1), 1 << bits)
    y = reciprocal_table(bits)(m)
    # |y (2 m + 1) - 2^(2 bits)| is the error times 2 m + 1.
    scaled = np.abs(y * (2 * m + 1) - (1 << 2 * bits))
    return int((-(-100 * scaled // (2 * m + 1))).max())


@pytest.mark.parametrize("bits", WIDTHS)
def test_reciprocal_is_within_its_bound(bits):
    assert hundredths_of_reciprocal_error(bits) <= 78


def test_reciprocal_bound_is_tight():
    assert hundredths_of_reciprocal_error(18) == 78


@pytest.mark.parametrize("bits", WIDTHS)
def test_square_root_is_never_low_and_within_its_bound(bits):
    v = np.arange(1 << (bits - 2), 1 << bits)
    y = square_root_table(bits)(v)
    # y >= 2^(bits - 1) sqrt((v + 1) / 2^(bits - 2)), squared.
    assert (y * y >= (v + 1) << bits)[:-2].all()
    np.testing.assert_array_equal(y[-2:], (1 << bits) - 1)
    # y - 3 <= 2^(bits - 1) sqrt(v / 2^(bits - 2)), squared.
    assert ((y - 3) ** 2 <= v << bits).all()


@pytest.mark.parametrize("bits", WIDTHS)
def test_square_root_entries_that_no_number_reads_are_0(bits):
    table, unread = square_root_table(bits), (1 << INDEX_BITS) // 4
    assert not table.base[:unread].any()
    assert not table.slope[:unread].any()
    assert table.base[unread:].all()


def test_square_root_bound_is_tight():
    v = np.arange(1 << 16, 1 << 18)
    y = square_root_table(18)(v)
    assert ((10 * y - 28) ** 2 > 100 * v << 18).any()


@pytest.mark.parametrize("bits", WIDTHS)
def test_both_are_monotone(bits):
    m = np.arange(1 << (bits - 1), 1 << bits)
    assert (np.diff(reciprocal_table(bits)(m)) <= 0).all()
    v = np.arange(1 << (bits - 2), 1 << bits)
    assert (np.diff(square_root_table(bits)(v)) >= 0).all()


@pytest.mark.parametrize("make", [reciprocal_table, square_root_table])
@pytest.mark.parametrize("bits", WIDTHS)
def test_output_fits_for_every_input(make, bits):
    """What the hardware is given before the first item is no normalised number."""
    table = make(bits)
    y = table(np.arange(1 << bits))
    assert y.min() >= 0
    assert y.max() < 1 << table.output_bits


@pytest.mark.parametrize("make", [reciprocal_table, square_root_table])
@pytest.mark.parametrize("bits", WIDTHS)
def test_an_entry_fits_one_memory_word(make, bits):
    table = make(bits)
    assert len(table.base) == len(table.slope) == 1 << INDEX_BITS
    assert table.base.min() >= 0
    assert table.slope.min() >= 0
    assert int((table.base + table.rounding).max()).bit_length() + table.slope_bits <= 36
