"""A list's pages as runs of records to be read."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import RECORD_BYTES
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_BYTES, PAGE_ENTRIES
from hw.layouts import run_request
from hw.stages.depth_sort.layouts import list_head, page_run
from hw.stages.tile_bin.layouts import length_bits, page_bits, tile_bin_constants

PAGE_RECORDS = PAGE_BYTES // RECORD_BYTES
RUNS = 32


class ListReader(wiring.Component):
    """Follows a list from page to page, and asks for as much of each as holds entries that count.

    A page whose bounds miss the reading's buckets is left out. `runs` says which were asked for, as
    far ahead of their records as RUNS pages.
    Latency: PAGE_CYCLES = 4 from a list to its first run, and from a page to the next one.

    Members
    -------
    list_page : In, the list memory's first page. frame : In(1), of the reads.
    i : In(stream of list_head), of 1 entry or more.
    page : Out(page_bits). next_page : In(page_bits), two cycles later.
    index : Out(page_bits), of the page in its list. low, high : In(10), of PageBounds, two cycles
        later.
    requests : Out(stream of run_request). runs : Out(stream of page_run).
    """

    LOOKUP_CYCLES = 2
    PAGE_CYCLES = LOOKUP_CYCLES + 2

    def __init__(self, params: Parameters):
        self._params = params
        page = page_bits(params)
        super().__init__(
            {
                "list_page": In(tile_bin_constants(params)["list_page"].shape),
                "frame": In(1),
                "i": In(stream.Signature(list_head(params))),
                "page": Out(page),
                "next_page": In(page),
                "index": Out(page),
                "low": In(BUCKET_BITS),
                "high": In(BUCKET_BITS),
                "requests": Out(stream.Signature(run_request(params))),
                "runs": Out(stream.Signature(page_run())),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = SyncFIFOBuffered(width=page_run().size, depth=RUNS)
        left = Signal(length_bits(self._params), reset_less=True)  # entries
        request, waits = self.requests.payload, Signal(range(self.LOOKUP_CYCLES + 1))
        whole, head = Signal(len(self.list_page), reset_less=True), self.i.payload
        first, final = (
            Signal(BUCKET_BITS, name=n, reset_less=True) for n in ("first_bucket", "final_bucket")
        )
        # Each a cycle after the one before it: known while the page is looked up.
        is_last, needed = Signal(reset_less=True), Signal(reset_less=True)
        count = Signal(range(PAGE_ENTRIES + 1), reset_less=True)
        records = Signal(range(PAGE_RECORDS + 1), reset_less=True)
        asked = Signal()  # the page is done with
        m.d.comb += [
            request.record.eq(Cat(Const(0, (PAGE_RECORDS - 1).bit_length()), whole)),
            request["count"].eq(records),
            request.frame.eq(self.frame),
            queue.w_data.eq(Cat(Mux(needed, count, 0), is_last)),
            queue.w_en.eq(asked & (needed | is_last)),
            self.runs.payload.eq(queue.r_data),
            self.runs.valid.eq(queue.r_rdy),
            queue.r_en.eq(self.runs.ready),
        ]
        m.d.sync += [
            is_last.eq(left <= PAGE_ENTRIES),
            count.eq(Mux(is_last, left, PAGE_ENTRIES)),
            records.eq((count + 1) >> 1),
        ]
        with m.FSM():
            with m.State("REST"):
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += [
                    self.page.eq(head.page),
                    self.index.eq(0),
                    whole.eq(self.list_page + head.page),
                    left.eq(head.length),
                    first.eq(head.low),
                    final.eq(head.high),
                    waits.eq(self.LOOKUP_CYCLES),
                ]
                with m.If(self.i.valid):
                    m.next = "LOOK"
            with m.State("LOOK"):
                m.d.sync += [
                    waits.eq(waits - 1),
                    needed.eq((self.low <= final) & (self.high >= first)),
                ]
                with m.If(waits == 0):
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += [
                    self.requests.valid.eq(needed & queue.w_rdy),
                    asked.eq(queue.w_rdy & (~needed | self.requests.ready)),
                ]
                with m.If(asked):
                    m.d.sync += [
                        left.eq(left - PAGE_ENTRIES),
                        self.page.eq(self.next_page),
                        self.index.eq(self.index + 1),
                        whole.eq(self.list_page + self.next_page),
                        waits.eq(self.LOOKUP_CYCLES),
                    ]
                    with m.If(is_last):
                        m.next = "REST"
                    with m.Else():
                        m.next = "LOOK"
        return m
