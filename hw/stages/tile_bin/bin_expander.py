"""An entry into one for every bin of its bands."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import BIN_BITS
from hw.stages.tile_bin.layouts import bin_band, bin_bits, list_entry


def bin_entry(params: Parameters) -> data.StructLayout:
    """An entry on its way to the list of one bin."""
    return data.StructLayout({"entry": list_entry(), "number": bin_bits(params)})


class BinExpander(wiring.Component):
    """Sends an entry to each bin of its bands.

    A band without bins is taken at once: it only ends its entry.

    Latency: 1. Throughput: a bin a cycle, with none lost between two bands.

    Members
    -------
    across : In(10), bins of a row of the strip, held.
    i : In(stream of bin_band). o : Out(stream of bin_entry).
    entry : In(list_entry), of the band that is offered. ends : Out(1), its last band is taken: the
        next entry's follow.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "across": In(BIN_BITS),
                "i": In(stream.Signature(bin_band(params))),
                "o": Out(stream.Signature(bin_entry(params))),
                "entry": In(list_entry()),
                "ends": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        band, free = self.i.payload, Signal()
        left = Signal.like(band.places, reset_less=True)  # bins of the band beyond the one shown
        is_last = Signal(reset_less=True)  # there is none: a register, as the queues hang on it
        step = Signal(bin_bits(self._params), reset_less=True)
        held = Signal(bin_entry(self._params), reset_less=True)
        m.d.comb += [
            free.eq(~self.o.valid | (self.o.ready & is_last)),
            self.i.ready.eq(free | band.is_empty),
            self.ends.eq(self.i.valid & self.i.ready & band.is_last),
            self.o.payload.eq(held),
        ]
        with m.If(free):
            m.d.sync += [
                self.o.valid.eq(self.i.valid & ~band.is_empty),
                held.entry.eq(self.entry),
                held.number.eq(band.number),
                left.eq(band.places),
                is_last.eq(band.places == 0),
                step.eq(Mux(band.is_column, self.across, 1)),
            ]
        with m.Elif(self.o.ready):
            m.d.sync += [
                held.number.eq(held.number + step),
                left.eq(left - 1),
                is_last.eq(left == 1),
            ]
        return m
