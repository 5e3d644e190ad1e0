"""Shifts by an amount that varies, by multipliers: for where LUTs are short and multipliers not."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Shape
from amaranth.lib.wiring import In, Out

from hw.blocks.pipeline import Block, Pipeline

FINE_BITS = 4  # of the amount, which a power of two is made of
STEP = 1 << FINE_BITS  # the coarse step, which the bit above them takes
AMOUNT_BITS = FINE_BITS + 1
MOST_BITS = STEP + 18  # of the value: its upper part is an operand of a multiplier


class ShiftProduct(Block):
    """floor(value / 2^amount), and what is left of the value.

    value 2^15 / 2^(amount mod 16) is two products with a power of two, of the value's lower 16 bits
    and of the rest. These do not overlap, so nothing is added: a LUT a bit puts them together, and
    takes the coarse step of 16.

    Latency: 3 cycles: products (2), choice. Multipliers: 2 of 18 x 17 or less.

    Parameters
    ----------
    shape : shape of the value, MOST_BITS wide at most.

    Members
    -------
    value : In(shape).
    amount : In(AMOUNT_BITS), unsigned.
    floor : Out(shape).
    half : Out(1), the bit below the point: floor + half is the value to nearest.
    lost : Out(1), floor is not all of the value: floor + lost is the value rounded up.
    """

    def __init__(self, shape):
        self._shape = shape = Shape.cast(shape)
        if shape.width > MOST_BITS:
            raise ValueError(f"a value of {shape.width} bits is wider than {MOST_BITS}.")
        super().__init__(
            {
                "value": In(shape),
                "amount": In(AMOUNT_BITS),
                "floor": Out(shape),
                "half": Out(1),
                "lost": Out(1),
            }
        )

    def build(self, p: Pipeline) -> int:
        value, amount = p.input(self.value), p.input(self.amount)
        top = STEP - 1
        power = p.wire("power", _power, amount)
        low, high = p.wire("low", self._low, value), p.wire("high", self._high, value)
        low = p.multiply("low_product", low, power, lambda a, b: (a * b)[: STEP + top])
        high = p.multiply("high_product", high, power, self._high_product)
        far = p.wire("far", lambda a: a[-1], amount)

        def floor(far, low, high):
            bits = [
                high_bit(high, n + top, self._shape) & far
                | (near_bit(low, high, n, self._shape) & ~far)
                for n in range(self._shape.width)
            ]
            return Cat(*bits)

        def half(far, low, high):
            return (far & (low[-1] | high[top - 1])) | (~far & low[top - 1])

        def lost(far, low, high):
            return low[:top].any() | (far & (low[top:].any() | high[:top].any()))

        outputs = {"floor": floor, "half": half, "lost": lost}
        return p.finish(
            *(
                (getattr(self, name), p.register(f"{name}_chosen", function, far, low, high))
                for name, function in outputs.items()
            )
        )

    def _low(self, value):
        """The STEP lowest bits, of a narrower value its sign above it."""
        sign = value[-1] if self._shape.signed else Const(0, 1)
        return Cat(value[:STEP], sign.replicate(max(STEP - len(value), 0)))

    def _high(self, value):
        """All bits from STEP on, and at least one."""
        bits = (
            value[STEP:] if len(value) > STEP else value[-1] if self._shape.signed else Const(0, 1)
        )
        return bits.as_signed() if self._shape.signed else bits

    def _high_product(self, high, power):
        bits = len(high) + STEP - 1
        if self._shape.signed:
            return (high * Cat(power, Const(0, 1)).as_signed())[:bits].as_signed()
        return (high * power)[:bits]


def _power(amount):
    """2^(15 - amount mod 16)."""
    return Cat(amount[:FINE_BITS] == STEP - 1 - n for n in range(STEP))


def high_bit(high, place: int, shape: Shape):
    """A bit of the upper product, which its sign or zeros lie above."""
    if place < len(high):
        return high[place]
    return high[-1] if shape.signed else Const(0, 1)


def near_bit(low, high, place: int, shape: Shape):
    """A bit of the value without a coarse step."""
    upper = high_bit(high, place - 1, shape) if place else Const(0, 1)
    return upper | low[STEP - 1 + place] if place < STEP else upper
