"""Stage 6: the lists of the bins in memory in, their entries in order out."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from hw.blocks.count_memory import CountMemory
from hw.blocks.stream_register import StreamRegister
from hw.bus.record_stream import RecordStream
from hw.layouts import run_request, slot_beat
from hw.stages.depth_sort.entry_buffers import EntryBuffers
from hw.stages.depth_sort.layouts import sort_job, sorted_entry
from hw.stages.depth_sort.list_reader import ListReader
from hw.stages.depth_sort.merger import Merger
from hw.stages.depth_sort.page_bounds import PageBounds
from hw.stages.depth_sort.sort_loader import SortLoader
from hw.stages.depth_sort.sort_planner import SortPlanner
from hw.stages.tile_bin.layouts import (
    RECORD_ENTRIES,
    bin_bits,
    length_bits,
    page_bits,
    tile_bin_constants,
)

COUNTER_BITS = 32
COUNTERS = ("sorted", "ranged_lists", "list_reads", "read_entries", "batches")
JOBS = 4


class DepthSort(wiring.Component):
    """Reads each bin's list and sends its entries on in order of (key, arrival).

    Batches of up to N entries go through a merger of log2 N stages, 2 a cycle or one in two cycles,
    while the entries wait in one of two buffers. A stage merges pairs of runs as they come, so the
    order is there as soon as the last entry is, and the next batch follows at once. A list longer
    than N is read by ranges of keys, and for each only the pages that may hold some;
    golden.stages.depth_sort.integer says which. A list of no entry is sent on as the null entry.

    After a reset the histograms are cleared in CLEAR_CYCLES = 2048; a start before that waits.
    Throughput: 2 entries a cycle in, of those that count, one out; of one merge lane one in two
    cycles.
    Multipliers: none.

    Members
    -------
    constants : In(tile_bin_constants), held. frame : In(1), of the reads, held.
    start : In(1), the lists are complete in memory; while not busy. bins : In, of the frame.
    number : Out(bin_bits). length, first_page : In, two cycles later.
    page : Out(page_bits). next_page : In, two cycles later.
    requests : Out(stream of run_request). slots : In(stream of slot_beat).
    o : Out(stream of sorted_entry), bin after bin, `last` with each bin's last.
    busy : Out(1), from the cycle after start until the last entry of the last bin was taken and all
        that was asked for was read.
    sorted, ranged_lists, list_reads, read_entries, batches : Out(32), of the frame: entries sent
        on, lists longer than N, readings of lists, entries read by them, runs put in order.
    """

    CLEAR_CYCLES = 2 << BUCKET_BITS

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "constants": In(tile_bin_constants(params)),
                "frame": In(1),
                "start": In(1),
                "bins": In(bin_bits(params) + 1),
                "number": Out(bin_bits(params)),
                "length": In(length_bits(params)),
                "first_page": In(page_bits(params)),
                "page": Out(page_bits(params)),
                "next_page": In(page_bits(params)),
                "requests": Out(stream.Signature(run_request(params))),
                "slots": In(stream.Signature(slot_beat(params))),
                "o": Out(stream.Signature(sorted_entry())),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.planner = planner = SortPlanner(self._params)
        m.submodules.reader = reader = ListReader(self._params)
        m.submodules.records = records = RecordStream(self._params)
        m.submodules.record = record = StreamRegister(records.o.payload.shape())
        m.submodules.loader = loader = SortLoader(self._params)
        m.submodules.bounds = bounds = PageBounds(self._params)
        m.submodules.buffers = buffers = EntryBuffers(self._params)
        wiring.connect(m, planner.heads, reader.i)
        wiring.connect(m, reader.requests, wiring.flipped(self.requests))
        wiring.connect(m, wiring.flipped(self.slots), records.i)
        wiring.connect(m, records.o, record.i)
        wiring.connect(m, record.o, loader.records)
        wiring.connect(m, reader.runs, loader.runs)
        wiring.connect(m, buffers.o, wiring.flipped(self.o))
        m.d.comb += [
            planner.bins.eq(self.bins),
            self.number.eq(planner.number),
            planner.length.eq(self.length),
            planner.first_page.eq(self.first_page),
            reader.list_page.eq(self.constants.list_page),
            reader.frame.eq(self.frame),
            self.page.eq(reader.page),
            reader.next_page.eq(self.next_page),
            *(buffers.final[n].eq(loader.final[n]) for n in range(2)),
            loader.freed.eq(buffers.freed),
            planner.counted.eq(loader.counted),
            bounds.index.eq(reader.index),
            reader.low.eq(bounds.low),
            reader.high.eq(bounds.high),
            bounds.start.eq(loader.bounds_start),
            bounds.valid.eq(loader.bounds_valid),
            bounds.is_half.eq(loader.bounds_half),
            bounds.last.eq(loader.bounds_last),
            *(bounds.buckets[n].eq(loader.bucket[n]) for n in range(RECORD_ENTRIES)),
        ]
        self._queue_jobs(m, planner, loader)
        self._merge(m, loader, buffers)
        cleared = self._histogram(m, planner, loader)
        self._course(m, planner, loader, cleared)
        return m

    def _queue_jobs(self, m, planner, loader):
        m.submodules.jobs = jobs = SyncFIFOBuffered(width=sort_job(self._params).size, depth=JOBS)
        m.d.comb += [
            jobs.w_data.eq(planner.jobs.payload),
            jobs.w_en.eq(planner.jobs.valid),
            planner.jobs.ready.eq(jobs.w_rdy),
            loader.jobs.payload.eq(jobs.r_data),
            loader.jobs.valid.eq(jobs.r_rdy),
            jobs.r_en.eq(loader.jobs.ready),
        ]

    def _merge(self, m, loader, buffers):
        """Keys through the merger, their entries into the buffers."""
        m.submodules.merger = merger = Merger(self._params)
        m.d.comb += [merger.counts[n].eq(loader.counts[n]) for n in range(2)]
        wiring.connect(m, merger.o, buffers.i)
        for lane, items in enumerate(loader.items):
            item = items.payload
            wiring.connect(m, items, merger.i[lane])
            # A cycle late: the merger holds every item longer, and the memory is far.
            m.d.sync += [
                buffers.write[lane].eq(items.valid & items.ready),
                buffers.place[lane].eq(Cat(item.index[1:], item.buffer)),
                buffers.entry[lane].eq(loader.entries[lane]),
            ]

    def _histogram(self, m, planner, loader):
        """Counters of both halves of the keys, a memory for each entry of a record; whether they
        are all 0 since the reset."""
        place = Signal(BUCKET_BITS + 2)
        cleared = place[-1]
        clear, clear_number = Signal(), Signal(BUCKET_BITS + 1, reset_less=True)
        m.d.sync += [
            place.eq(Mux(cleared, place, place + 1)),
            clear.eq(~cleared | planner.clear),
            clear_number.eq(Mux(cleared, planner.clear_bucket, place)),
        ]
        stored = []
        for n in range(RECORD_ENTRIES):
            m.submodules[f"histogram_{n}"] = histogram = CountMemory(
                2 << BUCKET_BITS, length_bits(self._params), late_write=True
            )
            m.d.comb += [
                histogram.move.eq(planner.move),
                histogram.count.eq(loader.counts_bucket[n]),
                histogram.number.eq(Mux(loader.counts_bucket[n], loader.bucket[n], planner.bucket)),
                histogram.clear.eq(clear),
                histogram.clear_number.eq(clear_number),
            ]
            stored.append(histogram.stored)
        m.d.comb += planner.stored.eq(sum(stored))
        return cleared

    def _course(self, m, planner, loader, cleared):
        """From the start to the last bin's last entry, and counters."""
        bins, waits, sent = Signal.like(self.bins), Signal(), Signal()
        was_sent, was_ranged = Signal(), Signal()  # the counters are far
        m.d.comb += [
            sent.eq(self.o.valid & self.o.ready),
            planner.start.eq(waits & cleared),
        ]
        m.d.sync += [
            waits.eq((waits & ~cleared) | self.start),
            was_sent.eq(sent),
            was_ranged.eq(planner.ranged),
            self.sorted.eq(self.sorted + was_sent),
            self.ranged_lists.eq(self.ranged_lists + was_ranged),
            self.list_reads.eq(self.list_reads + loader.read),
            self.read_entries.eq(self.read_entries + loader.read_run),
            self.batches.eq(self.batches + loader.batch),
        ]
        with m.If(self.start):
            m.d.sync += [bins.eq(self.bins), self.busy.eq(1)]
            m.d.sync += [getattr(self, name).eq(0) for name in COUNTERS]
        with m.Else():
            # Of the last range the list's end may still be read when its last entry is gone.
            m.d.sync += [
                bins.eq(bins - (sent & self.o.payload["last"])),
                self.busy.eq(self.busy & ((bins != 0) | loader.busy)),
            ]
