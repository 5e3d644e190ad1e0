"""Bin after bin: what its list is read for, and how often."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.entry import KEY_BITS
from hw.stages.depth_sort.layouts import ReadFor, list_head, planned_list, sort_job
from hw.stages.depth_sort.range_scan import RangeScan
from hw.stages.tile_bin.layouts import bin_bits, length_bits, page_bits

SCANNED = ("bucket", "clear", "clear_bucket", "move", "stored")


class SortPlanner(wiring.Component):
    """Makes a job of each reading of each list, and has the list read for it.

    A list of up to N entries is read once. Of a longer one the keys are counted first; then each
    range of RangeScan is a job. Where the next list is a long one, its keys are counted before
    this one is put in order, so that entries are at hand meanwhile. The planner runs ahead of the
    sorting as far as the queue of jobs lets it, and waits only for histograms.

    Members
    -------
    start : In(1), while not busy. bins : In, of the frame, 1 or more.
    number : Out(bin_bits). length, first_page : In, of that bin's list, two cycles later.
    jobs : Out(stream of sort_job). heads : Out(stream of list_head), a reading each.
    counted : In(1), for a cycle: a histogram's entries are all counted.
    bucket, clear, clear_bucket, move : Out, and stored : In, as RangeScan has them.
    busy : Out(1), until the last job was taken.
    ranged : Out(1), for a cycle: a list is longer than N.
    """

    LOOKUP_CYCLES = 2

    def __init__(self, params: Parameters):
        self._params = params
        self._scan = RangeScan(params)
        scan = self._scan.signature.members
        super().__init__(
            {
                "start": In(1),
                "bins": In(bin_bits(params) + 1),
                "number": Out(bin_bits(params)),
                "length": In(length_bits(params)),
                "first_page": In(page_bits(params)),
                "jobs": Out(stream.Signature(sort_job(params))),
                "heads": Out(stream.Signature(list_head(params))),
                "counted": In(1),
                **{name: scan[name] for name in SCANNED},
                "busy": Out(1),
                "ranged": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.scan = scan = self._scan
        job = Signal(sort_job(self._params), reset_less=True)
        own, after, read = (  # this list, the next one, and that which the job reads
            Signal(planned_list(self._params), name=name, reset_less=True)
            for name in ("own", "after", "read")
        )
        left = Signal(length_bits(self._params), reset_less=True)  # entries in no job yet
        bins_left, ahead = Signal(bin_bits(self._params) + 1), Signal()
        waits, was_counted = Signal(range(self.LOOKUP_CYCLES + 1)), Signal()
        offers = Signal()
        gone = self._offer(m, offers, job, read)
        looked = [
            after.length.eq(self.length),
            after.page.eq(self.first_page),
            after.is_long.eq(self.length > self._params.sort_entries),
        ]
        m.d.comb += [
            *(getattr(self, name).eq(getattr(scan, name)) for name in SCANNED[:-1]),
            scan.stored.eq(self.stored),
        ]
        m.d.sync += was_counted.eq(was_counted | self.counted)
        with m.FSM():
            with m.State("REST"), m.If(self.start):
                m.d.sync += [self.busy.eq(1), self.number.eq(0), waits.eq(self.LOOKUP_CYCLES)]
                m.d.sync += [bins_left.eq(self.bins), ahead.eq(0), was_counted.eq(0)]
                m.next = "LOOK"
            with m.State("LOOK"):
                m.d.sync += waits.eq(waits - 1)
                with m.If(waits == 0):
                    m.d.sync += looked
                    m.next = "NEXT"
            with m.State("NEXT"):
                m.d.sync += [
                    own.eq(after),
                    bins_left.eq(bins_left - 1),
                    self.number.eq(self.number + 1),
                    waits.eq(self.LOOKUP_CYCLES),
                ]
                m.next = "AHEAD"
                with m.If(bins_left == 0):
                    m.d.sync += self.busy.eq(0)
                    m.next = "REST"
            with m.State("AHEAD"):
                m.d.sync += waits.eq(waits - 1)
                with m.If(waits == 0):
                    m.d.sync += looked
                    with m.If(bins_left == 0):
                        m.d.sync += [after.length.eq(0), after.is_long.eq(0)]
                    m.next = "PLAN"
            with m.State("PLAN"):
                m.d.sync += left.eq(own.length)
                m.next = "OFFER"
                with m.If(self._plan(m, job, own, after, read, ahead)):
                    m.next = "COUNT"
            with m.State("OFFER"):
                m.d.comb += offers.eq(1)
                with m.If(gone):
                    with m.If((job.kind == ReadFor.UPPER) & ahead):
                        m.next = "PLAN"
                    with m.Elif((job.kind == ReadFor.UPPER) | (job.kind == ReadFor.LOWER)):
                        m.next = "COUNT"
                    with m.Elif(scan.busy):
                        m.next = "RANGE"
                    with m.Else():
                        m.next = "NEXT"
            with m.State("COUNT"), m.If(was_counted):
                m.d.comb += [
                    scan.start.eq(job.kind == ReadFor.UPPER),
                    scan.go.eq(job.kind == ReadFor.LOWER),
                ]
                m.d.sync += [was_counted.eq(self.counted), ahead.eq(0)]
                m.next = "SCAN"
            with m.State("SCAN"):  # the scan is busy from its start on
                m.next = "RANGE"
            with m.State("RANGE"):
                self._take_range(m, scan, job, left)
        return m

    def _offer(self, m, offers, job, read):
        """Job and head of a reading, each until it was taken; whether both are."""
        job_gone, head_gone, gone = Signal(), Signal(), Signal()
        reads, buckets = job.kind != ReadFor.NOTHING, slice(BUCKET_BITS, KEY_BITS)
        m.d.comb += [
            self.jobs.payload.eq(job),
            self.heads.payload.length.eq(read.length),
            self.heads.payload.page.eq(read.page),
            self.heads.payload.low.eq(job.low[buckets]),
            self.heads.payload.high.eq(job.high[buckets]),
            self.jobs.valid.eq(offers & ~job_gone),
            self.heads.valid.eq(offers & ~head_gone & reads),
        ]
        m.d.comb += gone.eq(
            offers & (job_gone | self.jobs.ready) & (head_gone | self.heads.ready | ~reads)
        )
        m.d.sync += [
            job_gone.eq(offers & ~gone & (job_gone | self.jobs.ready)),
            head_gone.eq(offers & ~gone & (head_gone | self.heads.ready)),
        ]
        return gone

    def _plan(self, m, job, own, after, read, ahead):
        """The job of this list, or the next one's count; whether this one is counted already."""
        is_ahead = Signal()
        m.d.comb += [
            is_ahead.eq(~own.is_long & after.is_long & ~ahead),
            self.ranged.eq((own.is_long & ~ahead) | is_ahead),
        ]
        m.d.sync += [
            job.low.eq(0),
            job.high.eq(Const(-1, KEY_BITS)),
            job["count"].eq(own.length),
            job.final.eq(1),
            read.eq(Mux(is_ahead, after, own)),
            ahead.eq(ahead | is_ahead),
            job.kind.eq(
                Mux(
                    own.is_long | is_ahead,
                    ReadFor.UPPER,
                    Mux(own.length == 0, ReadFor.NOTHING, ReadFor.SORT),
                )
            ),
        ]
        return own.is_long & ahead

    def _take_range(self, m, scan, job, left):
        """The next job of a list longer than N, or none any more."""
        found = scan.o.payload
        with m.If(scan.o.valid):
            m.d.comb += scan.o.ready.eq(1)
            m.d.sync += [
                job.kind.eq(Mux(found.refine, ReadFor.LOWER, ReadFor.SORT)),
                job.low.eq(found.low),
                job.high.eq(found.high),
                job["count"].eq(found["count"]),
                job.final.eq(found["count"] == left),
                left.eq(Mux(found.refine, left, left - found["count"])),
            ]
            m.next = "OFFER"
        with m.Elif(~scan.busy):
            m.next = "NEXT"
