"""Bin after bin: what its list is read for, and how often."""

from __future__ import annotations

from amaranth.hdl import Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.entry import KEY_BITS
from hw.stages.depth_sort.layouts import ReadFor, list_head, sort_job
from hw.stages.depth_sort.range_scan import RangeScan
from hw.stages.tile_bin.layouts import bin_bits, length_bits, page_bits


class SortPlanner(wiring.Component):
    """Makes a job of each reading of each list, and has the list read for it.

    A list of up to N entries is read once. Of a longer one the keys are counted first; then each
    range of RangeScan is a job. The planner runs ahead of the sorting as far as the queue of jobs
    lets it, and waits only for histograms.

    Members
    -------
    start : In(1), while not busy. bins : In, of the frame, 1 or more.
    number : Out(bin_bits). length, first_page : In, of that bin's list, two cycles later.
    jobs : Out(stream of sort_job). heads : Out(stream of list_head), a reading each.
    counted : In(1), a histogram's entries are all counted.
    bucket, clear : Out, and stored : In, as RangeScan has them.
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
                **{name: scan[name] for name in ("bucket", "clear", "stored")},
                "busy": Out(1),
                "ranged": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.scan = scan = self._scan
        job = Signal(sort_job(self._params), reset_less=True)
        head = Signal(list_head(self._params), reset_less=True)
        left = Signal(length_bits(self._params), reset_less=True)  # entries in no job yet
        waits = Signal(range(self.LOOKUP_CYCLES + 1))
        job_gone, head_gone, offers = Signal(), Signal(), Signal()
        m.d.comb += [
            self.bucket.eq(scan.bucket),
            self.clear.eq(scan.clear),
            scan.stored.eq(self.stored),
            self.jobs.payload.eq(job),
            self.heads.payload.eq(head),
            self.jobs.valid.eq(offers & ~job_gone),
            self.heads.valid.eq(offers & ~head_gone & (job.kind != ReadFor.NOTHING)),
        ]
        m.d.sync += [
            job_gone.eq(offers & (job_gone | self.jobs.ready)),
            head_gone.eq(offers & (head_gone | self.heads.ready)),
        ]
        gone = (job_gone | self.jobs.ready) & (
            head_gone | self.heads.ready | (job.kind == ReadFor.NOTHING)
        )
        with m.FSM():
            with m.State("REST"), m.If(self.start):
                m.d.sync += [self.busy.eq(1), self.number.eq(0), waits.eq(self.LOOKUP_CYCLES)]
                m.next = "LOOK"
            with m.State("LOOK"):
                m.d.sync += waits.eq(waits - 1)
                with m.If(waits == 0):
                    m.d.sync += [
                        head.length.eq(self.length),
                        head.page.eq(self.first_page),
                        left.eq(self.length),
                    ]
                    m.next = "PLAN"
            with m.State("PLAN"):
                self._plan(m, job, head)
                m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += offers.eq(1)
                with m.If(gone):
                    m.d.sync += [job_gone.eq(0), head_gone.eq(0)]
                    with m.If((job.kind == ReadFor.UPPER) | (job.kind == ReadFor.LOWER)):
                        m.next = "COUNT"
                    with m.Elif(scan.busy):
                        m.next = "RANGE"
                    with m.Else():
                        m.next = "NEXT"
            with m.State("COUNT"), m.If(self.counted):
                m.d.comb += [
                    scan.start.eq(job.kind == ReadFor.UPPER),
                    scan.go.eq(job.kind == ReadFor.LOWER),
                ]
                m.next = "SCAN"
            with m.State("SCAN"):  # the scan is busy from its start on
                m.next = "RANGE"
            with m.State("RANGE"):
                self._take_range(m, scan, job, left)
            with m.State("NEXT"):
                m.d.sync += [self.number.eq(self.number + 1), waits.eq(self.LOOKUP_CYCLES)]
                with m.If(self.number == (self.bins - 1)[: len(self.number)]):
                    m.d.sync += self.busy.eq(0)
                    m.next = "REST"
                with m.Else():
                    m.next = "LOOK"
        return m

    def _plan(self, m, job, head):
        """The first job of a list."""
        is_long = head.length > self._params.sort_entries
        m.d.comb += self.ranged.eq(is_long)
        m.d.sync += [
            job.length.eq(head.length),
            job.low.eq(0),
            job.high.eq(Const(-1, KEY_BITS)),
            job["count"].eq(head.length),
            job.final.eq(1),
            job.kind.eq(
                Mux(is_long, ReadFor.UPPER, Mux(head.length == 0, ReadFor.NOTHING, ReadFor.SORT))
            ),
        ]

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
