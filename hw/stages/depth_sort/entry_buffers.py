"""Two buffers of entries: one is filled while the other is read in order."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.entry import ENTRY_BITS
from hw.stages.depth_sort.layouts import index_bits, sort_item, sorted_entry

QUEUE_ENTRIES = 8


class EntryBuffers(wiring.Component):
    """Holds the entries of two batches, and gives those whose places come in order.

    Latency: 4 cycles from an item to its entry. Throughput: an entry a cycle.

    Members
    -------
    write : In(1). place : In(index_bits + 1), index and buffer. entry : In(128).
    i : In(stream of sort_item), in order. final : In(1), one a buffer: its batch ends a bin.
    freed : Out(2), for a cycle: the last entry of a buffer's batch is read.
    o : Out(stream of sorted_entry).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "write": In(1),
                "place": In(index_bits(params) + 1),
                "entry": In(ENTRY_BITS),
                "i": In(stream.Signature(sort_item(params))),
                "final": In(1).array(2),
                "freed": Out(2),
                "o": Out(stream.Signature(sorted_entry())),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.entries = memory = Memory(
            shape=ENTRY_BITS, depth=2 * self._params.sort_entries, init=[]
        )
        m.submodules.queue = queue = SyncFIFOBuffered(width=ENTRY_BITS + 1, depth=QUEUE_ENTRIES)
        write, read = memory.write_port(), memory.read_port()
        item, takes = self.i.payload, Signal()
        valid = [Signal(name=f"valid_{n}") for n in range(2)]
        last = [Signal(name=f"last_{n}", reset_less=True) for n in range(2)]
        data = Signal(ENTRY_BITS, reset_less=True)
        room, passed = Signal(range(QUEUE_ENTRIES + 1), init=QUEUE_ENTRIES), Signal()
        m.d.comb += [
            write.addr.eq(self.place),
            write.data.eq(self.entry),
            write.en.eq(self.write),
            self.i.ready.eq(room != 0),
            takes.eq(self.i.valid & self.i.ready),
            read.addr.eq(Cat(item.index, item.buffer)),
            read.en.eq(1),
            queue.w_data.eq(Cat(data, last[1])),
            queue.w_en.eq(valid[1]),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
            passed.eq(self.o.valid & self.o.ready),
        ]
        ends = takes & item["last"]
        m.d.sync += [
            valid[0].eq(takes),
            valid[1].eq(valid[0]),
            last[0].eq(item["last"] & Mux(item.buffer, self.final[1], self.final[0])),
            last[1].eq(last[0]),
            data.eq(read.data),
            room.eq(room - takes + passed),
            self.freed.eq(Cat(ends & ~item.buffer, ends & item.buffer)),
        ]
        return m
