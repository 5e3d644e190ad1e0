"""Stage 4: splats in, splats with their colour out, one every color_cycles cycles."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.color.formats import COLOR, ColorFormats
from hw.layouts import (
    CHANNELS,
    COUNTER_BITS,
    color_constants,
    color_record,
    colored_splat,
    run_request,
    shape,
    slot_beat,
    splat_record,
)
from hw.stages.color.basis import AXES
from hw.stages.color.color_fetch import ColorFetch
from hw.stages.color.direction import Direction
from hw.stages.color.shade import Shade, unpacked_color

COUNTERS = ("splats", "runs", "starved_cycles", "stalled_cycles")


class Color(wiring.Component):
    """Evaluates the colours of splats by the narrow records that it reads by their index.

    A splat waits in a queue while its direction is computed and its record is read, each in a
    queue of its own; so many splats are under way that the memory's latency costs nothing. The
    arithmetic never stands still: every queue has a place for all splats that are taken.
    float16 records are not evaluated: the host refuses them (golden.stages.color.constants).

    Latency: from a splat that ends a run of records to that run offered REQUEST_CYCLES = 3, from
    the last of a frame WAIT_CYCLES + 4 (hw.stages.color.color_fetch); from the record taken, or the
    direction, if that is later, to the splat offered `latency_cycles`.
    Throughput: a splat every color_cycles, if the client's records come as fast: at a run of one
    record, which takes the read master 4 cycles, a splat every 4.
    Multipliers: 26 where color_cycles is 1; 15, 9 and 6 for 2, 4 and 8. Order is kept.

    Parameters
    ----------
    params : color_cycles is 1, 2, 4 or 8.

    Members
    -------
    constants : In(color_constants); may change only while not busy.
    table_record : In(address_bits - 5), number of the first colour record; as constants are.
    frame : In(1), of the splats, for the read client; as constants are.
    i : In(stream of splat_record).
    o : Out(stream of colored_splat).
    requests : Out(stream of run_request), of a client of ReadMaster.
    slots : In(stream of slot_beat), of the same.
    busy : Out(1), a splat is under way or has gone QUIET_CYCLES = 1 ago.
    splats, runs : Out(32), splats passed on, and runs of records asked for.
    starved_cycles : Out(32), cycles in which none was offered though it would have been taken.
    stalled_cycles : Out(32), cycles in which none could be taken, those between two splats too.
        splats taken + the two = cycles since reset. All counters wrap, and follow a cycle late.

    Raises ValueError where color_cycles is 0.
    """

    QUIET_CYCLES = 1
    REQUEST_CYCLES = ColorFetch.REQUEST_CYCLES

    def __init__(self, params: Parameters):
        cycles = params.color_cycles
        if cycles == 0:
            raise ValueError("color_cycles = 0 is a build without colours: choose 1, 2, 4 or 8.")
        self._params, self._cycles = params, cycles
        self._direction, self._shade = Direction(params, cycles), Shade(params, cycles)
        # Splats under way: those of some 400 cycles of latency, and never fewer than 64.
        self.queue_depth = max(64, 512 // cycles)
        super().__init__(
            {
                "constants": In(color_constants(params)),
                "table_record": In(params.address_bits - 5),
                "frame": In(1),
                "i": In(stream.Signature(splat_record(params))),
                "o": Out(stream.Signature(colored_splat(params))),
                "requests": Out(stream.Signature(run_request(params))),
                "slots": In(stream.Signature(slot_beat(params))),
                "busy": Out(1),
                **{name: Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    @property
    def latency_cycles(self) -> int:
        """From a record taken to the splat offered: a register, Shade, and the queue's 2."""
        return self._shade.latency_cycles + 3

    @property
    def direction_cycles(self) -> int:
        """From a splat taken to its direction waiting: a register, Direction, the queue's 2."""
        return self._direction.latency_cycles + 3

    def elaborate(self, platform):
        m = Module()
        m.submodules.fetch = fetch = ColorFetch(self._params)
        wiring.connect(m, fetch.requests, wiring.flipped(self.requests))
        wiring.connect(m, wiring.flipped(self.slots), fetch.slots)
        taken, passed, is_open = Signal(), Signal(), Signal()
        is_apart = self._apart(m, "splats", taken)
        m.submodules.splats = splats = SyncFIFOBuffered(
            width=splat_record(self._params).size, depth=self.queue_depth
        )
        m.d.comb += [
            self.i.ready.eq(is_open & is_apart & fetch.i.ready),
            taken.eq(self.i.valid & self.i.ready),
            splats.w_en.eq(taken),
            splats.w_data.eq(self.i.payload),
            fetch.table.eq(self.table_record),
            fetch.frame.eq(self.frame),
            fetch.i.valid.eq(taken),
            fetch.i.payload.eq(self.i.payload.index),
        ]
        directions = self._directions(m, taken, is_apart)
        colors = self._colors(m, directions, fetch.o)
        m.d.comb += [
            self.o.valid.eq(colors.r_rdy & splats.r_rdy),
            self.o.payload.splat.eq(splats.r_data),
            self.o.payload.color.eq(colors.r_data),
            passed.eq(self.o.valid & self.o.ready),
            splats.r_en.eq(passed),
            colors.r_en.eq(passed),
        ]
        self._track(m, taken, passed, is_open)
        self._count(m, passed)
        return m

    def _apart(self, m, name, taken):
        """A register: whether color_cycles have gone by since something was taken."""
        if self._cycles == 1:
            return Const(1, 1)
        recent, is_apart = (
            Signal(self._cycles - 1, name=f"recent_{name}"),
            Signal(init=1, name=f"{name}_apart"),
        )
        after = Cat(taken, recent[:-1])
        m.d.sync += [recent.eq(after), is_apart.eq(~after.any())]
        return is_apart

    def _under_way(self, m, name, first, cycles):
        """`first`, so many cycles later."""
        line = Signal(cycles, name=f"{name}_under_way")
        m.d.sync += line.eq(Cat(first, line[:-1]))
        return line[-1]

    def _directions(self, m, taken, is_apart):
        """The queue of the splats' directions."""
        m.submodules.direction = block = self._direction
        width = len(AXES) * shape(ColorFormats(self._params).direction).width
        m.submodules.directions = queue = SyncFIFOBuffered(width=width, depth=self.queue_depth)
        start, place = Signal(name="start_direction"), Signal(self.i.payload.mean2d.shape())
        with m.If(is_apart):  # what is not taken has no start
            m.d.sync += place.eq(self.i.payload.mean2d)
        m.d.sync += start.eq(taken)
        m.d.comb += [
            block.start.eq(start),
            block.constants.eq(self.constants),
            block.u.eq(place.u),
            block.v.eq(place.v),
            queue.w_en.eq(self._under_way(m, "direction", start, block.latency_cycles)),
            queue.w_data.eq(Cat(getattr(block, axis) for axis in AXES)),
        ]
        return queue

    def _colors(self, m, directions, records):
        """The queue of the splats' colours; one begins when its direction and record are there."""
        m.submodules.shade = block = self._shade
        width = len(CHANNELS) * COLOR.bits
        m.submodules.colors = queue = SyncFIFOBuffered(width=width, depth=self.queue_depth)
        begin, start = Signal(), Signal(name="start_shade")
        record = Signal(color_record(), reset_less=True)
        direction = Signal(directions.r_data.shape(), reset_less=True)
        is_apart = self._apart(m, "records", begin)
        m.d.comb += [
            begin.eq(directions.r_rdy & records.valid & is_apart),
            directions.r_en.eq(begin),
            records.ready.eq(directions.r_rdy & is_apart),
        ]
        m.d.sync += start.eq(begin)
        with m.If(is_apart):  # what does not begin has no start
            m.d.sync += [*unpacked_color(record, records.payload), direction.eq(directions.r_data)]
        m.d.comb += [
            block.start.eq(start),
            block.record.eq(record),
            Cat(getattr(block, axis) for axis in AXES).eq(direction),
            queue.w_en.eq(self._under_way(m, "shade", start, block.latency_cycles)),
            queue.w_data.eq(Cat(getattr(block, channel) for channel in CHANNELS)),
        ]
        return queue

    def _track(self, m, taken, passed, is_open):
        """Splats under way: never more than a queue has places for.

        The output's `ready` decides nothing in its own cycle: a place that comes free is counted
        QUIET_CYCLES later, and one is kept for what is taken meanwhile.
        """
        pending, freed = Signal(range(self.queue_depth + 1)), Signal()
        m.d.sync += [
            freed.eq(passed),
            pending.eq(pending + taken - freed),
            is_open.eq(pending < self.queue_depth - 1),
        ]
        m.d.comb += self.busy.eq(pending.any())

    def _count(self, m, passed):
        """Counts what was seen a cycle ago."""
        events = {
            "splats": passed,
            "runs": self.requests.valid & self.requests.ready,
            "starved_cycles": self.i.ready & ~self.i.valid,
            "stalled_cycles": ~self.i.ready,
        }
        for name, event in events.items():
            counter, seen = getattr(self, name), Signal(name=f"seen_{name}")
            m.d.sync += [seen.eq(event), counter.eq(counter + seen)]
