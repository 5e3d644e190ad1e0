"""The front of a frame: its header and its groups, read one after the other."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.frame.header_check import header_records
from hw.layouts import run_request
from hw.stages.rows import tables_of

# Groups of one read; a run of the reader counts up to 2^20 records.
GROUP_RUN_BITS = 16
GROUP_RUN = 1 << GROUP_RUN_BITS


class FrontControl(wiring.Component):
    """Reads the header, then the groups in runs of GROUP_RUN, and knows when all are culled.

    A reset discards the frame. What is wrong is for FrameControl to see; here it only ends the
    reading of groups.

    Latency: 2 cycles from `begin` to the read of the header.

    Members
    -------
    begin : In(1), for a cycle, while `idle`.
    frame : In(1), of the frame that begins, held.
    pack_record : In, first record of the pack, held.
    too_short : In(1), the pack's bytes end within its header, held: nothing is read.
    failed : In(1), something of this frame is wrong.
    header_good : In(1), checked and found good.
    groups_record : In(address_bits - 5), groups_count : In(32), of HeaderCheck.
    group_accepted : In(1), for a cycle each.
    quiet : In(1), nothing is pending in the culling.
    requests : Out(stream of run_request), the header and the groups.
    reading_header : Out(1).
    done : Out(1), all groups and clusters are tested, and what is seen went to the fetch.
    idle : Out(1), the same, from the cycle after on.
    """

    def __init__(self, params: Parameters):
        self._record_bits = params.address_bits - 5
        self._header_records = header_records(tables_of(params))
        inputs = ("begin", "frame", "too_short", "failed", "header_good", "group_accepted", "quiet")
        outputs = ("reading_header", "done", "idle")
        super().__init__(
            {
                **{name: In(1) for name in inputs},
                **{name: Out(1) for name in outputs},
                "pack_record": In(self._record_bits),
                "groups_record": In(self._record_bits),
                "groups_count": In(32),
                "requests": Out(stream.Signature(run_request(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        unrequested, unaccepted = Signal(32, reset_less=True), Signal(32)
        complete = Signal()
        m.d.comb += complete.eq(self.quiet & (unaccepted == 0))
        with m.If(self.group_accepted):
            m.d.sync += unaccepted.eq(unaccepted - 1)
        with m.FSM() as fsm:
            with m.State("IDLE"), m.If(self.begin):
                m.next = "RESET"
            with m.State("RESET"):  # of header check and culling, by FrameControl
                m.d.sync += self.reading_header.eq(1)
                m.next = "HEADER"
            with m.State("HEADER"):
                with m.If(self.too_short):
                    m.next = "CHECK"
                with m.Else():
                    self._request(m, self.pack_record, self._header_records)
                    with m.If(self.requests.ready):
                        m.next = "CHECK"
            with m.State("CHECK"):
                m.d.sync += [unrequested.eq(self.groups_count), unaccepted.eq(self.groups_count)]
                with m.If(self.header_good & ~self.failed):
                    m.d.sync += self.reading_header.eq(0)
                    m.next = "GROUPS"
            self._groups(m, unrequested)
            with m.State("RUN"), m.If(complete):
                m.next = "IDLE"
        m.d.comb += [
            self.idle.eq(fsm.ongoing("IDLE")),
            self.done.eq(self.idle | (fsm.ongoing("RUN") & complete)),
        ]
        return m

    def _groups(self, m, unrequested):
        record = Signal(self._record_bits)
        count = Signal(range(GROUP_RUN + 1))
        whole, rest = unrequested[GROUP_RUN_BITS:], unrequested[:GROUP_RUN_BITS]
        is_last = ~whole[1:].any() & (~whole[0] | ~rest.any())
        m.d.comb += count.eq(Mux(whole.any(), GROUP_RUN, rest))
        with m.State("GROUPS"):
            self._request(m, self.groups_record + record, count)
            with m.If(self.requests.ready):
                m.d.sync += [whole.eq(whole - 1), record.eq(record + GROUP_RUN)]
                with m.If(is_last):
                    m.d.sync += record.eq(0)
                    m.next = "RUN"
            # A frame that failed asks for no more groups, and waits for its reset.
            with m.If(self.failed):
                m.next = "FAILED"
        with m.State("FAILED"):
            m.d.sync += record.eq(0)

    def _request(self, m, record, count):
        request = self.requests
        m.d.comb += [
            request.valid.eq(1),
            request.payload.record.eq(record),
            request.payload.count.eq(count),
            request.payload.frame.eq(self.frame),
        ]
