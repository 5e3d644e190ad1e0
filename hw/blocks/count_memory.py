"""Counters in a memory, one of which goes up by one in every cycle."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class CountMemory(wiring.Component):
    """Adds 1 to the counter of a number, and says what it was before.

    The memory is read in a cycle, held in a register in the next, and written in the third. Of the
    two numbers before, whose counters were not written when this one's was read, they are taken
    from registers. All moves in the cycles of `move`.

    Latency: LATENCY_MOVES = 2 from a number to `before`. Throughput: a number a cycle.

    Parameters
    ----------
    depth : counters. bits : of each; they wrap.

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

    def __init__(self, depth: int, bits: int):
        self._depth, self._bits = depth, bits
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
        # What is where: read (1), counted (2), and gone (3).
        valid = [Signal(name=f"valid_{n}") for n in range(1, 4)]
        number = [Signal(bits, name=f"number_{n}", reset_less=True) for n in range(1, 4)]
        gone = [Signal(length, name=f"gone_{n}", reset_less=True) for n in range(2)]
        same = [Signal(name=f"same_{n}", reset_less=True) for n in range(2)]
        m.d.comb += [
            read.addr.eq(self.number),
            read.en.eq(self.move),
            self.counted.eq(valid[1]),
            self.before.eq(Mux(same[0], gone[0], Mux(same[1], gone[1], self.stored))),
            self.next.eq(self.before + 1),
            write.addr.eq(Mux(self.clear, self.clear_number, number[1])),
            write.data.eq(Mux(self.clear, 0, self.next)),
            write.en.eq(self.clear | (self.move & valid[1])),
        ]
        with m.If(self.move):
            m.d.sync += [
                valid[0].eq(self.count),
                number[0].eq(self.number),
                self.stored.eq(read.data),
                *(valid[n].eq(valid[n - 1]) for n in range(1, 3)),
                *(number[n].eq(number[n - 1]) for n in range(1, 3)),
                gone[0].eq(self.next),
                gone[1].eq(gone[0]),
                *(same[n].eq(valid[n + 1] & (number[n + 1] == number[0])) for n in range(2)),
            ]
        return m
