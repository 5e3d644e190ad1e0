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
    front, back : names of counters that are counted elsewhere and kept here too; those of the
        front begin anew where a frame begins behind another, those of the back where one ends.

    Members
    -------
    begin, latch, busy, discard, ended : In(1), of FrameControl. What is counted elsewhere is taken
        at `discard`, where a frame that breaks off comes by it, before its counters are reset.
    NAME : In(1) for each of `events`, it happens in this cycle; In(32) for each of the others.
    frames : Out(32), frames that ended.
    frame_cycles : Out(32). kept_NAME : Out(32) for each of `events` and the others.
    """

    def __init__(self, events: tuple[str, ...], front: tuple[str, ...], back: tuple[str, ...]):
        self._events, self._front, self._back = events, front, back
        others = (*front, *back)
        super().__init__(
            {
                **{name: In(1) for name in ("begin", "latch", "busy", "discard", "ended", *events)},
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
        found = {name: getattr(self, name) for name in self._back} | self._of_front(m)
        with m.If(self.discard | (self.ended & ~discarded)):
            m.d.sync += [getattr(self, f"kept_{name}").eq(value) for name, value in found.items()]
        with m.If(self.discard | self.ended):
            m.d.sync += discarded.eq(self.discard)
        with m.If(self.ended):
            m.d.sync += [self.frames.eq(self.frames + 1), self.frame_cycles.eq(cycles)]
            for name, count in counts.items():
                m.d.sync += getattr(self, f"kept_{name}").eq(count)
        return m

    def _of_front(self, m):
        """Counters of the front of the older frame, also where the younger one's count already."""
        held_valid = Signal()
        with m.If(self.latch & ~self.begin):
            m.d.sync += held_valid.eq(1)
        with m.Elif(self.ended):
            m.d.sync += held_valid.eq(0)
        found = {}
        for name in self._front:
            now, held = getattr(self, name), Signal(COUNTER_BITS, name=f"held_{name}")
            with m.If(self.latch):
                m.d.sync += held.eq(now)
            found[name] = Mux(held_valid, held, now)
        return found
