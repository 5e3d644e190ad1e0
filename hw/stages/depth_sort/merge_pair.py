"""Two streams of runs into one: the heart of each stage of the merger."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.lut_ram import LutRamQueue
from hw.blocks.stream_register import StreamRegister
from hw.stages.depth_sort.layouts import sort_item

SPARE = 3  # places of short queues beyond a run, so that the next run need not wait
SHORT_RUN = 64  # items, at most
# A queue for runs of at most so many items is of LUTs, by lanes of the merger: builds of one are
# short of LUTs, those of two of block RAMs.
LUT_RAM_RUN = {1: 16, 2: SHORT_RUN}


def queue_places(run_items: int) -> int:
    """Places of a queue for runs of so many items."""
    return run_items + (SPARE if run_items <= SHORT_RUN else 1)


def waiting_item(params: Parameters) -> data.StructLayout:
    """An item in a queue; `lone`: no second run belongs to its run."""
    return data.StructLayout({"item": sort_item(params), "lone": 1})


class MergePair(wiring.Component):
    """Merges each run of one stream with the run of the other, smaller keys first.

    The runs wait in a queue each. An item behind a head is compared with the other head, and with
    the one behind that, before it is a head itself: so which of two heads is first comes from a
    register. Of equal keys the even run's goes first, or with `by_arrival` that of the smaller
    index.

    Latency: LATENCY_CYCLES = 6 where nothing is waited for. Throughput: an item a cycle.

    Parameters
    ----------
    places : of each queue.
    by_arrival : items of one run came both before and after those of the other.

    Members
    -------
    even, odd : In(stream of waiting_item). o : Out(stream of sort_item).
    """

    LATENCY_CYCLES = 6

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
        """The stream of what comes behind the head."""
        layout = waiting_item(self._params)
        most = LUT_RAM_RUN[self._params.merge_lanes] + SPARE
        queue = LutRamQueue if self.queue_depth <= most else SyncFIFOBuffered
        m.submodules[name] = fifo = queue(width=layout.size, depth=self.queue_depth)
        m.submodules[f"{name}_next"] = behind = StreamRegister(layout)
        m.d.comb += [
            fifo.w_data.eq(runs.payload),
            fifo.w_en.eq(runs.valid),
            runs.ready.eq(fifo.w_rdy),
            behind.i.valid.eq(fifo.r_rdy),
            behind.i.payload.eq(fifo.r_data),
            fifo.r_en.eq(behind.i.ready),
        ]
        return behind.o

    def _heads(self, m, even_next, odd_next):
        """Both heads, whether each is there, and whether the even one is first."""
        layout, first = waiting_item(self._params), Signal(reset_less=True)
        even, odd = (Signal(layout, name=f"{n}_head", reset_less=True) for n in ("even", "odd"))
        valid = [Signal(name=f"{name}_valid") for name in ("even", "odd")]
        for n, (head, behind) in enumerate(((even, even_next), (odd, odd_next))):
            with m.If(behind.ready):
                m.d.sync += [head.eq(behind.payload), valid[n].eq(behind.valid)]
        with m.If(even_next.ready & odd_next.ready):
            m.d.sync += first.eq(self._is_first(even_next.payload, odd_next.payload))
        with m.Elif(even_next.ready):
            m.d.sync += first.eq(self._is_first(even_next.payload, odd))
        with m.Elif(odd_next.ready):
            m.d.sync += first.eq(self._is_first(even, odd_next.payload))
        return even, odd, valid, first

    def _is_first(self, even, odd):
        """Whether an item of an even run goes before one of an odd run."""
        if self._by_arrival:
            return Cat(even.item.index, even.item.key) < Cat(odd.item.index, odd.item.key)
        return even.item.key <= odd.item.key

    def _merge(self, m, even_next, odd_next):
        m.submodules.out = out = StreamRegister(sort_item(self._params))
        wiring.connect(m, out.o, wiring.flipped(self.o))
        even, odd, (even_valid, odd_valid), first = self._heads(m, even_next, odd_next)
        even_done, odd_done = Signal(), Signal()  # that run of the pair has left
        alone, takes_even, takes_odd, ends = (Signal() for _ in range(4))
        m.d.comb += [
            alone.eq(odd_done | even.lone),
            takes_even.eq(even_valid & ~even_done & (alone | (odd_valid & first))),
            takes_odd.eq(odd_valid & Mux(even_done, 1, even_valid & ~alone & ~first)),
            ends.eq(Mux(takes_odd, odd.item["last"] & even_done, even.item["last"] & alone)),
            out.i.valid.eq(takes_even | takes_odd),
            out.i.payload.eq(Mux(takes_odd, odd.item, even.item)),
            out.i.payload["last"].eq(ends),
            even_next.ready.eq(~even_valid | (takes_even & out.i.ready)),
            odd_next.ready.eq(~odd_valid | (takes_odd & out.i.ready)),
        ]
        with m.If(out.i.valid & out.i.ready):
            m.d.sync += [
                even_done.eq(~ends & (even_done | (takes_even & even.item["last"]))),
                odd_done.eq(~ends & (odd_done | (takes_odd & odd.item["last"]))),
            ]
