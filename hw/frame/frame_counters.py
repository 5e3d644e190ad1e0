"""What a frame took: cycles of the bus by what they were spent on, and a copy of all counters."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import COUNTER_BITS

# Counted here, of every frame, and what they mean.
EVENTS = {
    "bus_beats": "data beats of the memory bus",
    "bus_bursts": "bursts asked of the memory",
    "bus_idle_cycles": "frame cycles without a beat: nothing was asked",
    "bus_wait_cycles": "frame cycles without a beat: asked, and waiting for the memory",
    "output_stalled_cycles": "frame cycles in which the output held a splat back",
}
WRITE_EVENTS = {
    "write_beats": "data beats written to the memory",
    "write_bursts": "bursts written to the memory",
}
CONTROL = ("begin", "latch", "draw", "drawing", "busy", "discard", "ended")
FRAME_CYCLES = "cycles from the start, or the end of the frame before, to the end"


def frame_events(params: Parameters) -> dict[str, str]:
    """Events that a build counts here: writes where it has a back end."""
    return EVENTS | WRITE_EVENTS if params.raster_lanes else EVENTS


def own_counters(params: Parameters) -> dict[str, str]:
    """Counters of a frame that are no stage's."""
    return {"frame_cycles": FRAME_CYCLES, **frame_events(params)}


class FrameCounters(wiring.Component):
    """Counts events of a frame and keeps, from its end to the next one's, what was counted.

    bus_beats + bus_wait_cycles + bus_idle_cycles = frame_cycles. Those of a frame that began while
    another was under way count from the end of that one, so that cycles of frames add up.

    Parameters
    ----------
    events : names of what is counted here.
    front, stream, drawn, back : names of counters that are counted elsewhere and kept here too;
        those of the front begin anew where a frame begins behind another, of the stream where the
        older one is drawn, of the back where one ends. Those of what is drawn are 0 before.

    Members
    -------
    begin, latch, draw, drawing, busy, discard, ended : In(1), of FrameControl. What is counted
        elsewhere is taken at `discard`, where a frame that breaks off comes by it, before its
        counters are reset.
    NAME : In(1) for each of `events`, it happens in this cycle; In(32) for each of the others.
    frames : Out(32), frames that ended.
    frame_cycles : Out(32). kept_NAME : Out(32) for each of `events` and the others.
    """

    def __init__(
        self,
        events: tuple[str, ...],
        front: tuple[str, ...],
        stream: tuple[str, ...],
        drawn: tuple[str, ...],
        back: tuple[str, ...],
    ):
        self._events, self._front, self._stream = events, front, stream
        self._drawn, self._back = drawn, back
        others = (*front, *stream, *drawn, *back)
        super().__init__(
            {
                **{name: In(1) for name in (*CONTROL, *events)},
                **{name: In(COUNTER_BITS) for name in others},
                **{f"kept_{name}": Out(COUNTER_BITS) for name in (*events, *others)},
                "frames": Out(COUNTER_BITS),
                "frame_cycles": Out(COUNTER_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        cycles = Signal(COUNTER_BITS)
        counts = {name: Signal(COUNTER_BITS, name=f"count_{name}") for name in self._events}
        with m.If(self.begin):
            m.d.sync += [cycles.eq(0), *(count.eq(0) for count in counts.values())]
        with m.Elif(self.ended):  # this cycle is the first of the frame behind
            m.d.sync += cycles.eq(1)
            m.d.sync += [count.eq(getattr(self, name)) for name, count in counts.items()]
        with m.Elif(self.busy):
            m.d.sync += cycles.eq(cycles + 1)
            m.d.sync += [count.eq(count + getattr(self, name)) for name, count in counts.items()]
        discarded = Signal()
        found = {
            **self._before(m, "latched", self._front, self.latch, ~self.begin),
            **self._before(m, "drawn", self._stream, self.draw, 1),
            **{name: Mux(self.drawing, getattr(self, name), 0) for name in self._drawn},
            **{name: getattr(self, name) for name in self._back},
        }
        with m.If(self.discard | (self.ended & ~discarded)):
            m.d.sync += [getattr(self, f"kept_{name}").eq(value) for name, value in found.items()]
        with m.If(self.discard | self.ended):
            m.d.sync += discarded.eq(self.discard)
        with m.If(self.ended):
            m.d.sync += [self.frames.eq(self.frames + 1), self.frame_cycles.eq(cycles)]
            for name, count in counts.items():
                m.d.sync += getattr(self, f"kept_{name}").eq(count)
        return m

    def _before(self, m, event, names, leaves, behind):
        """Counters of the older frame as it `leaves` their phase for another behind it, which
        count for the younger one from then on."""
        held_valid = Signal(name=f"{event}_valid")
        with m.If(leaves & behind):
            m.d.sync += held_valid.eq(1)
        with m.Elif(self.ended):
            m.d.sync += held_valid.eq(0)
        found = {}
        for name in names:
            now, held = getattr(self, name), Signal(COUNTER_BITS, name=f"held_{name}")
            with m.If(leaves):
                m.d.sync += held.eq(now)
            found[name] = Mux(held_valid, held, now)
        return found
