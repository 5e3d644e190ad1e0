"""The course of a frame: header, groups, the end, and every way in which it can fail."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.fetch.header_check import CODE_BITS, HEADER_RECORDS
from hw.host.register_map import StatusCode
from hw.layouts import run_request

# Groups of one read; a run of the reader counts up to 2^20 records.
GROUP_RUN = 1 << 16


class FrameControl(wiring.Component):
    """Starts, ends and, where something is wrong, breaks off a frame.

    A frame: reset of the datapath, the header, the groups in runs of GROUP_RUN, then all that
    follows of them, until the datapath is quiet; then `finish` until the last splat was taken.
    What breaks it off (a bus error, a run outside its table, a bad header, `stop`): no read is
    begun any more, those under way are awaited, the datapath is reset, and the frame ends as
    others do, with what was sent until then and a code that says why.

    Latency: 3 cycles from `start` to the read of the header.

    Members
    -------
    start, stop : In(1), for a cycle. queue : In(1), as `start`, but a busy block starts when its
        frame ends.
    header_checked, header_code, groups_record, groups_count : In, of HeaderCheck.
    bus_error : In(2), 0 for none. outside : In(1). group_taken : In(1), for a cycle each.
    quiet : In(1), nothing is under way in the datapath. reader_idle : In(1).
    finished_output : In(1), the splat that ends the frame was taken.
    pack_record : In, first record of the pack, held during a frame.
    requests : Out(stream of run_request), the header and the groups.
    latch : Out(1), for a cycle: a frame begins with the constants as they are now.
    reset, flush : Out(1), of the datapath, and of the reader. forget : Out(1), the reset in which
        a frame that was broken off loses what is under way.
    reading_header : Out(1). finish : Out(1), to the output.
    busy : Out(1). ended : Out(1), for a cycle.
    code : Out(4), from `ended` on, of hw.host.register_map.StatusCode.
    """

    def __init__(self, params: Parameters):
        self._record_bits = params.address_bits - 5
        inputs = {
            name: In(1)
            for name in (
                *("start", "stop", "queue", "header_checked", "outside", "group_taken"),
                *("quiet", "reader_idle", "finished_output"),
            )
        }
        outputs = {
            name: Out(1)
            for name in (
                *("latch", "reset", "flush", "forget", "reading_header", "finish", "busy"),
                "ended",
            )
        }
        super().__init__(
            inputs
            | outputs
            | {
                "header_code": In(CODE_BITS),
                "groups_record": In(self._record_bits),
                "groups_count": In(32),
                "pack_record": In(self._record_bits),
                "bus_error": In(2),
                "requests": Out(stream.Signature(run_request(params))),
                "code": Out(CODE_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        failure, queued, begin = Signal(CODE_BITS), Signal(), Signal()
        to_ask, to_take = Signal(32), Signal(32)
        self._watch(m, failure)
        m.d.comb += begin.eq(self.start | self.queue | queued)
        m.d.sync += [self.ended.eq(0), self.latch.eq(0)]
        with m.If(self.queue & self.busy):
            m.d.sync += queued.eq(1)
        with m.If(self.group_taken):
            m.d.sync += to_take.eq(to_take - 1)
        with m.FSM() as fsm:
            with m.State("IDLE"), m.If(begin):
                m.d.sync += [self.latch.eq(1), queued.eq(0)]
                m.next = "RESET"
            with m.State("RESET"):
                m.d.comb += self.reset.eq(1)
                m.next = "HEADER"
            self._header(m, failure, to_ask, to_take)
            self._groups(m, failure, to_ask)
            with m.State("RUN"):
                with m.If(failure != StatusCode.NONE):
                    m.next = "BREAK_OFF"
                with m.Elif(self.quiet & (to_take == 0)):
                    m.d.sync += self.code.eq(StatusCode.DONE)
                    m.next = "FINISH"
            with m.State("BREAK_OFF"):
                m.d.comb += self.flush.eq(1)
                m.d.sync += self.code.eq(failure)
                with m.If(self.reader_idle):
                    m.next = "FORGET"
            with m.State("FORGET"):
                m.d.comb += [self.flush.eq(1), self.reset.eq(1), self.forget.eq(1)]
                m.next = "FINISH"
            with m.State("FINISH"):
                m.d.comb += self.finish.eq(1)
                with m.If(self.finished_output):
                    m.d.sync += self.ended.eq(1)
                    m.next = "IDLE"
        m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
        m.d.comb += self.reading_header.eq(fsm.ongoing("HEADER") | fsm.ongoing("CHECK"))
        return m

    def _watch(self, m, failure):
        """The first thing that went wrong in this frame."""
        bus = Mux(self.bus_error == 1, StatusCode.BUS_SLAVE_ERROR, StatusCode.BUS_DECODE_ERROR)
        header = self.header_checked & (self.header_code != StatusCode.NONE)
        with m.If(~self.busy | self.reset):
            m.d.sync += failure.eq(StatusCode.NONE)
        with m.Elif(failure == StatusCode.NONE):
            with m.If(self.bus_error != 0):
                m.d.sync += failure.eq(bus)
            with m.Elif(header):
                m.d.sync += failure.eq(self.header_code)
            with m.Elif(self.outside):
                m.d.sync += failure.eq(StatusCode.RUN_OUTSIDE)
            with m.Elif(self.stop):
                m.d.sync += failure.eq(StatusCode.STOPPED)

    def _ask(self, m, record, count):
        request = self.requests
        m.d.comb += [
            request.valid.eq(1),
            request.payload.record.eq(record),
            request.payload.count.eq(count),
        ]

    def _header(self, m, failure, to_ask, to_take):
        with m.State("HEADER"):
            self._ask(m, self.pack_record, HEADER_RECORDS)
            with m.If(self.requests.ready):
                m.next = "CHECK"
        with m.State("CHECK"):
            m.d.sync += [to_ask.eq(self.groups_count), to_take.eq(self.groups_count)]
            with m.If(failure != StatusCode.NONE):
                m.next = "BREAK_OFF"
            with m.Elif(self.header_checked & (self.header_code == StatusCode.NONE)):
                m.next = "GROUPS"

    def _groups(self, m, failure, to_ask):
        record = Signal(self._record_bits)
        count = Signal(range(GROUP_RUN + 1))
        m.d.comb += count.eq(Mux(to_ask >= GROUP_RUN, GROUP_RUN, to_ask))
        with m.State("GROUPS"):
            self._ask(m, self.groups_record + record, count)
            with m.If(self.requests.ready):
                m.d.sync += [to_ask.eq(to_ask - count), record.eq(record + count)]
                with m.If(to_ask == count):
                    m.d.sync += record.eq(0)
                    m.next = "RUN"
            # The reader forgets a request that it did not take: what went wrong may be why.
            with m.If(failure != StatusCode.NONE):
                m.d.sync += record.eq(0)
                m.next = "BREAK_OFF"
