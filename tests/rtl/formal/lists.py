"""Harnesses of the lists: lengths counted, pages handed out, lists followed."""

from __future__ import annotations

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Array, Assume, Cat, Const, Module, Mux, Signal

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from hw.blocks.count_memory import CountMemory
from hw.stages.depth_sort.list_reader import PAGE_RECORDS, ListReader
from hw.stages.tile_bin.page_table import PageTable
from tests.rtl.formal.properties import Follow, free_stream, free_taker, given, holds, moves, occurs

PARAMS = Parameters(max_bins=16, list_pages=16, address_bits=32)


def count_memory(m: Module) -> None:
    """A number's counter is how often it counted since it was cleared, however close together."""
    _counters(m, late_write=False)


def late_count_memory(m: Module) -> None:
    """As count_memory, with a register in front of the memory."""
    _counters(m, late_write=True)


def _counters(m: Module, late_write: bool) -> None:
    m.submodules.dut = dut = CountMemory(4, 3, late_write)
    was_clear, came_before = Signal(), Signal()  # a cycle ago; three moves ago
    watched, tally = AnyConst(2), Signal(3)
    known = Signal()
    came = [Signal(name=f"came_{n}") for n in range(2)]  # one and two moves ago
    its = [Signal(name=f"its_{n}") for n in range(2)]
    due = [Signal(3, name=f"due_{n}") for n in range(2)]
    m.d.comb += [
        dut.move.eq(AnySeq(1)),
        dut.count.eq(AnySeq(1)),
        dut.number.eq(AnySeq(2)),
        dut.clear.eq(AnySeq(1)),
        dut.clear_number.eq(AnySeq(2)),
        given(~dut.clear | (~dut.count & ~came[0] & ~came[1])),
    ]
    if late_write:
        m.d.sync += was_clear.eq(dut.clear)
        m.d.comb += [given(~was_clear | ~dut.count), given(~dut.clear | ~came_before)]
    mine = dut.number == watched
    with m.If(dut.move):
        m.d.sync += [
            came_before.eq(came[1]),
            *(came[0].eq(dut.count), came[1].eq(came[0])),
            *(its[0].eq(dut.count & mine & known), its[1].eq(its[0])),
            *(due[0].eq(tally), due[1].eq(due[0])),
        ]
        with m.If(dut.count & mine):
            m.d.sync += tally.eq(tally + 1)
    with m.If(dut.clear & (dut.clear_number == watched)):
        m.d.sync += [known.eq(1), tally.eq(0)]
    m.d.comb += [
        holds(dut.counted == came[1]),
        holds(~its[1] | (dut.before == due[1])),
        holds(~its[1] | (dut.next == (due[1] + 1)[:3])),
        occurs(its[1] & its[0] & (due[1] == 2) & ~dut.move),
    ]


def page_table(m: Module) -> None:
    """Pages are handed out in order, none beyond the memory, and a chunk that begins none lies in
    its list's last one; out of pages all that follows is dropped. What is known of the other
    frame's lists stays as it is."""
    m.submodules.dut = dut = PageTable(PARAMS)
    free_stream(m, dut.i)
    free_taker(m, dut.o)
    pages, base = AnyConst(5), AnyConst(len(dut.constants.list_page))
    job, place = dut.i.payload, dut.o.payload
    watched = AnyConst(4)
    mine = job.number == watched
    taken, full = Signal(5), Signal()
    own, has_own = Signal(4), Signal()
    due, known, drops = Signal(len(place.page)), Signal(), Signal()
    begins = job.chunk == 0
    m.d.comb += [
        dut.constants.pages.eq(pages),
        dut.constants.list_page.eq(base),
        Assume(pages <= 16),
        Assume(~(Const(0, 1) | (base + pages)[len(dut.constants.list_page)])),
        given(~dut.i.valid | ~mine | begins | has_own | full),
    ]
    with m.If(moves(dut.i)):
        out = full | (begins & (taken == pages))
        m.d.sync += [full.eq(out), drops.eq(out), known.eq(begins | (mine & has_own))]
        m.d.sync += due.eq((base + Mux(begins, taken[:4], own))[: len(place.page)])
        with m.If(begins & ~out):
            m.d.sync += taken.eq(taken + 1)
            with m.If(mine):
                m.d.sync += [own.eq(taken[:4]), has_own.eq(1)]
    # One job at a time: what is offered belongs to the last one taken, or the one before it.
    shown = Signal(len(place.page) + 2)
    with m.If(~dut.o.valid | dut.o.ready):
        m.d.sync += shown.eq(Cat(due, known, drops))
    said_due, said_known, said_drops = shown[:-2], shown[-2], shown[-1]
    fresh = Signal()
    m.d.sync += fresh.eq(~dut.o.valid | dut.o.ready)
    passed = Cat(job.chunk, job.records, job.is_half)
    Follow(
        m,
        moves(dut.i),
        passed,
        moves(dut.o),
        Cat(place.chunk, place.records, place.is_half),
        2,
    )
    frame = AnyConst(1)
    shown_page, shown_before = (
        Cat(dut.first_page, dut.next_page),
        Signal(2 * len(dut.first_page), name="shown_before"),
    )
    looked = Signal(range(dut.READ_CYCLES + 2))  # cycles, as many as a look takes and one more
    m.d.comb += [
        *(dut.frame.eq(frame), dut.read_frame.eq(~frame)),
        *(dut.number.eq(AnyConst(4)), dut.page.eq(AnyConst(4))),
        holds((looked != dut.READ_CYCLES + 1) | (shown_page == shown_before)),
    ]
    m.d.sync += [
        looked.eq(Mux(looked == dut.READ_CYCLES + 1, looked, looked + 1)),
        shown_before.eq(shown_page),
    ]
    is_inside = (place.page - base)[: len(place.page)] < pages
    m.d.comb += [
        holds(dut.pages <= pages),
        holds(~dut.o.valid | place.drop | ~said_known | (place.page == said_due)),
        holds(~dut.o.valid | place.drop | ~said_known | is_inside),
        holds(~dut.o.valid | ~said_drops | place.drop),
        holds(~(dut.full & ~full)),
        occurs(moves(dut.o) & place.drop & (taken == 2)),
        occurs(moves(dut.o) & ~place.drop & (place.chunk != 0) & said_known),
    ]


