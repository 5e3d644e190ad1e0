"""Records of a list into entries: counted by key, or into a buffer and the merger."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.entry import ENTRY_BITS, ENTRY_FIELDS, NULL_FIELDS
from hw.stages.depth_sort.layouts import ReadFor, index_bits, sort_item, sort_job
from hw.stages.tile_bin.layouts import RECORD_ENTRIES, length_bits

KEY_PLACE = ENTRY_FIELDS["key"][0]


def null_bits() -> int:
    """The null entry as a number."""
    parts = ((value & (1 << ENTRY_FIELDS[name][1].bits) - 1) << ENTRY_FIELDS[name][0]
             for name, value in NULL_FIELDS.items())  # fmt: skip
    return sum(parts)


class SortLoader(wiring.Component):
    """Reads a list for a job after the other, and takes the entries whose keys count.

    Of each record one entry a cycle goes on, and a record of none takes one cycle. For SORT they go
    in batches of N, each into the buffer that is free, the two in turn; the merger gets key and
    place. A range of more than N has one key, so batches of it need no order among them.

    Throughput: an entry a cycle.

    Members
    -------
    jobs : In(stream of sort_job). records : In(stream of 256 bits).
    items : Out(stream of sort_item), runs of one item.
    write : Out(1). entry : Out(128), of the item that goes on in this cycle, for its place.
    counts : Out, items of the batch in each buffer. final : Out(1), one a buffer: it ends its bin.
    freed : In(2), a buffer's last entry was read.
    counts_bucket : Out(1), `bucket` is to be counted; bucket : Out(11), as in RangeScan.
    counted : Out(1), for a cycle: the last entry of a histogram was counted, and it can be read.
    read : Out(1), for a cycle: a list was read. batch : Out(1), a batch begins.
    busy : Out(1), a job is under way.
    """

    SETTLE_CYCLES = 4  # from the last entry to a counter that can be read

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "jobs": In(stream.Signature(sort_job(params))),
                "records": In(stream.Signature(RECORD_ENTRIES * ENTRY_BITS)),
                "items": Out(stream.Signature(sort_item(params))),
                "write": Out(1),
                "entry": Out(ENTRY_BITS),
                "counts": Out(index_bits(params) + 1).array(2),
                "final": Out(1).array(2),
                "freed": In(2),
                "counts_bucket": Out(1),
                "bucket": Out(BUCKET_BITS + 1),
                "counted": Out(1),
                "read": Out(1),
                "batch": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        job = Signal(sort_job(self._params), reset_less=True)
        unread = Signal(length_bits(self._params), reset_less=True)
        picked, picks = Signal(ENTRY_BITS, reset_less=True), Signal()
        free = Signal()  # the picked entry goes on, or there is none
        is_sort = (job.kind == ReadFor.SORT) | (job.kind == ReadFor.NOTHING)
        runs, waits = Signal(), Signal(range(self.SETTLE_CYCLES + 1))
        still = self._read(m, job, unread, picked, picks, free, runs)
        self._batch(m, job, picked, picks, is_sort, free)
        self._count(m, job, picked, picks, is_sort)
        m.d.comb += self.busy.eq(runs)
        with m.FSM():
            with m.State("REST"):
                m.d.comb += self.jobs.ready.eq(1)
                m.d.sync += [job.eq(self.jobs.payload), unread.eq(self.jobs.payload.length)]
                with m.If(self.jobs.valid):
                    with m.If(self.jobs.payload.kind == ReadFor.NOTHING):
                        m.d.sync += [picked.eq(null_bits()), picks.eq(1), job["count"].eq(1)]
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += runs.eq(1)
                m.d.sync += waits.eq(self.SETTLE_CYCLES)
                with m.If(still & (unread == 0)):
                    m.d.comb += self.read.eq(job.kind != ReadFor.NOTHING)
                    m.next = "SETTLE"
                    with m.If(is_sort):
                        m.next = "REST"
            with m.State("SETTLE"):
                m.d.comb += [runs.eq(1), self.counted.eq(waits == 0)]
                m.d.sync += waits.eq(waits - 1)
                with m.If(waits == 0):
                    m.next = "REST"
        return m

    def _read(self, m, job, unread, picked, picks, free, runs):
        """A record and which of its entries count; the first of these is picked."""
        record = Signal(RECORD_ENTRIES * ENTRY_BITS, reset_less=True)
        left = Signal(RECORD_ENTRIES)
        ends, few = Signal(), Signal()
        m.d.comb += [
            ends.eq(~left.all() & free | ~left.any()),  # nothing is left after this cycle
            self.records.ready.eq(runs & ends & (unread != 0)),
            few.eq(unread == 1),
        ]
        with m.If(free):
            m.d.sync += [
                picks.eq(left.any()),
                picked.eq(Mux(left[0], record[:ENTRY_BITS], record[ENTRY_BITS:])),
                left.eq(Cat(Const(0, 1), left[1] & left[0])),
            ]
        with m.If(self.records.ready & self.records.valid):
            keys = [self.records.payload.word_select(n, ENTRY_BITS)[KEY_PLACE:] for n in range(2)]
            counts = [(key >= job.low) & (key <= job.high) for key in keys]
            m.d.sync += [
                record.eq(self.records.payload),
                left.eq(Cat(counts[0], counts[1] & ~few)),
                unread.eq(unread - Mux(few, 1, 2)),
            ]
        return ~left.any() & ~picks

    def _batch(self, m, job, picked, picks, is_sort, free):
        """The picked entry into its place of the open batch; batches are opened and closed."""
        most, item = self._params.sort_entries, self.items.payload
        is_open, buffer, full = Signal(), Signal(), Signal(2)
        index, size = (Signal(index_bits(self._params) + 1, reset_less=True) for _ in range(2))
        goes, rest = Signal(), job["count"]
        m.d.comb += [
            self.items.valid.eq(picks & is_sort & is_open),
            goes.eq(self.items.valid & self.items.ready),
            free.eq(~picks | goes | ~is_sort),
            item.key.eq(picked[KEY_PLACE:]),
            item.index.eq(index),
            item.buffer.eq(buffer),
            item["last"].eq(1),
            self.write.eq(goes),
            self.entry.eq(picked),
            self.batch.eq(picks & is_sort & ~is_open & ~full.bit_select(buffer, 1)),
        ]
        m.d.sync += full.eq((full | Mux(self.batch, Cat(~buffer, buffer), 0)) & ~self.freed)
        with m.If(self.batch):
            m.d.sync += [is_open.eq(1), index.eq(0), size.eq(Mux(rest > most, most, rest))]
            for n in range(2):
                with m.If(buffer == n):
                    m.d.sync += [
                        self.counts[n].eq(Mux(rest > most, most, rest)),
                        self.final[n].eq(job.final & (rest <= most)),
                    ]
        with m.If(goes):
            m.d.sync += index.eq(index + 1)
            with m.If(index == size - 1):
                m.d.sync += [is_open.eq(0), buffer.eq(~buffer), rest.eq(rest - size)]

    def _count(self, m, job, picked, picks, is_sort):
        """The picked entry's bucket."""
        is_lower, key = job.kind == ReadFor.LOWER, picked[KEY_PLACE:]
        m.d.comb += [
            self.counts_bucket.eq(picks & ~is_sort),
            self.bucket.eq(Cat(Mux(is_lower, key[:BUCKET_BITS], key[BUCKET_BITS:]), is_lower)),
        ]
