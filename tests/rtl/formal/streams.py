"""Harnesses of what passes a stream on: registers, queues, records out of beats, splats packed."""

from __future__ import annotations

from amaranth.asserts import AnyConst, AnySeq
from amaranth.hdl import Array, Assume, Module, Mux, Signal, Value

from golden.params import Parameters
from hw.blocks.pair_register import PairRegister
from hw.blocks.pipeline import population
from hw.blocks.skid_buffer import SkidBuffer
from hw.blocks.stream_register import StreamRegister
from hw.bus.read_queue import ReadQueue
from hw.bus.record_stream import RecordStream
from hw.frame.splat_packer import SplatPacker
from tests.rtl.formal.properties import (
    Follow,
    free_stream,
    free_taker,
    given,
    holds,
    moves,
    occurs,
    stays,
    symbol,
)

PACED = Parameters(cull_cycles=2, project_cycles=2, color_cycles=4, raster_lanes=4, list_memories=1)
DEPTH = 3  # so that its register is full while its memory holds an item


def stream_register(m: Module) -> None:
    """Two items at most; one of a cycle later where nothing holds it up."""
    _register(m, StreamRegister(4))


def _register(m: Module, dut: StreamRegister) -> None:
    m.submodules.dut = dut
    free_stream(m, dut.i)
    free_taker(m, dut.o)
    items = Follow(m, moves(dut.i), dut.i.payload, moves(dut.o), dut.o.payload, 2)
    m.d.comb += holds(items.inside == dut.o.valid + ~dut.i.ready)


def pair_register(m: Module) -> None:
    """The same, and StreamRegister beside it offers and takes in the same cycles."""
    _register(m, dut := PairRegister(4))
    m.submodules.other = other = StreamRegister(4)
    m.d.comb += [
        *(other.i.valid.eq(dut.i.valid), other.i.payload.eq(dut.i.payload)),
        other.o.ready.eq(dut.o.ready),
        holds((dut.o.valid == other.o.valid) & (dut.i.ready == other.i.ready)),
    ]


def skid_buffer(m: Module) -> None:
    """No cycle later where nothing holds it up; one item at most waits. A register behind it makes
    items followable."""
    m.submodules.dut = dut = SkidBuffer(4)
    m.submodules.behind = behind = StreamRegister(4)
    free_stream(m, dut.i)
    free_taker(m, behind.o)
    items = Follow(m, moves(dut.i), dut.i.payload, moves(behind.o), behind.o.payload, 3)
    m.d.comb += [
        *(behind.i.valid.eq(dut.o.valid), behind.i.payload.eq(dut.o.payload)),
        dut.o.ready.eq(behind.i.ready),
        holds(stays(m, dut.o)),
        holds(items.inside == ~dut.i.ready + behind.o.valid + ~behind.i.ready),
        holds(dut.o.valid == (dut.i.valid | ~dut.i.ready)),
    ]


def read_queue(m: Module) -> None:
    """Nothing written is lost while no more is written than there is room for."""
    _read_queue(m, ReadQueue(Parameters(data_bits=256), DEPTH))


def paced_read_queue(m: Module) -> None:
    """The same at half the rate."""
    _read_queue(m, dut := ReadQueue(PACED, DEPTH))
    left = Signal()
    m.d.sync += left.eq(moves(dut.o))
    m.d.comb += holds(~left | ~dut.o.valid)


def _read_queue(m: Module, dut: ReadQueue) -> None:
    m.submodules.dut = dut
    reserved = Signal(range(DEPTH + 1))
    m.d.sync += reserved.eq(reserved + dut.write - dut.freed)
    entry = Value.cast(dut.entry)
    m.d.comb += [
        dut.write.eq(AnySeq(1)),
        entry.eq(symbol(len(entry))),
        Assume(~dut.write | (reserved < DEPTH)),
        holds(~dut.freed | (reserved > 0)),
    ]
    free_taker(m, dut.o)
    Follow(m, dut.write, dut.entry, moves(dut.o), dut.o.payload, DEPTH)


