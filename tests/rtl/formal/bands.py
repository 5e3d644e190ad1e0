"""Harnesses of bands: what waits for them, entries' spans walked through, and bands into bins."""

from __future__ import annotations

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data

from golden.params import Parameters
from hw.stages.tile_bin.band_walker import BandWalker
from hw.stages.tile_bin.bin_expander import BinExpander
from hw.stages.tile_bin.part_queue import PartQueue
from tests.rtl.formal.properties import (
    Follow,
    free_stream,
    free_taker,
    given,
    holds,
    moves,
    occurs,
)

PARAMS = Parameters(max_bins=16, list_pages=16, address_bits=32)


def part_queue(m: Module) -> None:
    """Each part of an item leaves with the others of its own, in order and once, however early it
    came."""
    _parts(m, lazy=False)


def lazy_part_queue(m: Module) -> None:
    """As part_queue; `ready` is seen in the next cycle."""
    _parts(m, lazy=True)


def _parts(m: Module, *, lazy: bool) -> None:
    depth, layout = 2, data.StructLayout({"early": 2, "late": 2})
    m.submodules.dut = dut = PartQueue(layout, (("early",), ("late",)), depth, lazy=lazy)
    free_taker(m, dut.o)
    early, late = dut.write
    inside, incomplete = (Signal(range(depth + 2), name=n) for n in ("inside", "incomplete"))
    m.d.sync += [
        inside.eq(inside + early - moves(dut.o)),
        incomplete.eq(incomplete + early - late),
    ]
    m.d.comb += [
        *(dut.write.eq(AnySeq(2)), Value.cast(dut.i).eq(AnySeq(4))),
        given(~early | (inside < depth)),
        given(~late | early | (incomplete != 0)),
        occurs(moves(dut.o) & (incomplete == 1)),
    ]
    for name, came in (("early", early), ("late", late)):
        Follow(m, came, dut.i[name], moves(dut.o), dut.o.payload[name], depth)
    if lazy:
        left = Signal()
        m.d.sync += left.eq(moves(dut.o))
        m.d.comb += holds(~left | ~dut.o.valid)


def bin_expander(m: Module) -> None:
    """An entry goes to every bin of its bands, in their order and once; one without bins only ends
    its entry, and no entry goes before its last band was taken."""
    m.submodules.dut = dut = BinExpander(PARAMS)
    free_stream(m, dut.i)
    free_taker(m, dut.o)
    across, band, out = AnyConst(len(dut.across)), dut.i.payload, dut.o.payload
    number, left, step = Signal(4), Signal.like(band.places), Signal(4)
    # Entries by their number: the first two bits of each tell which one it is.
    entry, due, open_, opened = Signal(2), Signal(2), Signal(), Signal()
    m.d.comb += [
        dut.across.eq(across),
        dut.entry.as_value()[:2].eq(entry),
        given(~dut.i.valid | ~band.is_empty | band.is_last),
        holds(dut.o.valid == open_),
        holds(~dut.o.valid | (out.number == number)),
        holds(~dut.o.valid | (out.entry.as_value()[:2] == due)),
        holds(dut.ends == (moves(dut.i) & band.is_last)),
        holds(~(moves(dut.i) & ~band.is_empty) | ~open_ | (moves(dut.o) & (left == 0))),
        occurs(moves(dut.o) & (left == 0) & moves(dut.i) & (entry == 2) & band.is_empty & opened),
    ]
    with m.If(dut.ends):
        m.d.sync += entry.eq(entry + 1)
    with m.If(moves(dut.o)):
        m.d.sync += [number.eq(number + step), left.eq(left - 1), open_.eq(left != 0)]
    with m.If(moves(dut.i) & ~band.is_empty):
        m.d.sync += [
            *(number.eq(band.number), left.eq(band.places), due.eq(entry), open_.eq(1)),
            *(step.eq(Mux(band.is_column, across, 1)), opened.eq(band.is_column)),
        ]


def band_walker(m: Module) -> None:
    """Each entry has one last band, in the order of the entries, and as many bands as it has; those
    that are left out have no bin."""
    m.submodules.dut = dut = BandWalker(PARAMS)
    free_stream(m, dut.i)
    free_taker(m, dut.o)
    span, band = dut.i.payload, dut.o.payload
    m.d.comb += [
        dut.across.eq(AnyConst(len(dut.across))),
        given(span.bands < 3),
        holds(~dut.o.valid | ~band.is_empty | band.is_last),
    ]
    follow = Follow(
        m,
        moves(dut.i),
        span.swap,
        moves(dut.o) & band.is_last,
        band.is_column,
        dut.latency_cycles + 1,
    )
    # All bins of each rectangle: as many bands as it has, from its first bin on, and all places.
    seen = Signal(2)
    only, rows = AnyConst(1), AnyConst(2)
    m.d.comb += [
        given(~only | ((span.bands == rows) & span.whole)),
        holds(~(only & moves(dut.o)) | ~band.is_empty),
        holds(~(only & moves(dut.o)) | (band.is_last == (seen == rows))),
        occurs(Cat(only, moves(dut.o), band.is_last).all() & (rows == 2) & (follow.inside > 2)),
    ]
    with m.If(moves(dut.o)):
        m.d.sync += seen.eq(Mux(band.is_last, 0, seen + 1))
