"""Records of chunks, and where these go, as beats to be written."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.entry import ENTRY_BYTES
from hw.layouts import write_beat
from hw.stages.tile_bin.chunk_store import RECORD_BITS
from hw.stages.tile_bin.layouts import CHUNK_RECORDS
from hw.stages.tile_bin.page_table import chunk_place


class ChunkWriter(wiring.Component):
    """Gives each record of a chunk its address; drops those of chunks that are not written.

    A chunk is one run of beats. Where its last record holds one entry, only that is written.
    Latency: 0 from a record to its beat, where a beat holds no more than a record. Throughput: a
    record a cycle, or a beat.

    Members
    -------
    frame : In(1), of the beats.
    places : In(stream of chunk_place). records : In(stream of 256 bits).
    writes : Out(stream of write_beat).
    finished : Out(1), a chunk is through, written or dropped; written : Out(1), it was written.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "frame": In(1),
                "places": In(stream.Signature(chunk_place(params))),
                "records": In(stream.Signature(RECORD_BITS)),
                "writes": Out(stream.Signature(write_beat(params))),
                "finished": Out(1),
                "written": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        place, beat = self.places.payload, self.writes.payload
        number = Signal(range(CHUNK_RECORDS))  # of the record in its chunk
        is_last, moves = Signal(), Signal()
        both = self.places.valid & self.records.valid
        m.d.comb += [
            is_last.eq(number == place.records),
            moves.eq(self.records.valid & self.records.ready),
            self.finished.eq(moves & is_last),
            self.written.eq(self.finished & ~place.drop),
            self.places.ready.eq(self.finished),
            beat.frame.eq(self.frame),
        ]
        with m.If(moves):
            m.d.sync += number.eq(Mux(is_last, 0, number + 1))
        half = is_last & place.is_half
        if self._params.data_bits > RECORD_BITS:
            self._join(m, both, number, is_last, half)
        else:
            self._cut(m, both, number, is_last, half)
        return m

    def _cut(self, m, both, number, is_last, half):
        """A record as one beat or several."""
        bits, beat, place = self._params.data_bits, self.writes.payload, self.places.payload
        parts = RECORD_BITS // bits
        part = Signal(range(parts)) if parts > 1 else Const(0)
        ends = Signal()
        # The last part that holds anything.
        m.d.comb += ends.eq(Mux(half, part == max(parts // 2, 1) - 1, part == parts - 1))
        size = bits // 8
        low = Const((1 << min(ENTRY_BYTES, size)) - 1, size)
        part_bits = part[: parts.bit_length() - 1]
        zeros = Const(0, size.bit_length() - 1)
        m.d.comb += [
            self.writes.valid.eq(both & ~place.drop),
            self.records.ready.eq(self.places.valid & (place.drop | (self.writes.ready & ends))),
            beat.address.eq(Cat(zeros, part_bits, number, place.chunk, place.page)),
            beat.data.eq(self.records.payload.word_select(part, bits)),
            beat.strobe.eq(Mux(half & (parts == 1), low, Const(-1, size))),
            beat["last"].eq(is_last & ends),
        ]
        if parts > 1:
            with m.If(self.writes.valid & self.writes.ready):
                m.d.sync += part.eq(Mux(ends, 0, part + 1))

    def _join(self, m, both, number, is_last, half):
        """Two records as a beat; the first one waits in a register."""
        beat, place = self.writes.payload, self.places.payload
        first = Signal(RECORD_BITS, reset_less=True)
        is_second, offers = Signal(), Signal()
        size = RECORD_BITS // 8
        last_bytes = Mux(half, Const((1 << ENTRY_BYTES) - 1, size), Const((1 << size) - 1, size))
        m.d.comb += [
            is_second.eq(number[0]),
            offers.eq(is_second | is_last),
            self.writes.valid.eq(both & offers & ~place.drop),
            self.records.ready.eq(self.places.valid & (place.drop | ~offers | self.writes.ready)),
            beat.address.eq(Cat(Const(0, 6), number[1:], place.chunk, place.page)),
            beat.data.eq(Mux(is_second, Cat(first, self.records.payload), self.records.payload)),
            beat.strobe.eq(
                Mux(is_second, Cat(Const(-1, size), last_bytes), Cat(last_bytes, Const(0, size)))
            ),
            beat["last"].eq(is_last),
        ]
        with m.If(self.records.valid & self.records.ready):
            m.d.sync += first.eq(self.records.payload)
