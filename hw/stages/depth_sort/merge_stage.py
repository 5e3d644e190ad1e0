"""A stage of a chain: pairs of runs that arrive one after another into runs twice as long."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.stages.depth_sort.layouts import index_bits, sort_item
from hw.stages.depth_sort.merge_pair import MergePair
from hw.stages.depth_sort.paced_pair import PacedPair
from hw.stages.depth_sort.run_pair import queue_places


class MergeStage(wiring.Component):
    """Merges runs of 2^order / merge_lanes items in pairs: smaller keys first, equal ones as they
    came.

    Its items are those of a batch, or of two lanes those with the same lowest bit of the index.
    Even and odd runs, which bit `order` of the index tells apart, wait in a queue each. The last
    run of a batch may be shorter, or lone: then it passes as it is, without waiting.

    Latency, throughput: those of MergePair, or of one lane of PacedPair.

    Parameters
    ----------
    order : bit of the index that tells even from odd runs.
    lane : lowest bit of every item's index; of one lane 0.

    Members
    -------
    counts : In, items of the batch in each of the two buffers, in all lanes; held until its last
        item is out.
    i, o : In, Out(stream of sort_item).
    """

    def __init__(self, params: Parameters, order: int, lane: int):
        self._params, self._order, self._lane = params, order, lane
        self.queue_depth = queue_places((1 << order) // params.merge_lanes)
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
        kind = MergePair if self._params.merge_lanes > 1 else PacedPair
        m.submodules.pair = pair = kind(self._params, self.queue_depth)
        item, first_of_next = self.i.payload, Signal(index_bits(self._params) + 1)
        is_odd, lone = item.index[self._order], Signal()
        # The first index of the odd run that would belong to this even one.
        number = item.index >> (self._order + 1)
        m.d.comb += [
            first_of_next.eq((((number << 1) | 1) << self._order) | self._lane),
            lone.eq(first_of_next >= Mux(item.buffer, self.counts[1], self.counts[0])),
            self.i.ready.eq(Mux(is_odd, pair.odd.ready, pair.even.ready)),
        ]
        for runs, comes in ((pair.even, ~is_odd), (pair.odd, is_odd)):
            m.d.comb += [
                runs.valid.eq(self.i.valid & comes),
                runs.payload.item.eq(item),
                runs.payload.lone.eq(lone),
            ]
        wiring.connect(m, pair.o, wiring.flipped(self.o))
        return m
