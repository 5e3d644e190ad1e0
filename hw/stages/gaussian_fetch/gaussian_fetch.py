"""Stage 2: reads the Gaussians of visible clusters, and gives each its cluster's place."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import GEOMETRY_DTYPE
from hw.blocks.pair_register import PairRegister
from hw.blocks.stream_register import StreamRegister
from hw.bus.record_stream import unpacked
from hw.layouts import run_request, slot_beat, visible_cluster
from hw.stages.gaussian_fetch.run_merger import RunMerger
from hw.stages.gaussian_project.gaussian_project import member_beat

# Clusters whose Gaussians are asked for and have not all come: what a memory of some hundred
# cycles holds under way, at 25 Gaussians a cluster, and more.
CLUSTERS_AHEAD = 64
# Visible clusters that wait to be asked for. When the last cluster of a frame is tested the
# Gaussians of these are still to be read, and meanwhile the next frame's header, groups, clusters
# and first Gaussians, each read after the one before, and each behind a full queue of geometry:
# 4 x 512 beats and a little, where 256 clusters are 6,400 Gaussians, or 3,200 beats of two.
CLUSTERS_WAITING = 256


class GaussianFetch(wiring.Component):
    """Geometry records of visible clusters, each with centre, exponent and index, in order.

    A beat of members holds records of one cluster: where a beat of memory holds the end of one and
    the start of the next, it takes two cycles. Clusters of the next frame are asked for behind
    those of the one that is served; their members wait for their turn.

    Latency: 8 cycles from a cluster to its read (a queue's 2, 2 registers, RunMerger's 4); 1 from a
    beat to its members.
    Throughput: a beat of memory a cycle, `lanes` records at most.

    Members
    -------
    table_record : In(address_bits - 5), number of the geometry's first record.
    table_count : In(32), its records, one a Gaussian.
    frame : In(1), of the clusters that are offered and of the table.
    served : In(1), frame of the members that may leave.
    i : In(stream of visible_cluster).
    requests : Out(stream of run_request).
    slots : In(stream of slot_beat).
    o : Out(stream of member_beat).
    outside : Out(2), a bit for each `frame`: a cluster lay outside the geometry; until reset.
    busy : Out(1), a cluster of the frame `served` is not yet fetched in full, or its members wait.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "table_record": In(params.address_bits - 5),
                "table_count": In(32),
                "frame": In(1),
                "served": In(1),
                "i": In(stream.Signature(visible_cluster(params))),
                "requests": Out(stream.Signature(run_request(params))),
                "slots": In(stream.Signature(slot_beat(params))),
                "o": Out(stream.Signature(member_beat(params))),
                "outside": Out(2),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.merger = merger = RunMerger(self._params)
        width = visible_cluster(self._params).size + 1  # and the frame
        m.submodules.queue = queue = SyncFIFOBuffered(width=width, depth=CLUSTERS_WAITING)
        m.submodules.ahead = ahead = SyncFIFOBuffered(width=width, depth=CLUSTERS_AHEAD)
        m.submodules.head = head = StreamRegister(width)
        m.submodules.next_cluster = next_cluster = StreamRegister(width)
        m.submodules.to_merger = to_merger = StreamRegister(width)
        wiring.connect(m, queue.r_stream, head.i)
        wiring.connect(m, ahead.r_stream, next_cluster.i)
        wiring.connect(m, merger.o, wiring.flipped(self.requests))
        both = Signal()
        m.d.comb += [
            queue.w_en.eq(self.i.valid),
            queue.w_data.eq(Cat(self.i.payload, self.frame)),
            self.i.ready.eq(queue.w_rdy),
            self.outside.eq(merger.outside),
            both.eq(to_merger.i.ready & ahead.w_rdy),
            to_merger.i.valid.eq(head.o.valid & ahead.w_rdy),
            to_merger.i.payload.eq(head.o.payload),
            head.o.ready.eq(both),
            ahead.w_en.eq(head.o.valid & both),
            ahead.w_data.eq(head.o.payload),
            merger.i.valid.eq(to_merger.o.valid),
            merger.i.payload.eq(to_merger.o.payload[:-1]),
            to_merger.o.ready.eq(merger.i.ready),
        ]
        self._tables(m, merger, to_merger.o.payload[-1])
        cluster, frame, cluster_valid, index = self._cluster(m, next_cluster.o)
        m.submodules.members = members = PairRegister(
            data.StructLayout({"beat": member_beat(self._params), "frame": 1})
        )
        self._members(m, members.i, cluster, cluster_valid, index)
        # In order: a cluster here is the oldest. What the merger has not asked for is still ahead.
        pending, other_frame, is_served = Signal(), Signal(), Signal()
        m.d.comb += [
            members.i.payload.frame.eq(frame),
            pending.eq(
                (queue.level != 0) | head.o.valid | (ahead.level != 0) | next_cluster.o.valid
            ),
            other_frame.eq(cluster_valid & (frame != self.served)),
            is_served.eq(members.o.payload.frame == self.served),
            self.o.payload.eq(members.o.payload.beat),
            self.o.valid.eq(members.o.valid & is_served),
            members.o.ready.eq(self.o.ready & is_served),
            self.busy.eq(self.o.valid | (~other_frame & (cluster_valid | pending))),
        ]
        return m

    def _tables(self, m, merger, frame):
        """Each frame's table, kept while its clusters wait: the next one may be of another pack."""
        tables, gaussians = (
            Array(Signal.like(port, name=f"{port.name}_{n}", reset_less=True) for n in range(2))
            for port in (self.table_record, self.table_count)
        )
        with m.If(self.i.valid):
            m.d.sync += [
                tables[self.frame].eq(self.table_record),
                gaussians[self.frame].eq(self.table_count),
            ]
        m.d.comb += [
            merger.table.eq(tables[frame]),
            merger.gaussians.eq(gaussians[frame]),
            merger.frame.eq(frame),
        ]

    def _cluster(self, m, next_cluster):
        """The cluster whose Gaussians come now, whether there is one, and the next one's index."""
        cluster, frame = Signal(visible_cluster(self._params), reset_less=True), Signal()
        cluster_valid, index = Signal(), Signal(32, reset_less=True)
        left = Signal(self._params.count_bits, reset_less=True)
        # Records of it in this cycle; are they the last? `left` is 1, is 2.
        self._taken, self._last_taken = Signal(2), Signal()
        self._one, self._pair = Signal(reset_less=True), Signal(reset_less=True)
        queued = Signal(visible_cluster(self._params))
        m.d.comb += [
            queued.eq(next_cluster.payload[:-1]),
            next_cluster.ready.eq(~cluster_valid | self._last_taken),
        ]
        with m.If(next_cluster.ready):
            m.d.sync += [
                cluster_valid.eq(next_cluster.valid),
                cluster.eq(queued),
                frame.eq(next_cluster.payload[-1]),
                index.eq(queued.base),
                left.eq(queued.count),
                self._one.eq(queued.count == 1),
                self._pair.eq(queued.count == 2),
            ]
        with m.Elif(self._taken.any()):
            m.d.sync += [
                index.eq(index + self._taken),
                left.eq(left - self._taken),
                self._one.eq(Mux(self._taken[1], left == 3, self._pair)),
                self._pair.eq(left == Mux(self._taken[1], 4, 3)),
            ]
        return cluster, frame, cluster_valid, index

    def _members(self, m, o, cluster, cluster_valid, index):
        """The members of a beat of memory that are of the cluster."""
        beat, lanes = self.slots.payload, self._params.lanes
        slots = len(beat.slots)
        pending, first = Signal(slots), Signal(range(max(slots, 2)))
        done, move, two = Signal(slots), Signal(), Signal()
        m.d.comb += [
            o.valid.eq(self.slots.valid & cluster_valid),
            o.payload.beat.lanes.eq(Mux(two, 3, 1)),
            pending.eq(beat.slots & ~done),
            first.eq(~pending[0]),
            move.eq(o.valid & o.ready),
            two.eq(pending.all() & ~self._one if min(slots, lanes) > 1 else 0),
            self._taken.eq(Mux(move, Mux(two, 2, 1), 0)),
            self._last_taken.eq(move & Mux(two, self._pair, self._one)),
            self.slots.ready.eq(move & (two | (pending[0] + pending[-1] == 1) | (slots == 1))),
        ]
        with m.If(move):
            m.d.sync += done.eq(Mux(self.slots.ready, 0, done | (1 << first)))
        for lane in range(min(slots, lanes)):
            word = beat.data[-1] if lane else beat.data[0]
            if slots > 1 and lane == 0:
                word = Mux(first, beat.data[1], beat.data[0])
            member = o.payload.beat.records[lane]
            m.d.comb += [
                *unpacked(member.geometry, word, GEOMETRY_DTYPE),
                member.center_camera.eq(cluster.center_camera),
                member.member_exponent.eq(cluster.member_exponent),
                member.exponent.eq(cluster.exponent),
                member.index.eq(index + lane),
            ]
