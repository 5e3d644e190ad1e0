"""Beats of the memory bus into single records, and records into their fields."""

from __future__ import annotations

import numpy as np
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import RECORD_BYTES
from hw.layouts import slot_beat
from hw.stream_top import bit_slices, field_at

RECORD_BITS = 8 * RECORD_BYTES


def unpacked(view, word, dtype: np.dtype) -> list:
    """Assignments of the fields of a record to a view of it; bits beyond a field are left out.

    Parameters
    ----------
    view : of a layout of hw.layouts with the fields of `dtype`.
    word : the record as it lies in memory.
    """
    return [
        field_at(view, part).eq(word[start : start + bits])
        for part, (start, bits) in bit_slices(dtype).items()
        if not part.endswith("reserved")
    ]


class RecordStream(wiring.Component):
    """The records of the beats of one reader, one a cycle, in order.

    Latency: 0. A beat of two records takes two cycles.

    Members
    -------
    i : In(stream of slot_beat).
    o : Out(stream of 256 bits).
    """

    def __init__(self, params: Parameters):
        super().__init__(
            {
                "i": In(stream.Signature(slot_beat(params))),
                "o": Out(stream.Signature(RECORD_BITS)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        beat = self.i.payload
        m.d.comb += [self.o.valid.eq(self.i.valid), self.o.payload.eq(beat.data[0])]
        if len(beat.slots) == 1:
            m.d.comb += self.i.ready.eq(self.o.ready)
            return m
        second = Signal()  # the first record of this beat is through
        upper = Signal()
        m.d.comb += [
            upper.eq(second | ~beat.slots[0]),
            self.o.payload.eq(Mux(upper, beat.data[1], beat.data[0])),
            self.i.ready.eq(self.o.ready & (upper | ~beat.slots[1])),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += second.eq(~self.i.ready)
        return m
