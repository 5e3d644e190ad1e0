"""The queue in which a client's records wait."""

from __future__ import annotations

from amaranth.hdl import Module, Shape, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.lut_ram import LutRamQueue
from hw.blocks.pair_register import PairRegister
from hw.layouts import slot_beat

LUT_RAM_ENTRIES = 16  # as many as a LUT memory is deep: block RAMs would be nearly empty


class ReadQueue(wiring.Component):
    """Holds entries for which room was reserved, so that none is ever refused.

    A PairRegister behind the memory takes its slow output without logic between, or with
    has_paced_reads a register that must be empty before; the client's `ready` ends there.

    Latency: LATENCY_CYCLES = 3 from an entry written to the output. Throughput: an entry a cycle,
    or with has_paced_reads one in two.

    Parameters
    ----------
    depth : entries that may be reserved at a time, 2 or more.

    Members
    -------
    write : In(1), `entry` is to be kept.
    entry : In(slot_beat).
    o : Out(stream of slot_beat).
    freed : Out(1), an entry was taken in the cycle before.
    """

    LATENCY_CYCLES = 3

    def __init__(self, params: Parameters, depth: int):
        self._params, self._depth = params, depth
        super().__init__(
            {
                "write": In(1),
                "entry": In(slot_beat(params)),
                "o": Out(stream.Signature(slot_beat(params))),
                "freed": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        # One more than can be reserved: its memory alone, without its output, is deep enough.
        make = LutRamQueue if self._depth <= LUT_RAM_ENTRIES else SyncFIFOBuffered
        m.submodules.fifo = fifo = make(
            width=Shape.cast(slot_beat(self._params)).width, depth=self._depth + 1
        )
        m.d.comb += [fifo.w_en.eq(self.write), fifo.w_data.eq(self.entry)]
        m.d.sync += self.freed.eq(self.o.valid & self.o.ready)
        if self._params.has_paced_reads:
            self._register(m, fifo)
            return m
        m.submodules.output = output = PairRegister(slot_beat(self._params))
        wiring.connect(m, output.o, wiring.flipped(self.o))
        m.d.comb += [
            output.i.payload.eq(fifo.r_data),
            output.i.valid.eq(fifo.r_rdy),
            fifo.r_en.eq(output.i.ready),
        ]
        return m

    def _register(self, m, fifo):
        """Takes an entry where it has none."""
        entry = Signal.like(self.o.payload, name="held", reset_less=True)
        m.d.comb += [fifo.r_en.eq(~self.o.valid), self.o.payload.eq(entry)]
        with m.If(~self.o.valid):
            m.d.sync += [entry.eq(fifo.r_data), self.o.valid.eq(fifo.r_rdy)]
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
