"""The accelerator behind flat AXI names, for a block design."""

from __future__ import annotations

from amaranth.hdl import Cat, ClockDomain, DomainRenamer, Module, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from hw.accelerator import Accelerator
from hw.host.register_map import COUNTERS, WINDOW_BITS
from hw.host.registers import Registers
from hw.stream_top import FlatStream, bit_slices, field_at

INCREMENTING = 1  # ARBURST
MODIFIABLE_BUFFERABLE = 3  # ARCACHE: normal memory, not cached
SPLAT_BYTES = SPLAT_DTYPE.itemsize

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
# Flat name -> member of hw.bus.axi.axi_read.
READ = {
    "araddr": "ar_address",
    "arlen": "ar_length",
    "arvalid": "ar_valid",
    "arready": "ar_ready",
    "rdata": "r_data",
    "rresp": "r_response",
    "rlast": "r_last",
    "rvalid": "r_valid",
    "rready": "r_ready",
}


class AcceleratorTop(wiring.Component):
    """Registers and accelerator: one clock, one memory port, one stream of splats.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low. It goes through two registers:
        the first resets the register window, the second, a cycle later, all else. No access is
        taken, and nothing offered, until both are released.
    s_axil_* : AXI4-Lite slave, the registers of hw.host.register_map, 4 KiB.
    m_axi_ar*, m_axi_r* : AXI4 read master, incrementing bursts of id 0; there is no write channel.
    m_axis_splat_* : AXI4-Stream, SPLAT_DTYPE records, `lanes` of them a beat, tkeep for those that
        are there, tlast with the last beat of a frame (which may hold none).
    irq : Out(1), level, of the INTERRUPT register.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self.accelerator = Accelerator(params)
        self.registers = Registers(params)
        self.streams = (FlatStream("m_axis_splat", Out, None, SPLAT_DTYPE, params.lanes),)
        read = self.accelerator.bus.signature.members
        bus = {
            f"m_axi_{flat}": (Out if read[name].flow == Out else In)(read[name].shape)
            for flat, name in READ.items()
        }
        super().__init__(
            {
                "aclk": In(1),
                "aresetn": In(1),
                **{f"s_axil_{name}": flow(bits) for name, (bits, flow) in LITE.items()},
                **bus,
                "m_axi_arid": Out(1),
                "m_axi_arsize": Out(3),
                "m_axi_arburst": Out(2),
                "m_axi_arcache": Out(4),
                "m_axi_arprot": Out(3),
                "m_axi_rid": In(1),
                "m_axis_splat_tdata": Out(8 * SPLAT_BYTES * params.lanes),
                "m_axis_splat_tkeep": Out(SPLAT_BYTES * params.lanes),
                "m_axis_splat_tlast": Out(1),
                "m_axis_splat_tvalid": Out(1),
                "m_axis_splat_tready": In(1),
                "irq": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        accelerator, registers = self.accelerator, self.registers
        m.submodules.accelerator = DomainRenamer("core")(accelerator)
        m.submodules.registers = registers
        self._reset(m)
        m.d.comb += [
            self.irq.eq(registers.irq),
            accelerator.start.eq(registers.start),
            accelerator.stop.eq(registers.stop),
            accelerator.queue.eq(registers.queued_start),
            accelerator.pack_address.eq(registers.pack_address),
            accelerator.pack_bytes.eq(registers.pack_bytes),
            accelerator.cluster_cull_constants.eq(registers.cluster_cull_constants),
            accelerator.gaussian_project_constants.eq(registers.gaussian_project_constants),
            registers.busy.eq(accelerator.busy),
            registers.waiting.eq(accelerator.queued),
            registers.finished.eq(accelerator.ended),
            registers.code.eq(accelerator.code),
        ]
        m.d.comb += [
            getattr(registers, name).eq(getattr(accelerator, f"counted_{name}"))
            for name in COUNTERS
        ]
        self._bus(m, accelerator.bus, registers.bus)
        self._splats(m, accelerator.o)
        return m

    def _reset(self, m):
        """Straight from registers: each reset reaches a thousand others."""
        for name in ("reset", "sync", "core"):
            domain = ClockDomain(name, reset_less=name == "reset")
            m.domains += domain
            m.d.comb += domain.clk.eq(self.aclk)
        resets = Signal(2, init=3)
        m.d.reset += resets.eq(Cat(~self.aresetn, resets[0]))
        m.d.comb += [ResetSignal("sync").eq(resets[0]), ResetSignal("core").eq(resets[1])]
        self._released = Signal()
        m.d.comb += self._released.eq(resets == 0)

    def _bus(self, m, read, lite):
        ready = self._released
        for flat, (_, flow) in LITE.items():
            inner, outer = getattr(lite, flat), getattr(self, f"s_axil_{flat}")
            if flow is Out and flat.endswith(("ready", "valid")):
                inner = inner & ready
            elif flat.endswith(("ready", "valid")):
                outer = outer & ready
            m.d.comb += inner.eq(outer) if flow is In else outer.eq(inner)
        for flat, name in READ.items():
            inner, outer = getattr(read, name), getattr(self, f"m_axi_{flat}")
            is_out = read.signature.members[name].flow == Out
            if name == "ar_valid":
                inner = inner & ready
            m.d.comb += outer.eq(inner) if is_out else inner.eq(outer)
        m.d.comb += [
            self.m_axi_arsize.eq((self._params.data_bits // 8).bit_length() - 1),
            self.m_axi_arburst.eq(INCREMENTING),
            self.m_axi_arcache.eq(MODIFIABLE_BUFFERABLE),
        ]

    def _splats(self, m, splats):
        beat = splats.payload
        m.d.comb += [
            self.m_axis_splat_tvalid.eq(splats.valid & self._released),
            splats.ready.eq(self.m_axis_splat_tready),
            self.m_axis_splat_tlast.eq(beat.last),
            self.m_axis_splat_tkeep.eq(Cat(lane.replicate(SPLAT_BYTES) for lane in beat.lanes)),
        ]
        for n in range(self._params.lanes):
            word = self.m_axis_splat_tdata[8 * SPLAT_BYTES * n : 8 * SPLAT_BYTES * (n + 1)]
            for part, (start, bits) in bit_slices(SPLAT_DTYPE).items():
                if part != "reserved":
                    m.d.comb += word[start : start + bits].eq(field_at(beat.records[n], part))
