"""A component behind flat AXI-Stream names, for a block design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Flow, In, Out

from golden.records import PARTS
from hw.layouts import COUNTER_BITS


@dataclass(frozen=True)
class FlatStream:
    """A stream of a component and its flat name.

    Parameters
    ----------
    name : prefix of the ports _tdata, _tvalid and _tready.
    flow : In or Out.
    inner : the component's stream.
    dtype : the record that a beat holds, of golden.records.
    lanes : records a beat; 0 for one, and no lanes in the stream's payload.
    """

    name: str
    flow: Flow
    inner: object
    dtype: np.dtype
    lanes: int = 0

    @property
    def bits(self) -> int:
        """Width of tdata."""
        return self.dtype.itemsize * 8 * max(self.lanes, 1)


def bit_slices(dtype: np.dtype) -> dict[str, tuple[int, int]]:
    """First bit and width of each field of a record; parts of a vector or inner record apart."""
    slices = {}
    for name in dtype.names or ():
        field, offset = dtype.fields[name][:2]
        if field.names:
            for part, (first, bits) in bit_slices(field).items():
                slices[f"{name}.{part}"] = (offset * 8 + first, bits)
        elif not field.shape or name == "reserved":
            slices[name] = (offset * 8, field.itemsize * 8)
        else:
            bits = field.base.itemsize * 8
            for index, part in enumerate(PARTS.get(name, "xyz")):
                slices[f"{name}.{part}"] = (offset * 8 + index * bits, bits)
    return slices


class StreamTop(wiring.Component):
    """Renames the wires of a component: a record a beat, a port a frame constant or counter.

    Latency and throughput are those of the component.

    Parameters
    ----------
    component : has `constants`, `busy` and the counters as members.
    streams : its streams.
    constants : layout of its frame constants.
    counters : names of its counters.

    Members
    -------
    aclk, aresetn : In(1), clock and synchronous reset, active low.
    NAME_tdata, NAME_tvalid, NAME_tready : each stream of `streams`; NAME_tuser where it has lanes.
    frame_* : In, one port a frame constant; may change only while not busy.
    busy : Out(1), something is under way.
    counter_* : Out(32), the counters.
    """

    def __init__(
        self,
        component: wiring.Component,
        streams: tuple[FlatStream, ...],
        constants: data.StructLayout,
        counters: tuple[str, ...],
    ):
        self.component, self.streams = component, streams
        self._constants, self._counters = constants, counters
        members = {"aclk": In(1), "aresetn": In(1), "busy": Out(1)}
        for flat in streams:
            back = Out if flat.flow is In else In
            members[f"{flat.name}_tdata"] = flat.flow(flat.bits)
            if flat.lanes:
                members[f"{flat.name}_tuser"] = flat.flow(flat.lanes)
            members[f"{flat.name}_tvalid"] = flat.flow(1)
            members[f"{flat.name}_tready"] = back(1)
        members |= {f"frame_{name}": In(field) for name, field in constants.members.items()}
        members |= {f"counter_{name}": Out(COUNTER_BITS) for name in counters}
        super().__init__(members)

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.core = core = self.component
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
            self.busy.eq(core.busy),
        ]
        for flat in self.streams:
            self._connect(m, flat)
        for name in self._constants.members:
            m.d.comb += core.constants[name].eq(getattr(self, f"frame_{name}"))
        m.d.comb += [getattr(self, f"counter_{n}").eq(getattr(core, n)) for n in self._counters]
        return m

    def _connect(self, m, flat):
        words, valid, ready = (
            getattr(self, f"{flat.name}_{part}") for part in ("tdata", "tvalid", "tready")
        )
        inner = flat.inner
        if flat.flow is In:
            pairs = [(inner.valid, valid), (ready, inner.ready)]
        else:
            pairs = [(valid, inner.valid), (inner.ready, ready)]
        if flat.lanes:
            user = getattr(self, f"{flat.name}_tuser")
            pairs.append(directed(flat.flow, inner.payload.lanes, user))
        size = flat.dtype.itemsize * 8
        for n in range(max(flat.lanes, 1)):
            record = inner.payload.records[n] if flat.lanes else inner.payload
            word = words[n * size : (n + 1) * size]
            for part, (start, bits) in bit_slices(flat.dtype).items():
                if not part.endswith("reserved"):
                    field = field_at(record, part)
                    pairs.append(directed(flat.flow, field, word[start : start + bits]))
        m.d.comb += [target.eq(source) for target, source in pairs]


def directed(flow: Flow, inner, outer) -> tuple:
    """(target, source) of a wire between a component and its top."""
    return (inner, outer) if flow is In else (outer, inner)


def field_at(view, path: str):
    """The field of a view by its dotted path."""
    for part in path.split("."):
        view = view[part]
    return view
