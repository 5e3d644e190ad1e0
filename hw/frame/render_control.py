"""The course of a frame's rendering: lists, order, picture, one after another."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import ListOutcome
from hw.host.status import CODE_BITS, StatusCode


class RenderControl(wiring.Component):
    """Begins tile_bin with the frame, depth_sort and rasterize once its lists are in memory.

    Lists are read only when the memory has answered every write of them. Out of list memory, or
    with too many bins, nothing is read or drawn: `code` says so until the reset.

    Latency: 2 cycles from the last answer for a list to depth_sort's start.

    Members
    -------
    start : In(1), for a cycle: the frame's constants are in place.
    streamed : In(1), all splats of the frame were given to tile_bin; held.
    lists_done : In(1), lists_outcome : In(2), of TileBin.
    lists_drained, picture_drained : In(1), of the write master's clients.
    sort_busy, walk_busy, raster_busy : In(1), of depth_sort, BinWalker and rasterize.
    lists_start : Out(1), for a cycle; lists_finish : Out(1), held, of TileBin.
    sort_start : Out(1), for a cycle, of depth_sort and BinWalker.
    rendered : Out(1), the picture is in memory; until the next start or reset.
    code : Out(5), of StatusCode, why the frame cannot be drawn; NONE otherwise.
    """

    def __init__(self, params: Parameters):
        inputs = ("start", "streamed", "lists_done", "lists_drained", "picture_drained")
        busy = ("sort_busy", "walk_busy", "raster_busy")
        outputs = ("lists_start", "lists_finish", "sort_start", "rendered")
        super().__init__(
            {
                **{name: In(1) for name in (*inputs, *busy)},
                **{name: Out(1) for name in outputs},
                "lists_outcome": In(2),
                "code": Out(CODE_BITS),
            }
        )

    def elaborate(self, platform):
        m = Module()
        full = self.lists_outcome == ListOutcome.FULL
        code = Mux(full, StatusCode.LISTS_FULL, StatusCode.TOO_MANY_BINS)
        settled = Signal()  # a cycle in which what was begun shows as busy
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.comb += self.lists_start.eq(1)
                m.d.sync += self.rendered.eq(0)
                m.next = "BEGIN"
            with m.State("BEGIN"):
                m.next = "FILL"
            with m.State("FILL"):
                m.d.comb += self.lists_finish.eq(self.streamed)
                with m.If(self.lists_done):
                    m.next = "WRITTEN"
                    with m.If(self.lists_outcome != ListOutcome.COMPLETE):
                        m.d.sync += self.code.eq(code)
                        m.next = "FAILED"
            with m.State("WRITTEN"):
                m.d.comb += self.lists_finish.eq(1)
                with m.If(self.lists_drained):
                    m.d.sync += settled.eq(0)
                    m.next = "SORT"
            with m.State("SORT"):
                m.d.comb += self.sort_start.eq(1)
                m.next = "RENDER"
            with m.State("RENDER"):
                m.d.sync += settled.eq(1)
                busy = self.sort_busy | self.walk_busy | self.raster_busy | ~self.picture_drained
                with m.If(settled & ~busy):
                    m.d.sync += self.rendered.eq(1)
                    m.next = "IDLE"
            with m.State("FAILED"):
                pass
        return m
