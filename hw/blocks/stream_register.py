"""A register in a stream, which cuts both of its ways."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


class StreamRegister(wiring.Component):
    """Passes a stream on, a cycle later: no logic runs through it, neither forward nor back.

    A second register takes what still comes in the cycle in which the output is found blocked.

    Latency: 1. Throughput: an item a cycle.

    Parameters
    ----------
    shape : of the payload.

    Members
    -------
    i : In(stream of shape); `ready` is a register. o : Out(stream of shape); so is `valid`.
    """

    def __init__(self, shape):
        self._shape = shape
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        first, second = (
            Signal(self._shape, name=name, reset_less=True) for name in ("first", "second")
        )
        waits, free = Signal(), Signal()  # the second register holds an item
        m.d.comb += [
            free.eq(self.o.ready | ~self.o.valid),
            self.i.ready.eq(~waits),
            self.o.payload.eq(first),
        ]
        m.d.sync += waits.eq((waits | self.i.valid) & ~free)
        with m.If(~waits):
            m.d.sync += second.eq(self.i.payload)
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(waits | self.i.valid),
                first.eq(Mux(waits, second, self.i.payload)),
            ]
        return m
