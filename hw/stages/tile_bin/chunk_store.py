"""The open chunks of all bins, and how a full one leaves."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import CHUNK_ENTRIES
from golden.stages.tile_bin.entry import ENTRY_BITS
from hw.stages.tile_bin.layouts import CHUNK_RECORDS, RECORD_ENTRIES, bin_bits, chunk_job

RECORD_BITS = RECORD_ENTRIES * ENTRY_BITS
QUEUE_RECORDS = 16


class ChunkStore(wiring.Component):
    """Puts entries into the chunks of their bins, and sends chunks on as records and a job each.

    A chunk is read a record a cycle, from the cycle in which its last entry is written on, so an
    entry that follows into the same place never comes too early: both are a cycle late alike. It
    begins once the queue of records has room for all of it.

    Latency: 4 cycles from `start` to the chunk's first record offered, 2 to its job.

    Members
    -------
    write : In(1). number : In(bin_bits). slot : In(3). entry : In(128): written in the next cycle.
    start : In(1), the chunk of job.number leaves; only where `ready`.
    job : In(chunk_job), of it.
    ready : Out(1), a chunk may leave in this cycle: a register. ready_next : Out(1), in the next.
    jobs : Out(stream of chunk_job). records : Out(stream of 256 bits).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "write": In(1),
                "number": In(bin_bits(params)),
                "slot": In((CHUNK_ENTRIES - 1).bit_length()),
                "entry": In(ENTRY_BITS),
                "start": In(1),
                "job": In(chunk_job(params)),
                "ready": Out(1, init=1),
                "ready_next": Out(1),
                "jobs": Out(stream.Signature(chunk_job(params))),
                "records": Out(stream.Signature(RECORD_BITS)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.jobs = jobs = SyncFIFOBuffered(
            width=chunk_job(self._params).size, depth=QUEUE_RECORDS
        )
        m.submodules.records = records = SyncFIFOBuffered(width=RECORD_BITS, depth=QUEUE_RECORDS)
        m.d.comb += [
            jobs.w_data.eq(self.job),
            jobs.w_en.eq(self.start),
            self.jobs.valid.eq(jobs.r_rdy),
            self.jobs.payload.eq(jobs.r_data),
            jobs.r_en.eq(self.jobs.ready),
            self.records.valid.eq(records.r_rdy),
            self.records.payload.eq(records.r_data),
            records.r_en.eq(self.records.ready),
        ]
        data, arrives = self._read(m)
        m.d.comb += [records.w_data.eq(data), records.w_en.eq(arrives)]
        return m

    def _read(self, m):
        """Entries into their places, and a leaving chunk's records three cycles later."""
        depth = self._params.max_bins * CHUNK_RECORDS
        m.submodules.chunks = memory = Memory(shape=RECORD_BITS, depth=depth, init=[])
        write = memory.write_port(granularity=ENTRY_BITS)
        read = memory.read_port()
        number = Signal(bin_bits(self._params), reset_less=True)
        place = Signal(range(CHUNK_RECORDS), reset_less=True)
        left, reads = Signal(range(CHUNK_RECORDS)), Signal()  # records of it; there are some
        asked, raw, arrives = Signal(), Signal(), Signal()
        data = Signal(RECORD_BITS, reset_less=True)
        # A memory this wide lies far apart: both its addresses come from registers.
        m.d.sync += [
            write.addr.eq(Cat(self.slot[1:], self.number)),
            write.data.eq(self.entry.replicate(RECORD_ENTRIES)),
            write.en.eq(Mux(self.write, Cat(~self.slot[0], self.slot[0]), 0)),
        ]
        m.d.comb += [read.addr.eq(Cat(place, number)), read.en.eq(1)]
        with m.If(self.start):
            m.d.sync += [number.eq(self.job.number), place.eq(0), left.eq(self.job.records)]
            m.d.sync += reads.eq(self.job.records != 0)
        with m.Elif(reads):
            m.d.sync += [place.eq(place + 1), left.eq(left - 1), reads.eq(left != 1)]
        m.d.sync += [asked.eq(self.start | reads), raw.eq(asked)]
        m.d.sync += [arrives.eq(raw), data.eq(read.data)]
        m.d.comb += self.ready_next.eq(~self.start & (left <= 1) & self._has_room(m))
        m.d.sync += self.ready.eq(self.ready_next)
        return data, arrives

    def _has_room(self, m):
        """Whether the queue of records has places for a chunk that no other has taken.

        Those of a chunk are counted a cycle after its start: until then there is none.
        """
        room = Signal(range(QUEUE_RECORDS + 1), init=QUEUE_RECORDS)
        taken, freed = Signal(range(CHUNK_RECORDS + 1)), Signal()
        m.d.comb += freed.eq(self.records.valid & self.records.ready)
        m.d.sync += [
            taken.eq(Mux(self.start, self.job.records + 1, 0)),
            room.eq(room + freed - taken),
        ]
        return (taken == 0) & (room >= CHUNK_RECORDS)
