"""cluster_cull with flat AXI-Stream names, for a block design."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE, REQUEST_DTYPE, VISIBLE_DTYPE
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


# Streams of the top: flat name -> direction, stream of ClusterCull, record.
STREAMS = {
    "s_axis_group": (In, "groups", CLUSTER_DTYPE),
    "m_axis_request": (Out, "requests", REQUEST_DTYPE),
    "s_axis_cluster": (In, "clusters", CLUSTER_DTYPE),
    "m_axis_visible": (Out, "o", VISIBLE_DTYPE),
}


class ClusterCullTop(wiring.Component):
    """ClusterCull behind AXI4-Stream ports, a record a beat.

    Latency and throughput are ClusterCull's: the wrapper only renames wires.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low.
    s_axis_group_* : group table records, CLUSTER_DTYPE, 256 bits.
    m_axis_request_* : runs of clusters to read, REQUEST_DTYPE, 64 bits.
    s_axis_cluster_* : the records of those clusters in that order, CLUSTER_DTYPE, 256 bits.
    m_axis_visible_* : visible clusters, VISIBLE_DTYPE, 160 bits.
    frame_* : In, one port a frame constant; may change only while not busy.
    busy : Out(1), something is under way.
    counter_* : Out(32), the counters of ClusterCull.
    """

    def __init__(self, params: Parameters):
        self.cull = ClusterCull(params)
        self._constants = frame_constants(params)
        members = {"aclk": In(1), "aresetn": In(1), "busy": Out(1)}
        for name, (flow, _, dtype) in STREAMS.items():
            back = Out if flow is In else In
            members[f"{name}_tdata"] = flow(dtype.itemsize * 8)
            members[f"{name}_tvalid"] = flow(1)
            members[f"{name}_tready"] = back(1)
        members |= {f"frame_{name}": In(field) for name, field in self._constants.members.items()}
        members |= {f"counter_{name}": Out(COUNTER_BITS) for name in COUNTERS}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.cluster_cull = cull = self.cull
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
            self.busy.eq(cull.busy),
        ]
        for name, (flow, stream_name, dtype) in STREAMS.items():
            self._connect(m, name, flow, getattr(cull, stream_name), dtype)
        for name in self._constants.members:
            m.d.comb += cull.constants[name].eq(getattr(self, f"frame_{name}"))
        m.d.comb += [getattr(self, f"counter_{n}").eq(getattr(cull, n)) for n in COUNTERS]
        return m

    def _connect(self, m, name, flow, inner, dtype):
        data, valid, ready = (
            getattr(self, f"{name}_{part}") for part in ("tdata", "tvalid", "tready")
        )
        fields = {
            part: data[start : start + bits]
            for part, (start, bits) in bit_slices(dtype).items()
            if part != "reserved"
        }
        if flow is In:
            m.d.comb += [inner.valid.eq(valid), ready.eq(inner.ready)]
            m.d.comb += [_field(inner.payload, part).eq(bits) for part, bits in fields.items()]
        else:
            m.d.comb += [valid.eq(inner.valid), inner.ready.eq(ready)]
            m.d.comb += [bits.eq(_field(inner.payload, part)) for part, bits in fields.items()]


def _field(view, path: str):
    for part in path.split("."):
        view = view[part]
    return view
