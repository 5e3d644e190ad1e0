"""The course of frames: begin, end, the next one behind, and every way in which one can fail."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.frame.frame_failures import watch_failures
from hw.frame.front_control import FrontControl
from hw.frame.phases import BEHIND, FRONT, draws_beside, phases_of
from hw.host.status import CODE_BITS, StatusCode
from hw.layouts import run_request


class FrameControl(wiring.Component):
    """Starts, ends and, where something is wrong, breaks off frames, two of them at a time.

    A frame passes hw.frame.phases.PHASES: the front (FrontControl: header, groups and all of the
    culling), and what is behind it. A queued frame's front begins once the older one's is done; its
    members wait for the older frame's turn: until it is drawn from its lists, or, in a build that
    draws nothing beside its streaming (draws_beside), until it has ended. A bit, `frame`, tells the
    two apart in whatever is pending of both.

    What breaks the older frame off (a bus error, a run outside its table, a bad header, `stop`): no
    read is begun any more, those pending are awaited, the datapath is reset, and the frame ends as
    others do, with what was sent until then and a code that says why. The younger one, of which
    nothing is left then, is retried with the constants and the pack it has. What is wrong with the
    younger one is kept, and breaks it off when the older one has ended.

    Latency: 3 cycles from `start` to the read of the header.

    Members
    -------
    resetting : In(1), the domain of this component is in reset in the next cycle.
    start : In(1), for a cycle, while not `busy` and `reader_idle`.
    stop : In(1), for a cycle, of the older frame.
    queue : In(1), as `start`, but the frame begins when it can.
    queued : Out(1), a frame waits to begin.
    too_short : In(1), of the pack for its header, held.
    header_checked : In(1), header_code : In(4), of HeaderCheck.
    groups_record : In(address_bits - 5), of HeaderCheck.
    groups_count : In(32), of HeaderCheck.
    bus_error : In(2) for each `frame`, 0 for none.
    outside : In(2), a bit for each `frame`: a run of it lay outside its table.
    group_accepted : In(1), for a cycle each.
    quiet_PHASE : In(1) for each of phases_of(params), nothing of the older frame is pending in it;
        of the front, nothing at all.
    reader_idle : In(1), no read or write is pending; no frame begins alone before.
    write_error : In(2) for each `frame`, of the write master, 0 for none.
    write_outside : In(2), a bit for each `frame`: a write of it lay outside its window.
    streamed : Out(1), all splats of `stream_frame` are through the phases before `list`.
    listed : In(1), and its lists are in memory, held until the reset of `list`.
    list_code : In(5), why it cannot be drawn, NONE where it can; as `listed`.
    draw : Out(1), for a cycle: the older frame is drawn from now on.
    drawing : Out(1), from the cycle after until its end.
    rendered : In(1), its picture is in memory; low from the cycle after `draw` on.
    drained : In(1), the output that ends the frame was taken.
    pack_record : In(address_bits - 5), first record of the pack, held until the next `latch`.
    requests : Out(stream of run_request), the header and the groups.
    latch : Out(1), for a cycle: a front begins with the constants as they are now.
    begin : Out(1), `latch` with no older frame under way.
    take : Out(1), for a cycle: the phases behind the front take over the constants of `latch`, and
        begin with the frame that has them.
    front_frame : Out(1), `frame` of the last one that began.
    back_frame : Out(1), `frame` of the older one.
    stream_frame : Out(1), `frame` of that which the phases from the front to `list` work on.
    reset_PHASE : Out(1) for each of phases_of(params), of its parts; high in every reset, too.
    flush_reader : Out(1), of both masters, which a reset of this component does not reset; high as
        long as it lasts, and a cycle more.
    flush : Out(1), a frame is broken off: nothing may begin.
    discard : Out(1), the reset in which a frame that was broken off loses what is pending.
    reading_header : Out(1).
    drain : Out(1), to the output: no more comes of this frame.
    busy : Out(1).
    ended : Out(1), for a cycle.
    code : Out(4), from `ended` on, of hw.host.status.StatusCode.
    """

    def __init__(self, params: Parameters):
        self._params = params
        record_bits = params.address_bits - 5
        self._phases = phases_of(params)
        names = tuple(phase.name for phase in self._phases)
        inputs = (
            *("resetting", "start", "stop", "queue", "too_short", "header_checked"),
            *("group_accepted", "reader_idle", "drained", "listed", "rendered"),
            *(f"quiet_{name}" for name in names),
        )
        outputs = (
            *("latch", "begin", "take", "back_frame", "flush", "discard"),
            *("reading_header", "drain", "busy", "ended", "queued", "streamed"),
            *("draw", "drawing", "stream_frame"),
            *(f"reset_{name}" for name in names),
        )
        super().__init__(
            {
                **{name: In(1) for name in inputs},
                **{name: Out(1) for name in outputs},
                "flush_reader": Out(1, init=1),
                "front_frame": Out(1, init=1),  # none is under way where the two differ
                "header_code": In(CODE_BITS),
                "groups_record": In(record_bits),
                "groups_count": In(32),
                "pack_record": In(record_bits),
                "bus_error": In(2).array(2),
                "outside": In(2),
                "write_error": In(2).array(2),
                "write_outside": In(2),
                "list_code": In(CODE_BITS),
                "requests": Out(stream.Signature(run_request(params))),
                "code": Out(CODE_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        failures = Array(Signal(CODE_BITS, name=f"failure_{frame}") for frame in range(2))
        failure, is_last, retry, first = Signal(CODE_BITS), Signal(), Signal(), Signal()
        # What `flush`, `discard`, `drain`, `ended` and `draw` are in the next cycle.
        flush, discard, drain, end, draw = (
            Signal(name=f"next_{name}") for name in ("flush", "discard", "drain", "ended", "draw")
        )
        beside = draws_beside(self._params)
        m.submodules.front = front = ResetInserter(self.flush)(FrontControl(self._params))
        behind_quiet = Cat(getattr(self, f"quiet_{name}") for name in BEHIND).all()
        m.d.comb += [
            failure.eq(failures[self.back_frame]),
            is_last.eq(self.front_frame == self.back_frame),
            # Behind a reset its reads and writes may still be awaited.
            first.eq((self.start | self.queue | self.queued) & self.reader_idle),
        ]
        m.d.sync += [self.ended.eq(end), self.discard.eq(discard), self.flush.eq(flush)]
        m.d.sync += [self.drain.eq(drain), self.draw.eq(draw)]
        with m.If(self.draw):
            m.d.sync += self.drawing.eq(1)
        with m.If(self.ended):
            m.d.sync += [self.back_frame.eq(~self.back_frame), self.drawing.eq(0)]
        behind_front = self.front_frame != self.stream_frame
        m.d.comb += [
            self.stream_frame.eq(self.back_frame ^ (self.drawing if beside else 0)),
            self.streamed.eq(behind_quiet & ~retry & (behind_front | front.done)),
        ]
        complete = self.drawing & self.rendered if self._params.raster_lanes else self.streamed
        with m.FSM() as fsm:
            with m.State("IDLE"), m.If(first):
                m.next = "RUN"
            with m.State("RUN"):
                with m.If(failure != StatusCode.NONE):
                    m.d.comb += flush.eq(1)
                    m.next = "BREAK_OFF"
                with m.Elif(complete):
                    m.d.sync += self.code.eq(StatusCode.DONE)
                    m.d.comb += drain.eq(1)
                    m.next = "DRAIN"
                with m.Else():
                    m.d.comb += draw.eq(self.listed & ~self.draw & ~self.drawing)
            with m.State("BREAK_OFF"):
                m.d.sync += [self.code.eq(failure), retry.eq(~is_last)]
                m.d.comb += [flush.eq(1), discard.eq(self.reader_idle)]
                with m.If(discard):
                    m.next = "DISCARD"
            with m.State("DISCARD"):
                m.d.comb += drain.eq(1)
                m.next = "DRAIN"
            with m.State("DRAIN"):
                m.d.comb += [end.eq(self.drained), drain.eq(~end)]
                with m.If(end):
                    m.next = "IDLE"
                    with m.If(~is_last):
                        m.next = "TURN"
            with m.State("TURN"):
                m.next = "RUN"
                # Of a frame that is wrong no member must leave: they may be those of others.
                with m.If(failures[self.front_frame] != StatusCode.NONE):
                    m.d.comb += flush.eq(1)
                    m.next = "BREAK_OFF"
        m.d.comb += self.busy.eq(~fsm.ongoing("IDLE"))
        begins, alone = self._front(m, front, fsm, failures, is_last, retry, first)
        vacant = begins & (draw | self.draw | self.drawing) if beside else 0
        events = {"begin": front.begin, "alone": alone, "turn": draw if beside else end}
        self._resets(m, events, alone | vacant, retry, is_last, flush, discard)
        watch_failures(m, self._params, self, failures, fsm.ongoing("RUN"))
        return m

    def _front(self, m, front, fsm, failures, is_last, retry, first):
        """Begins the front of a frame: of the first, of one behind another, or once more.

        Returns whether a new one begins, and whether one does with no other under way.
        """
        request, begin_front, alone = Signal(), Signal(), Signal()
        behind = fsm.ongoing("RUN") & is_last & front.idle & ~retry
        m.d.comb += [
            request.eq(self.start | self.queue | self.queued),
            begin_front.eq((first & fsm.ongoing("IDLE")) | (request & behind)),
            front.begin.eq(begin_front | (retry & fsm.ongoing("RUN"))),
            alone.eq((first & fsm.ongoing("IDLE")) | (retry & fsm.ongoing("RUN"))),
        ]
        m.d.sync += [
            self.latch.eq(begin_front),
            self.queued.eq((self.queue | self.queued) & ~begin_front),
        ]
        with m.If(begin_front):
            m.d.sync += self.front_frame.eq(~self.front_frame)
        with m.If(retry & fsm.ongoing("RUN")):
            m.d.sync += retry.eq(0)
        wiring.connect(m, front.requests, wiring.flipped(self.requests))
        good = self.header_checked & (self.header_code == StatusCode.NONE)
        m.d.comb += [
            front.frame.eq(self.front_frame),
            front.pack_record.eq(self.pack_record),
            front.too_short.eq(self.too_short),
            front.failed.eq(failures[self.front_frame] != StatusCode.NONE),
            front.header_good.eq(good),
            front.groups_record.eq(self.groups_record),
            front.groups_count.eq(self.groups_count),
            front.group_accepted.eq(self.group_accepted),
            front.quiet.eq(getattr(self, f"quiet_{FRONT}")),
            self.reading_header.eq(front.reading_header),
        ]
        return begin_front, alone

    def _resets(self, m, events, vacant, retry, is_last, flush, discard):
        """Parts of the datapath that a new frame resets: all of it, unless another is under way.

        Each reaches a thousand registers and more all over the device: straight from a register,
        which has the reset of this component in it.
        `vacant`: a frame begins, and the phases behind the front work on no other.
        """
        alone = events["alone"]
        for phase in self._phases:
            reset = Cat(events[event] for event in phase.resets).any()
            held = Signal(init=1, reset_less=True, name=f"held_reset_{phase.name}")
            m.d.sync += held.eq(reset | discard | self.resetting)
            m.d.comb += getattr(self, f"reset_{phase.name}").eq(held)
        first = Signal()  # the first cycle of a frame that finds them so: it takes them over
        m.d.sync += [
            self.flush_reader.eq(alone | flush),
            first.eq(vacant),
            self.begin.eq(alone & ~retry),
            # Of a frame that is there: what is told of it begins to work on it.
            self.take.eq((events["turn"] & ~is_last) | first),
        ]
