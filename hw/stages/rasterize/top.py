"""rasterize alone behind flat ports, for harnesses and synthesis."""

from __future__ import annotations

from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import write_beat
from hw.stages.rasterize.layouts import raster_bin, raster_entry, rasterize_constants
from hw.stages.rasterize.rasterize import COUNTER_BITS, COUNTERS, Rasterize

STREAMS = {"s_bin": "bins", "s_entry": "i", "m_beat": "o"}


class RasterizeTop(wiring.Component):
    """Renames the wires of Rasterize: a port a field, constant and counter.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low.
    s_bin_*, s_entry_*, m_beat_* : fields of the streams, and _valid and _ready of each.
    frame_* : In, constants. busy, drain : Out(1). counter_* : Out(32).
    """

    def __init__(self, params: Parameters):
        self.component = Rasterize(params)
        self._payloads = {
            "s_bin": raster_bin(params),
            "s_entry": raster_entry(),
            "m_beat": write_beat(params),
        }
        self._constants = rasterize_constants(params)
        members = {"aclk": In(1), "aresetn": In(1), "busy": Out(1), "drain": Out(1)}
        for name, payload in self._payloads.items():
            flow, back = (Out, In) if name == "m_beat" else (In, Out)
            members |= {f"{name}_{key}": flow(shape) for key, shape in payload.members.items()}
            members |= {f"{name}_valid": flow(1), f"{name}_ready": back(1)}
        members |= {f"frame_{name}": In(shape) for name, shape in self._constants.members.items()}
        members |= {f"counter_{name}": Out(COUNTER_BITS) for name in COUNTERS}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.core = core = self.component
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
            self.busy.eq(core.busy),
            self.drain.eq(core.drain),
        ]
        for name, inner in STREAMS.items():
            stream = getattr(core, inner)
            for key in self._payloads[name].members:
                pair = [getattr(stream.payload, key), getattr(self, f"{name}_{key}")]
                m.d.comb += pair[0].eq(pair[1]) if name != "m_beat" else pair[1].eq(pair[0])
            valid, ready = getattr(self, f"{name}_valid"), getattr(self, f"{name}_ready")
            if name == "m_beat":
                m.d.comb += [valid.eq(stream.valid), stream.ready.eq(ready)]
            else:
                m.d.comb += [stream.valid.eq(valid), ready.eq(stream.ready)]
        for name in self._constants.members:
            m.d.comb += core.constants[name].eq(getattr(self, f"frame_{name}"))
        for name in COUNTERS:
            m.d.comb += getattr(self, f"counter_{name}").eq(getattr(core, f"count_{name}"))
        return m
