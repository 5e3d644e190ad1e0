"""Stage 3: members of visible clusters in, splats out, one a lane every project_cycles."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.gaussian_project.formats import DROPS
from hw.blocks.pipeline import population
from hw.layouts import COUNTER_BITS, gaussian_project_constants, member_record, splat_record
from hw.stages.gaussian_project.projection import Projection

ITEM_COUNTERS = ("members", *(f"dropped_{name}" for name in DROPS), "splats")
COUNTERS = (*ITEM_COUNTERS, "starved_cycles", "stalled_cycles")


def member_beat(params: Parameters) -> data.StructLayout:
    """Members of one cycle, a lane each; those whose bit of `lanes` is 0 are none."""
    return data.StructLayout(
        {
            "records": data.ArrayLayout(member_record(params), params.lanes),
            "lanes": params.lanes,
        }
    )


def splat_beat(params: Parameters) -> data.StructLayout:
    """Splats of one cycle, each in the lane of its member; at least one bit of `lanes` is 1."""
    return data.StructLayout(
        {
            "records": data.ArrayLayout(splat_record(params), params.lanes),
            "lanes": params.lanes,
        }
    )


class GaussianProject(wiring.Component):
    """Projects Gaussians, drops those that the view cannot need, and passes on the splats.

    The arithmetic never stands still: a queue at its end has room for all that is under way, and
    a beat is taken only while its splats are sure to find a place there. So no signal runs from
    the output back through the pipeline, whatever the stall pattern. The lanes move together.

    Latency: `latency_cycles` = that of Projection + 3, from a beat taken to its splats offered: a
    register, since the lanes lie far from the queue, and the queue's 2. Where project_cycles is
    above 1 there is one more, of the register that holds the beat meanwhile.
    Throughput: one beat every project_cycles while the output is taken at least as fast as beats
    come; order is kept. A beat of which nothing is left takes no place. Multipliers: those of a
    Projection a lane.

    Members
    -------
    i : In(stream of member_beat).
    o : Out(stream of splat_beat).
    constants : In(gaussian_project_constants); may change only while not busy.
    busy : Out(1), a member is under way or a splat waits, or has gone QUIET_CYCLES = 1 ago.
    members, dropped_opacity, dropped_near, dropped_outside, splats : Out(32), items taken, dropped
        (by the first reason that holds), and passed on; members - the others are under way.
    starved_cycles : Out(32), cycles in which none was offered though it would have been taken.
    stalled_cycles : Out(32), cycles in which none could be taken.
        beats taken + the two = cycles since reset. All counters wrap, and follow a cycle late.
    """

    QUIET_CYCLES = 1

    def __init__(self, params: Parameters):
        self._params = params
        self._lanes = [Projection(params) for _ in range(params.lanes)]
        self._cycles = self._lanes[0].latency_cycles + self._is_held
        self.latency_cycles = self._cycles + 3
        # What is under way when the first splat is taken, and a few in which its place comes free.
        self.queue_depth = 1 << (self.latency_cycles + 4).bit_length()
        super().__init__(
            {
                "i": In(stream.Signature(member_beat(params))),
                "o": Out(stream.Signature(splat_beat(params))),
                "constants": In(gaussian_project_constants(params)),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.queue = queue = SyncFIFOBuffered(
            width=splat_beat(self._params).size, depth=self.queue_depth
        )
        taken, passed, dropped, written = (Signal() for _ in range(4))
        under_way = [Signal(self._params.lanes, name=f"lanes_{n}") for n in range(self._cycles)]
        beat, kept = (
            Signal(splat_beat(self._params)),
            Signal(splat_beat(self._params), reset_less=True),
        )
        records = self._records(m, under_way[0])
        for n, lane in enumerate(self._lanes):
            m.submodules[f"lane_{n}"] = lane
            m.d.comb += [
                lane.constants.eq(self.constants),
                lane.member.eq(records[n]),
                beat.records[n].eq(lane.splat),
                beat.lanes[n].eq(under_way[-1][n] & ~lane.drop.any()),
            ]
        with m.If(taken):
            m.d.sync += under_way[0].eq(self.i.payload.lanes)
        with m.Else():
            m.d.sync += under_way[0].eq(0)
        for before, after in pairwise(under_way):
            m.d.sync += after.eq(before)
        m.d.sync += [
            kept.eq(beat),
            written.eq(beat.lanes.any()),
            dropped.eq(under_way[-1].any() & ~beat.lanes.any()),
        ]
        m.d.comb += [
            taken.eq(self.i.valid & self.i.ready & self.i.payload.lanes.any()),
            queue.w_en.eq(written),
            queue.w_data.eq(kept),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
            passed.eq(self.o.valid & self.o.ready),
        ]
        self._track(m, taken, dropped, passed)
        self._count(m, taken, under_way[-1], passed)
        return m

    @property
    def _is_held(self) -> bool:
        return self._params.project_cycles > 1

    def _records(self, m, lanes):
        """Members of the lanes: of a beat as it is taken, or held until the next one."""
        if not self._is_held:
            return self.i.payload.records
        held = Signal.like(self.i.payload.records, name="held", reset_less=True)
        with m.If(self.i.ready):  # what is not taken has no start
            m.d.sync += held.eq(self.i.payload.records)
        for lane in self._lanes:
            m.d.comb += lane.start.eq(lanes.any())
        return held

    def _is_apart(self, m, taken):
        """Whether the next cycle is project_cycles or more after the last beat."""
        cycles = self._params.project_cycles
        left = Signal(range(max(cycles, 3)))
        m.d.sync += left.eq(Mux(taken, cycles - 1, Mux(left == 0, 0, left - 1)))
        return Mux(taken, 0, left <= 1)

    def _track(self, m, taken, dropped, passed):
        """Beats under way and beats that wait: never more than the queue has places for.

        The output's `ready` decides nothing in its own cycle: a place that comes free is counted
        QUIET_CYCLES later, and one is kept for what is taken meanwhile.
        """
        pending, freed = Signal(range(self.queue_depth + 1)), Signal()
        has_room = pending < self.queue_depth - 1
        m.d.sync += [
            freed.eq(passed),
            pending.eq(pending + taken - dropped - freed),
            self.i.ready.eq(has_room & self._is_apart(m, taken) if self._is_held else has_room),
        ]
        m.d.comb += self.busy.eq(pending.any())

    def _count(self, m, taken, leaving, passed):
        """Counts what was seen a cycle ago: sums over the lanes need not be quick."""

        def lanes_where(bits):
            seen = Signal(self._params.lanes)
            m.d.sync += seen.eq(bits)
            return population(seen)

        events = {
            "members": lanes_where(self.i.payload.lanes & taken.replicate(self._params.lanes)),
            **{
                f"dropped_{name}": lanes_where(
                    leaving & Cat(lane.drop == reason for lane in self._lanes)
                )
                for reason, name in enumerate(DROPS, 1)
            },
            "splats": lanes_where(self.o.payload.lanes & passed.replicate(self._params.lanes)),
            "starved_cycles": self.i.ready & ~self.i.valid,
            "stalled_cycles": ~self.i.ready,
        }
        for name, event in events.items():
            counter = getattr(self, name)
            m.d.sync += counter.eq(counter + event)
