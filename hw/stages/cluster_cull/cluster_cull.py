"""Stage 1: the cluster test, in two levels."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import (
    COUNTER_BITS,
    cluster_cull_constants,
    cluster_record,
    cluster_run,
    visible_cluster,
)
from hw.stages.cluster_cull.ball_cull import BallCull

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

    One ball a cycle, of either level; a cluster goes first where both can be taken. The arithmetic
    never stands still: a group is taken only while its request is sure to find room (`runs` at
    most are under way or waiting), a cluster only while it is sure to find a place in the queue of
    visible ones. So no signal runs from an output back through the pipeline, and neither level can
    block the other. A failed group costs its own cycle and nothing else.

    Where cull_cycles is above 1 a test takes so many cycles: in the first of them the ball is
    chosen, in the last one it is taken, and meanwhile whoever offers it holds it. The next test
    may begin in the cycle after.

    Latency: `latency_cycles`, 23 by default, from a cluster taken to the output and
    `request_latency_cycles`, the same, from a group taken to its request: BallCull but for the
    cycles before the ball is taken, into a queue's memory, and to its output. Order: clusters leave
    in the order of `clusters`, which must be that of `requests`; requests are in the order of
    `groups`.
    Multipliers: those of one BallCull.

    Members
    -------
    groups : In(stream of cluster_record); base and count name clusters.
    requests : Out(stream of cluster_run), clusters to be read.
    clusters : In(stream of cluster_record), all clusters of the requests, in order.
    o : Out(stream of visible_cluster).
    constants : In(cluster_cull_constants); may change only while not busy.
    busy : Out(1), something is under way: in the pipeline, as a request, or awaited in `clusters`.
    groups_tested, groups_visible, clusters_tested, clusters_visible : Out(32), items.
    starved_cycles : Out(32), cycles in which nothing to test was offered.
    stalled_cycles : Out(32), cycles in which only clusters were offered, or no group had room, and
        the queue of visible clusters had no place left. Of a test of several cycles all but the
        last count so too where a cluster is offered, and else as request_cycles.
    request_cycles : Out(32), cycles in which a group alone was offered and waited for room.
        groups_tested + clusters_tested + the three = cycles since reset. All counters wrap, and
        follow a cycle late.
    """

    REQUESTS = 32
    QUEUE_CYCLES = 2  # into the memory of a queue, and to its output

    def __init__(self, params: Parameters):
        self._params = params
        self._balls = BallCull(params)
        self.apart = params.cull_cycles  # cycles from a test to the next
        self.test_cycles = self._balls.latency_cycles  # from its first one
        self.latency_cycles = self.test_cycles - (self.apart - 1) + self.QUEUE_CYCLES
        self.request_latency_cycles = self.latency_cycles
        # What is under way when the first one is taken, and a few whose place comes free.
        self.places = 1 << (self.latency_cycles // self.apart + 4).bit_length()
        self.runs = min(self.REQUESTS, self.places)
        super().__init__(
            {
                "groups": In(stream.Signature(cluster_record(params))),
                "requests": Out(stream.Signature(cluster_run(params))),
                "clusters": In(stream.Signature(cluster_record(params))),
                "o": Out(stream.Signature(visible_cluster(params))),
                "constants": In(cluster_cull_constants(params)),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.ball_cull = balls = self._balls
        m.submodules.queue = requests = SyncFIFOBuffered(
            width=cluster_run(self._params).size, depth=self.runs
        )
        m.submodules.visible = visible = SyncFIFOBuffered(
            width=visible_cluster(self._params).size, depth=self.places
        )
        room, place = Signal(init=1), Signal(init=1)
        request = Signal(cluster_run(self._params))
        m.d.comb += balls.constants.eq(self.constants)
        if self.apart > 1:
            self._take_turns(m, balls, room, place)
        else:
            m.d.comb += [
                balls.cluster.eq(self.clusters.valid & place),
                balls.group.eq(self.groups.valid & room & ~balls.cluster),
                balls.ball.eq(Mux(self.clusters.valid & place, *self._records())),
                self.clusters.ready.eq(place),
                self.groups.ready.eq(room & ~balls.cluster),
            ]
        m.d.comb += [
            # Room and place were kept for every ball in the pipeline: the queues take it at once.
            request.base.eq(balls.visible.base),
            request.count.eq(balls.visible.count),
            requests.w_en.eq(balls.seen_group),
            requests.w_data.eq(request),
            visible.w_en.eq(balls.seen_cluster),
            visible.w_data.eq(balls.visible),
            self.requests.valid.eq(requests.r_rdy),
            self.requests.payload.eq(requests.r_data),
            requests.r_en.eq(self.requests.ready),
            self.o.valid.eq(visible.r_rdy),
            self.o.payload.eq(visible.r_data),
            visible.r_en.eq(self.o.ready),
        ]
        self._track(m, balls, room, place)
        self._count(m, balls)
        return m

    def _take_turns(self, m, balls, room, place):
        """A ball is chosen in the first cycle of its test, and taken in the last."""
        left, kept = Signal(range(self.apart)), Signal()
        is_first, is_cluster = Signal(), Signal()
        m.d.comb += [
            is_first.eq(left == 0),
            is_cluster.eq(Mux(is_first, self.clusters.valid & place, kept)),
            balls.cluster.eq(is_first & is_cluster),
            balls.group.eq(is_first & ~is_cluster & self.groups.valid & room),
            balls.ball.eq(Mux(is_cluster, *self._records())),
            self.clusters.ready.eq((left == 1) & kept),
            self.groups.ready.eq((left == 1) & ~kept),
        ]
        m.d.sync += kept.eq(is_cluster)
        with m.If(~is_first):
            m.d.sync += left.eq(left - 1)
        with m.Elif(balls.cluster | balls.group):
            m.d.sync += left.eq(self.apart - 1)

    def _records(self):
        return [Value.cast(stream.payload) for stream in (self.clusters, self.groups)]

    def _track(self, m, balls, room, place):
        """What is under way or waits, of both levels, and clusters asked for that did not come.

        What leaves is counted a cycle later, and a place is kept for what is taken meanwhile: so no
        output's `ready` decides in its own cycle what is taken.
        """
        requested, accepted, arrived = Signal(), Signal(), Signal()
        count = Signal(self._params.count_bits)
        m.d.sync += [
            arrived.eq(balls.cluster),
            requested.eq(self.requests.valid & self.requests.ready),
            count.eq(self.requests.payload.count),
            accepted.eq(self.o.valid & self.o.ready),
        ]
        busy = []
        for limit, free, taken, dropped, left in (
            (self.runs, room, balls.group, balls.dropped_group, requested),
            (self.places, place, balls.cluster, balls.dropped_cluster, accepted),
        ):
            pending = Signal(range(limit + 1), name=f"pending_{free.name}")
            m.d.sync += [pending.eq(pending + taken - dropped - left), free.eq(pending < limit - 1)]
            busy.append(pending.any())
        awaited = Signal(self._params.base_bits)
        with m.If(requested):
            m.d.sync += awaited.eq(awaited + count - arrived)
        with m.Else():
            m.d.sync += awaited.eq(awaited - arrived)
        m.d.comb += self.busy.eq(Cat(*busy).any() | awaited.any())

    def _count(self, m, balls):
        """A cycle without a test has one cause. What was seen is counted a cycle later."""
        group, cluster = balls.group, balls.cluster
        if self.apart > 1:
            group, cluster = (
                stream.valid & stream.ready for stream in (self.groups, self.clusters)
            )
        idle = ~group & ~cluster
        events = {
            "groups_tested": group,
            "groups_visible": balls.seen_group,
            "clusters_tested": cluster,
            "clusters_visible": self.o.valid & self.o.ready,
            "starved_cycles": idle & ~self.clusters.valid & ~self.groups.valid,
            "stalled_cycles": idle & self.clusters.valid,
            "request_cycles": idle & ~self.clusters.valid & self.groups.valid,
        }
        for name, event in events.items():
            counter, seen = getattr(self, name), Signal(name=f"{name}_seen")
            m.d.sync += [seen.eq(event), counter.eq(counter + seen)]
