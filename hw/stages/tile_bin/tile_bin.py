"""Stage 5: splats with colours in, lists of entries in memory out."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import ListOutcome
from hw.layouts import colored_splat, write_beat
from hw.stages.tile_bin.band_walker import BandWalker
from hw.stages.tile_bin.bin_expander import BinExpander
from hw.stages.tile_bin.chunk_store import QUEUE_RECORDS, ChunkStore
from hw.stages.tile_bin.chunk_writer import ChunkWriter
from hw.stages.tile_bin.held_encoder import splat_encoder
from hw.stages.tile_bin.layouts import bin_bits, length_bits, page_bits, tile_bin_constants
from hw.stages.tile_bin.list_filler import ListFiller
from hw.stages.tile_bin.page_table import PageTable

COUNTER_BITS = 32
COUNTERS = ("entries", "chunks", "pages")


class TileBin(wiring.Component):
    """Encodes splats and puts each into the lists of the bins of its spans.

    A frame begins with `start`: the bins are counted in `down` + 1 cycles and their lists emptied
    in a cycle each. Then entries are taken until `finish`; chunks that are not full follow, and
    `done`. Out of pages, or with more bins than the build has, splats are still taken, nothing
    more is written, and `outcome` says so. A reset in mid-flight forgets the frame; a run of beats
    that was begun is for the write client to forget too.

    Throughput: an entry a cycle; a chunk in 4 cycles, in which 8 entries may come.
    Multipliers: those of Encode.

    Members
    -------
    constants : In(tile_bin_constants), held from `start` until done.
    frame : In(1), of the lists that are made and of the beats, held while busy.
    start : In(1), begins a frame; while not busy. finish : In(1), all splats of it were taken; held
        until done.
    i : In(stream of colored_splat). writes : Out(stream of write_beat).
    busy : Out(1), from the cycle after start until done. done : Out(1), until the next start: all
        beats were taken by the write client, which then still has to be drained.
    outcome : Out(2), golden's ListOutcome of the frame that is done.
    bins : Out, of the strip, while done.
    read_frame : In(1), of the lists that are looked up. With list_memories = 2 those of one frame
        may be read while those of the other are made.
    number : In(bin_bits). length, first_page : Out, of that bin's list, READ_CYCLES = 2 later.
    page : In(page_bits). next_page : Out, READ_CYCLES later.
    entries, chunks, pages : Out(32), of the frame: entries of all lists, chunks written, pages
        taken.
    """

    READ_CYCLES = PageTable.READ_CYCLES

    def __init__(self, params: Parameters):
        self._params = params
        self._encoder = splat_encoder(params)
        self.encode_cycles = self._encoder.latency_cycles
        super().__init__(
            {
                "constants": In(tile_bin_constants(params)),
                "frame": In(1),
                "read_frame": In(1),
                "start": In(1),
                "finish": In(1),
                "i": In(stream.Signature(colored_splat(params))),
                "writes": Out(stream.Signature(write_beat(params))),
                "busy": Out(1),
                "done": Out(1),
                "outcome": Out(2),
                "bins": Out(bin_bits(params) + 1),
                "number": In(bin_bits(params)),
                "length": Out(length_bits(params)),
                "first_page": Out(page_bits(params)),
                "page": In(page_bits(params)),
                "next_page": Out(page_bits(params)),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.encoder = encoder = self._encoder
        m.submodules.walker = walker = BandWalker(self._params)
        m.submodules.expander = expander = BinExpander(self._params)
        m.submodules.filler = filler = ListFiller(self._params)
        m.submodules.store = store = ChunkStore(self._params)
        m.submodules.table = table = PageTable(self._params)
        m.submodules.writer = writer = ChunkWriter(self._params)
        wiring.connect(m, wiring.flipped(self.i), encoder.i)
        wiring.connect(m, encoder.spans, walker.i)
        wiring.connect(m, walker.o, expander.i)
        wiring.connect(m, expander.o, filler.i)
        wiring.connect(m, store.jobs, table.i)
        wiring.connect(m, table.o, writer.places)
        wiring.connect(m, store.records, writer.records)
        wiring.connect(m, writer.writes, wiring.flipped(self.writes))
        m.d.comb += [
            *(part.constants.eq(self.constants) for part in (encoder, filler, table)),
            *(part.frame.eq(self.frame) for part in (filler, table, writer)),
            *(part.read_frame.eq(self.read_frame) for part in (filler, table)),
            *(part.across.eq(self.constants.across) for part in (walker, expander)),
            expander.entry.eq(encoder.entries.payload),
            encoder.entries.ready.eq(expander.ends),
            filler.start.eq(self.start),
            filler.last.eq(self.finish & encoder.idle),
            store.write.eq(filler.write),
            store.number.eq(filler.number),
            store.slot.eq(filler.slot),
            store.entry.eq(filler.entry),
            store.start.eq(filler.leave),
            store.job.eq(filler.job),
            *(filler.ready.eq(store.ready), filler.ready_next.eq(store.ready_next)),
            table.clear.eq(self.start),
        ]
        self._show(m, filler, table)
        self._end(m, filler, store, table, writer)
        return m

    def _show(self, m, filler, table):
        """The lists' heads and lengths, for who reads them."""
        m.d.comb += [
            filler.list_number.eq(self.number),
            self.bins.eq(filler.bins),
            self.length.eq(filler.length),
            table.number.eq(self.number),
            self.first_page.eq(table.first_page),
            table.page.eq(self.page),
            self.next_page.eq(table.next_page),
            self.pages.eq(table.pages),
        ]

    def _end(self, m, filler, store, table, writer):
        """Counters, and the end once every chunk that left is through."""
        pending = Signal(range(2 * QUEUE_RECORDS))
        m.d.sync += pending.eq(pending + store.start - writer.finished)
        m.d.comb += self.outcome.eq(
            Mux(filler.refused, ListOutcome.TOO_MANY_BINS,
                Mux(table.full, ListOutcome.FULL, ListOutcome.COMPLETE))
        )  # fmt: skip
        m.d.sync += [
            self.entries.eq(self.entries + filler.taken),
            self.chunks.eq(self.chunks + writer.written),
        ]
        with m.If(self.start):
            m.d.sync += [self.busy.eq(1), self.done.eq(0), self.entries.eq(0), self.chunks.eq(0)]
        with m.Elif(self.busy & filler.finished & (pending == 0) & ~store.start):
            m.d.sync += [self.busy.eq(0), self.done.eq(1)]
