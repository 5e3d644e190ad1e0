"""Stage 1: the cluster test, in two levels."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.cull.ball_cull import BallCull
from hw.layouts import cluster_record, cluster_run, frame_constants, visible_cluster

COUNTER_BITS = 32
COUNTERS = (
    "groups_tested",
    "groups_visible",
    "clusters_tested",
    "clusters_visible",
    "starved_cycles",
    "stalled_cycles",
    "request_cycles",
)


class ClusterCull(wiring.Component):
    """Tests groups, asks for the clusters of those that pass, tests these, and passes on the rest.

    One ball a cycle, of either level; a cluster goes first where both wait. A group is taken only
    while its request is sure to find room (REQUESTS at most are under way or waiting), so a slow
    reader of requests never holds back a cluster, and the two levels cannot block each other.
    A failed group costs its own cycle and nothing else.

    Latency: PIPELINE_CYCLES = 7 from a cluster taken to the output; REQUEST_CYCLES = 9 from a
    group taken to its request. Order: clusters leave in the order of `clusters`, which must be
    that of `requests`; requests are in the order of `groups`.
    Multipliers: those of one BallCull.

    Members
    -------
    groups : In(stream of cluster_record); base and count name clusters.
    requests : Out(stream of cluster_run), clusters to be read.
    clusters : In(stream of cluster_record), all clusters of the requests, in order.
    o : Out(stream of visible_cluster).
    constants : In(frame_constants); may change only while not busy.
    busy : Out(1), something is under way: in the pipeline, as a request, or awaited in `clusters`.
    groups_tested, groups_visible, clusters_tested, clusters_visible : Out(32), items.
    starved_cycles : Out(32), cycles in which nothing to test was offered.
    stalled_cycles : Out(32), cycles in which the output was held back.
    request_cycles : Out(32), cycles in which a group waited for room for its request.
        groups_tested + clusters_tested + the three = cycles since reset. All counters wrap.
    """

    PIPELINE_CYCLES = BallCull.PIPELINE_CYCLES
    REQUESTS = 32
    # Through the pipeline, into the queue's memory, and to its output.
    REQUEST_CYCLES = PIPELINE_CYCLES + 2

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "groups": In(stream.Signature(cluster_record(params))),
                "requests": Out(stream.Signature(cluster_run(params))),
                "clusters": In(stream.Signature(cluster_record(params))),
                "o": Out(stream.Signature(visible_cluster(params))),
                "constants": In(frame_constants(params)),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.ball_cull = balls = BallCull(self._params)
        m.submodules.queue = queue = SyncFIFOBuffered(
            width=cluster_run(self._params).size, depth=self.REQUESTS
        )
        room = Signal()
        request = Signal(cluster_run(self._params))
        seen = balls.o.payload
        m.d.comb += [
            balls.constants.eq(self.constants),
            balls.i.valid.eq(self.clusters.valid | (self.groups.valid & room)),
            balls.i.payload.is_group.eq(~self.clusters.valid),
            balls.i.payload.ball.eq(self.groups.payload),
            self.clusters.ready.eq(balls.i.ready),
            self.groups.ready.eq(balls.i.ready & room & ~self.clusters.valid),
            # Room was kept for every group in the pipeline: the queue takes it at once.
            balls.o.ready.eq(seen.is_group | self.o.ready),
            queue.w_en.eq(balls.o.valid & seen.is_group),
            request.base.eq(seen.ball.base),
            request.count.eq(seen.ball.count),
            queue.w_data.eq(request),
            self.o.valid.eq(balls.o.valid & ~seen.is_group),
            self.o.payload.eq(seen.ball),
            self.requests.valid.eq(queue.r_rdy),
            self.requests.payload.eq(queue.r_data),
            queue.r_en.eq(self.requests.ready),
        ]
        with m.If(self.clusters.valid):
            m.d.comb += balls.i.payload.ball.eq(self.clusters.payload)
        self._track(m, balls, room)
        self._count(m, balls, room)
        return m

    def _track(self, m, balls, room):
        """Requests under way or waiting, and clusters that were asked for and did not come yet."""
        pending = Signal(range(self.REQUESTS + 1))
        awaited = Signal(self._params.base_bits)
        asked = self.requests.valid & self.requests.ready
        m.d.sync += pending.eq(
            pending + (self.groups.valid & self.groups.ready) - balls.group_dropped - asked
        )
        arrived = self.clusters.valid & self.clusters.ready
        with m.If(asked):
            m.d.sync += awaited.eq(awaited + self.requests.payload.count - arrived)
        with m.Else():
            m.d.sync += awaited.eq(awaited - arrived)
        m.d.comb += room.eq(pending < self.REQUESTS)
        m.d.comb += self.busy.eq(~balls.empty | pending.any() | awaited.any())

    def _count(self, m, balls, room):
        offered = self.groups.valid | self.clusters.valid
        events = {
            "groups_tested": self.groups.valid & self.groups.ready,
            "groups_visible": balls.o.valid & balls.o.payload.is_group,
            "clusters_tested": self.clusters.valid & self.clusters.ready,
            "clusters_visible": self.o.valid & self.o.ready,
            "starved_cycles": balls.i.ready & ~offered,
            "stalled_cycles": ~balls.i.ready,
            "request_cycles": balls.i.ready & ~self.clusters.valid & self.groups.valid & ~room,
        }
        for name, event in events.items():
            counter = getattr(self, name)
            m.d.sync += counter.eq(counter + event)
