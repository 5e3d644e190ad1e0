"""Counters in a memory, one of which goes up by one in every cycle."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class CountMemory(wiring.Component):
    """Adds 1 to the counter of a number, and says what it was before.

    The memory is read in a cycle, held in a register in the next, and written in the third. Of the
    two numbers before (with `late_write` three), whose counters were not written when this one's
    was read, they are taken from registers. All moves in the cycles of `move`.

    Latency: LATENCY_MOVES = 2 from a number to `before`. Throughput: a number a cycle.

    Parameters
    ----------
    depth : counters. bits : of each; they wrap.
    late_write : a register lies in front of the memory's write port, for a memory that is far. Then
        nothing may count in the third move before a clear, nor in the cycle after it.

    Members
    -------
    move : In(1). count : In(1), `number` counts. number : In(range(depth)).
    clear : In(1), the counter of `clear_number` becomes 0, with or without move; only where nothing
        counts and has counted in the two moves before. clear_number : In(range(depth)).
    counted : Out(1), a number arrives at the end. before, next : Out(bits), its counter before and
        after.
    stored : Out(bits), what was read of `number` two moves ago, for counters at rest.
    """

    LATENCY_MOVES = 2

    def __init__(self, depth: int, bits: int, late_write: bool = False):
        self._depth, self._bits, self._late_write = depth, bits, late_write
        super().__init__(
            {
                "move": In(1),
                "count": In(1),
                "number": In(range(depth)),
                "clear": In(1),
                "clear_number": In(range(depth)),
                "counted": Out(1),
                "before": Out(bits),
                "next": Out(bits),
                "stored": Out(bits),
            }
        )

    def elaborate(self, platform):
        m = Module()
        bits, length = len(self.number), self._bits
        m.submodules.counters = memory = Memory(shape=length, depth=self._depth, init=[])
        read, write = memory.read_port(), memory.write_port()
        # What is where: read (1), counted (2), and gone (3 and more), not to be read yet.
        behind = 2 + self._late_write
        valid = [Signal(name=f"valid_{n}") for n in range(1, behind + 2)]
        number = [Signal(bits, name=f"number_{n}", reset_less=True) for n in range(1, behind + 2)]
        gone = [Signal(length, name=f"gone_{n}", reset_less=True) for n in range(behind)]
        same = [Signal(name=f"same_{n}", reset_less=True) for n in range(behind)]
        before = self.stored
        for is_same, its in zip(reversed(same), reversed(gone), strict=True):
            before = Mux(is_same, its, before)
        m.d.comb += [
            read.addr.eq(self.number),
            read.en.eq(self.move),
            self.counted.eq(valid[1]),
            self.before.eq(before),
            self.next.eq(self.before + 1),
        ]
        domain = "sync" if self._late_write else "comb"
        m.d[domain] += [
            write.addr.eq(Mux(self.clear, self.clear_number, number[1])),
            write.data.eq(Mux(self.clear, 0, self.next)),
            write.en.eq(self.clear | (self.move & valid[1])),
        ]
        with m.If(self.move):
            m.d.sync += [
                valid[0].eq(self.count),
                number[0].eq(self.number),
                self.stored.eq(read.data),
                *(after.eq(its) for line in (valid, number) for its, after in pairwise(line)),
                gone[0].eq(self.next),
                *(after.eq(its) for its, after in pairwise(gone)),
                *(same[n].eq(valid[n + 1] & (number[n + 1] == number[0])) for n in range(behind)),
            ]
        return m
