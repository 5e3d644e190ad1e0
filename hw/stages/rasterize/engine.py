"""An engine: queue, choice of quads, four lanes, and their pixels."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.formats import RasterFormats
from hw.stages.rasterize.layouts import (
    BIN_SIZE_BITS,
    quad_place,
    quad_states,
    quad_sums,
    word_head,
)
from hw.stages.rasterize.live_map import BUFFERS
from hw.stages.rasterize.pixel_memory import PixelMemory
from hw.stages.rasterize.quad_blend import QuadBlend, lane_counts
from hw.stages.rasterize.quad_issue import QuadIssue, live_bits

SHARED = ("t", "sums")


class Engine(wiring.Component):
    """QuadIssue, QuadBlend and PixelMemory of one engine, wired.

    Parameters
    ----------
    number : of the engine.

    Members
    -------
    push, head, mask, level, live, stalled, ended, busy : of QuadIssue.
    columns, rows, limit, done, done_place, counts : of QuadBlend.
    works : Out(1), a quad is worked on in this cycle.
    writes_out, out_place, out_lanes, out_t, out_sums : of PixelMemory.
    """

    def __init__(self, params: Parameters, number: int):
        arrangement, place = Arrangement(params), quad_place(params)
        self.issue = QuadIssue(params, number)
        self.blend = QuadBlend(params)
        self.memory = PixelMemory(params)
        # From the bin's end met to its last pixel written.
        self.drain_cycles = self.blend.latency_cycles + self.issue.end_cycles + 1
        sizes = data.ArrayLayout(BIN_SIZE_BITS, BUFFERS)
        super().__init__(
            {
                "push": In(1),
                "head": In(word_head(params)),
                "mask": In(arrangement.mask_bits),
                "level": Out(range(arrangement.queue_words + 1)),
                **live_bits(arrangement),
                "stalled": Out(1),
                "ended": Out(BUFFERS),
                "busy": Out(1),
                "works": Out(1),
                "columns": In(sizes),
                "rows": In(sizes),
                "limit": In(RasterFormats().alpha_bits),
                "done": Out(1),
                "done_place": Out(place),
                "counts": Out(lane_counts()),
                "writes_out": In(BUFFERS),
                "out_place": In(place),
                "out_lanes": In(LANES_PER_ENGINE),
                "out_t": Out(quad_states()),
                "out_sums": Out(quad_sums()),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.issue = issue = self.issue
        m.submodules.blend = blend = self.blend
        m.submodules.memory = memory = self.memory
        for inner, names in (
            (issue, ("push", "head", "mask", *live_bits(issue.arrangement))),
            (blend, ("columns", "rows", "limit")),
            (memory, ("writes_out", "out_place", "out_lanes")),
        ):
            m.d.comb += [getattr(inner, name).eq(getattr(self, name)) for name in names]
        for inner, names in (
            (issue, ("level", "stalled", "ended", "busy")),
            (blend, ("done", "done_place", "counts")),
            (memory, ("out_t", "out_sums")),
        ):
            m.d.comb += [getattr(self, name).eq(getattr(inner, name)) for name in names]
        m.d.comb += [
            self.works.eq(issue.valid),
            blend.valid.eq(issue.valid),
            blend.job.eq(issue.job),
        ]
        for name in SHARED:
            written = {
                f"{name}_place": f"{name}_place",
                f"{name}_write": f"{name}_write",
                f"{name}_write_place": f"{name}_write_place",
                f"new_{name}": f"new_{name}",
            }
            m.d.comb += [getattr(memory, k).eq(getattr(blend, v)) for k, v in written.items()]
            m.d.comb += getattr(blend, name).eq(getattr(memory, name))
        return m
