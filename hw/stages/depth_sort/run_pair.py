"""What both kinds of pairs of the merger have: a queue for each stream of runs, and the choice."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.lut_ram import LutRamQueue
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


class RunPair(wiring.Component):
    """Each run of one stream and the run of the other become one.

    Parameters
    ----------
    places : of each queue.

    Members
    -------
    even, odd : In(stream of waiting_item). o : Out(stream of sort_item).
    """

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

    def _queue(self, m: Module, name: str, runs) -> SyncFIFOBuffered:
        """The queue that a stream of runs goes into."""
        most = LUT_RAM_RUN[self._params.merge_lanes] + SPARE
        queue = LutRamQueue if self.queue_depth <= most else SyncFIFOBuffered
        m.submodules[name] = fifo = queue(
            width=waiting_item(self._params).size, depth=self.queue_depth
        )
        m.d.comb += [
            fifo.w_data.eq(runs.payload),
            fifo.w_en.eq(runs.valid),
            runs.ready.eq(fifo.w_rdy),
        ]
        return fifo

    def _choose(
        self, m: Module, heads: list, there: list[Value], first: Value, moves: Value
    ) -> tuple[list[Signal], data.View]:
        """Which head is next, of the even run and of the odd one, and it as an item of their run.

        Parameters
        ----------
        heads : of the even run and of the odd one. there : each may be taken.
        first : the even one goes first, of two that are there. moves : what was chosen goes.
        """
        (even, odd), (even_there, odd_there) = heads, there
        even_done, odd_done = Signal(), Signal()  # that run of the pair has left
        alone, takes_even, takes_odd, ends = (Signal() for _ in range(4))
        item = Signal(sort_item(self._params), name="chosen")
        m.d.comb += [
            alone.eq(odd_done | even.lone),
            takes_even.eq(even_there & ~even_done & (alone | (odd_there & first))),
            takes_odd.eq(odd_there & Mux(even_done, 1, even_there & ~alone & ~first)),
            ends.eq(Mux(takes_odd, odd.item["last"] & even_done, even.item["last"] & alone)),
            item.eq(Mux(takes_odd, odd.item, even.item)),
            item["last"].eq(ends),
        ]
        with m.If(moves):
            m.d.sync += [
                even_done.eq(~ends & (even_done | (takes_even & even.item["last"]))),
                odd_done.eq(~ends & (odd_done | (takes_odd & odd.item["last"]))),
            ]
        return [takes_even, takes_odd], item
