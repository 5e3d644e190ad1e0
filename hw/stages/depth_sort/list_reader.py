"""A list's pages as runs of records to be read."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import RECORD_BYTES
from golden.stages.tile_bin.constants import PAGE_BYTES
from hw.layouts import run_request
from hw.stages.depth_sort.layouts import list_head
from hw.stages.tile_bin.layouts import length_bits, page_bits, tile_bin_constants

PAGE_RECORDS = PAGE_BYTES // RECORD_BYTES


class ListReader(wiring.Component):
    """Follows a list from page to page, and asks for as much of each as holds entries.

    The next page is looked up while the run is offered, so following costs no latency.
    Latency: 1 cycle from a list to its first run. Throughput: a page in 4 cycles at least.

    Members
    -------
    list_page : In, the list memory's first page. frame : In(1), of the reads.
    i : In(stream of list_head), of 1 entry or more.
    page : Out(page_bits). next_page : In(page_bits), two cycles later.
    requests : Out(stream of run_request).
    """

    LOOKUP_CYCLES = 2

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
                "requests": Out(stream.Signature(run_request(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        left = Signal(length_bits(self._params), reset_less=True)  # records
        request, waits = self.requests.payload, Signal(range(self.LOOKUP_CYCLES + 1))
        is_last = left <= PAGE_RECORDS
        whole = Signal(len(self.list_page), reset_less=True)
        m.d.comb += [
            request.record.eq(Cat(Const(0, (PAGE_RECORDS - 1).bit_length()), whole)),
            request["count"].eq(Mux(is_last, left, PAGE_RECORDS)),
            request.frame.eq(self.frame),
        ]
        with m.FSM():
            with m.State("REST"):
                m.d.comb += self.i.ready.eq(1)
                head = self.i.payload
                m.d.sync += [
                    self.page.eq(head.page),
                    whole.eq(self.list_page + head.page),
                    left.eq((head.length + 1) >> 1),
                ]
                with m.If(self.i.valid):
                    m.d.sync += waits.eq(self.LOOKUP_CYCLES)
                    m.next = "ASK"
            with m.State("ASK"):
                m.d.comb += self.requests.valid.eq(1)
                m.d.sync += waits.eq(Mux(waits == 0, 0, waits - 1))
                with m.If(self.requests.ready):
                    with m.If(is_last):
                        m.next = "REST"
                    with m.Else():
                        m.d.sync += left.eq(left - PAGE_RECORDS)
                        m.next = "FOLLOW"
            with m.State("FOLLOW"):
                m.d.sync += waits.eq(Mux(waits == 0, 0, waits - 1))
                with m.If(waits == 0):
                    m.d.sync += [
                        self.page.eq(self.next_page),
                        whole.eq(self.list_page + self.next_page),
                        waits.eq(self.LOOKUP_CYCLES),
                    ]
                    m.next = "ASK"
        return m
