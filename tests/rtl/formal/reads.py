"""Harnesses of what reads: runs cut into bursts, clusters joined into runs, the bus for all."""

from __future__ import annotations

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Assume, Cat, Const, Module, Mux, Signal

from golden.params import Parameters
from hw.bus.burst_splitter import PAGE_BYTES, BurstSplitter
from hw.stages.cluster_cull.cluster_reader import ClusterReader
from hw.stages.gaussian_fetch.run_merger import RunMerger
from tests.rtl.formal.properties import (
    RECORD_SHIFT,
    Follow,
    free_stream,
    free_taker,
    given,
    holds,
    moves,
    occurs,
    spread,
    stays,
)


def burst_splitter(m: Module) -> None:
    """The bursts of a run follow each other from its first record to its last, each as long as
    page, run and queue allow, as soon as the queue has room for it, and never before."""
    depth, slots = 4, 2
    m.submodules.dut = dut = BurstSplitter(Parameters(data_bits=512), depth)
    free_stream(m, dut.i)
    free_taker(m, dut.o)
    run, burst, page = dut.i.payload, dut.o.payload, PAGE_BYTES // (32 * slots)
    odd, taken, granted = run.record[0], moves(dut.i), moves(dut.o)
    entry, left = Signal(len(run.record)), Signal(21)
    frame, first, skip_first, skip_last = (Signal() for _ in range(4))
    reserved = Signal(8)
    some = run["count"].any()
    m.d.comb += Assume(~dut.i.valid | ~(run.record + run["count"])[len(run.record)])
    page_left, length = Signal(8), Signal(9)
    m.d.comb += [
        dut.freed.eq(AnySeq(1)),
        given(~dut.freed | (reserved > 0)),
        page_left.eq(page - entry % page),
        length.eq(burst.length + 1),
    ]
    m.d.sync += reserved.eq(reserved + Mux(granted, length, 0) - dut.freed)
    with m.If(taken):
        m.d.sync += [
            *(entry.eq(run.record >> 1), left.eq((run["count"] + odd + 1) >> 1)),
            *(frame.eq(run.frame), first.eq(1)),
            *(skip_first.eq(odd), skip_last.eq(odd ^ run["count"][0])),
        ]
        with m.If(~some):
            m.d.sync += left.eq(0)
    with m.Elif(granted):
        m.d.sync += [entry.eq(entry + length), left.eq(left - length), first.eq(0)]
    longest = Mux(page_left < depth, page_left, depth)
    due = Signal(9)
    m.d.comb += due.eq(Mux(left < longest, left, longest))
    waits = Signal(4)  # cycles in which a burst had room and was not offered
    m.d.sync += waits.eq(0)
    with m.If((left > 0) & ~dut.o.valid & (reserved + due <= depth) & ~taken):
        m.d.sync += waits.eq(waits + 1)
    m.d.comb += [
        holds(waits < BurstSplitter.OFFER_CYCLES),
        holds(~dut.o.valid | (left > 0)),
        holds(~dut.o.valid | (length == due)),
        holds(~dut.o.valid | (burst.address >> (RECORD_SHIFT + 1) == entry)),
        holds(~dut.o.valid | ~burst.address[: RECORD_SHIFT + 1].any()),
        holds(~dut.o.valid | (burst.skip_first == (first & skip_first))),
        holds(~dut.o.valid | (burst.skip_last == ((length == left) & skip_last))),
        holds(~dut.o.valid | (burst.frame == frame)),
        holds(~dut.o.valid | (reserved + length <= depth)),
        holds(~taken | (left == 0)),
        occurs(granted & (page_left < depth) & (left > page_left) & first & skip_first),
        occurs(granted & (length == left) & skip_last & ~first),
    ]


