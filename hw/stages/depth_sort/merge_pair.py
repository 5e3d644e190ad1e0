"""Two streams of runs into one: the heart of each stage of the merger."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.stream_register import StreamRegister
from hw.stages.depth_sort.layouts import sort_item

SPARE = 3  # places of short queues beyond a run, so that the next run need not wait
SHORT_RUN = 64  # items, at most


def queue_places(run_items: int) -> int:
    """Places of a queue for runs of so many items."""
    return run_items + (SPARE if run_items <= SHORT_RUN else 1)


def waiting_item(params: Parameters) -> data.StructLayout:
    """An item in a queue; `lone`: no second run belongs to its run."""
    return data.StructLayout({"item": sort_item(params), "lone": 1})


class MergePair(wiring.Component):
    """Merges each run of one stream with the run of the other, smaller keys first.

    The runs wait in a queue each. Their heads are compared once both are there. Of equal keys the
    even run's goes first, or with `by_arrival` that of the smaller index.

    Latency: LATENCY_CYCLES = 5 where nothing is waited for. Throughput: an item a cycle.

    Parameters
    ----------
    places : of each queue.
    by_arrival : items of one run came both before and after those of the other.

    Members
    -------
    even, odd : In(stream of waiting_item). o : Out(stream of sort_item).
    """

    LATENCY_CYCLES = 5

    def __init__(self, params: Parameters, places: int, by_arrival: bool = False):
        self._params, self._by_arrival = params, by_arrival
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
        self._merge(m, self._queue(m, "even", self.even), self._queue(m, "odd", self.odd))
        return m

    def _queue(self, m, name, runs):
        """The stream of a queue's head."""
        layout = waiting_item(self._params)
        m.submodules[name] = fifo = SyncFIFOBuffered(width=layout.size, depth=self.queue_depth)
        m.submodules[f"{name}_head"] = head = StreamRegister(layout)
        m.d.comb += [
            fifo.w_data.eq(runs.payload),
            fifo.w_en.eq(runs.valid),
            runs.ready.eq(fifo.w_rdy),
            head.i.valid.eq(fifo.r_rdy),
            head.i.payload.eq(fifo.r_data),
            fifo.r_en.eq(head.i.ready),
        ]
        return head.o

    def _merge(self, m, even, odd):
        m.submodules.out = out = StreamRegister(sort_item(self._params))
        wiring.connect(m, out.o, wiring.flipped(self.o))
        a, b = even.payload.item, odd.payload.item
        even_done, odd_done = Signal(), Signal()  # that run of the pair has left
        alone, takes_even, takes_odd, ends = (Signal() for _ in range(4))
        first = Signal()
        if self._by_arrival:
            m.d.comb += first.eq(Cat(a.index, a.key) < Cat(b.index, b.key))
        else:
            m.d.comb += first.eq(a.key <= b.key)
        m.d.comb += [
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
