"""The course of frames: begin, end, the next one behind, and every way in which one can fail."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Mux, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.frame.front_control import FrontControl
from hw.frame.header_check import CODE_BITS
from hw.host.register_map import StatusCode
from hw.layouts import run_request


class FrameControl(wiring.Component):
    """Starts, ends and, where something is wrong, breaks off frames, two of them at a time.

    A frame has a front (FrontControl: header, groups and all of the culling) and a back (its
    Gaussians are fetched and projected, its splats are taken). A queued frame's front begins once
    the older one's is done; its members wait until the older frame has ended. A bit, `frame`, tells
    the two apart in whatever is under way of both.

    What breaks the older frame off (a bus error, a run outside its table, a bad header, `stop`): no
    read is begun any more, those under way are awaited, the datapath is reset, and the frame ends
    as others do, with what was sent until then and a code that says why. The younger one, of which
    nothing is left then, begins again with the constants and the pack it has. What is wrong with
    the younger one is kept, and breaks it off when the older one has ended.

    Latency: 3 cycles from `start` to the read of the header.

    Members
    -------
    start, stop : In(1), for a cycle; a stop is the older frame's. queue : In(1), as `start`, but
        the frame begins when it can. queued : Out(1), one waits to begin.
    header_checked, header_code, groups_record, groups_count : In, of HeaderCheck.
    bus_error : In(2) for each `frame`, 0 for none. fetch_outside : In(2), a bit for each `frame`.
    clusters_outside : In(1). group_taken : In(1), for a cycle each.
    front_quiet : In(1), nothing is under way in the culling. back_quiet : In(1), nor of the older
        frame behind it. reader_idle : In(1).
    finished_output : In(1), the splat that ends the frame was taken.
    pack_record : In, first record of the pack, held until the next `latch`.
    requests : Out(stream of run_request), the header and the groups.
    latch : Out(1), for a cycle: a front begins with the constants as they are now.
    begin : Out(1), `latch` with no older frame under way. turn : Out(1), for a cycle: the
        projection takes over the constants of the last `latch`.
    front_frame, back_frame : Out(1), `frame` of the last one that began, and of the older one.
    reset_front, reset_fetch, reset_project, flush_reader : Out(1), of parts of the datapath.
    flush : Out(1), a frame is broken off: nothing may begin.
    forget : Out(1), the reset in which a frame that was broken off loses what is under way.
    reading_header : Out(1). finish : Out(1), to the output.
    busy : Out(1). ended : Out(1), for a cycle.
    code : Out(4), from `ended` on, of hw.host.register_map.StatusCode.
    """

    def __init__(self, params: Parameters):
        self._params = params
        record_bits = params.address_bits - 5
        inputs = (
            *("start", "stop", "queue", "header_checked", "clusters_outside", "group_taken"),
            *("front_quiet", "back_quiet", "reader_idle", "finished_output"),
        )
        outputs = (
            *("latch", "begin", "turn", "front_frame", "back_frame", "reset_front", "reset_fetch"),
            *("reset_project", "flush_reader", "flush", "forget", "reading_header", "finish"),
            *("busy", "ended", "queued"),
        )
        super().__init__(
            {
                **{name: In(1) for name in inputs},
                **{name: Out(1) for name in outputs if name != "front_frame"},
                "front_frame": Out(1, init=1),  # none is under way where the two differ
                "header_code": In(CODE_BITS),
                "groups_record": In(record_bits),
                "groups_count": In(32),
                "pack_record": In(record_bits),
                "bus_error": In(2).array(2),
                "fetch_outside": In(2),
                "requests": Out(stream.Signature(run_request(params))),
                "code": Out(CODE_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        failures = Array(Signal(CODE_BITS, name=f"failure_{frame}") for frame in range(2))
        failure, is_last, again = Signal(CODE_BITS), Signal(), Signal()
        # In the next cycle come `flush`, `forget`, `finish` and `ended`.
        breaks, forgets, finishes, ends = Signal(), Signal(), Signal(), Signal()
        m.submodules.front = front = ResetInserter(self.flush)(FrontControl(self._params))
        m.d.comb += [
            failure.eq(failures[self.back_frame]),
            is_last.eq(self.front_frame == self.back_frame),
        ]
        m.d.sync += [self.ended.eq(ends), self.forget.eq(forgets), self.flush.eq(breaks)]
        m.d.sync += self.finish.eq(finishes)
        with m.If(self.ended):
            m.d.sync += self.back_frame.eq(~self.back_frame)
        with m.FSM() as fsm:
            with m.State("IDLE"), m.If(self.start | self.queue | self.queued):
                m.next = "RUN"
            with m.State("RUN"):
                with m.If(failure != StatusCode.NONE):
                    m.d.comb += breaks.eq(1)
                    m.next = "BREAK_OFF"
                with m.Elif(self.back_quiet & ~again & (~is_last | front.done)):
                    m.d.sync += self.code.eq(StatusCode.DONE)
                    m.d.comb += finishes.eq(1)
                    m.next = "FINISH"
            with m.State("BREAK_OFF"):
                m.d.sync += [self.code.eq(failure), again.eq(~is_last)]
                m.d.comb += [breaks.eq(1), forgets.eq(self.reader_idle)]
                with m.If(forgets):
                    m.next = "FORGET"
            with m.State("FORGET"):
                m.d.comb += finishes.eq(1)
                m.next = "FINISH"
            with m.State("FINISH"):
                m.d.comb += [ends.eq(self.finished_output), finishes.eq(~ends)]
                with m.If(ends):
                    m.next = "IDLE"
                    with m.If(~is_last):
                        m.next = "TURN"
            with m.State("TURN"):
                m.next = "RUN"
                # Of a frame that is wrong no member must leave: they may be those of others.
                with m.If(failures[self.front_frame] != StatusCode.NONE):
                    m.d.comb += breaks.eq(1)
                    m.next = "BREAK_OFF"
        m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
        begins, alone = self._front(m, front, fsm, failures, is_last, again)
        self._resets(m, begins, alone, again, breaks, forgets, ends)
        self._watch(m, failures, fsm.ongoing("RUN"))
        return m

    def _front(self, m, front, fsm, failures, is_last, again):
        """Begins the front of a frame: of the first, of one behind another, or once more.

        Returns whether one begins, and whether with no other under way.
        """
        wanted, may_begin, begins, alone = Signal(), Signal(), Signal(), Signal()
        behind = fsm.ongoing("RUN") & is_last & front.idle & ~again
        m.d.comb += [
            wanted.eq(self.start | self.queue | self.queued),
            may_begin.eq(fsm.ongoing("IDLE") | behind),
            begins.eq(wanted & may_begin),
            front.begin.eq(begins | (again & fsm.ongoing("RUN"))),
            alone.eq((wanted & fsm.ongoing("IDLE")) | (again & fsm.ongoing("RUN"))),
        ]
        m.d.sync += [
            self.latch.eq(begins),
            self.queued.eq((self.queue | self.queued) & ~begins),
        ]
        with m.If(begins):
            m.d.sync += self.front_frame.eq(~self.front_frame)
        with m.If(again & fsm.ongoing("RUN")):
            m.d.sync += again.eq(0)
        wiring.connect(m, front.requests, wiring.flipped(self.requests))
        good = self.header_checked & (self.header_code == StatusCode.NONE)
        m.d.comb += [
            front.frame.eq(self.front_frame),
            front.pack_record.eq(self.pack_record),
            front.failed.eq(failures[self.front_frame] != StatusCode.NONE),
            front.header_good.eq(good),
            front.groups_record.eq(self.groups_record),
            front.groups_count.eq(self.groups_count),
            front.group_taken.eq(self.group_taken),
            front.quiet.eq(self.front_quiet),
            self.reading_header.eq(front.reading_header),
        ]
        return front.begin, alone

    def _resets(self, m, begins, alone, again, breaks, forgets, ends):
        """What of the datapath a frame begins with anew: all of it, where no other is under way.

        Each reaches a thousand registers and more all over the device: straight from a register.
        """
        first = Signal()  # the first cycle of a frame alone: it takes over its constants
        m.d.sync += [
            self.reset_front.eq(begins | forgets),
            self.reset_fetch.eq(alone | forgets),
            self.reset_project.eq(alone | forgets | ends),
            self.flush_reader.eq(alone | breaks),
            first.eq(alone),
            self.begin.eq(alone & ~again),
            self.turn.eq(ends | first),
        ]

    def _watch(self, m, failures, running):
        """The first thing that went wrong in each of the frames."""
        header = self.header_checked & (self.header_code != StatusCode.NONE)
        for frame, failure in enumerate(failures):
            error = self.bus_error[frame]
            bus = Mux(error == 1, StatusCode.BUS_SLAVE_ERROR, StatusCode.BUS_DECODE_ERROR)
            in_front, in_back = self.front_frame == frame, self.back_frame == frame
            outside = (self.clusters_outside & in_front) | self.fetch_outside[frame]
            with m.If(self.forget | (self.ended & in_back)):
                m.d.sync += failure.eq(StatusCode.NONE)
            with m.Elif(failure == StatusCode.NONE):
                with m.If(error != 0):
                    m.d.sync += failure.eq(bus)
                with m.Elif(header & in_front):
                    m.d.sync += failure.eq(self.header_code)
                with m.Elif(outside):
                    m.d.sync += failure.eq(StatusCode.RUN_OUTSIDE)
                with m.Elif(self.stop & running & in_back):
                    m.d.sync += failure.eq(StatusCode.STOPPED)
