"""Two streams of runs into one, an item a cycle: the heart of each stage of the merger."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring

from golden.params import Parameters
from hw.blocks.stream_register import StreamRegister
from hw.stages.depth_sort.layouts import sort_item
from hw.stages.depth_sort.run_pair import RunPair, waiting_item


class MergePair(RunPair):
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
    Those of RunPair.
    """

    LATENCY_CYCLES = 6

    def __init__(self, params: Parameters, places: int, by_arrival: bool = False):
        self._by_arrival = by_arrival
        super().__init__(params, places)

    def elaborate(self, platform):
        m = Module()
        self._merge(m, self._behind(m, "even", self.even), self._behind(m, "odd", self.odd))
        return m

    def _behind(self, m, name, runs):
        """The stream of what comes behind the head."""
        fifo = self._queue(m, name, runs)
        m.submodules[f"{name}_next"] = behind = StreamRegister(waiting_item(self._params))
        m.d.comb += [
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
        return [even, odd], valid, first

    def _is_first(self, even, odd):
        """Whether an item of an even run goes before one of an odd run."""
        if self._by_arrival:
            return Cat(even.item.index, even.item.key) < Cat(odd.item.index, odd.item.key)
        return even.item.key <= odd.item.key

    def _merge(self, m, even_next, odd_next):
        m.submodules.out = out = StreamRegister(sort_item(self._params))
        wiring.connect(m, out.o, wiring.flipped(self.o))
        heads, valid, first = self._heads(m, even_next, odd_next)
        takes, item = self._choose(m, heads, valid, first, out.i.valid & out.i.ready)
        m.d.comb += [out.i.valid.eq(takes[0] | takes[1]), out.i.payload.eq(item)]
        for behind, is_there, taken in zip((even_next, odd_next), valid, takes, strict=True):
            m.d.comb += behind.ready.eq(~is_there | (taken & out.i.ready))
