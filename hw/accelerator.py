"""cluster_cull, gaussian_fetch and gaussian_project joined: a pack in memory in, splats out."""

from __future__ import annotations

from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from hw.blocks.stream_register import StreamRegister
from hw.bus.axi import axi_read
from hw.bus.read_master import ReadMaster
from hw.bus.record_stream import RecordStream, unpacked
from hw.frame.frame_control import FrameControl
from hw.frame.frame_counters import COUNTER_BITS, EVENTS, FrameCounters
from hw.frame.header_check import HeaderCheck
from hw.frame.splat_packer import SplatPacker, packed_beat
from hw.layouts import cluster_cull_constants, gaussian_project_constants
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.cluster_cull.cluster_reader import ClusterReader
from hw.stages.gaussian_fetch.gaussian_fetch import GaussianFetch
from hw.stages.gaussian_project.gaussian_project import ITEM_COUNTERS, GaussianProject, splat_beat

# Clients of the read master, first served first: the culling runs ahead of the geometry, as far as
# its queues let it, so that the geometry's runs are always known in time.
HEADER_AND_GROUPS, CLUSTERS, GEOMETRY = range(3)
QUEUE_BEATS = (64, 128, 512)

CULL_COUNTERS = ("groups_tested", "groups_visible", "clusters_tested", "clusters_visible")
PROJECT_COUNTERS = {name: name for name in ITEM_COUNTERS} | {
    f"project_{name}": name for name in ("starved_cycles", "stalled_cycles")
}


