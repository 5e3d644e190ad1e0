"""Stage 3: members of visible clusters in, splats out, one a cycle."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.projection.model import DROPS
from hw.layouts import member_record, projection_constants, splat_record
from hw.projection import Projection

COUNTER_BITS = 32
COUNTERS = (
    "members",
    *(f"dropped_{name}" for name in DROPS),
    "splats",
    "starved_cycles",
    "stalled_cycles",
)


class GaussianProject(wiring.Component):
    """Projects Gaussians, drops those that the view cannot need, and passes on the splats.

    The arithmetic never stands still: a queue at its end has room for all that is under way, and
    a member is taken only while its splat is sure to find a place there. So no signal runs from
    the output back through the pipeline, whatever the stall pattern.

    Latency: `latency_cycles` = that of Projection + 2, from a member taken to its splat offered.
    Throughput: one member a cycle while the output is taken at least as fast as splats come;
    order is kept. Multipliers: those of one Projection.

    Members
    -------
    i : In(stream of member_record).
    o : Out(stream of splat_record).
    constants : In(projection_constants); may change only while not busy.
    busy : Out(1), a member is under way or a splat waits.
    members, dropped_opacity, dropped_near, dropped_outside, splats : Out(32), items taken, dropped
        (by the first reason that holds), and passed on; members - the others are under way.
    starved_cycles : Out(32), cycles in which none was offered though it would have been taken.
    stalled_cycles : Out(32), cycles in which none could be taken.
        members + the two = cycles since reset. All counters wrap.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._projection = Projection(params)
        self.latency_cycles = self._projection.latency_cycles + 2
        # What is under way when the first splat is taken, and a few in which its place comes free.
        self.queue_depth = 1 << (self.latency_cycles + 4).bit_length()
        super().__init__(
            {
                "i": In(stream.Signature(member_record(params))),
                "o": Out(stream.Signature(splat_record(params))),
                "constants": In(projection_constants(params)),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.projection = projection = self._projection
        m.submodules.queue = queue = SyncFIFOBuffered(
            width=splat_record(self._params).size, depth=self.queue_depth
        )
        taken, passed = Signal(), Signal()
        valid = Signal(projection.latency_cycles)
        leaves, dropped = Signal(), Signal()
        m.d.sync += valid.eq(Cat(taken, valid))
        m.d.comb += [
            taken.eq(self.i.valid & self.i.ready),
            projection.constants.eq(self.constants),
            projection.member.eq(self.i.payload),
            leaves.eq(valid[-1]),
            dropped.eq(leaves & projection.drop.any()),
            queue.w_en.eq(leaves & ~dropped),
            queue.w_data.eq(projection.splat),
            self.o.valid.eq(queue.r_rdy),
            self.o.payload.eq(queue.r_data),
            queue.r_en.eq(self.o.ready),
            passed.eq(self.o.valid & self.o.ready),
        ]
        self._track(m, taken, dropped, passed)
        self._count(m, taken, leaves, passed)
        return m

    def _track(self, m, taken, dropped, passed):
        """Members under way and splats that wait: never more than the queue has places for."""
        pending = Signal(range(self.queue_depth + 1))
        after = Signal.like(pending)
        m.d.comb += after.eq(pending + taken - dropped - passed)
        m.d.sync += [pending.eq(after), self.i.ready.eq(after < self.queue_depth)]
        m.d.comb += self.busy.eq(pending.any())

    def _count(self, m, taken, leaves, passed):
        drop = self._projection.drop
        events = {
            "members": taken,
            **{f"dropped_{name}": leaves & (drop == n) for n, name in enumerate(DROPS, 1)},
            "splats": passed,
            "starved_cycles": self.i.ready & ~self.i.valid,
            "stalled_cycles": ~self.i.ready,
        }
        for name, event in events.items():
            counter = getattr(self, name)
            m.d.sync += counter.eq(counter + event)
