"""Two streams of runs into one at half the rate of MergePair, with a third of its registers."""

from __future__ import annotations

from amaranth.hdl import Module, Signal

from hw.stages.depth_sort.layouts import sort_item
from hw.stages.depth_sort.run_pair import RunPair, waiting_item


class PacedPair(RunPair):
    """Merges each run of one stream with the run of the other, smaller keys first; of equal keys
    the even run's goes first.

    The runs wait in a queue each, with its head in a register. Both heads are compared in the cycle
    after they changed, and one leaves in the next, into a register that must be empty. So none is
    compared before it is a head, and no register waits behind another.

    Latency: LATENCY_CYCLES = 5 where nothing is waited for. Throughput: an item in two cycles.
    Parameters and members: of RunPair.
    """

    LATENCY_CYCLES = 5

    def elaborate(self, platform):
        m = Module()
        taken, first = [Signal(name=f"{n}_taken") for n in ("even", "odd")], Signal(reset_less=True)
        even, even_stood = self._head(m, "even", self.even, taken[0])
        odd, odd_stood = self._head(m, "odd", self.odd, taken[1])
        there = [~self.o.valid & stood for stood in (even_stood, odd_stood)]
        moves = taken[0] | taken[1]
        takes, item = self._choose(m, [even, odd], there, first, moves)
        out = Signal(sort_item(self._params), name="out", reset_less=True)
        m.d.sync += first.eq(even.item.key <= odd.item.key)
        m.d.comb += [self.o.payload.eq(out), *(a.eq(b) for a, b in zip(taken, takes, strict=True))]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(~self.o.valid):
            m.d.sync += out.eq(item)
        with m.If(moves):
            m.d.sync += self.o.valid.eq(1)
        return m

    def _head(self, m, name, runs, taken):
        """The head of a stream's queue, and whether it was there in the cycle before, too."""
        fifo = self._queue(m, name, runs)
        head = Signal(waiting_item(self._params), name=f"{name}_head", reset_less=True)
        valid, stood = Signal(name=f"{name}_valid"), Signal(name=f"{name}_stood")
        m.d.comb += fifo.r_en.eq(taken | ~valid)
        with m.If(fifo.r_en):
            m.d.sync += [head.eq(fifo.r_data), valid.eq(fifo.r_rdy)]
        m.d.sync += stood.eq(valid & ~taken)
        return head, stood
