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
    entry that follows into the same place never comes too early. It begins once the queue of
    records has room for all of it.

    Latency: 3 cycles from `start` to the chunk's first record offered, 2 to its job.

    Members
    -------
    write : In(1). number : In(bin_bits). slot : In(3). entry : In(128): written in this cycle.
    start : In(1), the chunk of `number` leaves; only where `ready`.
    job : In(chunk_job), of it.
    ready : Out(1), a chunk may leave in this cycle.
    jobs : Out(stream of chunk_job). records : Out(stream of 256 bits).
    idle : Out(1), no record or job is under way.
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
                "ready": Out(1),
                "jobs": Out(stream.Signature(chunk_job(params))),
                "records": Out(stream.Signature(RECORD_BITS)),
                "idle": Out(1, init=1),
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
        self._reserve(m)
        return m

    def _read(self, m):
        """Entries into their places, and a leaving chunk's records two cycles later."""
        depth = self._params.max_bins * CHUNK_RECORDS
        m.submodules.chunks = memory = Memory(shape=RECORD_BITS, depth=depth, init=[])
        write = memory.write_port(granularity=ENTRY_BITS)
        read = memory.read_port()
        number = Signal(bin_bits(self._params), reset_less=True)
        place = Signal(range(CHUNK_RECORDS), reset_less=True)
        left = Signal(range(CHUNK_RECORDS))
        raw, arrives = Signal(), Signal()
        data = Signal(RECORD_BITS, reset_less=True)
        m.d.comb += [
            write.addr.eq(Cat(self.slot[1:], self.number)),
            write.data.eq(self.entry.replicate(RECORD_ENTRIES)),
            write.en.eq(Mux(self.write, Cat(~self.slot[0], self.slot[0]), 0)),
            read.addr.eq(
                Mux(self.start, self.job.number << (CHUNK_RECORDS - 1).bit_length(),
                    Cat(place, number))
            ),
            read.en.eq(1),
            # The last record is being read: the next chunk may begin in the cycle after.
        ]  # fmt: skip
        with m.If(self.start):
            m.d.sync += [number.eq(self.job.number), place.eq(1), left.eq(self.job.records)]
        with m.Elif(left != 0):
            m.d.sync += [place.eq(place + 1), left.eq(left - 1)]
        m.d.sync += [raw.eq(self.start | (left != 0)), arrives.eq(raw), data.eq(read.data)]
        self._busy, self._arriving = left != 0, (left != 0) | raw | arrives
        return data, arrives

    def _reserve(self, m):
        """Room in the queue of records that no chunk has yet."""
        room, after = (Signal(range(QUEUE_RECORDS + 1), init=QUEUE_RECORDS) for _ in range(2))
        has_room, freed = Signal(init=1), Signal()
        m.d.comb += [
            after.eq(room - Mux(self.start, self.job.records + 1, 0) + freed),
            self.ready.eq(has_room & ~self._busy),
            self.idle.eq(~self._arriving & (room == QUEUE_RECORDS)),
        ]
        m.d.sync += [
            freed.eq(self.records.valid & self.records.ready),
            room.eq(after),
            has_room.eq(after >= CHUNK_RECORDS),
        ]
