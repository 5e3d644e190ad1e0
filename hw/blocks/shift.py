"""Shifts by an amount that varies: right with three roundings, left with saturation."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, Shape, Value
from amaranth.lib.wiring import In, Out

from hw.blocks.pipeline import Block, Pipeline, Timed

STEPS_PER_STAGE = 2
ROUNDINGS = ("floor", "nearest", "ceil")


class ShiftRight(Block):
    """value / 2^amount, rounded.

    floor: down. nearest: floor(value / 2^amount + 1/2), golden.numbers.bits.round_shift, and
    the value itself for amount 0. ceil: up, golden.numbers.bits.ceil_shift.
    Latency: ceil(amount_bits / 2) cycles, two multiplexers a stage, and one more but for floor.
    No multiplier.

    Parameters
    ----------
    shape : shape of the value.
    amount_bits : width of the amount, 1 or more.
    rounding : one of ROUNDINGS.

    Members
    -------
    value : In(shape).
    amount : In(amount_bits), unsigned; it may be beyond the value's width.
    result : Out(shape); for nearest a bit more, which is a copy of the sign or 0.
    """

    def __init__(self, shape, amount_bits: int, rounding: str):
        _check_amount(amount_bits)
        if rounding not in ROUNDINGS:
            raise ValueError(f"a rounding is one of {', '.join(ROUNDINGS)}, not {rounding!r}.")
        self._shape, self._rounding = Shape.cast(shape), rounding
        result = Shape(self._shape.width + (rounding == "nearest"), self._shape.signed)
        super().__init__(
            {"value": In(self._shape), "amount": In(amount_bits), "result": Out(result)}
        )

    def build(self, p: Pipeline) -> int:
        value, lost = p.input(self.value), p.input(Const(0, 1))
        if self._rounding == "nearest":  # a bit below the point, for half of the last place
            value = p.wire("halves", lambda v: _shaped(self._shape, Cat(Const(0, 1), v)), value)
        for low, digit in _digits(p, self.amount):

            def fraction(lost, v, digit, low=low):
                return lost | select(digit, lambda n: _any(v[: min(n << low, len(v))]))

            def shifted(v, digit, low=low):
                return select(digit, lambda n: _down(v, n << low))

            if self._rounding == "ceil":
                lost = p.register(f"lost_{low}", fraction, lost, value, digit)
            value = p.register(f"shifted_{low}", shifted, value, digit)
        if self._rounding == "nearest":
            value = p.register("raised", lambda v: _shaped(self._shape, v[1:]) + v[0], value)
        elif self._rounding == "ceil":
            value = p.register("raised", lambda v, up: self._narrow(v + up), value, lost)
        return p.finish((self.result, value))

    def _narrow(self, value: Value) -> Value:
        return _shaped(self._shape, value[: self._shape.width])


class ShiftLeft(Block):
    """value 2^amount, cut to out_bits.

    Signed: cut to +-(2^(out_bits - 1) - 1), golden.numbers.bits.saturate. Unsigned: to
    2^out_bits - 1. Exact: it is cut if and only if the true product does not fit.
    Latency: ceil(amount_bits / 2) + 1 cycles, two multiplexers a stage, then the cut.
    No multiplier.

    Parameters
    ----------
    shape : shape of the value.
    amount_bits : width of the amount, 1 or more.
    out_bits : width of the result, 1 or more; 2 or more where it is signed.

    Members
    -------
    value : In(shape).
    amount : In(amount_bits), unsigned; it may be beyond out_bits.
    result : Out(out_bits), signed as the value is.
    """

    def __init__(self, shape, amount_bits: int, out_bits: int):
        _check_amount(amount_bits)
        self._shape = Shape.cast(shape)
        least = 2 if self._shape.signed else 1
        if out_bits < least:
            raise ValueError(f"a result of {out_bits} bits is too narrow: give it {least} or more.")
        self._result = Shape(out_bits, self._shape.signed)
        super().__init__(
            {"value": In(self._shape), "amount": In(amount_bits), "result": Out(self._result)}
        )

    def build(self, p: Pipeline) -> int:
        value, lost = p.input(self.value), p.input(Const(0, 1))
        negative = p.wire("negative", lambda v: v[-1], value)
        for low, digit in _digits(p, self.amount):

            def beyond(lost, v, digit, low=low):
                return lost | select(digit, lambda n: self._is_beyond(v, n << low))

            def shifted(v, digit, low=low):
                return select(digit, lambda n: self._cut(v, n << low))

            lost = p.register(f"lost_{low}", beyond, lost, value, digit)
            value = p.register(f"shifted_{low}", shifted, value, digit)
        return p.finish((self.result, p.register("cut", self._saturated, value, lost, negative)))

    def _is_beyond(self, value: Value, shift: int) -> Value:
        """Does value 2^shift not fit the result's bits? -2^(out_bits - 1) does here."""
        left = self._result.width - shift
        if not self._result.signed or left < 1:
            return _any(value[min(max(left, 0), len(value)) :])
        copies = value[min(left, len(value)) - 1 :]  # all of them the sign, where it fits
        return copies.any() & ~copies.all()

    def _cut(self, value: Value, shift: int) -> Value:
        """The lower bits of value 2^shift, in the result's shape."""
        left = max(self._result.width - shift, 0)
        moved = Cat(Const(0, self._result.width - left), value[: min(left, len(value))])
        return _shaped(self._shape, moved)

    def _saturated(self, value: Value, lost: Value, negative: Value) -> Value:
        if not self._result.signed:
            return Mux(lost, Const(-1, self._result.width), value)
        width = self._result.width
        limit = Cat(Const(1, 1), (~negative).replicate(width - 2), negative)
        # The one value that fits and is cut, -2^(out_bits - 1), lacks the lowest bit only.
        value = Cat(value, value[-1].replicate(width - len(value)))
        least = value[-1] & ~value[:-1].any()
        return Mux(lost, limit, value | least).as_signed()


def select(digit: Value, choice) -> Value:
    """choice(n) for the digit's value n, by a tree of multiplexers."""
    choices = [choice(number) for number in range(1 << len(digit))]
    for bit in digit:
        choices = [Mux(bit, *pair) for pair in zip(choices[1::2], choices[::2], strict=True)]
    return choices[0]


def _digits(p: Pipeline, amount: Value) -> list[tuple[int, Timed]]:
    """The amount's bits, STEPS_PER_STAGE at a time: the place of the lowest, and the bits."""
    whole = p.input(amount)
    return [
        (low, p.wire(f"digit_{low}", lambda a, low=low: a[low : low + STEPS_PER_STAGE], whole))
        for low in range(0, len(amount), STEPS_PER_STAGE)
    ]


def _check_amount(amount_bits: int):
    if amount_bits < 1:
        raise ValueError(f"a shift by an amount of {amount_bits} bits is none: give it 1 or more.")


def _any(bits: Value) -> Value:
    """Is some bit set? Of no bits at all, none is."""
    return bits.any() if len(bits) else Const(0, 1)


def _shaped(shape: Shape, bits: Value) -> Value:
    """Bits read as signed or unsigned, as the shape is."""
    return bits.as_signed() if shape.signed else bits


def _down(value: Value, places: int) -> Value:
    """A shift by a fixed number of places that leaves a bit, even of an unsigned value."""
    if places >= len(value) and not value.shape().signed:
        return Const(0, 1)
    return value.shift_right(places)
