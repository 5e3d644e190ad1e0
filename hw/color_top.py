"""color alone behind flat names: a stream in, a stream out, and its own memory port."""

from __future__ import annotations

from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetInserter, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import COLORED_DTYPE, SPLAT_DTYPE
from hw.bus.flat_axi import connect_flat_read, flat_read
from hw.bus.read_master import ReadMaster
from hw.layouts import COUNTER_BITS, color_constants
from hw.stages.color.color import COUNTERS, Color
from hw.stages.color.row import read_queue_entries
from hw.stream_top import FlatStream, bit_slices, directed, field_at


class ColorTop(wiring.Component):
    """color and a read master of one client.

    Parameters
    ----------
    params : color_cycles is not 0.
    component : with the members of Color in its place, such as a netlist of it.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low. flush : In(1), forgets all
        splats and records; it is held until `idle`.
    s_axis_splat_* : AXI4-Stream, SPLAT_DTYPE. m_axis_color_* : AXI4-Stream, COLORED_DTYPE.
    m_axi_ar*, m_axi_r* : AXI4 read master, incrementing bursts of id 0.
    frame_* : In, one port a frame constant; table : In(address_bits - 5), number of the first
        colour record. Both may change only while not busy.
    busy : Out(1), a splat is under way. idle : Out(1), nothing is outstanding on the bus.
    error : Out(2), the first of the memory since the last flush: 0 none, 1 SLVERR, 2 DECERR.
    counter_* : Out(32), the counters of Color; counter_beats, counter_bursts : those of the bus.
    """

    def __init__(self, params: Parameters, component: wiring.Component | None = None):
        self._params = params
        self.component = component or Color(params)
        self.master = ReadMaster(params, (read_queue_entries(params),))
        self._constants = color_constants(params)
        self.streams = (
            FlatStream("s_axis_splat", In, self.component.i, SPLAT_DTYPE),
            FlatStream("m_axis_color", Out, self.component.o, COLORED_DTYPE),
        )
        members = {name: In(1) for name in ("aclk", "aresetn", "flush")}
        members |= {"busy": Out(1), "idle": Out(1), "error": Out(2)}
        members["table"] = In(params.address_bits - 5)
        for flat in self.streams:
            back = Out if flat.flow is In else In
            members[f"{flat.name}_tdata"] = flat.flow(flat.bits)
            members |= {f"{flat.name}_tvalid": flat.flow(1), f"{flat.name}_tready": back(1)}
        members |= flat_read(self.master.axi)
        members |= {f"frame_{name}": In(field) for name, field in self._constants.members.items()}
        names = (*COUNTERS, "beats", "bursts")
        members |= {f"counter_{name}": Out(COUNTER_BITS) for name in names}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        core, master = self.component, self.master
        m.submodules.core = ResetInserter(self.flush)(core)
        m.submodules.master = master
        wiring.connect(m, core.requests, master.requests[0])
        wiring.connect(m, master.slots[0], core.slots)
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
            master.flush.eq(self.flush),
            self.busy.eq(core.busy),
            self.idle.eq(master.idle),
            self.error.eq(master.error[0]),
            core.table_record.eq(self.table),
            self.counter_beats.eq(master.beats),
            self.counter_bursts.eq(master.bursts),
        ]
        m.d.comb += [getattr(self, f"counter_{n}").eq(getattr(core, n)) for n in COUNTERS]
        m.d.comb += [
            core.constants[n].eq(getattr(self, f"frame_{n}")) for n in self._constants.members
        ]
        connect_flat_read(m, self, master.axi)
        for flat in self.streams:
            self._connect(m, flat)
        return m

    def _connect(self, m, flat):
        words, valid, ready = (
            getattr(self, f"{flat.name}_{part}") for part in ("tdata", "tvalid", "tready")
        )
        pairs = [
            directed(flat.flow, flat.inner.valid, valid),
            directed(flat.flow, flat.inner.ready, ready)[::-1],
        ]
        pairs += [
            directed(flat.flow, field_at(flat.inner.payload, part), words[start : start + bits])
            for part, (start, bits) in bit_slices(flat.dtype).items()
            if not part.endswith("reserved")
        ]
        m.d.comb += [target.eq(source) for target, source in pairs]
