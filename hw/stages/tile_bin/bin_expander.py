"""An entry into one for every bin of its rectangle."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import BIN_BITS
from hw.stages.tile_bin.layouts import bin_bits, binned_entry, list_entry


def bin_entry(params: Parameters) -> data.StructLayout:
    """An entry on its way to the list of one bin."""
    return data.StructLayout({"entry": list_entry(), "number": bin_bits(params)})


class BinExpander(wiring.Component):
    """Sends an entry to each bin of its rectangle, row after row.

    Latency: 1. Throughput: a bin a cycle, with none lost between two entries.

    Members
    -------
    across : In(10), bins of a row of the strip.
    i : In(stream of binned_entry). o : Out(stream of bin_entry).
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "across": In(BIN_BITS),
                "i": In(stream.Signature(binned_entry(params))),
                "o": Out(stream.Signature(bin_entry(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        columns, left, rows = (Signal(BIN_BITS, reset_less=True) for _ in range(3))
        row_start = Signal(bin_bits(self._params), reset_less=True)
        held = Signal(bin_entry(self._params), reset_less=True)
        last, below = Signal(), Signal.like(row_start)
        m.d.comb += [
            last.eq((left == 0) & (rows == 0)),
            below.eq(row_start + self.across),
            self.i.ready.eq(~self.o.valid | (self.o.ready & last)),
            self.o.payload.eq(held),
        ]
        with m.If(self.i.ready):
            item = self.i.payload
            m.d.sync += [
                self.o.valid.eq(self.i.valid),
                held.entry.eq(item.entry),
                held.number.eq(item.first),
                row_start.eq(item.first),
                columns.eq(item.columns),
                left.eq(item.columns),
                rows.eq(item.rows),
            ]
        with m.Elif(self.o.ready):
            ends_row = left == 0
            m.d.sync += [
                held.number.eq(Mux(ends_row, below, held.number + 1)),
                left.eq(Mux(ends_row, columns, left - 1)),
            ]
            with m.If(ends_row):
                m.d.sync += [row_start.eq(below), rows.eq(rows - 1)]
        return m