def run_merger(m: Module) -> None:
    """Runs hold the Gaussians of all clusters within the table, in order and each once; those
    beyond it, and clusters of none, are reported and not read."""
    params = Parameters()
    m.submodules.dut = dut = RunMerger(params)
    free_taker(m, dut.o)
    tables = [spread(AnyConst, len(dut.table), 2, 15, len(dut.table) - 1) for _ in range(2)]
    numbers = [spread(AnyConst, 32, 3, 12, 22, 31) for _ in range(2)]
    item, run = dut.i.payload, dut.o.payload
    m.d.comb += [
        dut.i.valid.eq(AnySeq(1)),
        item.base.eq(spread(AnySeq, 32, 3, 12, 22, 31)),
        item["count"].eq(spread(AnySeq, len(item["count"]), 2, 10, len(item["count"]) - 1)),
        given(stays(m, dut.i)),
    ]
    frame = Signal()
    bits = len(run.record)
    m.d.comb += [
        frame.eq(AnySeq(1)),
        dut.frame.eq(frame),
        dut.table.eq(Mux(frame, tables[1], tables[0])),
        dut.gaussians.eq(Mux(frame, numbers[1], numbers[0])),
    ]
    good = Signal()
    m.d.comb += good.eq((item["count"] != 0) & (item.base + item["count"] <= dut.gaussians))
    came, left, at = Signal(20), Signal(20), Signal(20)
    chosen, gone = Signal(), Signal()
    record, size, of_frame = Signal(bits), Signal(20), Signal()
    bad = Signal(2)
    with m.If(moves(dut.i)):
        with m.If(good):
            m.d.sync += came.eq(came + item["count"])
            with m.If(~chosen & AnySeq(1)):
                m.d.sync += [
                    *(chosen.eq(1), at.eq(came), size.eq(item["count"]), of_frame.eq(frame)),
                    record.eq(dut.table + item.base),
                ]
        with m.Else():
            m.d.sync += bad.eq(bad | (1 << frame))
    offset = Signal(20)
    m.d.comb += offset.eq(at - left)
    here = Signal()
    m.d.comb += here.eq(dut.o.valid & chosen & ~gone & (offset < run["count"]))
    with m.If(moves(dut.o)):
        m.d.sync += [left.eq(left + run["count"]), gone.eq(gone | here)]
    m.d.comb += [
        holds(~here | ((run.record + offset)[:bits] == record)),
        holds(~here | (offset + size <= run["count"])),
        holds(~here | (run.frame == of_frame)),
        holds(~chosen | gone | (left <= at)),
        holds(~dut.o.valid | ((run["count"] > 0) & (left + run["count"] <= came))),
        holds(dut.busy | ((left == came) & (dut.outside == bad))),
        holds((dut.outside & ~bad) == 0),
        occurs(moves(dut.o) & here & (offset != 0) & (offset + size < run["count"])),
        occurs(dut.outside.all() & gone),
    ]


def cluster_reader(m: Module) -> None:
    """Every run within the table is asked for once and in order; others are reported."""
    params = Parameters()
    m.submodules.dut = dut = ClusterReader(params)
    free_stream(m, dut.runs)
    free_taker(m, dut.requests)
    run, request = dut.runs.payload, dut.requests.payload
    good, bad = Signal(), Signal()
    record = Signal(len(request.record))
    m.d.comb += [
        dut.table_record.eq(AnyConst(len(dut.table_record))),
        dut.table_count.eq(AnyConst(32)),
        dut.frame.eq(AnyConst(1)),
        good.eq((run["count"] != 0) & (run.base + run["count"] <= dut.table_count)),
        record.eq(dut.table_record + run.base),
    ]
    with m.If(moves(dut.runs) & ~good):
        m.d.sync += bad.eq(1)
    due = Cat(record, run["count"].as_unsigned(), Const(0, 20 - len(run["count"])))
    asked = Cat(request.record, request["count"])
    items = Follow(m, moves(dut.runs) & good, due, moves(dut.requests), asked, 2)
    m.d.comb += [
        holds(~dut.requests.valid | (request.frame == dut.frame)),
        holds((dut.outside.any() == 0) | bad),
        holds((dut.outside & ~(1 << dut.frame))[:2] == 0),
        holds(dut.busy | dut.requests.valid | (items.inside == 0)),
        holds(dut.busy | ~bad),
        occurs(dut.outside.any() & (items.inside == 0)),
    ]
