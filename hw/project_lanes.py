"""Several lanes of gaussian_project that share the constants of a frame."""

from __future__ import annotations

from functools import reduce
from operator import add, or_

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.gaussian_project import COUNTER_BITS, COUNTERS, GaussianProject
from hw.layouts import member_record, projection_constants, splat_record


class ProjectLanes(wiring.Component):
    """`lanes` GaussianProject side by side, each with its own streams and stalls.

    Latency, throughput and multipliers: those of GaussianProject, a lane each.

    Members
    -------
    i : In(stream of member_record), an array of `lanes`.
    o : Out(stream of splat_record), an array of `lanes`; o[n] carries the splats of i[n].
    constants : In(projection_constants); may change only while not busy.
    busy : Out(1), some lane is busy.
    members, dropped_opacity, dropped_near, dropped_outside, splats, starved_cycles,
    stalled_cycles : Out(32), sums over the lanes, a cycle late.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._lanes = [GaussianProject(params) for _ in range(params.lanes)]
        self.latency_cycles = self._lanes[0].latency_cycles
        super().__init__(
            {
                "i": In(stream.Signature(member_record(params))).array(params.lanes),
                "o": Out(stream.Signature(splat_record(params))).array(params.lanes),
                "constants": In(projection_constants(params)),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        for n, lane in enumerate(self._lanes):
            m.submodules[f"lane_{n}"] = lane
            wiring.connect(m, wiring.flipped(self.i[n]), lane.i)
            wiring.connect(m, lane.o, wiring.flipped(self.o[n]))
            m.d.comb += lane.constants.eq(self.constants)
        m.d.comb += self.busy.eq(reduce(or_, (lane.busy for lane in self._lanes)))
        for name in COUNTERS:
            total = reduce(add, (getattr(lane, name) for lane in self._lanes))
            m.d.sync += getattr(self, name).eq(total)
        return m
