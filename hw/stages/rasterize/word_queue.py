"""An engine's queue: a small memory that shows its first word at once."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class WordQueue(wiring.Component):
    """A queue of 2^n words; a word pushed is shown in the next cycle.

    Parameters
    ----------
    shape : of a word.
    depth : words, a power of two.

    Members
    -------
    push : In(1), word : In(shape); never while it is full.
    valid : Out(1), a register, first : Out(shape). pop : In(1), only while valid.
    level : Out, words in it.
    """

    def __init__(self, shape, depth: int):
        self._shape, self._depth = shape, depth
        super().__init__(
            {
                "push": In(1),
                "word": In(shape),
                "valid": Out(1),
                "first": Out(shape),
                "pop": In(1),
                "level": Out(range(depth + 1)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.words = words = Memory(shape=self._shape, depth=self._depth, init=[])
        write, read = words.write_port(), words.read_port(domain="comb")
        head, tail = Signal(range(self._depth)), Signal(range(self._depth))
        m.d.comb += [
            write.addr.eq(tail),
            write.data.eq(self.word),
            write.en.eq(self.push),
            read.addr.eq(head),
            self.first.eq(read.data),
        ]
        m.d.sync += [
            tail.eq(tail + self.push),
            head.eq(head + self.pop),
            self.level.eq(self.level + self.push - self.pop),
            self.valid.eq(self.push | self.level[1:].any() | (self.valid & ~self.pop)),
        ]
        return m
