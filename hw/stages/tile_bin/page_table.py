"""Pages of the list memory: which one a chunk goes to, and which one follows it in its list."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.stages.tile_bin.layouts import (
    bin_bits,
    chunk_job,
    page_bits,
    tile_bin_constants,
)


def chunk_place(params: Parameters) -> data.StructLayout:
    """Where a chunk is written.

    Members
    -------
    page : of the whole memory, byte address / 2048. chunk, records, is_half : as in chunk_job.
    drop : 1, the chunk is not written.
    """
    job = chunk_job(params).members
    return data.StructLayout(
        {
            "page": tile_bin_constants(params)["list_page"].shape,
            **{name: job[name] for name in ("chunk", "records", "is_half")},
            "drop": 1,
        }
    )


class PageTable(wiring.Component):
    """Hands out pages in their order, and keeps the chain of each list.

    A chunk that begins a page takes the next one. Where none is left `full` is set, and that chunk
    and all after it are dropped: nothing is ever written beyond the memory's pages.

    Latency: 4 cycles from a job to its place. Throughput: a chunk in 4 cycles.

    Members
    -------
    constants : In(tile_bin_constants), held. clear : In(1), all pages are free again.
    frame : In(1), of the lists that are made. read_frame : In(1), of those that are looked up.
    i : In(stream of chunk_job). o : Out(stream of chunk_place).
    full : Out(1), a page was missing since clear. pages : Out, handed out since clear.
    number : In(bin_bits). first_page : Out, of that bin's list, READ_CYCLES = 2 later.
    page : In(page_bits). next_page : Out, that follows it, READ_CYCLES later.
        Both mean something only of lists that reach there.
    """

    READ_CYCLES = 2

    def __init__(self, params: Parameters):
        self._params = params
        page = page_bits(params)
        super().__init__(
            {
                "constants": In(tile_bin_constants(params)),
                "clear": In(1),
                "frame": In(1),
                "read_frame": In(1),
                "i": In(stream.Signature(chunk_job(params))),
                "o": Out(stream.Signature(chunk_place(params))),
                "full": Out(1),
                "pages": Out(page + 1),
                "number": In(bin_bits(params)),
                "first_page": Out(page),
                "page": In(page),
                "next_page": Out(page),
            }
        )

    def elaborate(self, platform):
        m = Module()
        bins, page = self._params.max_bins, page_bits(self._params)
        current, write_current = self._memory(m, "current", bins)
        # Of both frames, or of one: then the frame is beyond the address.
        memories, pages = self._params.list_memories, self._params.list_pages
        first, write_first = self._memory(m, "first", memories * bins)
        following, write_following = self._memory(m, "following", memories * pages)
        job = Signal(chunk_job(self._params), reset_less=True)
        own, chosen = Signal(page, reset_less=True), Signal(page, reset_less=True)
        missing, takes, drop = Signal(), Signal(), Signal(reset_less=True)
        all_taken = Signal()  # a cycle later: long before the next job's turn
        fresh = self.pages[:page]
        m.d.sync += [
            self.first_page.eq(first.data),
            self.next_page.eq(following.data),
            own.eq(current.data),
            all_taken.eq(self.pages == self.constants.pages),
        ]
        m.d.comb += [
            current.addr.eq(self.i.payload.number),
            first.addr.eq(Cat(self.number, self.read_frame)),
            following.addr.eq(Cat(self.page, self.read_frame)),
            missing.eq((job.chunk == 0) & all_taken),
            write_current.addr.eq(job.number),
            write_first.addr.eq(Cat(job.number, self.frame)),
            write_following.addr.eq(Cat(own, self.frame)),
            *(port.data.eq(fresh) for port in (write_current, write_first, write_following)),
            write_current.en.eq(takes),
            write_first.en.eq(takes & job.is_first),
            write_following.en.eq(takes & ~job.is_first),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.FSM():
            with m.State("WAIT"):  # for a job; its list's last page is read
                m.d.comb += self.i.ready.eq(1)
                m.d.sync += job.eq(self.i.payload)
                with m.If(self.i.valid):
                    m.next = "READ"
            with m.State("READ"):
                m.next = "TAKE"
            with m.State("TAKE"):
                m.d.comb += takes.eq((job.chunk == 0) & ~missing & ~self.full)
                m.d.sync += [
                    chosen.eq(Mux(job.chunk == 0, fresh, own)),
                    drop.eq(missing | self.full),
                    self.full.eq(missing | self.full),
                    self.pages.eq(self.pages + takes),
                ]
                m.next = "OFFER"
            with m.State("OFFER"), m.If(~self.o.valid | self.o.ready):
                m.d.sync += [
                    self.o.valid.eq(1),
                    self.o.payload.page.eq(self.constants.list_page + chosen),
                    self.o.payload.drop.eq(drop),
                    *(
                        self.o.payload[name].eq(job[name])
                        for name in ("chunk", "records", "is_half")
                    ),
                ]
                m.next = "WAIT"
        with m.If(self.clear):
            m.d.sync += [self.full.eq(0), self.pages.eq(0)]
        return m

    def _memory(self, m, name, depth):
        m.submodules[name] = memory = Memory(shape=page_bits(self._params), depth=depth, init=[])
        return memory.read_port(), memory.write_port()