class Accelerator(wiring.Component):
    """One frame after another of packs in memory.

    Latency from `start` to the first splat: three reads one after another (header, groups,
    clusters) and one of geometry, and the latencies of the stages, which each of them states.
    Throughput: a beat of geometry a cycle, `lanes` Gaussians at most.

    Members
    -------
    start, stop, queue : In(1), for a cycle, queued : Out(1), see FrameControl.
    pack_address, pack_bytes : In(address_bits), bytes, the address a multiple of 4096.
    cluster_cull_constants, gaussian_project_constants : In, taken over as a frame begins.
    bus : Out(axi_read), reads only, in order.
    o : Out(stream of packed_beat).
    busy : Out(1). ended : Out(1), for a cycle. code : Out(4), from `ended` on.
    frames, frame_cycles, EVENTS, CULL_COUNTERS, PROJECT_COUNTERS : Out(32) under the prefix
        counted_, of the last frame that ended.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._kept = (*EVENTS, *CULL_COUNTERS, *PROJECT_COUNTERS)
        super().__init__(
            {
                **{name: In(1) for name in ("start", "stop", "queue")},
                "pack_address": In(params.address_bits),
                "pack_bytes": In(params.address_bits),
                "cluster_cull_constants": In(cluster_cull_constants(params)),
                "gaussian_project_constants": In(gaussian_project_constants(params)),
                "bus": Out(axi_read(params)),
                "o": Out(stream.Signature(packed_beat(params))),
                "busy": Out(1),
                "queued": Out(1),
                "ended": Out(1),
                "code": Out(4),
                **{
                    f"counted_{name}": Out(COUNTER_BITS)
                    for name in ("frames", "frame_cycles", *self._kept)
                },
            }
        )

    def elaborate(self, platform):
        m = Module()
        params = self._params
        m.submodules.control = self._control = control = FrameControl(params)
        m.submodules.reader = self._reader = reader = ReadMaster(params, QUEUE_BEATS)
        m.submodules.packer = self._packer = packer = SplatPacker(params)
        parts = {
            "header": HeaderCheck(params),
            "records": RecordStream(params),
            "cull": ClusterCull(params),
            "clusters": ClusterReader(params),
            "fetch": GaussianFetch(params),
            "project": GaussianProject(params),
        }
        resets = {"fetch": control.reset_fetch, "project": control.reset_project}
        self.cull, self.project = parts["cull"], parts["project"]  # built: they say their latency
        for name, part in parts.items():
            m.submodules[name] = ResetInserter(resets.get(name, control.reset_front))(part)
        wiring.connect(m, reader.axi, wiring.flipped(self.bus))
        wiring.connect(m, packer.o, wiring.flipped(self.o))
        self._tables(m, **parts)
        self._stages(m, **parts)
        self._course(m, **parts)
        self._counters(m, **parts)
        return m

    def _tables(self, m, header, records, cull, clusters, fetch, project):
        """What the memory sends goes to the header's check, the groups, clusters and geometry."""
        control, reader = self._control, self._reader
        wiring.connect(m, control.requests, reader.requests[HEADER_AND_GROUPS])
        wiring.connect(m, reader.slots[HEADER_AND_GROUPS], records.i)
        wiring.connect(m, clusters.requests, reader.requests[CLUSTERS])
        wiring.connect(m, reader.slots[CLUSTERS], clusters.slots)
        wiring.connect(m, fetch.requests, reader.requests[GEOMETRY])
        wiring.connect(m, reader.slots[GEOMETRY], fetch.slots)
        m.d.comb += [
            header.i.payload.eq(records.o.payload),
            *unpacked(cull.groups.payload, records.o.payload, CLUSTER_DTYPE),
            control.group_taken.eq(cull.groups.valid & cull.groups.ready),
        ]
        with m.If(control.reading_header):
            m.d.comb += [header.i.valid.eq(records.o.valid), records.o.ready.eq(header.i.ready)]
        with m.Else():
            m.d.comb += [
                cull.groups.valid.eq(records.o.valid),
                records.o.ready.eq(cull.groups.ready),
            ]

    def _stages(self, m, header, records, cull, clusters, fetch, project):
        """From stage to stage, and the constants of the frame."""
        control, packer = self._control, self._packer
        wiring.connect(m, cull.requests, clusters.runs)
        wiring.connect(m, clusters.o, cull.clusters)
        wiring.connect(m, cull.o, fetch.i)
        m.d.comb += [
            project.i.payload.eq(fetch.o.payload),
            project.i.valid.eq(fetch.o.valid & ~control.flush),
            fetch.o.ready.eq(project.i.ready & ~control.flush),
        ]
        # What the consumer of splats says goes no further in its cycle.
        m.submodules.splats = splats = StreamRegister(splat_beat(self._params))
        wiring.connect(m, project.o, splats.i)
        wiring.connect(m, splats.o, packer.i)
        culling = Signal(cluster_cull_constants(self._params), reset_less=True)
        # The projection's wait until the older frame has left it.
        waiting, projecting = (
            Signal(gaussian_project_constants(self._params), reset_less=True) for _ in range(2)
        )
        with m.If(control.latch):
            m.d.sync += [
                culling.eq(self.cluster_cull_constants),
                waiting.eq(self.gaussian_project_constants),
            ]
        with m.If(control.turn):
            m.d.sync += projecting.eq(waiting)
        m.d.comb += [
            cull.constants.eq(culling),
            project.constants.eq(projecting),
            clusters.table.eq(header.clusters_record),
            clusters.clusters.eq(header.clusters_count),
            clusters.frame.eq(control.front_frame),
            fetch.table.eq(header.geometry_record),
            fetch.gaussians.eq(header.geometry_count),
            fetch.frame.eq(control.front_frame),
            fetch.served.eq(control.back_frame),
        ]

    def _course(self, m, header, records, cull, clusters, fetch, project):
        """Start, end and errors."""
        control, reader, packer = self._control, self._reader, self._packer
        record = Signal(self._params.address_bits - 5, reset_less=True)
        pack_bytes = Signal(64, reset_less=True)
        with m.If(control.latch):
            m.d.sync += [record.eq(self.pack_address[5:]), pack_bytes.eq(self.pack_bytes)]
        m.d.comb += [
            control.start.eq(self.start),
            control.stop.eq(self.stop),
            control.queue.eq(self.queue),
            control.pack_record.eq(record),
            header.pack_record.eq(record),
            header.pack_bytes.eq(pack_bytes),
            control.header_checked.eq(header.checked),
            control.header_code.eq(header.code),
            control.groups_record.eq(header.groups_record),
            control.groups_count.eq(header.groups_count),
            *(control.bus_error[frame].eq(reader.error[frame]) for frame in range(2)),
            control.clusters_outside.eq(clusters.outside),
            control.fetch_outside.eq(fetch.outside),
            control.front_quiet.eq(~(cull.busy | clusters.busy)),
            control.back_quiet.eq(~(fetch.busy | project.busy)),
            control.reader_idle.eq(reader.idle),
            reader.flush.eq(control.flush_reader),
            packer.finish.eq(control.finish),
            control.finished_output.eq(packer.finished),
            self.busy.eq(control.busy),
            self.queued.eq(control.queued),
            self.ended.eq(control.ended),
            self.code.eq(control.code),
        ]

    def _counters(self, m, header, records, cull, clusters, fetch, project):
        control, bus = self._control, self.bus
        m.submodules.counters = counters = FrameCounters(CULL_COUNTERS, tuple(PROJECT_COUNTERS))
        beat = bus.r_valid & bus.r_ready
        m.d.comb += [
            counters.begin.eq(control.begin),
            counters.latch.eq(control.latch),
            counters.busy.eq(control.busy),
            counters.forget.eq(control.forget),
            counters.ended.eq(control.ended),
            counters.bus_beats.eq(beat),
            counters.bus_wait_cycles.eq(~beat & ~self._reader.idle),
            counters.bus_idle_cycles.eq(~beat & self._reader.idle),
            counters.bus_bursts.eq(bus.ar_valid & bus.ar_ready),
            counters.output_stalled_cycles.eq(self.o.valid & ~self.o.ready),
        ]
        m.d.comb += [getattr(counters, name).eq(getattr(cull, name)) for name in CULL_COUNTERS]
        m.d.comb += [
            getattr(counters, name).eq(getattr(project, inner))
            for name, inner in PROJECT_COUNTERS.items()
        ]
        for name in ("frames", "frame_cycles"):
            m.d.comb += getattr(self, f"counted_{name}").eq(getattr(counters, name))
        for name in self._kept:
            m.d.comb += getattr(self, f"counted_{name}").eq(getattr(counters, f"kept_{name}"))
