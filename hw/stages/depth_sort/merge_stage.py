"""A stage of the merger: pairs of runs that arrive one after another into runs twice as long."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.stream_register import StreamRegister
from hw.stages.depth_sort.layouts import index_bits, sort_item

SPARE = 3  # places of short queues beyond a run, so that the next run need not wait


def waiting_item(params: Parameters) -> data.StructLayout:
    """An item in a queue; `lone`: no second run belongs to its run."""
    return data.StructLayout({"item": sort_item(params), "lone": 1})


class MergeStage(wiring.Component):
    """Merges runs of 2^order items in pairs, smaller keys first, of equal ones the earlier run's.

    Items of even and odd runs, which bit `order` of the index tells apart, wait in a queue each.
    The heads are compared once both are there. The last run of a batch may be shorter, or lone:
    then it passes as it is, without waiting.

    Latency: 5 cycles where nothing is waited for. Throughput: an item a cycle.

    Parameters
    ----------
    order : log2 of the runs that come in.

    Members
    -------
    counts : In, items of the batch in each of the two buffers; held until its last item is out.
    i, o : In, Out(stream of sort_item).
    """

    LATENCY_CYCLES = 5

    def __init__(self, params: Parameters, order: int):
        self._params, self._order = params, order
        self.queue_depth = (1 << order) + (1 if order >= 7 else SPARE)
        item = sort_item(params)
        super().__init__(
            {
                "counts": In(index_bits(params) + 1).array(2),
                "i": In(stream.Signature(item)),
                "o": Out(stream.Signature(item)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        item, first_of_next = self.i.payload, Signal(index_bits(self._params) + 1)
        is_odd = item.index[self._order]
        # The first index of the odd run that would belong to this even one.
        pair = item.index >> (self._order + 1)
        m.d.comb += first_of_next.eq(((pair << 1) | 1) << self._order)
        lone = first_of_next >= Mux(item.buffer, self.counts[1], self.counts[0])
        even_free, even = self._queue(m, "even", self.i.valid & ~is_odd, lone)
        odd_free, odd = self._queue(m, "odd", self.i.valid & is_odd, lone)
        m.d.comb += self.i.ready.eq(Mux(is_odd, odd_free, even_free))
        self._merge(m, even, odd)
        return m

    def _queue(self, m, name, comes, lone):
        """A queue of one kind of runs: whether it has room, and the stream of its head."""
        layout = waiting_item(self._params)
        m.submodules[name] = fifo = SyncFIFOBuffered(width=layout.size, depth=self.queue_depth)
        m.submodules[f"{name}_head"] = head = StreamRegister(layout)
        entry = Signal(layout, name=f"{name}_entry")
        m.d.comb += [
            entry.item.eq(self.i.payload),
            entry.lone.eq(lone),
            fifo.w_data.eq(entry),
            fifo.w_en.eq(comes),
            head.i.valid.eq(fifo.r_rdy),
            head.i.payload.eq(fifo.r_data),
            fifo.r_en.eq(head.i.ready),
        ]
        return fifo.w_rdy, head.o

    def _merge(self, m, even, odd):
        m.submodules.out = out = StreamRegister(sort_item(self._params))
        wiring.connect(m, out.o, wiring.flipped(self.o))
        a, b = even.payload.item, odd.payload.item
        even_done, odd_done = Signal(), Signal()  # that run of the pair has left
        alone, takes_even, takes_odd, ends = (Signal() for _ in range(4))
        first = Signal()
        m.d.comb += [
            first.eq(a.key <= b.key),
            alone.eq(odd_done | even.payload.lone),
            takes_even.eq(even.valid & ~even_done & (alone | (odd.valid & first))),
            takes_odd.eq(odd.valid & Mux(even_done, 1, even.valid & ~alone & ~first)),
            ends.eq(Mux(takes_odd, b["last"] & even_done, a["last"] & alone)),
            out.i.valid.eq(takes_even | takes_odd),
            out.i.payload.eq(Mux(takes_odd, b, a)),
            out.i.payload["last"].eq(ends),
            even.ready.eq(takes_even & out.i.ready),
            odd.ready.eq(takes_odd & out.i.ready),
        ]
        with m.If(out.i.valid & out.i.ready):
            m.d.sync += [
                even_done.eq(~ends & (even_done | (takes_even & a["last"]))),
                odd_done.eq(~ends & (odd_done | (takes_odd & b["last"]))),
            ]
