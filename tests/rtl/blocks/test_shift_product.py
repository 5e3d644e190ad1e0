"""ShiftProduct: compiled RTL against NumPy's shifts, every amount."""

import numpy as np
import pytest
from amaranth.hdl import signed, unsigned

from hw.blocks.shift_product import AMOUNT_BITS, MOST_BITS, ShiftProduct
from tests.rtl.blocks.block_checks import Case, check_blocks, edges, spread


def case(shape, values):
    """Every value by every amount."""
    amounts = np.arange(1 << AMOUNT_BITS)
    value, amount = (
        grid.ravel() for grid in np.meshgrid(values.astype(np.int64), amounts, indexing="ij")
    )
    floor = value >> amount
    expected = {
        "floor": floor,
        "half": np.where(amount > 0, value >> np.maximum(amount - 1, 0) & 1, 0),
        "lost": (value != floor << amount).astype(np.int64),
    }
    return Case(lambda: ShiftProduct(shape), {"value": value, "amount": amount}, expected)


def test_all_widths_and_amounts():
    rng, cases = np.random.default_rng(0), {}
    for of in (signed, unsigned):
        for bits in (1, 2, 5, 15, 16, 17, 18, 24, 28, 32, MOST_BITS):
            is_signed = of is signed
            values = np.concatenate([edges(bits, is_signed), spread(rng, bits, 3000, is_signed)])
            cases[f"{of.__name__}{bits}"] = case(of(bits), values)
    check_blocks(cases)


def test_a_value_that_is_too_wide_is_refused():
    with pytest.raises(ValueError, match="wider than 34"):
        ShiftProduct(unsigned(MOST_BITS + 1))
