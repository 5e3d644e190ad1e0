"""cluster_cull with flat AXI-Stream names, for a block design."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, VISIBLE_DTYPE
from hw.cluster_cull import COUNTER_BITS, COUNTERS, ClusterCull
from hw.layouts import frame_constants


def bit_slices(dtype: np.dtype) -> dict[str, tuple[int, int]]:
    """First bit and width of each field of a record; x, y, z of a vector apart."""
    slices = {}
    for name in dtype.names or ():
        field, offset = dtype.fields[name][:2]
        bits = field.base.itemsize * 8
        parts = [name] if not field.shape else [f"{name}.{axis}" for axis in "xyz"]
        for index, part in enumerate(parts):
            slices[part] = (offset * 8 + index * bits, bits)
    return slices


class ClusterCullTop(wiring.Component):
    """ClusterCull behind AXI4-Stream ports, a record a beat.

    Latency and throughput are ClusterCull's: the wrapper only renames wires.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low.
    s_axis_tdata, s_axis_tvalid, s_axis_tready : cluster table records, CLUSTER_DTYPE, 256 bits.
    m_axis_tdata, m_axis_tvalid, m_axis_tready : visible clusters, VISIBLE_DTYPE, 160 bits.
    frame_* : In, one port a frame constant; may change only while no cluster is under way.
    counter_* : Out(32), the counters of ClusterCull.
    """

    def __init__(self, params: Parameters):
        self.cull = ClusterCull(params)
        self._constants = frame_constants(params)
        super().__init__(
            {
                "aclk": In(1),
                "aresetn": In(1),
                "s_axis_tdata": In(CLUSTER_DTYPE.itemsize * 8),
                "s_axis_tvalid": In(1),
                "s_axis_tready": Out(1),
                "m_axis_tdata": Out(VISIBLE_DTYPE.itemsize * 8),
                "m_axis_tvalid": Out(1),
                "m_axis_tready": In(1),
                **{f"frame_{k}": In(f) for k, f in self._constants.members.items()},
                **{f"counter_{name}": Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.cluster_cull = cull = self.cull
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
            cull.i.valid.eq(self.s_axis_tvalid),
            self.s_axis_tready.eq(cull.i.ready),
            self.m_axis_tvalid.eq(cull.o.valid),
            cull.o.ready.eq(self.m_axis_tready),
        ]
        for name, (start, bits) in bit_slices(CLUSTER_DTYPE).items():
            if name != "reserved":
                field = _field(cull.i.payload, name)
                m.d.comb += field.eq(self.s_axis_tdata[start : start + bits])
        for name, (start, bits) in bit_slices(VISIBLE_DTYPE).items():
            if name != "reserved":
                field = _field(cull.o.payload, name)
                m.d.comb += self.m_axis_tdata[start : start + bits].eq(field)
        for name in self._constants.members:
            m.d.comb += cull.constants[name].eq(getattr(self, f"frame_{name}"))
        m.d.comb += [getattr(self, f"counter_{n}").eq(getattr(cull, n)) for n in COUNTERS]
        return m


def _field(view, path: str):
    for part in path.split("."):
        view = view[part]
    return view
