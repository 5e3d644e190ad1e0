"""The accelerator behind flat AXI names, for a block design."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Cat, ClockDomain, DomainRenamer, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import COLORED_DTYPE, SPLAT_DTYPE, streamed
from hw.accelerator import WINDOW, Accelerator
from hw.bus.flat_axi import PORT, connect_flat_read, connect_flat_write, flat_read, flat_write
from hw.frame.splat_packer import output_lanes
from hw.host.register_map import WINDOW_BITS, frame_counters
from hw.host.registers import Registers
from hw.stages.rows import stages_of
from hw.stream_top import FlatStream, bit_slices, field_at

MODIFIABLE_BUFFERABLE = 3  # ARCACHE: normal memory, not cached


def record_dtype(params: Parameters) -> np.dtype:
    """What leaves the build: COLORED_DTYPE where it has color, SPLAT_DTYPE otherwise."""
    return COLORED_DTYPE if params.color_cycles else SPLAT_DTYPE


def output_dtype(params: Parameters) -> np.dtype:
    """Record of m_axis_splat: the same, or with zeros above it."""
    return streamed(record_dtype(params), params)


# Of both address channels, the same in every burst: name behind ar or aw, bits.
ATTRIBUTES = {"cache": 4, "prot": 3}
# Flat name, width, flow, path in hw.bus.axi_lite: the slave's own names without underscores.
LITE = {
    "awaddr": (WINDOW_BITS, In),
    "awvalid": (1, In),
    "awready": (1, Out),
    "wdata": (32, In),
    "wstrb": (4, In),
    "wvalid": (1, In),
    "wready": (1, Out),
    "bresp": (2, Out),
    "bvalid": (1, Out),
    "bready": (1, In),
    "araddr": (WINDOW_BITS, In),
    "arvalid": (1, In),
    "arready": (1, Out),
    "rdata": (32, Out),
    "rresp": (2, Out),
    "rvalid": (1, Out),
    "rready": (1, In),
}


class AcceleratorTop(wiring.Component):
    """Registers and accelerator: one clock, one memory port, one stream of splats or a picture.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low, of all but what m_axi_* owes and
        is owed. It goes through two registers: the first resets the register window, the second,
        released a cycle later, all else. No access is taken, and nothing begun, until both are.
    m_axi_aresetn : In(1), the same, of all: low where the memory is reset too, and only then.
    s_axil_* : AXI4-Lite slave, the registers of hw.host.register_map, 4 KiB.
    m_axi_ar*, m_axi_r* : AXI4 read master, incrementing bursts of id 0.
    m_axi_aw*, m_axi_w*, m_axi_b* : AXI4 write master, the same; in a build with a back end only.
    m_axis_splat_* : AXI4-Stream, in a build without a back end: records of output_dtype, `lanes` of
        them a beat (one with color), tkeep for those that are there, tlast with the last beat of a
        frame (which may hold none).
    irq : Out(1), level, of the INTERRUPT register.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._record, self._lanes = output_dtype(params), output_lanes(params)
        splat_bytes = self._record.itemsize
        self.accelerator = Accelerator(params)
        self.registers = Registers(params)
        self._draws = params.raster_lanes > 0
        splats = FlatStream("m_axis_splat", Out, None, self._record, self._lanes)
        self.streams = () if self._draws else (splats,)
        bus = flat_read(self.accelerator.bus) | _attributes("ar")
        if self._draws:
            bus |= flat_write(self.accelerator.write_bus) | _attributes("aw")
            output = {}
        else:
            output = {
                "m_axis_splat_tdata": Out(8 * splat_bytes * self._lanes),
                "m_axis_splat_tkeep": Out(splat_bytes * self._lanes),
                "m_axis_splat_tlast": Out(1),
                "m_axis_splat_tvalid": Out(1),
                "m_axis_splat_tready": In(1),
            }
        super().__init__(
            {
                "aclk": In(1),
                "aresetn": In(1),
                "m_axi_aresetn": In(1),
                **{f"s_axil_{name}": flow(bits) for name, (bits, flow) in LITE.items()},
                **bus,
                **output,
                "irq": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        accelerator, registers = self.accelerator, self.registers
        m.submodules.accelerator = DomainRenamer("core")(accelerator)
        m.submodules.registers = registers
        self._reset(m)
        constants = [stage.constants for stage in stages_of(self._params) if stage.formats]
        m.d.comb += [
            self.irq.eq(registers.irq),
            accelerator.start.eq(registers.start),
            accelerator.stop.eq(registers.stop),
            accelerator.queue.eq(registers.queued_start),
            accelerator.pack_address.eq(registers.pack_address),
            accelerator.pack_bytes.eq(registers.pack_bytes),
            *(getattr(accelerator, name).eq(getattr(registers, name)) for name in constants),
            registers.busy.eq(accelerator.busy),
            registers.waiting.eq(accelerator.queued),
            registers.finished.eq(accelerator.ended),
            registers.code.eq(accelerator.code),
        ]
        m.d.comb += [
            getattr(registers, name).eq(getattr(accelerator, f"counted_{name}"))
            for name in frame_counters(self._params)
        ]
        self._lite(m, registers.bus)
        self._memory(m)
        if self._draws:
            for name in WINDOW:
                m.d.comb += getattr(accelerator, name).eq(getattr(registers, name))
        else:
            self._splats(m, accelerator.o)
        return m

    def _reset(self, m):
        """Straight from registers: each reset reaches a thousand others."""
        for name in ("reset", "sync", "core", PORT):
            domain = ClockDomain(name, reset_less=name == "reset")
            m.domains += domain
            m.d.comb += domain.clk.eq(self.aclk)
        low, resets, port_reset = Signal(), Signal(2, init=3), Signal(init=1)
        core = self.accelerator.resetting
        m.d.comb += [
            low.eq(~(self.aresetn & self.m_axi_aresetn)),
            core.eq(low | resets[0]),
        ]
        # That of the core is two cycles or longer: its masters are flushed within it.
        m.d.reset += [
            resets.eq(Cat(low, core)),
            port_reset.eq(~self.m_axi_aresetn),
        ]
        m.d.comb += [ResetSignal("sync").eq(resets[0]), ResetSignal("core").eq(resets[1])]
        m.d.comb += ResetSignal(PORT).eq(port_reset)
        # Registers of their own: the buses' handshakes wait for no net of a thousand loads.
        self._released, self._port_released = Signal(), Signal()
        m.d.reset += [
            self._released.eq(~core),
            self._port_released.eq(self.m_axi_aresetn),
        ]

    def _lite(self, m, lite):
        ready = self._released
        for flat, (_, flow) in LITE.items():
            inner, outer = getattr(lite, flat), getattr(self, f"s_axil_{flat}")
            if flow is Out and flat.endswith(("ready", "valid")):
                inner = inner & ready
            elif flat.endswith(("ready", "valid")):
                outer = outer & ready
            m.d.comb += inner.eq(outer) if flow is In else outer.eq(inner)

    def _memory(self, m):
        """The channels of both masters; nothing is offered before their reset has passed."""
        connect_flat_read(m, self, self.accelerator.bus, self._port_released)
        m.d.comb += self.m_axi_arcache.eq(MODIFIABLE_BUFFERABLE)
        if self._draws:
            connect_flat_write(m, self, self.accelerator.write_bus, self._port_released)
            m.d.comb += self.m_axi_awcache.eq(MODIFIABLE_BUFFERABLE)

    def _splats(self, m, splats):
        beat, size = splats.payload, self._record.itemsize
        m.d.comb += [
            self.m_axis_splat_tvalid.eq(splats.valid & self._released),
            splats.ready.eq(self.m_axis_splat_tready),
            self.m_axis_splat_tlast.eq(beat.last),
            self.m_axis_splat_tkeep.eq(Cat(lane.replicate(size) for lane in beat.lanes)),
        ]
        for n in range(self._lanes):
            word = self.m_axis_splat_tdata[8 * size * n : 8 * size * (n + 1)]
            for part, (start, bits) in bit_slices(self._record).items():
                if not part.endswith("reserved"):
                    m.d.comb += word[start : start + bits].eq(field_at(beat.records[n], part))


def _attributes(address):
    return {f"m_axi_{address}{name}": Out(bits) for name, bits in ATTRIBUTES.items()}
