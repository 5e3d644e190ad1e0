"""A register beside a stream, which cuts its way back."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class SkidBuffer(wiring.Component):
    """Passes a stream on in the same cycle; `ready` of its input comes from a register.

    The register takes the item that was offered in the cycle in which the output is found blocked.

    Latency: 0. Throughput: an item a cycle.

    Parameters
    ----------
    shape : of the payload.

    Members
    -------
    i : In(stream of shape); `ready` is a register. o : Out(stream of shape).
    """

    def __init__(self, shape):
        self._shape = shape
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        waiting = Signal(self._shape, reset_less=True)
        waits = Signal()
        m.d.comb += [
            self.i.ready.eq(~waits),
            self.o.valid.eq(waits | self.i.valid),
            self.o.payload.eq(Mux(waits, waiting, self.i.payload)),
        ]
        m.d.sync += waits.eq(self.o.valid & ~self.o.ready)
        with m.If(~waits):
            m.d.sync += waiting.eq(self.i.payload)
        return m
