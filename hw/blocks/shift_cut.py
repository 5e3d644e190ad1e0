"""A shift to the right of which a few bits are wanted: the largest steps come first."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, Value, signed
from amaranth.lib.wiring import In, Out

from hw.blocks.pipeline import Block, Pipeline, Timed
from hw.blocks.shift import STEPS_PER_STAGE, select


class ShiftCut(Block):
    """floor(value / 2^amount + 1/2): its lower bits, and the number that is nearest to it.

    ShiftRight keeps all bits that an amount of 0 would leave; here each stage drops those that no
    further step can bring down.
    Latency: ceil(amount_bits / 2) cycles, two multiplexers a stage; the sum that rounds comes after
    the last register. No multiplier.

    Parameters
    ----------
    value_bits : width of the value, signed. amount_bits : of the amount.
    out_bits : 2 to value_bits.

    Members
    -------
    value : In(signed(value_bits)). amount : In(amount_bits), unsigned.
    lower : Out(out_bits), the lower bits. cut : Out(signed(out_bits)), saturated.
    """

    def __init__(self, value_bits: int, amount_bits: int, out_bits: int):
        if amount_bits < 1 or not 2 <= out_bits <= value_bits:
            raise ValueError(
                f"{value_bits} bits shifted by {amount_bits} bits to {out_bits}: give an amount "
                "of 1 bit or more, and a result of 2 bits or more, but no more than the value's."
            )
        self._out_bits = out_bits
        super().__init__(
            {
                "value": In(signed(value_bits)),
                "amount": In(amount_bits),
                "lower": Out(out_bits),
                "cut": Out(signed(out_bits)),
            }
        )

    def build(self, p: Pipeline) -> int:
        amount = p.input(self.amount)
        # A bit below the point, for half of the last place.
        value = p.wire("halves", lambda v: Cat(Const(0, 1), v), p.input(self.value))
        negative = p.wire("sign", lambda v: v[-1], value)
        over: Timed = p.input(Const(0, 1))
        for low in reversed(range(0, len(self.amount), STEPS_PER_STAGE)):
            digit = p.wire(f"digit_{low}", lambda a, at=low: a[at : at + STEPS_PER_STAGE], amount)
            kept = min(len(value.value), self._out_bits + (1 << low))

            def lost(over, v, n, sign, low=low, kept=kept):
                first = kept if low else kept - 1  # at last the sign must be there too
                return over | select(
                    n, lambda k: _differ(v[min(first + (k << low), len(v)) :], sign)
                )

            def shifted(v, n, sign, low=low, kept=kept):
                return select(n, lambda k: _part(v, k << low, kept, sign))

            over = p.register(f"over_{low}", lost, over, value, digit, negative)
            value = p.register(f"shifted_{low}", shifted, value, digit, negative)
        lower = p.wire("rounded", lambda v: (v[1:] + v[0])[: self._out_bits], value)
        cut = p.wire("saturated", self._saturated, lower, over, negative)
        return p.finish((self.lower, lower), (self.cut, cut))

    def _saturated(self, lower: Value, over: Value, negative: Value) -> Value:
        """Rounded up, the largest is over too; of what is over, the negative ends at the least."""
        beyond = over | (lower[-1] & ~negative)
        limit = Cat((~negative).replicate(self._out_bits - 1), negative)
        return Mux(beyond, limit, lower).as_signed()


def _differ(bits: Value, sign: Value) -> Value:
    """Is some bit not a copy of the sign?"""
    return (bits ^ sign.replicate(len(bits))).any() if len(bits) else Const(0, 1)


def _part(value: Value, first: int, count: int, sign: Value) -> Value:
    """Bits from `first` on; above the value are copies of the sign."""
    own = value[min(first, len(value)) : first + count]
    return Cat(own, sign.replicate(count - len(own)))
