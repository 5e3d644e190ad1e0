"""The front of a frame: its header and its groups, read one after the other."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.frame.header_check import HEADER_RECORDS
from hw.layouts import run_request

# Groups of one read; a run of the reader counts up to 2^20 records.
GROUP_RUN_BITS = 16
GROUP_RUN = 1 << GROUP_RUN_BITS


class FrontControl(wiring.Component):
    """Reads the header, then the groups in runs of GROUP_RUN, and knows when all are culled.

    A reset forgets the frame. What is wrong is for FrameControl to see; here it only ends the
    reading of groups.

    Latency: 2 cycles from `begin` to the read of the header.

    Members
    -------
    begin : In(1), for a cycle, while `idle`. frame : In(1), of the frame that begins, held.
    pack_record : In, first record of the pack, held.
    failed : In(1), something of this frame is wrong.
    header_good : In(1), checked and found good.
    groups_record, groups_count : In, of HeaderCheck.
    group_taken : In(1), for a cycle each. quiet : In(1), nothing is under way in the culling.
    requests : Out(stream of run_request), the header and the groups.
    reading_header : Out(1).
    done : Out(1), all groups and clusters are tested, and what is seen went to the fetch.
    idle : Out(1), the same, from the cycle after on.
    """

    def __init__(self, params: Parameters):
        self._record_bits = params.address_bits - 5
        inputs = ("begin", "frame", "failed", "header_good", "group_taken", "quiet")
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
        to_ask, to_take = Signal(32, reset_less=True), Signal(32)
        all_tested = Signal()
        m.d.comb += all_tested.eq(self.quiet & (to_take == 0))
        with m.If(self.group_taken):
            m.d.sync += to_take.eq(to_take - 1)
        with m.FSM() as fsm:
            with m.State("IDLE"), m.If(self.begin):
                m.next = "RESET"
            with m.State("RESET"):  # of header check and culling, by FrameControl
                m.d.sync += self.reading_header.eq(1)
                m.next = "HEADER"
            with m.State("HEADER"):
                self._ask(m, self.pack_record, HEADER_RECORDS)
                with m.If(self.requests.ready):
                    m.next = "CHECK"
            with m.State("CHECK"):
                m.d.sync += [to_ask.eq(self.groups_count), to_take.eq(self.groups_count)]
                with m.If(self.header_good & ~self.failed):
                    m.d.sync += self.reading_header.eq(0)
                    m.next = "GROUPS"
            self._groups(m, to_ask)
            with m.State("RUN"), m.If(all_tested):
                m.next = "IDLE"
        m.d.comb += [
            self.idle.eq(fsm.ongoing("IDLE")),
            self.done.eq(self.idle | (fsm.ongoing("RUN") & all_tested)),
        ]
        return m

    def _groups(self, m, to_ask):
        record = Signal(self._record_bits)
        count = Signal(range(GROUP_RUN + 1))
        whole, rest = to_ask[GROUP_RUN_BITS:], to_ask[:GROUP_RUN_BITS]
        is_last = ~whole[1:].any() & (~whole[0] | ~rest.any())
        m.d.comb += count.eq(Mux(whole.any(), GROUP_RUN, rest))
        with m.State("GROUPS"):
            self._ask(m, self.groups_record + record, count)
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

    def _ask(self, m, record, count):
        request = self.requests
        m.d.comb += [
            request.valid.eq(1),
            request.payload.record.eq(record),
            request.payload.count.eq(count),
            request.payload.frame.eq(self.frame),
        ]
