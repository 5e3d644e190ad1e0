"""Entries into the open chunks of their lists, from an empty frame to its last chunk."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.tile_bin.constants import CHUNK_ENTRIES
from golden.stages.tile_bin.entry import ENTRY_BITS
from hw.blocks.count_memory import CountMemory
from hw.stages.tile_bin.bin_expander import bin_entry
from hw.stages.tile_bin.layouts import bin_bits, chunk_job, length_bits, tile_bin_constants

SLOT_BITS = (CHUNK_ENTRIES - 1).bit_length()


class ListFiller(wiring.Component):
    """Finds the place of each entry, and says when a chunk leaves.

    After `start` the strip's bins are counted in `down` + 1 cycles, and their lengths set to 0, one
    a cycle. Then entries pass three stages: the length is read, counted, and the entry written. A
    chunk that is full stops them until it may leave. Once `last` is given and all is still, the
    bins' open chunks leave in their order, looked at in FLUSH_CYCLES = 4 each, and their lengths
    are kept for who reads the lists.

    Members
    -------
    constants : In(tile_bin_constants), held. start : In(1). last : In(1), no entry comes any more.
    i : In(stream of bin_entry).
    write, number, slot, entry, leave, job : Out, and ready, ready_next : In, as ChunkStore has
        them.
    frame : In(1), of the lists that are made. read_frame : In(1), of those that are looked up.
    list_number : In(bin_bits). length : Out(length_bits), of that bin's list, two cycles later.
    finished : Out(1), all chunks have left, until the next start.
    bins : Out, of the strip. refused : Out(1), it has too many, or none: entries are taken and
        forgotten.
    taken : Out(1), an entry was taken for a list.
    """

    FLUSH_CYCLES = 4

    def __init__(self, params: Parameters):
        self._params = params
        number = bin_bits(params)
        super().__init__(
            {
                "constants": In(tile_bin_constants(params)),
                "start": In(1),
                "last": In(1),
                "i": In(stream.Signature(bin_entry(params))),
                "write": Out(1),
                "number": Out(number),
                "slot": Out(SLOT_BITS),
                "entry": Out(ENTRY_BITS),
                "leave": Out(1),
                "job": Out(chunk_job(params)),
                "ready": In(1),
                "ready_next": In(1),
                "frame": In(1),
                "read_frame": In(1),
                "list_number": In(number),
                "length": Out(length_bits(params)),
                "finished": Out(1, init=1),
                "bins": Out(number + 1),
                "refused": Out(1),
                "taken": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.lengths = lengths = CountMemory(
            self._params.max_bins, length_bits(self._params)
        )
        fills, flushes, clears = Signal(), Signal(), Signal()  # `fills` is FILL, in a register
        total = Signal(range(2 * self._params.max_bins + (1 << len(self.constants.across))))
        number = Signal(range(self._params.max_bins + 1))
        last_number = Signal.like(number, reset_less=True)
        full, before, still, moves_next = self._move(m, lengths, fills)
        self._leave(m, lengths, fills, full, before, flushes, number)
        looked = Signal()  # the length of the list `number` is stored
        self._keep(m, lengths, number, looked)
        m.d.comb += [
            lengths.number.eq(Mux(fills, self.i.payload.number, number)),
            lengths.clear.eq(clears),
            lengths.clear_number.eq(number),
            self.bins.eq(total),
        ]
        m.d.sync += last_number.eq(total - 1)
        with m.FSM():
            with m.State("REST"), m.If(self.start):
                m.d.sync += [total.eq(0), number.eq(0), self.finished.eq(0)]
                m.d.sync += self.refused.eq(0)
                m.next = "COUNT"
            with m.State("COUNT"):
                self._count_bins(m, total)
            with m.State("CLEAR"):
                m.d.comb += clears.eq(1)
                m.d.sync += number.eq(number + 1)
                with m.If(number == last_number):
                    m.d.sync += [fills.eq(1), self.i.ready.eq(1)]
                    m.next = "FILL"
            with m.State("FILL"):
                m.d.sync += self.i.ready.eq(moves_next)
                with m.If(self.last & still):
                    m.d.sync += [number.eq(0), fills.eq(0), self.i.ready.eq(0)]
                    m.next = "READ"
            with m.State("READ"):
                m.next = "WAIT"
            with m.State("WAIT"):
                m.next = "LOOK"
            with m.State("LOOK"), m.If((lengths.stored[:SLOT_BITS] == 0) | self.ready):
                m.d.comb += [looked.eq(1), flushes.eq(lengths.stored[:SLOT_BITS] != 0)]
                m.d.sync += number.eq(number + 1)
                m.next = "NEXT"
            with m.State("NEXT"):
                with m.If(number == total):
                    m.d.sync += self.finished.eq(1)
                    m.next = "REST"
                with m.Else():
                    m.next = "READ"
            with m.State("REFUSE"), m.If(self.last):
                m.d.sync += [self.finished.eq(1), self.i.ready.eq(0)]
                m.next = "REST"
        return m

    def _keep(self, m, lengths, number, looked):
        """The lengths of whole lists, of both frames, or of one: then the frame is beyond the
        address."""
        m.submodules.kept = memory = Memory(
            shape=len(self.length),
            depth=self._params.list_memories * self._params.max_bins,
            init=[],
        )
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.addr.eq(Cat(number[: len(self.list_number)], self.frame)),
            write.data.eq(lengths.stored),
            write.en.eq(looked),
            read.addr.eq(Cat(self.list_number, self.read_frame)),
        ]
        m.d.sync += self.length.eq(read.data)

    def _count_bins(self, m, total):
        """total = across down, by adding; more than there are is known at once."""
        rows = Signal.like(self.constants.down)
        too_many = total > self._params.max_bins
        with m.If(too_many | ((rows == self.constants.down) & (total == 0))):
            m.d.sync += [self.refused.eq(1), rows.eq(0), self.i.ready.eq(1)]
            m.next = "REFUSE"
        with m.Elif(rows == self.constants.down):
            m.d.sync += rows.eq(0)
            m.next = "CLEAR"
        with m.Else():
            m.d.sync += [total.eq(total + self.constants.across), rows.eq(rows + 1)]

    def _move(self, m, lengths, fills):
        """The three stages: whether the last one's entry fills its chunk, what its list had before,
        whether nothing is under way, and whether the stages move in the next cycle.

        They stand while such a chunk may not leave. That is known a cycle ahead, so `move` and the
        readiness of the input are registers: no path runs from the store to the queues of entries.
        """
        layout = bin_entry(self._params)
        stages = [Signal(layout, name=f"stage_{n}", reset_less=True) for n in range(3)]
        valid = [Signal(name=f"valid_{n}") for n in range(3)]
        before = Signal.like(lengths.before, reset_less=True)
        full, full_next = Signal(), Signal()
        move, move_next = Signal(init=1), Signal()
        fills_up = valid[1] & lengths.before[:SLOT_BITS].all()
        m.d.comb += [
            full_next.eq(Mux(move, fills_up, full)),
            move_next.eq(~full_next | self.ready_next),
            self.taken.eq(fills & self.i.ready & self.i.valid),
            lengths.move.eq(move),
            lengths.count.eq(self.taken),
            self.write.eq(valid[2] & move),
            self.number.eq(stages[2].number),
            self.slot.eq(before[:SLOT_BITS]),
            self.entry.eq(stages[2].entry),
        ]
        m.d.sync += [move.eq(move_next), full.eq(full_next)]
        with m.If(move):
            m.d.sync += [
                *(stages[n].eq(self.i.payload if n == 0 else stages[n - 1]) for n in range(3)),
                *(valid[n].eq(self.taken if n == 0 else valid[n - 1]) for n in range(3)),
                before.eq(lengths.before),
            ]
        still = ~(valid[0] | valid[1] | valid[2] | self.i.valid)
        return full, before, still, move_next

    def _leave(self, m, lengths, fills, full, before, flushes, number):
        """The chunk that leaves: a full one, or at the end an open one."""
        job, length = self.job, Signal.like(before)
        m.d.comb += [
            self.leave.eq((full & self.ready) | flushes),
            length.eq(Mux(fills, before, lengths.stored)),
            job.number.eq(Mux(fills, self.number, number)),
            job.chunk.eq(length[SLOT_BITS:]),
            job.is_first.eq(length[SLOT_BITS:] == 0),
            job.records.eq(Mux(fills, -1, (length[:SLOT_BITS] - 1)[1:])),
            job.is_half.eq(~fills & length[0]),
        ]
