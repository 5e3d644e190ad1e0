"""Two registers in a stream that take turns, behind a slow memory or many bits."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal

from hw.blocks.stream_register import StreamRegister


class PairRegister(StreamRegister):
    """StreamRegister, cycle for cycle, whose input goes into registers without logic before them.

    A register takes what is offered for as long as it is free, whatever the output's `ready`. What
    the output shows is chosen behind the registers.

    Latency, throughput, parameters and members: those of StreamRegister; `i.ready` and `o.valid`
    are registers.
    """

    def elaborate(self, platform):
        m = Module()
        places = [Signal(self._shape, name=f"place_{n}", reset_less=True) for n in range(2)]
        full, full_next, waits = Signal(2), Signal(2), Signal()  # the last: both are
        enters, leaves = Signal(), Signal()  # which one is next
        accept, take = self.i.valid & self.i.ready, self.o.valid & self.o.ready
        m.d.comb += [
            self.i.ready.eq(~waits),
            self.o.payload.eq(Mux(leaves, places[1], places[0])),
        ]
        for n, place in enumerate(places):
            comes, goes = accept & (enters == n), take & (leaves == n)
            m.d.comb += full_next[n].eq(comes | (full[n] & ~goes))
            with m.If(~full[n]):
                m.d.sync += place.eq(self.i.payload)
        m.d.sync += [
            full.eq(full_next),
            waits.eq(full_next.all()),
            self.o.valid.eq(full_next.any()),
            enters.eq(enters ^ accept),
            leaves.eq(leaves ^ take),
        ]
        return m
