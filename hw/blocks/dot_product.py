"""Sums of products of any width: what lies at one place is added first."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat

from hw.blocks.multiply import OPERAND_BITS, Term, chunks_of, cut_into, product_of, sum_of
from hw.blocks.pipeline import Pipeline, Timed


def dot_product(p: Pipeline, name: str, pairs: Sequence[tuple[Timed, Timed]]) -> Timed:
    """The sum of a b over pairs of values, exactly; a and b are both signed or both unsigned.

    Operands are split as those of Multiply. Products of chunks at the same place are added before
    the places are: so there is one sum across the places, not one a pair. A pair is multiplied when
    its sum is due: operands wait, which are narrower.
    Latency: 2 cycles for the products, one for each pair but one to add those of a place, and one
    for each further place. Multipliers: as many as Multiply has for each of the pairs.
    """
    total, *others = _columns(p, name, pairs)
    for term in others:
        total = sum_of(p, total, term, max(total.end, term.end) + 1)
    return total.value


def rounded_dot_product(
    p: Pipeline, name: str, pairs: Sequence[tuple[Timed, Timed]], fraction: int
) -> Timed:
    """floor(sum of a b / 2^fraction + 1/2), else as dot_product, of signed pairs.

    Latency: that of dot_product, and a cycle more unless it is the sum of two places of which the
    upper one is that of the result: then its adder rounds too.
    """
    total, *others = _columns(p, name, pairs)
    if [term.place for term in others] == [fraction]:

        def both(low, high):
            half = low[fraction - 1]
            return (low[fraction - 1 :].as_signed() + Cat(half, high).as_signed()) >> 1

        return p.register(f"{name}_rounded", both, total.value, others[0].value)
    for term in others:
        total = sum_of(p, total, term, max(total.end, term.end) + 1)
    return p.register(
        f"{name}_rounded", lambda v: (v[fraction - 1 :].as_signed() + 1) >> 1, total.value
    )


def _columns(p: Pipeline, name: str, pairs: Sequence[tuple[Timed, Timed]]) -> list[Term]:
    """The sums of the products at each place, lowest first."""
    columns: dict[int, list[Term]] = {}
    start = max(value.cycle for pair in pairs for value in pair)
    for n, pair in enumerate(pairs):
        if n > 1:
            pair = [p.later(value, start + n - 1) for value in pair]
        a, b = (
            cut_into(p, f"{name}_{side}{n}", value, chunks_of(value.value.shape(), OPERAND_BITS))
            for side, value in zip("ab", pair, strict=True)
        )
        for term in (product_of(p, x, y) for x in a for y in b):
            columns.setdefault(term.place, []).append(term)
    return [_column(p, columns[place]) for place in sorted(columns)]


def _column(p: Pipeline, terms: list[Term]) -> Term:
    """The sum of terms at one place, each a cycle after the one before."""
    total, *others = terms
    for term in others:
        value = p.register(f"column_{total.place}", lambda x, y: x + y, total.value, term.value)
        total = Term(value, total.place, len(value.value), value.value.shape().signed)
    return total
