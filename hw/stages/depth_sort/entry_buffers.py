"""Two buffers of entries: one is filled while the other is read in order."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.entry import ENTRY_BITS
from hw.stages.depth_sort.layouts import index_bits, sort_item, sorted_entry
from hw.stages.depth_sort.merger import LANES

QUEUE_ENTRIES = 8


class EntryBuffers(wiring.Component):
    """Holds the entries of two batches, and gives those whose places come in order.

    Places of even and of odd index are a memory each, so that two entries can be written at once.
    Latency: 5 cycles from an item to its entry. Throughput: an entry a cycle, two written.

    Members
    -------
    write : In(1), one a lane. place : In(index_bits), one a lane: half the index, and the buffer.
    entry : In(128), one a lane.
    i : In(stream of sort_item), in order. final : In(1), one a buffer: its batch ends a bin.
    freed : Out(2), for a cycle: the last entry of a buffer's batch is read.
    o : Out(stream of sorted_entry).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "write": In(1).array(LANES),
                "place": In(index_bits(params)).array(LANES),
                "entry": In(ENTRY_BITS).array(LANES),
                "i": In(stream.Signature(sort_item(params))),
                "final": In(1).array(2),
                "freed": Out(2),
                "o": Out(stream.Signature(sorted_entry())),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = SyncFIFOBuffered(width=ENTRY_BITS + 1, depth=QUEUE_ENTRIES)
        item, takes = self.i.payload, Signal()
        reads = [self._lane(m, lane, Cat(item.index[1:], item.buffer)) for lane in range(LANES)]
        # Read, held, and chosen from the lanes.
        is_odd = [Signal(name=f"is_odd_{n}", reset_less=True) for n in range(2)]
        valid = [Signal(name=f"valid_{n}") for n in range(3)]
        last = [Signal(name=f"last_{n}", reset_less=True) for n in range(3)]
        data = Signal(ENTRY_BITS, reset_less=True)
        room, passed = Signal(range(QUEUE_ENTRIES + 1), init=QUEUE_ENTRIES), Signal()
        m.d.comb += [
            self.i.ready.eq(room != 0),
            takes.eq(self.i.valid & self.i.ready),
            queue.w_data.eq(Cat(data, last[-1])),
            queue.w_en.eq(valid[-1]),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
            passed.eq(self.o.valid & self.o.ready),
        ]
        ends = takes & item["last"]
        m.d.sync += [
            valid[0].eq(takes),
            last[0].eq(item["last"] & Mux(item.buffer, self.final[1], self.final[0])),
            is_odd[0].eq(item.index[0]),
            is_odd[1].eq(is_odd[0]),
            *(after.eq(before) for flags in (valid, last) for before, after in pairwise(flags)),
            data.eq(Mux(is_odd[1], reads[1], reads[0])),
            room.eq(room - takes + passed),
            self.freed.eq(Cat(ends & ~item.buffer, ends & item.buffer)),
        ]
        return m

    def _lane(self, m, lane, place):
        """The memory of a lane: what lies at a place, two cycles later."""
        memory = Memory(shape=ENTRY_BITS, depth=self._params.sort_entries, init=[])
        m.submodules[f"entries_{lane}"] = memory
        write, read = memory.write_port(), memory.read_port()
        held = Signal(ENTRY_BITS, name=f"read_{lane}", reset_less=True)
        m.d.sync += held.eq(read.data)
        m.d.comb += [
            write.addr.eq(self.place[lane]),
            write.data.eq(self.entry[lane]),
            write.en.eq(self.write[lane]),
            read.addr.eq(place),
            read.en.eq(1),
        ]
        return held
