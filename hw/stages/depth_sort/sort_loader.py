"""Records of a list into entries: counted by key, or into a buffer and the merger."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from golden.stages.tile_bin.entry import ENTRY_BITS, ENTRY_FIELDS, NULL_FIELDS
from hw.stages.depth_sort.layouts import ReadFor, index_bits, page_run, sort_item, sort_job
from hw.stages.tile_bin.layouts import RECORD_ENTRIES

KEY_PLACE = ENTRY_FIELDS["key"][0]


def null_bits() -> int:
    """The null entry as a number."""
    parts = ((value & (1 << ENTRY_FIELDS[name][1].bits) - 1) << ENTRY_FIELDS[name][0]
             for name, value in NULL_FIELDS.items())  # fmt: skip
    return sum(parts)


class SortLoader(wiring.Component):
    """Reads a list for a job after the other, and takes the entries whose keys count.

    For SORT one entry a cycle goes on of each record, and a record of none takes one cycle. They
    go in batches of N, each into the buffer that is free, the two in turn; the merger gets key and
    place. A range of more than N has one key, so batches of it need no order among them. Both
    entries of a record are counted in one cycle.

    Throughput: an entry a cycle; a record a cycle where they are counted.

    Members
    -------
    jobs : In(stream of sort_job). records : In(stream of 256 bits).
    runs : In(stream of page_run), those that the records are of, before them.
    items : Out(stream of sort_item), runs of one item.
    write : Out(1). entry : Out(128), of the item that goes on in this cycle, for its place.
    counts : Out, items of the batch in each buffer. final : Out(1), one a buffer: it ends its bin.
    freed : In(2), a buffer's last entry was read.
    counts_bucket : Out(1 an entry), `bucket` is to be counted; bucket : Out(11 an entry), as in
        RangeScan.
    bounds_start, bounds_valid, bounds_half, bounds_last : Out(1), of PageBounds, for the entries of
        `bucket`, where keys' upper halves are counted.
    counted : Out(1), for a cycle: the last entry of a histogram was counted, and it can be read.
    read : Out(1), for a cycle: a list was read. read_run : Out(8), entries of a run that begins in
        this cycle, else 0. batch : Out(1), a batch begins.
    busy : Out(1), a job is under way.
    """

    SETTLE_CYCLES = 4  # from the last entry to a counter that can be read

    def __init__(self, params: Parameters):
        self._params = params
        self._unread = Signal(range(PAGE_ENTRIES + 1))  # of the run
        super().__init__(
            {
                "jobs": In(stream.Signature(sort_job(params))),
                "records": In(stream.Signature(RECORD_ENTRIES * ENTRY_BITS)),
                "runs": In(stream.Signature(page_run())),
                "items": Out(stream.Signature(sort_item(params))),
                "write": Out(1),
                "entry": Out(ENTRY_BITS),
                "counts": Out(index_bits(params) + 1).array(2),
                "final": Out(1).array(2),
                "freed": In(2),
                "counts_bucket": Out(RECORD_ENTRIES),
                "bucket": Out(BUCKET_BITS + 1).array(RECORD_ENTRIES),
                **{f"bounds_{name}": Out(1) for name in ("start", "valid", "half", "last")},
                "counted": Out(1),
                "read": Out(1),
                "read_run": Out(range(PAGE_ENTRIES + 1)),
                "batch": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        job = Signal(sort_job(self._params), reset_less=True)
        record = Signal(RECORD_ENTRIES * ENTRY_BITS, reset_less=True)
        picked, picks = Signal(ENTRY_BITS, reset_less=True), Signal()
        free = Signal()  # the picked entry goes on, or there is none
        is_sort = (job.kind == ReadFor.SORT) | (job.kind == ReadFor.NOTHING)
        loads, ended, waits = Signal(), Signal(), Signal(range(self.SETTLE_CYCLES + 1))
        left = self._read(m, job, record, ended, is_sort, free, loads)
        self._pick(m, record, left, picked, picks, is_sort, free)
        self._batch(m, job, picked, picks, is_sort, free)
        self._count(m, job, record, left, is_sort)
        m.d.comb += self.busy.eq(loads)
        with m.FSM():
            with m.State("REST"):
                m.d.comb += self.jobs.ready.eq(1)
                m.d.sync += [job.eq(self.jobs.payload), ended.eq(0)]
                with m.If(self.jobs.valid):
                    m.d.comb += self.bounds_start.eq(self.jobs.payload.kind == ReadFor.UPPER)
                    with m.If(self.jobs.payload.kind == ReadFor.NOTHING):
                        m.d.sync += [picked.eq(null_bits()), picks.eq(1), job["count"].eq(1)]
                        m.d.sync += ended.eq(1)
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += loads.eq(1)
                m.d.sync += waits.eq(self.SETTLE_CYCLES)
                with m.If(ended & ~left.any() & ~picks & (self._unread == 0)):
                    m.d.comb += self.read.eq(job.kind != ReadFor.NOTHING)
                    m.next = "SETTLE"
                    with m.If(is_sort):
                        m.next = "REST"
            with m.State("SETTLE"):
                m.d.comb += [loads.eq(1), self.counted.eq(waits == 0)]
                m.d.sync += waits.eq(waits - 1)
                with m.If(waits == 0):
                    m.next = "REST"
        return m

    def _read(self, m, job, record, ended, is_sort, free, loads):
        """Run after run, record after record; which of a record's entries count."""
        left, unread = Signal(RECORD_ENTRIES), self._unread
        ends, few = Signal(), Signal()
        m.d.comb += [
            # Nothing of the record is left after this cycle.
            ends.eq(~is_sort | (~left.all() & free) | ~left.any()),
            self.records.ready.eq(loads & ends & (unread != 0)),
            few.eq(unread == 1),
            self.runs.ready.eq(loads & (unread == 0) & ~ended),
            self.read_run.eq(Mux(self.runs.ready & self.runs.valid, self.runs.payload.entries, 0)),
        ]
        with m.If(self.runs.ready & self.runs.valid):
            m.d.sync += [unread.eq(self.runs.payload.entries), ended.eq(self.runs.payload["last"])]
        with m.If(~is_sort):
            m.d.sync += left.eq(0)
        with m.Elif(free):
            m.d.sync += left.eq(Cat(Const(0, 1), left.all()))
        taken = self.records.ready & self.records.valid
        with m.If(taken):
            keys = [self.records.payload.word_select(n, ENTRY_BITS)[KEY_PLACE:] for n in range(2)]
            counts = [(key >= job.low) & (key <= job.high) for key in keys]
            m.d.sync += [
                record.eq(self.records.payload),
                left.eq(Cat(counts[0], counts[1] & ~few)),
                unread.eq(unread - Mux(few, 1, 2)),
            ]
        m.d.sync += [
            self.bounds_valid.eq(taken & (job.kind == ReadFor.UPPER)),
            self.bounds_half.eq(few),
            self.bounds_last.eq(unread <= RECORD_ENTRIES),
        ]
        return left

    def _pick(self, m, record, left, picked, picks, is_sort, free):
        """The first entry that is left of a record."""
        with m.If(free):
            m.d.sync += [
                picks.eq(left.any() & is_sort),
                picked.eq(Mux(left[0], record[:ENTRY_BITS], record[ENTRY_BITS:])),
            ]

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

    def _count(self, m, job, record, left, is_sort):
        """The buckets of a record's entries."""
        is_lower = job.kind == ReadFor.LOWER
        m.d.comb += self.counts_bucket.eq(left & (~is_sort).replicate(RECORD_ENTRIES))
        for n in range(RECORD_ENTRIES):
            key = record.word_select(n, ENTRY_BITS)[KEY_PLACE:]
            half = Mux(is_lower, key[:BUCKET_BITS], key[BUCKET_BITS:])
            m.d.comb += self.bucket[n].eq(Cat(half, is_lower))