def record_stream(m: Module) -> None:
    """The records of each beat in order, and the beat is taken with the last of them."""
    m.submodules.dut = dut = RecordStream(Parameters(data_bits=512))
    free_stream(m, dut.i)
    free_taker(m, dut.o)
    beat, first_gone, last = dut.i.payload, Signal(), Signal()
    both = beat.slots.all()
    m.d.comb += [
        Assume(beat.slots.any()),
        last.eq(~both | first_gone),
        holds(dut.o.valid == dut.i.valid),
        holds(moves(dut.i) == (moves(dut.o) & last)),
        occurs(moves(dut.i) & both),
    ]
    upper = ~beat.slots[0] | first_gone
    m.d.comb += holds(dut.o.payload == Mux(upper, beat.data[1], beat.data[0]))
    with m.If(moves(dut.o)):
        m.d.sync += first_gone.eq(~last)


def splat_packer(m: Module) -> None:
    """Each splat of a frame once and in order, in full beats but the last, which is marked."""
    params = Parameters(lanes=2)
    m.submodules.dut = dut = SplatPacker(params)
    free_taker(m, dut.o)
    beat, out = dut.i.payload, dut.o.payload
    m.d.comb += [dut.i.valid.eq(AnySeq(1)), beat.lanes.eq(AnySeq(2))]
    for record in beat.records:
        m.d.comb += Value.cast(record).eq(symbol(len(Value.cast(record))))
    m.d.comb += given(stays(m, dut.i))
    came, left = (Signal(8) for _ in range(2))  # splats of this frame
    chosen, gone, ended = Signal(), Signal(), Signal()
    kept = Signal.like(Value.cast(beat.records[0]))
    position, count, offset = Signal(8), Signal(2), Signal(8)
    lane = AnyConst(1)
    here = Array(Value.cast(beat.records[n]) for n in range(2))[lane]
    shown = Array(Value.cast(out.records[n]) for n in range(2))[offset[0]]
    drain_before = Signal()
    m.d.sync += drain_before.eq(dut.drain)
    m.d.comb += [
        dut.drain.eq(AnySeq(1)),
        # A frame's end is said behind its splats, and until it is finished; then it falls.
        Assume(~dut.i.valid | (beat.lanes.any() & ~dut.drain & ~dut.drained)),
        given(~drain_before | dut.drained | dut.drain),
        given(~(drain_before & dut.drained) | ~dut.drain),
        given(~dut.drained | drain_before | ~dut.drain),
        count.eq(population(out.lanes)),
        offset.eq(position - left),
    ]
    with m.If(moves(dut.i)):
        m.d.sync += came.eq(came + population(beat.lanes))
        with m.If(~chosen & beat.lanes.bit_select(lane, 1) & AnySeq(1)):
            before = Mux(lane, beat.lanes[0], 0)
            m.d.sync += [chosen.eq(1), gone.eq(0), kept.eq(here), position.eq(came + before)]
    is_in = chosen & ~gone & (offset < count)
    with m.If(moves(dut.o)):
        m.d.sync += [left.eq(left + count), gone.eq(gone | is_in)]
    with m.If(moves(dut.o) & out.last):
        m.d.sync += ended.eq(1)
    with m.If(dut.drained & ~dut.drain):
        m.d.sync += [came.eq(0), left.eq(0), chosen.eq(0), gone.eq(0), ended.eq(0)]
    m.d.comb += [
        holds(~dut.o.valid | Mux(out.last, out.lanes != 2, out.lanes.all())),
        holds(~dut.o.valid | ~ended),
        holds(~dut.o.valid | (left + count <= came)),
        holds(~dut.o.valid | ~is_in | (shown == kept)),
        holds(~dut.o.valid | ~out.last | (dut.drain & (left + count == came))),
        holds(dut.drained == ended),
        occurs(dut.drained & (came == 3) & gone),
        occurs(dut.drained & (came == 0)),
    ]
