"""The course of a frame's lists, from the first splat to the last answer of the memory."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import ListOutcome
from hw.host.status import CODE_BITS, StatusCode


class ListControl(wiring.Component):
    """Begins tile_bin with a frame, and says when its lists are in memory.

    They are once the memory has answered every write of them. Out of list memory, or with too many
    bins, they never are: `code` says so until the reset, which is due before the next start.

    Latency: a cycle from `streamed` to `lists_finish`; 0 cycles from the last answer for a list, as
    the write master shows it, to `listed`.

    Members
    -------
    start : In(1), for a cycle: the frame's constants are in place.
    streamed : In(1), all splats of the frame were given to tile_bin; held.
    lists_done : In(1), lists_outcome : In(2), of TileBin.
    drained : In(1), of the write master's client.
    lists_start : Out(1), for a cycle; lists_finish : Out(1), held, of TileBin.
    listed : Out(1), until the reset.
    code : Out(5), of StatusCode, why the frame cannot be drawn; NONE otherwise.
    """

    def __init__(self, params: Parameters):
        super().__init__(
            {
                **{name: In(1) for name in ("start", "streamed", "lists_done", "drained")},
                **{name: Out(1) for name in ("lists_start", "lists_finish", "listed")},
                "lists_outcome": In(2),
                "code": Out(CODE_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        # All stages' `busy` are behind it.
        streamed = Signal()
        m.d.sync += streamed.eq(self.streamed)
        full = self.lists_outcome == ListOutcome.FULL
        code = Mux(full, StatusCode.LISTS_FULL, StatusCode.TOO_MANY_BINS)
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.comb += self.lists_start.eq(1)
                m.next = "BEGIN"
            with m.State("BEGIN"):
                m.next = "FILL"
            with m.State("FILL"):
                m.d.comb += self.lists_finish.eq(streamed)
                with m.If(self.lists_done):
                    m.next = "WRITTEN"
                    with m.If(self.lists_outcome != ListOutcome.COMPLETE):
                        m.d.sync += self.code.eq(code)
                        m.next = "FAILED"
            with m.State("WRITTEN"):
                m.d.comb += [self.lists_finish.eq(1), self.listed.eq(self.drained)]
            with m.State("FAILED"):
                pass
        return m
