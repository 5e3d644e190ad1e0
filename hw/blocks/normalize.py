"""Leading ones: where they are, and values moved up so that theirs is the highest bit."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from hw.blocks.pipeline import Block, Pipeline, Timed
from hw.blocks.shift import STEPS_PER_STAGE, select


class Normalize(Block):
    """A value as mantissa and exponent: golden.numbers.bits.leading_one and normalize.

    exponent = floor(log2 value), 0 for 0;  mantissa = floor(value 2^(out_bits - 1 - exponent)).
    Latency: ceil(log2(in_bits) / 2) cycles, log2 rounded up: two halvings a stage. No multiplier.

    Parameters
    ----------
    in_bits : width of the value, 2 or more.
    out_bits : width of the mantissa, 1 or more; zeros fill it from below.

    Members
    -------
    value : In(in_bits), unsigned.
    exponent : Out(range(in_bits)), place of the highest bit that is set.
    mantissa : Out(out_bits), its highest bit is set unless the value is 0; rounded down.
    """

    def __init__(self, in_bits: int, out_bits: int):
        _check_width(in_bits)
        if out_bits < 1:
            raise ValueError(f"a mantissa of {out_bits} bits is below 1 bit.")
        self._in_bits, self._out_bits = in_bits, out_bits
        super().__init__(
            {"value": In(in_bits), "exponent": Out(range(in_bits)), "mantissa": Out(out_bits)}
        )

    def build(self, p: Pipeline) -> int:
        places, mantissa = _search(p, p.input(self.value), self._in_bits, self._out_bits)
        exponent = p.register("place", Cat, *places)
        return p.finish((self.exponent, exponent), (self.mantissa, mantissa))


class LeadingOne(Block):
    """Place of a value's highest bit that is set: golden.numbers.bits.leading_one.

    place = floor(log2 value), 0 for 0.
    Latency: ceil(log2(in_bits) / 2) cycles, log2 rounded up: two halvings a stage. No multiplier.

    Parameters
    ----------
    in_bits : width of the value, 2 or more.

    Members
    -------
    value : In(in_bits), unsigned.
    place : Out(range(in_bits)).
    """

    def __init__(self, in_bits: int):
        _check_width(in_bits)
        self._in_bits = in_bits
        super().__init__({"value": In(in_bits), "place": Out(range(in_bits))})

    def build(self, p: Pipeline) -> int:
        places, _ = _search(p, p.input(self.value), self._in_bits, 0)
        return p.finish((self.place, p.register("place_bits", Cat, *places)))


def _check_width(in_bits: int):
    if in_bits < 2:
        raise ValueError(f"a value of {in_bits} bits has no place to look for: give it 2 or more.")


def _search(p: Pipeline, value: Timed, in_bits: int, kept_bits: int) -> tuple[list[Timed], Timed]:
    """Halves the width from the top: where no upper bit is set, the lower half moves up.

    Two halvings are one stage: of four parts, the highest with a bit set moves to the top. Zeros
    above round the width up to a power of two, so the numbers of the parts are the bits of the
    leading one's place. Bits that cannot be among the kept ones any more are dropped on the way.

    Returns the places' bits, lowest first, each in its own cycle, and the upper `kept_bits` of
    the value moved up. The last of both are in the same stage.
    """
    steps = ceil_log2(in_bits)
    above, below = (1 << steps) - in_bits, kept_bits - 1
    if below >= 0:
        value = p.wire("padded", lambda v: Cat(Const(0, below), v, Const(0, above)), value)
    else:  # no bit is kept: the lowest one answers nothing
        value = p.wire("padded", lambda v: Cat(v[1:], Const(0, above)), value)
    places = []
    while steps:
        taken = min(steps, STEPS_PER_STAGE)
        steps -= taken
        part, parts = 1 << steps, 1 << taken
        kept = kept_bits + part - 1

        def highest(v, part=part, parts=parts):
            found = Const(0, parts.bit_length() - 1)
            for skipped in reversed(range(parts - 1)):
                number = Const(parts - 1 - skipped, len(found))
                found = Mux(_upper(v, skipped * part, part).any(), number, found)
            return found

        def moved(v, found, part=part, parts=parts, kept=kept):
            return select(found, lambda number: _upper(v, (parts - 1 - number) * part, kept))

        found = p.wire(f"found_{part}", highest, value)
        places.insert(0, found)
        if kept:
            value = p.register(f"moved_{part}", moved, value, found)
    return places, value


def _upper(value, skipped: int, count: int):
    """So many bits of a value, below the uppermost `skipped`."""
    return value[len(value) - skipped - count : len(value) - skipped]
