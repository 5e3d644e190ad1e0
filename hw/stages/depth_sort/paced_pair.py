"""Two streams of runs into one at half the rate of MergePair, with a third of its registers."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.lut_ram import LutRamQueue
from hw.stages.depth_sort.layouts import sort_item
from hw.stages.depth_sort.merge_pair import LUT_RAM_RUN, SPARE, waiting_item


class PacedPair(wiring.Component):
    """Merges each run of one stream with the run of the other, smaller keys first; of equal keys
    the even run's goes first.

    The runs wait in a queue each, with its head in a register. Both heads are compared in the cycle
    after they changed, and one leaves in the next, into a register that must be empty. So none is
    compared before it is a head, and no register waits behind another.

    Latency: LATENCY_CYCLES = 5 where nothing is waited for. Throughput: an item in two cycles.

    Parameters
    ----------
    places : of each queue.

    Members
    -------
    even, odd : In(stream of waiting_item). o : Out(stream of sort_item).
    """

    LATENCY_CYCLES = 5

    def __init__(self, params: Parameters, places: int):
        self._params = params
        self.queue_depth = places
        waiting = stream.Signature(waiting_item(params))
        super().__init__(
            {
                "even": In(waiting),
                "odd": In(waiting),
                "o": Out(stream.Signature(sort_item(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        takes_even, takes_odd = Signal(), Signal()
        even, even_stood = self._head(m, "even", self.even, takes_even)
        odd, odd_stood = self._head(m, "odd", self.odd, takes_odd)
        even_done, odd_done = Signal(), Signal()  # that run of the pair has left
        first, alone, ends = Signal(reset_less=True), Signal(), Signal()
        out = Signal(sort_item(self._params), name="out", reset_less=True)
        m.d.sync += first.eq(even.item.key <= odd.item.key)
        m.d.comb += [
            alone.eq(odd_done | even.lone),
            takes_even.eq(~self.o.valid & even_stood & ~even_done & (alone | (odd_stood & first))),
            takes_odd.eq(
                ~self.o.valid & odd_stood & Mux(even_done, 1, even_stood & ~alone & ~first)
            ),
            ends.eq(Mux(takes_odd, odd.item["last"] & even_done, even.item["last"] & alone)),
            self.o.payload.eq(out),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(~self.o.valid):
            m.d.sync += [out.eq(Mux(takes_odd, odd.item, even.item)), out["last"].eq(ends)]
        with m.If(takes_even | takes_odd):
            m.d.sync += [
                self.o.valid.eq(1),
                even_done.eq(~ends & (even_done | (takes_even & even.item["last"]))),
                odd_done.eq(~ends & (odd_done | (takes_odd & odd.item["last"]))),
            ]
        return m

    def _head(self, m, name, runs, taken):
        """The head of a stream's queue, and whether it was there in the cycle before, too."""
        layout = waiting_item(self._params)
        is_short = self.queue_depth <= LUT_RAM_RUN[self._params.merge_lanes] + SPARE
        queue = LutRamQueue if is_short else SyncFIFOBuffered
        m.submodules[name] = fifo = queue(width=layout.size, depth=self.queue_depth)
        head = Signal(layout, name=f"{name}_head", reset_less=True)
        valid, stood = Signal(name=f"{name}_valid"), Signal(name=f"{name}_stood")
        m.d.comb += [
            fifo.w_data.eq(runs.payload),
            fifo.w_en.eq(runs.valid),
            runs.ready.eq(fifo.w_rdy),
            fifo.r_en.eq(taken | ~valid),
        ]
        with m.If(fifo.r_en):
            m.d.sync += [head.eq(fifo.r_data), valid.eq(fifo.r_rdy)]
        m.d.sync += stood.eq(valid & ~taken)
        return head, stood
