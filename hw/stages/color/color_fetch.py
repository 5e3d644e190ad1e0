"""Colour records by index: neighbours become one run, and the records come back in order."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.stream_register import StreamRegister
from hw.bus.record_stream import RECORD_BITS, RecordStream
from hw.layouts import run_request, shape, slot_beat

# A run that nothing has joined for so long is asked for: with the last splats of a frame.
WAIT_CYCLES = 32


def run_records(params: Parameters) -> int:
    """Records of the longest run, 64 to 16; its end is a multiple of them, and so no page's middle.

    The first splat of a run waits for the others, so it is shorter where these are farther apart.
    """
    return min(64, 128 // params.color_cycles)


class IndexRuns(wiring.Component):
    """Joins indices that follow one another to runs of records.

    A run is offered once it is full, the next index is no neighbour, or none has come for
    WAIT_CYCLES.

    Latency: REQUEST_CYCLES = 2 from an index that is no neighbour to the run before it offered, 3
    from one that fills a run; WAIT_CYCLES + 3 from the last index that came.
    Throughput: an index a cycle while they join; a run a cycle while `o` takes them.

    Members
    -------
    table : In(address_bits - 5), number of the first colour record. frame : In(1), of the splats.
        Both are held while indices are under way.
    i : In(stream of base_bits). o : Out(stream of run_request).
    """

    REQUEST_CYCLES = 2

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "table": In(params.address_bits - 5),
                "frame": In(1),
                "i": In(stream.Signature(shape(params.base))),
                "o": Out(stream.Signature(run_request(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        # The index that came, whether it follows the one before, and what would follow it.
        came, came_here = Signal(self.i.payload.shape(), reset_less=True), Signal()
        follows, following = Signal(reset_less=True), Signal(len(came) + 1, reset_less=True)
        # The run that grows, and since when it has not; the run that is offered.
        grows, run = Signal(), Signal(run_request(self._params), reset_less=True)
        waited, is_old = Signal(range(WAIT_CYCLES + 1)), Signal()
        offered = Signal(run_request(self._params), reset_less=True)
        moved, merge, start, move = (Signal() for _ in range(4))
        # Records until the run is full.
        left = Signal(run_records(self._params).bit_length() - 1, reset_less=True)
        record = Signal(run.record.shape())
        m.d.comb += [
            record.eq(self.table + came),
            self.o.payload.eq(offered),
            moved.eq(~self.o.valid | self.o.ready),
            merge.eq(came_here & grows & follows & left.any()),
            start.eq(came_here & ~merge & (~grows | moved)),
            # Never in the cycle in which an index joins it: that one would be in no run.
            move.eq(grows & moved & ~merge & (came_here | is_old | ~left.any())),
            self.i.ready.eq(~came_here | merge | start),
        ]
        m.d.sync += [
            grows.eq((grows & ~move) | start),
            is_old.eq(grows & ~move & ~merge & ~start & (waited >= WAIT_CYCLES - 1)),
        ]
        with m.If(merge | start):
            m.d.sync += waited.eq(0)
        with m.Elif(waited != WAIT_CYCLES):
            m.d.sync += waited.eq(waited + 1)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(move):
            m.d.sync += [self.o.valid.eq(1), offered.eq(run)]
        with m.If(merge):
            m.d.sync += [run["count"].eq(run["count"] + 1), left.eq(left - 1)]
        with m.If(start):
            m.d.sync += [
                run.record.eq(record),
                left.eq(~record),
                run["count"].eq(1),
                run.frame.eq(self.frame),
            ]
        with m.If(self.i.ready):
            m.d.sync += came_here.eq(self.i.valid)
            with m.If(self.i.valid):
                m.d.sync += [
                    came.eq(self.i.payload),
                    follows.eq(self.i.payload == following),
                    following.eq(self.i.payload + 1),
                ]
        return m


class ColorFetch(wiring.Component):
    """The colour records of a stream of indices, in order, one a cycle.

    Latency: 1 cycle more than IndexRuns from an index to its run; 0 from a beat to its records.

    Members
    -------
    table : In(address_bits - 5), number of the first colour record. frame : In(1), of the splats.
    i : In(stream of base_bits); `ready` is a register. o : Out(stream of 256 bits).
    requests : Out(stream of run_request). slots : In(stream of slot_beat).
    """

    REQUEST_CYCLES = IndexRuns.REQUEST_CYCLES + 1

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "table": In(params.address_bits - 5),
                "frame": In(1),
                "i": In(stream.Signature(shape(params.base))),
                "o": Out(stream.Signature(RECORD_BITS)),
                "requests": Out(stream.Signature(run_request(params))),
                "slots": In(stream.Signature(slot_beat(params))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.indices = indices = StreamRegister(shape(self._params.base))
        m.submodules.runs = runs = IndexRuns(self._params)
        m.submodules.records = records = RecordStream(self._params)
        wiring.connect(m, wiring.flipped(self.i), indices.i)
        wiring.connect(m, indices.o, runs.i)
        wiring.connect(m, runs.o, wiring.flipped(self.requests))
        wiring.connect(m, wiring.flipped(self.slots), records.i)
        wiring.connect(m, records.o, wiring.flipped(self.o))
        m.d.comb += [runs.table.eq(self.table), runs.frame.eq(self.frame)]
        return m
