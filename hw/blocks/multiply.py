"""Products of any width, of multipliers of one width or of none, summed in registered stages."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Cat, Const, Shape, Value
from amaranth.lib.wiring import In, Out

from hw.blocks.pipeline import Block, Pipeline, Timed

OPERAND_BITS = 18  # of a multiplier of the target


@dataclass(frozen=True, eq=False)
class Term:
    """A part of a sum: value 2^place, `bits` wide; what lies above it is its sign or nothing."""

    value: Timed
    place: int
    bits: int
    signed: bool

    @property
    def end(self) -> int:
        return self.place + self.bits


class Multiply(Block):
    """a b, exactly.

    An operand wider than a multiplier is split: into chunks of operand_bits where it is unsigned;
    where it is signed, into one signed chunk of operand_bits at the top and unsigned ones of a bit
    less below it. The products of all pairs of chunks are added.
    Latency: 2 cycles for the products, and ceil(log2(rows)) to add them, where rows is the number
    of sums without overlap that they can be laid out in: 1 for 1 x 1 chunks, 2 for 2 x 1, 3 for
    2 x 2. Multipliers: `multipliers` = (chunks of a) (chunks of b), of operand_bits squared.

    Parameters
    ----------
    a, b : shapes of the operands, both signed or both unsigned.
    operand_bits : width of a multiplier's operands, 2 or more.

    Members
    -------
    a : In(a).
    b : In(b).
    product : Out(a.width + b.width), signed as they are.
    """

    def __init__(self, a, b, operand_bits: int = OPERAND_BITS):
        a, b = Shape.cast(a), Shape.cast(b)
        if a.signed != b.signed:
            raise ValueError(f"{a!r} by {b!r} takes a wider multiplier: make both signed or none.")
        self._chunks = chunks_of(a, operand_bits), chunks_of(b, operand_bits)
        self.multipliers = len(self._chunks[0]) * len(self._chunks[1])
        product = Shape(a.width + b.width, a.signed)
        super().__init__({"a": In(a), "b": In(b), "product": Out(product)})

    def build(self, p: Pipeline) -> int:
        a, b = (
            _split(p, operand, chunks)
            for operand, chunks in zip((self.a, self.b), self._chunks, strict=True)
        )
        terms = [product_of(p, x, y) for x in a for y in b]
        return _finish(p, terms, self.product)


class Square(Block):
    """a a, exactly, with the products of two different chunks made once.

    Split as in Multiply. Latency: 2 cycles for the products, and ceil(log2(rows)) to add them: rows
    is 1 for 1 chunk, 2 for 2. Multipliers: `multipliers` = n (n + 1) / 2 for n chunks.

    Parameters
    ----------
    shape : shape of the operand.
    operand_bits : width of a multiplier's operands, 2 or more.

    Members
    -------
    a : In(shape).
    product : Out(2 shape.width), signed as the operand is.
    """

    def __init__(self, shape, operand_bits: int = OPERAND_BITS):
        shape = Shape.cast(shape)
        self._chunks = chunks_of(shape, operand_bits)
        count = len(self._chunks)
        self.multipliers = count * (count + 1) // 2
        super().__init__({"a": In(shape), "product": Out(Shape(2 * shape.width, shape.signed))})

    def build(self, p: Pipeline) -> int:
        chunks = _split(p, self.a, self._chunks)
        terms = []
        for number, x in enumerate(chunks):
            terms.append(product_of(p, x, x))
            terms += [product_of(p, x, y, doublings=1) for y in chunks[number + 1 :]]
        return _finish(p, terms, self.product)


class ShiftAdd(Block):
    """a b, exactly, of adders alone: for where the target has no multiplier left.

    Latency: ceil(log2(rows)) cycles; rows are the bits of b, or those of an unsigned a where these
    are fewer. No multiplier.

    Parameters
    ----------
    a : shape of an operand. b_bits : width of the other one, which is unsigned.

    Members
    -------
    a : In(a).
    b : In(b_bits).
    product : Out(a.width + b_bits), signed as a is.
    """

    def __init__(self, a, b_bits: int):
        a = Shape.cast(a)
        super().__init__(
            {"a": In(a), "b": In(b_bits), "product": Out(Shape(a.width + b_bits, a.signed))}
        )

    def build(self, p: Pipeline) -> int:
        a, b = p.input(self.a), p.input(self.b)
        shape, terms = a.value.shape(), []
        for place in range(len(self.b)):

            def part(a, b, place=place):
                bits = a & b[place].replicate(len(a))
                return bits[: len(a)].as_signed() if shape.signed else bits

            value = p.wire(f"part_{place}", part, a, b)
            terms.append(Term(value, place, shape.width, shape.signed))
        return _finish(p, terms, self.product)


def times_constant(p: Pipeline, name: str, value: Timed, constant: Value) -> Timed:
    """value constant, exactly, by a Multiply; the constant is held while values are under way."""
    block = Multiply(value.value.shape(), constant.shape())
    p.m.d.comb += block.b.eq(constant)
    return p.call(name, block, a=value)["product"]


def chunks_of(shape: Shape, operand_bits: int) -> list[tuple[int, Shape]]:
    """Place and shape of each chunk, lowest first."""
    if operand_bits < 2 or shape.width < 1:
        raise ValueError(
            f"an operand of {shape.width} bits cannot be split for multipliers of {operand_bits}: "
            "give 1 bit or more for multipliers of 2 or more."
        )
    chunks, place = [], 0
    while shape.width - place > operand_bits:
        below = operand_bits - shape.signed
        chunks.append((place, Shape(below)))
        place += below
    return [*chunks, (place, Shape(shape.width - place, shape.signed))]


def _split(p: Pipeline, operand: Value, chunks: list[tuple[int, Shape]]) -> list[Term]:
    return cut_into(p, operand.name, p.input(operand), chunks)


def cut_into(p: Pipeline, name: str, whole: Timed, chunks: list[tuple[int, Shape]]) -> list[Term]:
    """The chunks of a value."""
    terms = []
    for place, shape in chunks:

        def cut(value, place=place, shape=shape):
            bits = value[place : place + shape.width]
            return bits.as_signed() if shape.signed else bits

        value = p.wire(f"{name}_{place}", cut, whole)
        terms.append(Term(value, place, shape.width, shape.signed))
    return terms


def product_of(p: Pipeline, x: Term, y: Term, doublings: int = 0) -> Term:
    """x y 2^doublings, two cycles later: one multiplier, and nothing else in its stages."""
    signed = x.signed or y.signed
    place, bits = x.place + y.place + doublings, x.bits + y.bits

    def multiplied(a, b):
        if signed:  # an unsigned chunk below a signed one has a bit to spare for a sign of 0
            a, b = (v if v.shape().signed else Cat(v, Const(0, 1)).as_signed() for v in (a, b))
        product = (a * b)[:bits]
        return product.as_signed() if signed else product

    value = p.multiply(f"product_{x.place}_{y.place}", x.value, y.value, multiplied)
    return Term(value, place, bits, signed)


def _finish(p: Pipeline, terms: list[Term], product: Value) -> int:
    """Adds all terms, by a tree over rows of terms that do not overlap."""
    rows: list[list[Term]] = []
    for term in sorted(terms, key=lambda term: term.place):
        for row in rows:
            if row[-1].end <= term.place and not row[-1].signed:
                row.append(term)
                break
        else:
            rows.append([term])
    level = [_joined(p, row) for row in rows]
    while len(level) > 1:
        # The lowest of an odd number waits: its bits that nothing overlaps need no adder.
        odd, level = level[: len(level) % 2], level[len(level) % 2 :]
        pairs = zip(level[::2], level[1::2], strict=True)
        level = odd + [sum_of(p, *pair, len(product)) for pair in pairs]
    return p.finish((product, level[0].value))


def _joined(p: Pipeline, row: list[Term]) -> Term:
    """A row as one term: side by side, with zeros between them."""
    if len(row) == 1:
        return row[0]
    first, last = row[0], row[-1]

    def side_by_side(*values):
        parts, end = [], first.place
        for term, value in zip(row, values, strict=True):
            parts += [Const(0, term.place - end), value]
            end = term.end
        joined = Cat(*parts)
        return joined.as_signed() if last.signed else joined

    value = p.wire(f"row_{first.place}", side_by_side, *(term.value for term in row))
    return Term(value, first.place, last.end - first.place, last.signed)


def sum_of(p: Pipeline, low: Term, high: Term, bits: int) -> Term:
    """low + high, a cycle later; the bits of `low` below `high` pass by the adder."""
    if low.place > high.place:
        low, high = high, low
    signed = low.signed or high.signed
    below = high.place - low.place

    def added(a, b):
        if len(a) < below:  # a signed row that ends below the next one
            a = Cat(a, a[-1].replicate(below - len(a))).as_signed()
        total = Cat(a[:below], a.shift_right(below) + b)[: bits - low.place]
        return total.as_signed() if signed else total

    value = p.register(f"sum_{low.place}_{high.place}", added, low.value, high.value)
    return Term(value, low.place, len(value.value), signed)
