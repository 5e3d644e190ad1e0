"""A component behind flat AXI-Stream names, for a block design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import ClockDomain, ClockSignal, Module, ResetSignal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import Flow, In, Out

from golden.records import PARTS

COUNTER_BITS = 32


@dataclass(frozen=True)
class FlatStream:
    """A stream of a component and its flat name.

    Parameters
    ----------
    name : prefix of the ports _tdata, _tvalid and _tready.
    flow : In or Out.
    inner : the component's stream.
    dtype : the record that a beat holds, of golden.records.
    """

    name: str
    flow: Flow
    inner: object
    dtype: np.dtype


def bit_slices(dtype: np.dtype) -> dict[str, tuple[int, int]]:
    """First bit and width of each field of a record; parts of a vector or of a record in it apart."""
    slices = {}
    for name in dtype.names or ():
        field, offset = dtype.fields[name][:2]
        if field.names:
            inner = bit_slices(field).items()
            slices |= {f"{name}.{part}": (offset * 8 + first, bits) for part, (first, bits) in inner}
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
    NAME_tdata, NAME_tvalid, NAME_tready : each stream of `streams`.
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
            members[f"{flat.name}_tdata"] = flat.flow(flat.dtype.itemsize * 8)
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
        fields = {
            part: words[start : start + bits]
            for part, (start, bits) in bit_slices(flat.dtype).items()
            if not part.endswith("reserved")
        }
        inner = flat.inner
        if flat.flow is In:
            m.d.comb += [inner.valid.eq(valid), ready.eq(inner.ready)]
            m.d.comb += [_field(inner.payload, part).eq(bits) for part, bits in fields.items()]
        else:
            m.d.comb += [valid.eq(inner.valid), inner.ready.eq(ready)]
            m.d.comb += [bits.eq(_field(inner.payload, part)) for part, bits in fields.items()]


def _field(view, path: str):
    for part in path.split("."):
        view = view[part]
    return view
