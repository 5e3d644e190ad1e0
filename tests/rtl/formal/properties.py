"""Properties of streams: an offer stays as it is, and items leave in order, each once."""

from __future__ import annotations

from collections.abc import Callable

from amaranth.asserts import AnySeq, Initial
from amaranth.hdl import Assert, Assume, Cat, Const, Cover, Module, Signal, Value

from golden.records import RECORD_BYTES

RECORD_SHIFT = (RECORD_BYTES - 1).bit_length()  # of a byte address, to the number of a record


def given(condition: Value) -> Assume:
    """What the neighbours keep to, from the reset on."""
    return Assume(Initial() | condition)


def holds(condition: Value) -> Assert:
    """What no input may violate, from the reset on."""
    return Assert(Initial() | condition)


def occurs(condition: Value) -> Cover:
    """What some input must bring about after the reset: anything may be the case before it."""
    return Cover(~Initial() & condition)


def free_stream(m: Module, stream) -> None:
    """The sender of an input stream: it may offer anything at any time, and keeps to its offer."""
    payload = Value.cast(stream.payload)
    m.d.comb += [stream.valid.eq(AnySeq(1)), payload.eq(AnySeq(len(payload)))]
    m.d.comb += given(stays(m, stream))


def symbol(bits: int) -> Value:
    """Any of four values, in every two bits of a payload that is moved as a whole.

    Two differing payloads differ in all of it, so one symbol shows what all bits would.
    """
    any_of_four = AnySeq(2)
    return Cat(any_of_four for _ in range(-(-bits // 2)))[:bits]


def free_taker(m: Module, stream) -> None:
    """The receiver of an output stream: it takes when it likes. The offer must stay."""
    m.d.comb += stream.ready.eq(AnySeq(1))
    m.d.comb += holds(stays(m, stream))


def stays(m: Module, stream) -> Value:
    """Whether an offer that was not taken in the cycle before is still the same."""
    return steady(m, stream.valid, stream.ready, stream.payload)


def steady(m: Module, valid: Value, ready: Value, payload: Value) -> Value:
    """The same of three wires."""
    payload = Value.cast(payload)
    waited, offer = Signal(), Signal(len(payload))
    m.d.sync += [waited.eq(valid & ~ready), offer.eq(payload)]
    return ~waited | (valid & (payload == offer))


def spread(any_of: Callable[[int], Value], bits: int, *places: int) -> Value:
    """A number of which only the lowest bits and those at `places` are free, the others 0.

    Carries run at both ends, and a solver adds few bits up.

    Parameters
    ----------
    any_of : AnySeq or AnyConst. places : ascending, the first is the number of lowest bits.
    """
    low, *others = places
    parts, width = [any_of(low)], low
    for place in others:
        parts += [Const(0, place - width), any_of(1)]
        width = place + 1
    return Cat(*parts, Const(0, bits - width))


def moves(stream) -> Value:
    """An item goes over in this cycle."""
    return stream.valid & stream.ready


class Follow:
    """One item, which the solver chooses, on its way through a component.

    Items leave in the order in which they came, none is lost, doubled or changed, and never more
    than `most` are inside.

    Parameters
    ----------
    came, left : an item comes, leaves. For components of latency 1 and more.
    payload, out : of those.
    """

    def __init__(self, m: Module, came: Value, payload: Value, left: Value, out: Value, most: int):
        payload, out = Value.cast(payload), Value.cast(out)
        chosen, gone = Signal(), Signal()
        inside, ahead = Signal(range(most + 2)), Signal(range(most + 2))
        kept, leaves = Signal(len(payload)), Signal()
        m.d.sync += inside.eq(inside + came - left)
        with m.If(came & ~chosen & AnySeq(1)):
            m.d.sync += [chosen.eq(1), kept.eq(payload), ahead.eq(inside - left)]
        with m.Elif(chosen & ~gone & left):
            m.d.sync += ahead.eq(ahead - 1)
        m.d.comb += leaves.eq(chosen & ~gone & left & (ahead == 0))
        with m.If(leaves):
            m.d.sync += gone.eq(1)
        m.d.comb += [
            holds(inside <= most),
            holds(~(left & (inside == 0))),
            holds(~leaves | (out == kept)),
            occurs(gone & (inside == most)),
        ]
        self.inside = inside
