"""Sums of values times known integers: adders only, no multiplier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amaranth.hdl import Const

from hw.blocks.pipeline import Pipeline, Timed


@dataclass(frozen=True, eq=False)
class _Part:
    """+-value 2^place; value is None for a known number."""

    value: Timed | None
    number: int
    place: int
    negative: bool


def weighted_sum(
    p: Pipeline, name: str, terms: Sequence[tuple[Timed, int]], plus: int = 0
) -> Timed:
    """sum value weight + plus, exactly, signed.

    A weight is written with digits 0, 1 and -1, no two beside each other not 0: its signed-digit
    form, of the fewest digits. All shifted values are added by a tree.
    Latency: ceil(log2(parts)) cycles, at least 1; parts are the digits, and plus where it is not 0.
    Where all parts are negative, a cycle more.

    Parameters
    ----------
    terms : values with their weights; at least one weight is not 0.
    """
    parts = [
        _Part(value, 0, place, digit < 0)
        for value, weight in terms
        for place, digit in signed_digits(weight)
    ]
    if not parts:
        raise ValueError(f"{name}: a sum of no terms is known: give it a weight that is not 0.")
    if plus or (len(parts) == 1 and parts[0].negative):
        parts.append(_Part(None, plus, 0, False))
    level = 0
    while len(parts) > 1:
        odd, pairs = parts[: len(parts) % 2], parts[len(parts) % 2 :]
        parts = odd + [
            _added(p, f"{name}_{level}_{n}", a, b)
            for n, (a, b) in enumerate(zip(pairs[::2], pairs[1::2], strict=True))
        ]
        level += 1
    last = parts[0]
    if level == 0 or last.negative:
        return p.register(f"{name}_last", lambda v: _signed(last, v) << last.place, last.value)
    return p.wire(f"{name}_sum", lambda v: v << last.place, last.value)


def signed_digits(number: int) -> list[tuple[int, int]]:
    """Place and digit, 1 or -1, of each that is not 0, lowest first: the non-adjacent form."""
    digits, place = [], 0
    while number:
        if number & 1:
            digit = 2 - (number & 3)
            digits.append((place, digit))
            number -= digit
        number >>= 1
        place += 1
    return digits


def _added(p: Pipeline, name: str, a: _Part, b: _Part) -> _Part:
    """The sum of two parts, a cycle later; of two negative ones minus their sum."""
    low = 0 if b.value is None else min(a.place, b.place)
    if b.value is None:
        known = Const(b.number)

        def with_known(v):
            return known - (v << a.place) if a.negative else known + (v << a.place)

        value = p.register(name, with_known, a.value)
        return _Part(value, 0, 0, False)
    if a.negative and not b.negative:
        a, b = b, a

    def total(x, y):
        x, y = x << (a.place - low), y << (b.place - low)
        return x + y if a.negative == b.negative else x - y

    return _Part(p.register(name, total, a.value, b.value), 0, low, a.negative)


def _signed(part: _Part, value):
    return -value if part.negative else value
