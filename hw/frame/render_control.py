"""The course of a frame's drawing, from its lists to its picture in memory."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters

BUSY = ("sort_busy", "walk_busy", "raster_busy")


class RenderControl(wiring.Component):
    """Begins depth_sort and rasterize with a frame, and says when its picture is in memory.

    Latency: 1 cycle from `start` to `sort_start`.

    Members
    -------
    start : In(1), for a cycle: the frame's lists are in memory.
    sort_busy, walk_busy, raster_busy : In(1), of depth_sort, BinWalker and rasterize.
    drained : In(1), of the write master's client.
    sort_start : Out(1), for a cycle, of depth_sort and BinWalker.
    rendered : Out(1), the picture is in memory; until the next start or reset.
    """

    def __init__(self, params: Parameters):
        super().__init__(
            {
                **{name: In(1) for name in ("start", *BUSY, "drained")},
                **{name: Out(1) for name in ("sort_start", "rendered")},
            }
        )

    def elaborate(self, platform):
        m = Module()
        settled = Signal()  # a cycle in which what was begun shows as busy
        with m.FSM():
            with m.State("IDLE"), m.If(self.start):
                m.d.sync += [self.rendered.eq(0), settled.eq(0)]
                m.next = "SORT"
            with m.State("SORT"):
                m.d.comb += self.sort_start.eq(1)
                m.next = "RENDER"
            with m.State("RENDER"):
                m.d.sync += settled.eq(1)
                busy = self.sort_busy | self.walk_busy | self.raster_busy | ~self.drained
                with m.If(settled & ~busy):
                    m.d.sync += self.rendered.eq(1)
                    m.next = "IDLE"
        return m
