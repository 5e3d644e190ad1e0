"""The encoder of splats that come some cycles apart."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import wiring

from golden.params import Parameters
from hw.stages.tile_bin.encode import Encode
from hw.stages.tile_bin.layouts import (
    ENTRY_PARTS,
    SPAN_PARTS,
    entry_spans,
    list_entry,
)
from hw.stages.tile_bin.part_queue import PartQueue
from hw.stages.tile_bin.splat_encoder import SplatEncoder, encoder_members, track_places


class HeldEncoder(wiring.Component):
    """As SplatEncoder, for builds whose color gives a splat every few cycles.

    A splat stays at the input while its first steps take turns, and is taken in the last of
    color_cycles cycles. It is begun only while its entry is sure to find a place in the queues,
    into which what is known goes at once.

    Latency: `latency_cycles` = that of Encode + 2, from a splat begun to its spans offered.
    Throughput: a splat every color_cycles. Multipliers: those of Encode.

    Members
    -------
    Those of SplatEncoder.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._encode = Encode(params)
        self.latency_cycles = self._encode.latency_cycles + 2
        self.queue_depth = 1 << (self.latency_cycles + 4).bit_length()
        super().__init__(encoder_members(params))

    @property
    def drop_cycles(self) -> int:
        """From a splat begun to where it is known, and counted, that it is dropped."""
        return self._encode.none_cycle + 1

    def elaborate(self, platform):
        m = Module()
        m.submodules.encode = encode = self._encode
        m.submodules.entries = entries = PartQueue(list_entry(), ENTRY_PARTS, self.queue_depth)
        m.submodules.spans = spans = PartQueue(
            entry_spans(self._params), SPAN_PARTS, self.queue_depth, lazy=True
        )
        wiring.connect(m, entries.o, wiring.flipped(self.entries))
        wiring.connect(m, spans.o, wiring.flipped(self.spans))
        begun = self._begin(m)
        kept, dropped = self._kept(m, begun)
        m.d.comb += [
            encode.constants.eq(self.constants),
            encode.colored.eq(self.i.payload),
            encode.start.eq(begun),
            entries.i.eq(encode.entry),
            entries.write.eq(Cat(kept[cycle] for cycle in encode.entry_cycles)),
            spans.i.eq(encode.spans),
            spans.write.eq(Cat(kept[cycle] for cycle in encode.span_cycles)),
        ]
        passed = self.entries.valid & self.entries.ready
        track_places(m, self, begun, dropped, passed, self._is_open)
        return m

    def _begin(self, m):
        """Whether a splat begins: color_cycles after the last one or later. It is taken where it
        need not be held any longer."""
        begun = Signal()
        self._is_open = Signal()
        recent = Signal(self._params.color_cycles - 1)
        m.d.sync += recent.eq(Cat(begun, recent[:-1]))
        m.d.comb += [
            begun.eq(self.i.valid & self._is_open & ~recent.any()),
            self.i.ready.eq(recent[-1]),
        ]
        return begun

    def _kept(self, m, begun):
        """A cycle of their way to whether a splat is in it, from `none_cycle` on one that is kept;
        and whether one is dropped."""
        none_cycle, kept, dropped = self._encode.none_cycle, {}, Signal()
        line = begun
        for cycle in range(self._encode.latency_cycles + 1):
            if cycle == none_cycle:
                m.d.sync += dropped.eq(line & self._encode.none)
                line = line & ~self._encode.none
            if cycle >= none_cycle:
                kept[cycle] = line
            under_way = Signal(name=f"valid_{cycle}")
            m.d.sync += under_way.eq(line)
            line = under_way
        return kept, dropped


def splat_encoder(params: Parameters) -> SplatEncoder | HeldEncoder:
    """The encoder of a build."""
    return (HeldEncoder if params.color_cycles > 1 else SplatEncoder)(params)
