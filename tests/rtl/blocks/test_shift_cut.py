"""ShiftCut against the integers, at every amount and close to what still fits."""

import numpy as np
import pytest

from hw.blocks.shift_cut import ShiftCut
from sim.rtl.block_harness import run_block


@pytest.mark.parametrize(("bits", "amount_bits", "out_bits"), [(44, 6, 23), (20, 5, 6), (9, 3, 9)])
def test_lower_bits_and_the_nearest_number(bits, amount_bits, out_bits):
    random = np.random.default_rng(bits)
    amount = np.repeat(np.arange(1 << amount_bits), 400)
    value = random.integers(-(1 << bits - 1), 1 << bits - 1, len(amount))
    value >>= random.integers(0, bits, len(amount))
    # A half below and above the limits, where these can be.
    near = random.integers(-2, 3, len(amount)) + (
        random.choice([-1, 1], len(amount)) << out_bits - 1
    )
    can = (amount < bits - out_bits) & (random.random(len(amount)) < 0.5)
    shift = np.where(can, amount, 0)
    value = np.where(can, (near << shift) - (1 << shift >> 1) + random.integers(-1, 2), value)
    value = value.clip(-(1 << bits - 1), (1 << bits - 1) - 1)
    got = run_block(ShiftCut(bits, amount_bits, out_bits), {"value": value, "amount": amount})
    whole = np.array(
        [(int(v) + (1 << int(n) >> 1)) >> int(n) for v, n in zip(value, amount, strict=True)]
    )
    low, high = -(1 << out_bits - 1), (1 << out_bits - 1) - 1
    over = (whole < low) | (whole > high)
    assert (got["lower"] == whole % (1 << out_bits)).all()
    assert (got["cut"] == whole.clip(low, high)).all()
    assert out_bits >= bits or (over & can).sum() > 100
    assert (~over).sum() > 100


def test_a_shift_that_is_none_is_refused():
    with pytest.raises(ValueError, match="2 bits or more"):
        ShiftCut(8, 3, 1)
