"""Splats of several lanes into one after another."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.layouts import splat_record
from hw.stages.gaussian_project.gaussian_project import splat_beat


class SplatSerializer(wiring.Component):
    """Splats of a beat one after another, that of the lowest lane first.

    Latency: 1 cycle from a beat to its first splat.
    Throughput: a splat a cycle; the next beat is taken with the last splat of the one before.

    Members
    -------
    i : In(stream of splat_beat).
    o : Out(stream of splat_record).
    busy : Out(1), a splat waits here.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "i": In(stream.Signature(splat_beat(params))),
                "o": Out(stream.Signature(splat_record(params))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        lanes = self._params.lanes
        records = Signal(self.i.payload.records.shape(), reset_less=True)
        pending, rest = Signal(lanes), Signal(lanes)
        # The lowest lane pending goes; the others are the rest.
        m.d.comb += rest.eq(pending & (pending - 1))
        for lane in reversed(range(lanes)):  # the last assignment holds: that of the lowest
            with m.If(pending[lane]):
                m.d.comb += self.o.payload.eq(records[lane])
        m.d.comb += [
            self.busy.eq(pending.any()),
            self.o.valid.eq(pending.any()),
            self.i.ready.eq(~pending.any() | (self.o.ready & ~rest.any())),
        ]
        with m.If(self.i.ready):
            m.d.sync += records.eq(self.i.payload.records)
            m.d.sync += pending.eq(self.i.payload.lanes & self.i.valid.replicate(lanes))
        with m.Elif(self.o.ready):
            m.d.sync += pending.eq(rest)
        return m