def list_reader(m: Module) -> None:
    """A list's pages are asked for in their order, each once, if its bounds meet the reading's
    buckets and else not, as far as it holds entries; and `runs` says so."""
    m.submodules.dut = dut = ListReader(PARAMS)
    free_stream(m, dut.i)
    free_taker(m, dut.requests)
    free_taker(m, dut.runs)
    table = Array(AnyConst(2) for _ in range(4))  # the page behind each of four
    lows, highs = (Array(AnyConst(BUCKET_BITS) for _ in range(4)) for _ in range(2))
    base = AnyConst(len(dut.list_page))
    looked, low, high = Signal(2), Signal(BUCKET_BITS), Signal(BUCKET_BITS)
    m.d.sync += [
        *(looked.eq(table[dut.page[:2]]), dut.next_page.eq(looked)),
        *(low.eq(lows[dut.index[:2]]), dut.low.eq(low)),
        *(high.eq(highs[dut.index[:2]]), dut.high.eq(high)),
    ]
    head, request, run = dut.i.payload, dut.requests.payload, dut.runs.payload
    page, left, index = Signal(2), Signal(len(head.length) + 1), Signal.like(dut.index)
    first, final, asked, under_way = (
        Signal(BUCKET_BITS), Signal(BUCKET_BITS), Signal(), Signal()
    )  # fmt: skip
    m.d.comb += [
        dut.list_page.eq(base),
        given(~dut.i.valid | ((head.length != 0) & (head.page < 4))),
        Assume((base + 4)[len(dut.list_page)] == 0),
    ]
    count, needed = Signal(8), Signal()
    m.d.comb += [
        count.eq(Mux(left < PAGE_ENTRIES, left, PAGE_ENTRIES)),
        needed.eq((lows[index[:2]] <= final) & (highs[index[:2]] >= first)),
    ]
    steps, ends = under_way & (dut.index != index), under_way & dut.i.ready
    with m.If(steps):
        m.d.sync += [page.eq(table[page]), left.eq(left - PAGE_ENTRIES), index.eq(dut.index)]
    with m.If(steps | ends):
        m.d.sync += asked.eq(0)
    with m.Elif(moves(dut.requests)):
        m.d.sync += asked.eq(1)
    with m.If(moves(dut.i)):
        m.d.sync += [page.eq(head.page), left.eq(head.length), index.eq(0), under_way.eq(1)]
        m.d.sync += [first.eq(head.low), final.eq(head.high)]
    with m.Elif(ends):
        m.d.sync += under_way.eq(0)
    m.d.comb += [
        holds(~dut.requests.valid | (under_way & needed & ~asked & ~steps)),
        holds(~dut.requests.valid | (request["count"] == (count + 1) >> 1)),
        holds(~dut.requests.valid | (request.record == (base + page) * PAGE_RECORDS)),
        holds(~(steps | ends) | (asked == needed)),
        holds(~ends | (left <= PAGE_ENTRIES)),
        occurs(moves(dut.requests) & (left == 1) & (page == 2) & (index == 1)),
    ]
    # The entries of a request that is watched, in the run of the same number.
    watched, told, seen, due = AnyConst(3), Signal(3), Signal(3), Signal(8)
    with m.If(moves(dut.requests)):
        m.d.sync += seen.eq(seen + 1)
        with m.If(seen == watched):
            m.d.sync += due.eq(count)
    with m.If(moves(dut.runs) & (run.entries != 0)):
        m.d.sync += told.eq(told + 1)
    is_due = moves(dut.runs) & (run.entries != 0) & (told == watched) & (seen < 7)
    m.d.comb += holds(~is_due | (seen <= watched) | (run.entries == due))
