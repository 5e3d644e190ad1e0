"""Entries' spans into the bands of their rectangles."""

from __future__ import annotations

from itertools import pairwise

from amaranth.hdl import EnableInserter, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import BIN_BITS
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, SLOPE_FRACTION_BITS
from golden.stages.tile_bin.spans import MIDDLE_FRACTION_BITS, side_bits
from hw.blocks.stream_register import StreamRegister
from hw.stages.tile_bin.band_places import BandPlaces
from hw.stages.tile_bin.layouts import bin_band, entry_spans


class BandWalker(wiring.Component):
    """Walks through an entry's bands, and says which bins of each it goes to.

    A band without bins is left out, but for an entry's last one, which says that it is the last.
    The arithmetic moves as a whole: it stands where its last band cannot leave.

    Latency: `latency_cycles`, from spans taken to their first band offered.
    Throughput: a band a cycle, with none lost between two entries. No multiplier.

    Members
    -------
    across : In(10), bins of a row of the strip, held.
    i : In(stream of entry_spans). o : Out(stream of bin_band).
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._places = BandPlaces(params)
        self.latency_cycles = self._places.latency_cycles + 2
        super().__init__(
            {
                "across": In(BIN_BITS),
                "i": In(stream.Signature(entry_spans(params))),
                "o": Out(stream.Signature(bin_band(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        move = Signal()
        m.submodules.places = EnableInserter(move)(self._places)
        m.submodules.register = register = StreamRegister(bin_band(self._params))
        span = Signal(entry_spans(self._params), reset_less=True)
        walks, ends = Signal(), Signal()
        valid = [Signal(name=f"valid_{n}") for n in range(self._places.latency_cycles)]
        band = self._places.band
        wiring.connect(m, register.o, wiring.flipped(self.o))
        m.d.comb += [
            move.eq(~register.i.valid | register.i.ready),
            ends.eq(span.bands == 0),
            self.i.ready.eq(~walks | (move & ends)),
            self._places.across.eq(self.across),
            self._places.span.eq(span),
            self._places.is_last.eq(ends),
            register.i.valid.eq(valid[-1] & (~band.is_empty | band.is_last)),
            register.i.payload.eq(band),
        ]
        self._look(m, span)
        with m.If(self.i.ready):
            m.d.sync += [walks.eq(self.i.valid), span.eq(self.i.payload)]
        with m.Elif(move):
            self._step(m, span)
        with m.If(move):
            m.d.sync += valid[0].eq(walks)
            m.d.sync += [after.eq(before) for before, after in pairwise(valid)]
        return m

    def _step(self, m, span):
        """To the next band."""
        m.d.sync += [
            span.bands.eq(span.bands - 1),
            span.first.eq(span.first + Mux(span.swap, 1, self.across)),
            span.edge.eq(self._places.edge_1),
            span.middle.eq(self._places.middle_1),
        ]

    def _look(self, m, span):
        """What the next band begins with."""
        side = side_bits(self._params)
        up = side - (SLOPE_FRACTION_BITS - MIDDLE_FRACTION_BITS)
        m.d.comb += [
            self._places.edge_1.eq(span.edge + (1 << (side + CENTER_FRACTION_BITS))),
            self._places.middle_1.eq(span.middle - (span.slope << up)),
        ]
