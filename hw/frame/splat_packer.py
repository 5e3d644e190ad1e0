"""Splats of a frame into full beats, the last of which is marked."""

from __future__ import annotations

from amaranth.hdl import Array, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.pipeline import population
from hw.layouts import colored_splat, splat_record


def output_record(params: Parameters) -> data.StructLayout:
    """A splat as it leaves the accelerator: with its colour where the build has one."""
    return colored_splat(params) if params.color_cycles else splat_record(params)


def output_lanes(params: Parameters) -> int:
    """Splats of one beat of the output: one where they pass color."""
    return 1 if params.color_cycles else params.lanes


def output_beat(params: Parameters) -> data.StructLayout:
    """Splats of one cycle; those whose bit of `lanes` is 0 are none."""
    lanes = output_lanes(params)
    records = data.ArrayLayout(output_record(params), lanes)
    return data.StructLayout({"records": records, "lanes": lanes})


def packed_beat(params: Parameters) -> data.StructLayout:
    """Splats of one beat, from lane 0 up; all lanes but in the last beat of a frame."""
    lanes = output_lanes(params)
    records = data.ArrayLayout(output_record(params), lanes)
    return data.StructLayout({"records": records, "lanes": lanes, "last": 1})


class SplatPacker(wiring.Component):
    """Closes the gaps that dropped members leave between lanes, and ends the frame.

    A full beat waits until the next one or the frame's end comes, so that `last` is known; the
    beat with `last` may hold fewer splats than lanes, or none where the frame has none.

    Latency: 3 cycles for a full beat that another follows at once. One beat a cycle. With one lane
    there are no gaps, and nothing is kept.

    Members
    -------
    i : In(stream of output_beat).
    drain : In(1), no more splats come; held until `drained`.
    o : Out(stream of packed_beat).
    drained : Out(1), the last beat was taken; until `drain` falls.
    """

    def __init__(self, params: Parameters):
        self._params = params
        super().__init__(
            {
                "i": In(stream.Signature(output_beat(params))),
                "drain": In(1),
                "o": Out(stream.Signature(packed_beat(params))),
                "drained": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        lanes = output_lanes(self._params)
        beats = data.ArrayLayout(output_record(self._params), lanes)
        # Compacted; too few for a beat; what waits for what comes next; what is offered.
        full, kept, held = (
            Signal(beats, name=name, reset_less=True) for name in ("full", "kept", "held")
        )
        count = Signal(range(lanes + 1))
        kept_count = Signal(range(lanes)) if lanes > 1 else Const(0, 1)
        held_valid, total = Signal(), Signal(range(2 * lanes))
        emit, free, done = Signal(), Signal(), Signal()
        out = self._offered = Signal(packed_beat(self._params), reset_less=True)
        m.d.comb += [
            self.o.payload.eq(out),
            total.eq(kept_count + count),
            emit.eq(total >= lanes),
            free.eq(~self.o.valid | self.o.ready),
            # A beat that fills one pushes the held one out.
            done.eq((count != 0) & (~emit | ~held_valid | free)),
            self.i.ready.eq((count == 0) | done),
        ]
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(self.i.ready):
            m.d.sync += self._compacted(full, count)
        with m.If(done):
            m.d.sync += self._appended(full, kept, kept_count, total, emit, held)
            with m.If(emit):
                m.d.sync += held_valid.eq(1)
            with m.If(emit & held_valid):
                m.d.sync += [out.records.eq(held), out.lanes.eq(-1), out.last.eq(0)]
                m.d.sync += self.o.valid.eq(1)
        idle = Signal()
        m.d.comb += idle.eq(self.drain & (count == 0) & ~self.i.valid & ~self.drained)
        with m.If(idle & free):
            m.d.sync += self._ended(held, held_valid, kept, kept_count)
        with m.If(~self.drain):
            m.d.sync += self.drained.eq(0)
        with m.Elif(self.o.valid & self.o.ready & out.last):
            m.d.sync += self.drained.eq(1)
        return m

    def _compacted(self, full, count):
        """The lanes that hold a splat, from lane 0 up."""
        beat, lanes = self.i.payload, output_lanes(self._params)
        statements = [count.eq(Mux(self.i.valid, population(beat.lanes), 0))]
        before = [population(beat.lanes[:n]) if n else 0 for n in range(lanes)]
        for place in range(lanes):
            chosen = beat.records[place].as_value()
            for n in range(lanes - 1, place - 1, -1):
                selected = beat.lanes[n] & (before[n] == place)
                chosen = Mux(selected, beat.records[n].as_value(), chosen)
            statements.append(full[place].as_value().eq(chosen))
        return statements

    def _appended(self, full, kept, kept_count, total, emit, held):
        """kept + full: a beat of it where that fills one, and what is left over."""
        lanes = output_lanes(self._params)
        line = []
        for place in range(2 * lanes):
            new = Array(
                full[place - n].as_value() if 0 <= place - n < lanes else 0 for n in range(lanes)
            )[kept_count]
            if place < lanes - 1:  # at most that many are kept
                new = Mux(place < kept_count, kept[place].as_value(), new)
            line.append(new)
        statements = []
        for place in range(lanes):
            low, high = line[place], line[place + lanes]
            statements.append(held[place].as_value().eq(Mux(emit, low, held[place].as_value())))
            if lanes > 1:
                statements.append(kept[place].as_value().eq(Mux(emit, high, low)))
        if lanes > 1:
            statements.append(kept_count.eq(Mux(emit, total - lanes, total)))
        return statements

    def _ended(self, held, held_valid, kept, kept_count):
        """The held beat, then what is left over, the latter of the two as the last."""
        out, lanes = self._offered, output_lanes(self._params)
        rest = kept_count != 0
        some = Array((1 << n) - 1 for n in range(lanes))[kept_count]
        counted = [kept_count.eq(Mux(held_valid, kept_count, 0))] if lanes > 1 else []
        return [
            *counted,
            self.o.valid.eq(~(self.o.valid & out.last)),
            out.records.eq(Mux(held_valid, held.as_value(), kept.as_value())),
            out.lanes.eq(Mux(held_valid, (1 << lanes) - 1, some)),
            out.last.eq(~held_valid | ~rest),
            held_valid.eq(0),
        ]
