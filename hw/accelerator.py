"""The stages joined as their rows say: a pack in memory in, splats or a picture out."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import C, ClockDomain, ClockSignal, DomainRenamer, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from hw.blocks.stream_register import StreamRegister
from hw.bus.axi import axi_read, axi_write
from hw.bus.flat_axi import PORT
from hw.bus.read_master import ReadMaster
from hw.bus.record_stream import RecordStream, unpacked
from hw.frame.back_end import Held, join_back_end
from hw.frame.frame_control import FrameControl
from hw.frame.frame_counters import CONTROL, FrameCounters, frame_events, own_counters
from hw.frame.header_check import HeaderCheck, header_records
from hw.frame.phases import FRONT, RENDER, draws_beside, phases_of
from hw.frame.splat_packer import SplatPacker, output_beat, packed_beat
from hw.host.status import CODE_BITS
from hw.layouts import COUNTER_BITS
from hw.stages.rows import FRONT_END, memory_clients, stage_counters, stages_of, tables_of

WINDOW = ("picture_address", "picture_bytes")


def queue_beats(params: Parameters) -> tuple[int, ...]:
    """Depth of each queue of the read master: header and groups, then the stages' clients."""
    header = 16 if params.has_short_queues else 64
    return header, *(c.queue_beats(params) for c in memory_clients(params))


