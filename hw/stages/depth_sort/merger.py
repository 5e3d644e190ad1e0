"""The merger: entries in order of arrival in, in order of their keys out."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.stages.depth_sort.layouts import index_bits, sort_item
from hw.stages.depth_sort.merge_pair import MergePair
from hw.stages.depth_sort.merge_stage import MergeStage
from hw.stages.depth_sort.run_pair import queue_places

LANES = 2  # that the loader fills


class Merger(wiring.Component):
    """Puts batches of up to N items in order of (key, index).

    With merge_lanes = 2 items of even and of odd index go through a chain of log2 N - 1 stages
    each, at the same time; the last pair merges the two. So a batch of n is taken in n / 2 cycles
    while the one before it leaves in n. With 1 they go in turn through one chain of log2 N stages
    of PacedPair, which takes n items in 2 n cycles: few lanes blend an entry in ten.

    Latency: LATENCY_CYCLES of MergePair or PacedPair for each of log2 N stages, from a batch's last
    item to its first one out. Throughput: 2 items a cycle in, one out; of one lane an item in two
    cycles.

    Members
    -------
    counts : In, items of the batch in each of the two buffers; held until its last item is out.
    i : In(stream of sort_item), one a lane: items of even index, of odd index, runs of one item.
    o : Out(stream of sort_item), in order.
    """

    def __init__(self, params: Parameters):
        self._params = params
        item = stream.Signature(sort_item(params))
        super().__init__(
            {
                "counts": In(index_bits(params) + 1).array(2),
                "i": In(item).array(LANES),
                "o": Out(item),
            }
        )

    def elaborate(self, platform):
        m = Module()
        if self._params.merge_lanes == 1:
            items, _ = self._chain(m, 0, self._in_turn(m))
            wiring.connect(m, items, wiring.flipped(self.o))
            return m
        m.submodules.pair = pair = MergePair(self._params, queue_places(1), by_arrival=True)
        wiring.connect(m, pair.o, wiring.flipped(self.o))
        for lane, into in enumerate((pair.even, pair.odd)):
            items, counts = self._chain(m, lane, wiring.flipped(self.i[lane]))
            count = Mux(items.payload.buffer, counts[1], counts[0])
            m.d.comb += [
                into.valid.eq(items.valid),
                into.payload.item.eq(items.payload),
                into.payload.lone.eq(count == 1),
                items.ready.eq(into.ready),
            ]
        return m

    def _in_turn(self, m):
        """Items of both lanes by their index, an even one first."""
        even, odd = (wiring.flipped(items) for items in self.i)
        # Halves of the next index of both: equal but for the turn of the odd one.
        turn = even.payload.index[1] ^ odd.payload.index[1]
        items = stream.Signature(sort_item(self._params)).create()
        m.d.comb += [
            items.valid.eq(Mux(turn, odd.valid, even.valid)),
            items.payload.eq(Mux(turn, odd.payload, even.payload)),
            even.ready.eq(items.ready & ~turn),
            odd.ready.eq(items.ready & turn),
        ]
        return items

    def _chain(self, m, lane, items):
        """What leaves a lane's stages, and the counts near the last one."""
        counts = [self.counts[n] for n in range(2)]
        first = self._params.merge_lanes - 1
        for order in range(first, index_bits(self._params)):
            if order > first:
                counts = self._behind(m, counts, f"lane_{lane}_counts_{order}")
            stage = MergeStage(self._params, order, lane)
            m.submodules[f"lane_{lane}_stage_{order}"] = stage
            m.d.comb += [stage.counts[n].eq(counts[n]) for n in range(2)]
            wiring.connect(m, items, stage.i)
            items = stage.o
        return items, counts

    def _behind(self, m, counts, name):
        """The counts a cycle later, near the next stage: no item gets there as fast."""
        later = [
            Signal.like(of, name=f"{name}_{n}", reset_less=True) for n, of in enumerate(counts)
        ]
        m.d.sync += [after.eq(of) for after, of in zip(later, counts, strict=True)]
        return later
