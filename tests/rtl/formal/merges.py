"""Harnesses of depth_sort's merger: two streams of runs into one."""

from __future__ import annotations

from amaranth.asserts import AnySeq
from amaranth.hdl import Cat, Const, Module, Mux, Signal

from golden.params import Parameters
from hw.stages.depth_sort.merge_pair import MergePair
from hw.stages.depth_sort.paced_pair import PacedPair
from tests.rtl.formal.properties import Follow, free_taker, given, holds, moves, occurs, stays

PARAMS = Parameters(sort_entries=256)
KEY_BITS_FREE = 1
QUEUE_PLACES = 2
# Items of a stream in its queue and on the way through.
INSIDE, PACED_INSIDE = 5, 4
LAST_TAG, LONE_TAG = 7, 6  # bits of the index that say what the item was when it came


def merge_by_key(m: Module) -> None:
    """As _merge: of equal keys the even run's first."""
    _merge(m, MergePair(PARAMS, QUEUE_PLACES), by_arrival=False)


def merge_by_arrival(m: Module) -> None:
    """As _merge: of equal keys the smaller index first."""
    _merge(m, MergePair(PARAMS, QUEUE_PLACES, by_arrival=True), by_arrival=True)


def merge_at_half_rate(m: Module) -> None:
    """As merge_by_key, of a PacedPair."""
    _merge(m, PacedPair(PARAMS, QUEUE_PLACES), by_arrival=False, most_inside=PACED_INSIDE)


def _merge(
    m: Module, dut: MergePair | PacedPair, by_arrival: bool, most_inside: int = INSIDE
) -> None:
    """Items of each stream leave in order, none is lost; each pair of runs becomes one in order,
    whose last item alone is marked; a lone run passes by itself."""
    m.submodules.dut = dut
    free_taker(m, dut.o)
    _runs(m, dut.even, 0)
    _runs(m, dut.odd, 1)
    out, leaves = dut.o.payload, moves(dut.o)
    order = Cat(out.index, out.key)
    for side, runs in enumerate((dut.even, dut.odd)):
        item = runs.payload.item
        came, left = Cat(item.index, item.key), leaves & (out.buffer == side)
        follow = Follow(m, moves(runs), came, left, order, most_inside)
        m.d.comb += given(~runs.valid | (follow.inside < most_inside))
    # What of this pair has left.
    under_way, even_done, odd_done, is_lone = (Signal() for _ in range(4))
    before, before_side = Signal(len(order)), Signal()
    was_last, was_lone = out.index[LAST_TAG], out.index[LONE_TAG]
    even_after = even_done | (~out.buffer & was_last)
    odd_after = odd_done | (out.buffer & was_last)
    with m.If(leaves):
        m.d.sync += [
            under_way.eq(~out["last"]),
            even_done.eq(~out["last"] & even_after),
            odd_done.eq(~out["last"] & odd_after),
            is_lone.eq(~out["last"] & ~out.buffer & was_lone),
            before.eq(order),
            before_side.eq(out.buffer),
        ]
    keys = len(out.index)
    rises = order > before
    if not by_arrival:
        rises = Mux(
            before_side & ~out.buffer, order[keys:] > before[keys:], order[keys:] >= before[keys:]
        )
    m.d.comb += [
        holds(~leaves | ~under_way | rises),
        holds(~leaves | (out["last"] == (even_after & (odd_after | is_lone | was_lone)))),
        holds(~leaves | ~Mux(out.buffer, odd_done | is_lone, even_done)),
        occurs(leaves & out["last"] & out.buffer & before_side & under_way),
        occurs(leaves & out["last"] & ~out.buffer & was_lone & under_way),
    ]


def _runs(m: Module, runs, side: int) -> None:
    """Runs in order, that say in their indices what they are; those of odd ones are never lone."""
    item, lone = runs.payload.item, runs.payload.lone
    order, before = Cat(item.index, item.key), Signal(len(item.index) + len(item.key))
    under_way, was_lone = Signal(name=f"run_{side}"), Signal(name=f"lone_{side}")
    m.d.comb += [
        runs.valid.eq(AnySeq(1)),
        item.key.eq(AnySeq(KEY_BITS_FREE)),
        item.index.eq(Cat(AnySeq(1), Const(0, LONE_TAG - 2), Const(side, 1), lone, item["last"])),
        item.buffer.eq(side),
        item["last"].eq(AnySeq(1)),
        lone.eq(AnySeq(1) if side == 0 else 0),
        given(stays(m, runs)),
        given(~runs.valid | ~under_way | ((order > before) & (lone == was_lone))),
    ]
    with m.If(moves(runs)):
        m.d.sync += [under_way.eq(~item["last"]), was_lone.eq(lone), before.eq(order)]