class Accelerator(wiring.Component):
    """One frame after another of packs in memory.

    Its masters are in the clock domain `port`, which is reset with the memory, and not where the
    accelerator is reset alone: what the memory owes is then awaited and dropped, what it is owed
    is sent.

    Latency from `start` to the first splat: three reads one after another (header, groups,
    clusters) and one of geometry, and the latencies of the stages, which each of them states.
    Throughput: a beat of geometry a cycle, `lanes` Gaussians at most.

    Members
    -------
    resetting, start, stop, queue : In(1), for a cycle, see FrameControl.
    queued : Out(1), see FrameControl.
    pack_address, pack_bytes : In(address_bits), bytes, the address a multiple of 4096.
    STAGE_constants : In(layout of its constants), of each stage that has any, taken over as a
        frame begins.
    bus : Out(axi_read), reads only, in order.
    o : Out(stream of packed_beat), in a build without a back end.
    write_bus : Out(axi_write), in a build with one, as the next two.
    picture_address, picture_bytes : In(address_bits), the window of the picture, taken over as the
        constants are; the address is a multiple of 4096.
    busy : Out(1), a frame is under way, or something of before a reset is awaited.
    ended : Out(1), for a cycle.
    code : Out(4), from `ended` on.
    counted_NAME : Out(32), frames, FRAME_COUNTERS and the stages' counters, of the last frame that
        ended.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._stages = stages_of(params)
        self._with_constants = [stage for stage in self._stages if stage.formats]
        self._counters = stage_counters(params)
        # Built here: they say their latency.
        self.parts = {
            name: make(params) for stage in self._stages for name, make in stage.parts.items()
        }
        names = ("frames", *own_counters(params), *self._counters)
        # A build draws, or gives its splats away.
        if params.raster_lanes:
            output = {name: In(params.address_bits) for name in WINDOW} | {
                "write_bus": Out(axi_write(params))
            }
        else:
            output = {"o": Out(stream.Signature(packed_beat(params)))}
        super().__init__(
            {
                **{name: In(1) for name in ("resetting", "start", "stop", "queue")},
                "pack_address": In(params.address_bits),
                "pack_bytes": In(params.address_bits),
                **{s.constants: In(s.constants_layout(params)) for s in self._with_constants},
                "bus": Out(axi_read(params)),
                **output,
                "busy": Out(1),
                "queued": Out(1),
                "ended": Out(1),
                "code": Out(CODE_BITS),
                **{f"counted_{name}": Out(COUNTER_BITS) for name in names},
            }
        )

    def elaborate(self, platform):
        m = Module()
        params = self._params
        m.submodules.control = self._control = FrameControl(params)
        self._reader = ReadMaster(params, queue_beats(params))
        m.submodules.reader = DomainRenamer(PORT)(self._reader)
        self._header = HeaderCheck(params, tables_of(params))
        self._records = RecordStream(params)
        for phase in phases_of(params):
            m.domains += (domain := ClockDomain(phase.name))
            reset = getattr(self._control, f"reset_{phase.name}")
            m.d.comb += [domain.clk.eq(ClockSignal()), domain.rst.eq(reset)]
        front = {"header": self._header, "records": self._records}
        for name, part in front.items():
            m.submodules[name] = DomainRenamer(FRONT)(part)
        for stage in self._stages:
            for name in stage.parts:
                m.submodules[name] = DomainRenamer(stage.phase)(self.parts[name])
        self._idle = Signal()  # nothing is awaited of the memory
        wiring.connect(m, self._reader.axi, wiring.flipped(self.bus))
        self._read_tables(m)
        self._link(m)
        held = self._take_constants(m)
        self._course(m)
        events = self._draw(m, held) if params.raster_lanes else self._give(m)
        self._count(m, events)
        return m

    def _port(self, path):
        """Member of a part, by `part.member`."""
        part, member = path.split(".")
        return getattr(self.parts[part], member)

    def _read_tables(self, m):
        """What the memory sends: header and groups by the first client, then the stages' tables."""
        control, reader = self._control, self._reader
        records, header = self._records, self._header
        wiring.connect(m, control.requests, reader.requests[0])
        wiring.connect(m, reader.slots[0], records.i)
        groups = self._port("cluster_cull.groups")
        m.d.comb += [
            header.i.payload.eq(records.o.payload),
            *unpacked(groups.payload, records.o.payload, CLUSTER_DTYPE),
            control.group_accepted.eq(groups.valid & groups.ready),
        ]
        with m.If(control.reading_header):
            m.d.comb += [header.i.valid.eq(records.o.valid), records.o.ready.eq(header.i.ready)]
        with m.Else():
            m.d.comb += [groups.valid.eq(records.o.valid), records.o.ready.eq(groups.ready)]
        outside = []
        for n, client in enumerate(memory_clients(self._params), 1):
            part = self.parts[client.part]
            wiring.connect(m, part.requests, reader.requests[n])
            wiring.connect(m, reader.slots[n], part.slots)
            if client.bounded:
                m.d.comb += [
                    part.table_record.eq(getattr(header, f"{client.table}_record")),
                    part.table_count.eq(getattr(header, f"{client.table}_count")),
                    part.frame.eq(control.front_frame),
                ]
                outside.append(part.outside)
            elif client.table:
                record = getattr(header, f"{client.table}_record")
                m.d.comb += [
                    part.table_record.eq(self._of_stream(m, record, client.table)),
                    part.frame.eq(control.stream_frame),
                ]
            else:
                m.d.comb += part.frame.eq(control.back_frame)
        m.d.comb += control.outside.eq(reduce(or_, outside))

    def _of_stream(self, m, value, name):
        """What the header says of the frame that is projected, while the next one's is read too."""
        held = Signal.like(value, name=f"held_{name}", reset_less=True)
        with m.If(self._control.front_frame == self._control.stream_frame):
            m.d.sync += held.eq(value)
        return held

    def _link(self, m):
        """From stage to stage."""
        control = self._control
        for stage in self._stages:
            for link in stage.links:
                source, sink = self._port(link.source), self._port(link.sink)
                if link.held:
                    m.d.comb += [
                        sink.payload.eq(source.payload),
                        sink.valid.eq(source.valid & ~control.flush),
                        source.ready.eq(sink.ready & ~control.flush),
                    ]
                else:
                    wiring.connect(m, source, sink)
            m.d.comb += [self._port(f"{p}.served").eq(control.stream_frame) for p in stage.served]

    def _give(self, m):
        """The last stage's splats into full beats; returns what happens on the output."""
        control = self._control
        m.submodules.packer = packer = SplatPacker(self._params)
        # What the consumer of splats says goes no further in its cycle.
        m.submodules.splats = splats = StreamRegister(output_beat(self._params))
        source = self._port(self._stages[-1].output)
        if len(self._stages) == len(FRONT_END):
            wiring.connect(m, source, splats.i)
        else:  # one splat a beat
            m.d.comb += [
                splats.i.valid.eq(source.valid),
                splats.i.payload.records[0].eq(source.payload),
                splats.i.payload.lanes.eq(1),
                source.ready.eq(splats.i.ready),
            ]
        wiring.connect(m, splats.o, packer.i)
        wiring.connect(m, packer.o, wiring.flipped(self.o))
        m.d.comb += [
            packer.drain.eq(control.drain),
            control.drained.eq(packer.drained),
            self._idle.eq(self._reader.idle),
        ]
        return {"output_stalled_cycles": self.o.valid & ~self.o.ready}

    def _draw(self, m, held):
        """Lists, order and picture; returns what happens on the write channels."""
        control, bus = self._control, self.write_bus
        window = (self._of_frame(m, getattr(self, name), name, RENDER.name) for name in WINDOW)
        held = Held(held["tile_bin"], held["depth_sort"], held["rasterize"], *window)
        writer = join_back_end(m, self._params, self.parts, control, held)
        wiring.connect(m, writer.axi, wiring.flipped(bus))
        m.d.comb += [
            control.drained.eq(control.drain),
            self._idle.eq(self._reader.idle & writer.idle),
        ]
        return {
            "output_stalled_cycles": C(0, 1),
            "write_beats": bus.w_valid & bus.w_ready,
            "write_bursts": bus.aw_valid & bus.aw_ready,
        }

    def _take_constants(self, m):
        """Each stage's into its component; returns them by stage."""
        held = {}
        for stage in self._with_constants:
            source = getattr(self, stage.constants)
            held[stage.name] = kept = self._of_frame(m, source, stage.name, stage.phase)
            constants = self.parts[stage.name].constants
            for name in constants.shape().members:  # a row may have more
                m.d.comb += constants[name].eq(kept[name])
        return held

    def _of_frame(self, m, source, name, phase):
        """What the front takes as a frame begins, the others once the older frame has left, and
        what draws, where another may follow meanwhile, as it begins to."""
        control = self._control
        events = {"latched": control.latch}
        if phase != FRONT:
            events["held"] = control.take
        if phase == RENDER.name and draws_beside(self._params):
            events["drawn"] = control.draw
        for when, event in events.items():
            held = Signal(source.shape(), name=f"{when}_{name}", reset_less=True)
            with m.If(event):
                m.d.sync += held.eq(source)
            source = held
        return source

    def _course(self, m):
        """Start, end and errors."""
        control, reader, header = self._control, self._reader, self._header
        record = Signal(self._params.address_bits - 5, reset_less=True)
        pack_bytes, too_short = Signal(64, reset_less=True), Signal(reset_less=True)
        with m.If(control.latch):
            m.d.sync += [
                record.eq(self.pack_address[5:]),
                pack_bytes.eq(self.pack_bytes),
                too_short.eq(self.pack_bytes[5:] < header_records(tables_of(self._params))),
            ]
        for phase in phases_of(self._params):
            names = [n for s in self._stages if s.phase == phase.name for n in s.parts]
            busy = reduce(or_, (self.parts[name].busy for name in names))
            m.d.comb += getattr(control, f"quiet_{phase.name}").eq(~busy)
        m.d.comb += [
            control.resetting.eq(self.resetting),
            control.start.eq(self.start),
            control.stop.eq(self.stop),
            control.queue.eq(self.queue),
            control.pack_record.eq(record),
            control.too_short.eq(too_short),
            header.pack_record.eq(record),
            header.pack_bytes.eq(pack_bytes),
            header.too_short.eq(too_short & control.reading_header),
            control.header_checked.eq(header.checked),
            control.header_code.eq(header.code),
            control.groups_record.eq(header.groups_record),
            control.groups_count.eq(header.groups_count),
            *(control.bus_error[frame].eq(reader.error[frame]) for frame in range(2)),
            reader.flush.eq(control.flush_reader),
            control.reader_idle.eq(self._idle),
            self.busy.eq(control.busy | ~self._idle),
            self.queued.eq(control.queued),
            self.ended.eq(control.ended),
            self.code.eq(control.code),
        ]

    def _count(self, m, events):
        """Bus, output (`events`) and stages, kept at the end of each frame."""
        own = frame_events(self._params)
        control, bus = self._control, self.bus
        phases = {name: stage.phase for name, (stage, _) in self._counters.items()}
        front = tuple(name for name, phase in phases.items() if phase == FRONT)
        drawn = tuple(name for name, phase in phases.items() if phase == RENDER.name)
        rest = tuple(name for name in phases if name not in (*front, *drawn))
        stream, back = (rest, ()) if draws_beside(self._params) else ((), rest)
        m.submodules.counters = counters = FrameCounters(tuple(own), front, stream, drawn, back)
        beat = bus.r_valid & bus.r_ready
        m.d.comb += [
            *(getattr(counters, name).eq(getattr(control, name)) for name in CONTROL),
            counters.bus_beats.eq(beat),
            counters.bus_wait_cycles.eq(~beat & ~self._reader.idle),
            counters.bus_idle_cycles.eq(~beat & self._reader.idle),
            counters.bus_bursts.eq(bus.ar_valid & bus.ar_ready),
            *(getattr(counters, name).eq(event) for name, event in events.items()),
        ]
        for name, (stage, counter) in self._counters.items():
            member = getattr(self.parts[stage.name], counter.member)
            m.d.comb += getattr(counters, name).eq(member)
        for name in ("frames", "frame_cycles"):
            m.d.comb += getattr(self, f"counted_{name}").eq(getattr(counters, name))
        for name in (*own, *self._counters):
            m.d.comb += getattr(self, f"counted_{name}").eq(getattr(counters, f"kept_{name}"))
