"""Records of a list into entries: counted by key, or into a buffer and the merger."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from golden.stages.tile_bin.entry import ENTRY_BITS, ENTRY_FIELDS, NULL_FIELDS
from hw.blocks.stream_register import StreamRegister
from hw.stages.depth_sort.layouts import ReadFor, index_bits, page_run, sort_item, sort_job
from hw.stages.depth_sort.merger import LANES
from hw.stages.tile_bin.layouts import RECORD_ENTRIES

KEY_PLACE = ENTRY_FIELDS["key"][0]


def null_bits() -> int:
    """The null entry as a number."""
    parts = ((value & (1 << ENTRY_FIELDS[name][1].bits) - 1) << ENTRY_FIELDS[name][0]
             for name, value in NULL_FIELDS.items())  # fmt: skip
    return sum(parts)


class SortLoader(wiring.Component):
    """Reads a list for a job after the other, and takes the entries whose keys count.

    Both entries of a record are looked at in one cycle. For SORT those that count go on in two
    lanes, by the lowest bit of their place, through a register of a stream each: what the merger
    takes is told a cycle before a record is. They go in batches of N, each into the buffer that
    is free, the two in turn; the merger gets key and place. A range of more than N has one key,
    so batches of it need no order among them.

    Throughput: a record a cycle.

    Members
    -------
    jobs : In(stream of sort_job). records : In(stream of 256 bits).
    runs : In(stream of page_run), those that the records are of, before them.
    items : Out(stream of sort_item), one a lane: even places, odd places, runs of one item.
    entries : Out(128), one a lane, of the item that is offered.
    counts : Out, items of the batch in each buffer. final : Out(1), one a buffer: it ends its bin.
    freed : In(2), a buffer's last entry was read.
    counts_bucket : Out(1 an entry), `bucket` is to be counted; bucket : Out(11 an entry), as in
        RangeScan.
    bounds_start, bounds_valid, bounds_half, bounds_last : Out(1), of PageBounds, for the entries of
        `bucket`, where keys' upper halves are counted.
    counted : Out(1), for a cycle: the last entry of a histogram was counted, and it can be read.
    read : Out(1), for a cycle: a list was read. read_run : Out(8), entries of a run that has begun,
        in the cycle after, else 0. batch : Out(1), for a cycle: a batch was opened.
    busy : Out(1), a job is under way.
    """

    SETTLE_CYCLES = 4  # from the last entry to a counter that can be read

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "jobs": In(stream.Signature(sort_job(params))),
                "records": In(stream.Signature(RECORD_ENTRIES * ENTRY_BITS)),
                "runs": In(stream.Signature(page_run())),
                "items": Out(stream.Signature(sort_item(params))).array(LANES),
                "entries": Out(ENTRY_BITS).array(LANES),
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
        left = Signal(RECORD_ENTRIES)  # entries of the record that count and have not gone on
        lanes = [StreamRegister(ENTRY_BITS) for _ in range(LANES)]
        for n, lane in enumerate(lanes):
            m.submodules[f"lane_{n}"] = lane
        free = Signal()  # those that are left go on
        is_sort = Signal()
        loads, ended, waits = Signal(), Signal(), Signal(range(self.SETTLE_CYCLES + 1))
        m.d.comb += free.eq(~is_sort | (lanes[0].i.ready & lanes[1].i.ready))
        has_more = self._read(m, job, record, left, ended, free, loads)
        self._batch(m, job, lanes)
        odd = self._pick(m, record, left, lanes, is_sort & free)
        self._count(m, job, record, left, is_sort)
        m.d.comb += self.busy.eq(loads)
        m.d.sync += [self.read.eq(0), self.bounds_start.eq(0)]
        with m.FSM():
            with m.State("REST"):
                m.d.comb += self.jobs.ready.eq(1)
                m.d.sync += [job.eq(self.jobs.payload), ended.eq(0), odd.eq(0)]
                m.d.sync += record[:ENTRY_BITS].eq(null_bits())
                kind = self.jobs.payload.kind
                m.d.sync += is_sort.eq((kind == ReadFor.SORT) | (kind == ReadFor.NOTHING))
                with m.If(self.jobs.valid):
                    m.d.sync += self.bounds_start.eq(kind == ReadFor.UPPER)
                    with m.If(kind == ReadFor.NOTHING):
                        m.d.sync += [job["count"].eq(1), left.eq(1), ended.eq(1)]
                    m.next = "READ"
            with m.State("READ"):
                m.d.comb += loads.eq(1)
                m.d.sync += waits.eq(self.SETTLE_CYCLES)
                is_empty = ~(left.any() | lanes[0].o.valid | lanes[1].o.valid)
                with m.If(ended & is_empty & ~has_more):
                    m.d.sync += self.read.eq(job.kind != ReadFor.NOTHING)
                    m.next = "SETTLE"
                    with m.If(is_sort):
                        m.next = "REST"
            with m.State("SETTLE"):
                m.d.comb += [loads.eq(1), self.counted.eq(waits == 0)]
                m.d.sync += waits.eq(waits - 1)
                with m.If(waits == 0):
                    m.next = "REST"
        return m

    def _read(self, m, job, record, left, ended, free, loads):
        """Run after run, record after record; whether there is more to read of the run."""
        unread, has_more = Signal(range(PAGE_ENTRIES + 1)), Signal()
        few, run = Signal(), self.runs.payload
        run_taken = self.runs.ready & self.runs.valid
        m.d.comb += [
            self.records.ready.eq(free & has_more),
            few.eq(unread == 1),
            self.runs.ready.eq(loads & ~has_more & ~ended),
        ]
        m.d.sync += self.read_run.eq(Mux(run_taken, run.entries, 0))
        with m.If(run_taken):
            m.d.sync += [unread.eq(run.entries), has_more.eq(run.entries != 0)]
            m.d.sync += ended.eq(run["last"])
        with m.If(free):
            m.d.sync += left.eq(0)
        taken = self.records.ready & self.records.valid
        with m.If(taken):
            keys = [self.records.payload.word_select(n, ENTRY_BITS)[KEY_PLACE:] for n in range(2)]
            counts = [(key >= job.low) & (key <= job.high) for key in keys]
            m.d.sync += [
                record.eq(self.records.payload),
                left.eq(Cat(counts[0], counts[1] & ~few)),
                unread.eq(unread - Mux(few, 1, 2)),
                has_more.eq(unread > RECORD_ENTRIES),
            ]
        # Beside `bucket`: two cycles behind the record.
        came, was_few, ends = Signal(), Signal(), Signal()
        m.d.sync += [
            came.eq(taken),
            was_few.eq(few),
            ends.eq(unread <= RECORD_ENTRIES),
            self.bounds_valid.eq(came & (job.kind == ReadFor.UPPER)),
            self.bounds_half.eq(was_few),
            self.bounds_last.eq(ends),
        ]
        return has_more

    def _batch(self, m, job, lanes):
        """The lanes' entries into their places of the open batch; batches are opened and closed."""
        most, rest = self._params.sort_entries, job["count"]
        is_open, buffer, full, opens = Signal(), Signal(), Signal(2), Signal()
        # What the next batch is to hold, and whether it is the last: a cycle behind `rest`, which
        # changes two cycles and more before a batch is opened.
        opened = Signal(index_bits(self._params) + 1, reset_less=True)
        fits = Signal(reset_less=True)
        m.d.sync += [fits.eq(rest <= most), opened.eq(Mux(rest <= most, rest, most))]
        through = []
        for n, (lane, items) in enumerate(zip(lanes, self.items, strict=True)):
            entry, item = lane.o.payload, items.payload
            # Half its next place; whether it still has to give of the batch, and how many, less 1.
            place = Signal(index_bits(self._params) - 1, name=f"place_{n}", reset_less=True)
            due = Signal(index_bits(self._params) - 1, name=f"due_{n}", reset_less=True)
            gives = Signal(name=f"gives_{n}")
            m.d.comb += [
                items.valid.eq(lane.o.valid & gives),
                lane.o.ready.eq(gives & items.ready),
                self.entries[n].eq(entry),
                item.key.eq(entry[KEY_PLACE:]),
                item.index.eq(Cat(Const(n, 1), place)),
                item.buffer.eq(buffer),
                item["last"].eq(1),
            ]
            with m.If(items.valid & items.ready):
                m.d.sync += [place.eq(place + 1), due.eq(due - 1), gives.eq(due != 0)]
            with m.If(opens):
                m.d.sync += [place.eq(0), due.eq(((opened + (1 - n)) >> 1) - 1)]
                m.d.sync += gives.eq(opened > n)
            through.append(~gives)
        waits = lanes[0].o.valid | lanes[1].o.valid
        m.d.comb += opens.eq(waits & ~is_open & ~full.bit_select(buffer, 1))
        m.d.sync += self.batch.eq(opens)
        m.d.sync += full.eq((full | Mux(opens, Cat(~buffer, buffer), 0)) & ~self.freed)
        with m.If(opens):
            m.d.sync += [is_open.eq(1), rest.eq(rest - opened)]
            for n in range(2):
                with m.If(buffer == n):
                    m.d.sync += [
                        self.counts[n].eq(opened),
                        self.final[n].eq(job.final & fits),
                    ]
        with m.If(is_open & through[0] & through[1]):
            m.d.sync += [is_open.eq(0), buffer.eq(~buffer)]

    def _pick(self, m, record, left, lanes, goes):
        """The entries that are left of a record, each into its lane; whether the next place is odd.

        What is offered to a lane that is given none is of no matter."""
        odd = Signal()
        first, second = record[:ENTRY_BITS], record[ENTRY_BITS:]
        leads = Mux(left[0], first, second)
        m.d.comb += [
            lanes[0].i.valid.eq(goes & (left.all() | (left.any() & ~odd))),
            lanes[1].i.valid.eq(goes & (left.all() | (left.any() & odd))),
            lanes[0].i.payload.eq(Mux(odd, second, leads)),
            lanes[1].i.payload.eq(Mux(odd, leads, second)),
        ]
        with m.If(goes):
            m.d.sync += odd.eq(odd ^ left.xor())
        return odd

    def _count(self, m, job, record, left, is_sort):
        """The buckets of a record's entries, a cycle later: the histogram is far."""
        is_lower = job.kind == ReadFor.LOWER
        m.d.sync += self.counts_bucket.eq(Mux(is_sort, 0, left))
        for n in range(RECORD_ENTRIES):
            key = record.word_select(n, ENTRY_BITS)[KEY_PLACE:]
            half = Mux(is_lower, key[:BUCKET_BITS], key[BUCKET_BITS:])
            m.d.sync += self.bucket[n].eq(Cat(half, is_lower))
