"""From a finished bin's pixels to the picture's rows in memory."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.constants import STRIDE_BYTES
from hw.blocks.pipeline import Pipeline
from hw.layouts import shape, write_beat
from hw.stages.rasterize.layouts import (
    quad_place,
    quad_states,
    quad_sums,
    raster_bin,
)
from hw.stages.rasterize.live_map import BUFFERS
from hw.stages.rasterize.picture_bytes import lone_pixel, pixel_bytes, quad_rows
from hw.stages.rasterize.word_queue import WordQueue

PIXEL_BITS = 32
QUEUE_BEATS = 32  # at most; of a lone engine half of them, which one row of LUT RAM holds
STEPS_AHEAD = 12  # that may be under way when there is no more room
CLEAR, IDLE, ROWS, FLUSH = range(4)


class PictureWriter(wiring.Component):
    """Reads a bin row by row, converts it to RGBA8, empties it, and sends it as runs of beats.

    byte = min(floor(255 sum + 1/2), 255), alpha the same of 1 - T. A row of a bin is one run.
    Each step reads a row of `quads` quads, or a pixel of a lone engine: `px` pixels. So a bin takes
    rows ceil(columns / W) W / px cycles and 2, where W pixels are a beat and nothing is held up;
    then its buffer is free. After reset both buffers are emptied first, 2 depth cycles.
    Latency: `latency_cycles` from a step to its beat offered.

    Members
    -------
    finished : In(1 a buffer), the bin's pixels are complete. contexts : In(raster_bin a buffer).
    stride : In(20), bytes.
    place : Out(quad_place), lanes : Out(array of 1 a lane, an engine each), of PixelMemory.
    t, sums : In(an engine each), READ_CYCLES of PixelMemory later.
    owns : Out(1 a buffer), it is being read. released : Out(1 a buffer), it is empty again.
    is_clear : Out(1), both buffers were emptied after reset.
    o : Out(stream of write_beat). busy : Out(1).
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._arrangement = arrangement = Arrangement(params)
        self._beat_px = params.data_bits // PIXEL_BITS
        # A power of two, so that a step lies within a beat and its quads at one address.
        most = arrangement.engines & -arrangement.engines
        self.quads = min(most, self._beat_px // 2)
        engines = arrangement.engines
        self._is_lone = is_lone = engines == 1
        self.px = 1 if is_lone else 2 * self.quads
        self._steps = self._beat_px // self.px
        self._queue_beats = QUEUE_BEATS // 2 if is_lone else QUEUE_BEATS
        beats_ahead = STEPS_AHEAD // self._steps + 1 if is_lone else STEPS_AHEAD
        self.room_beats = self._queue_beats - beats_ahead  # with so many no step is read
        super().__init__(
            {
                "finished": In(BUFFERS),
                "contexts": In(data.ArrayLayout(raster_bin(params), BUFFERS)),
                "stride": In(shape(STRIDE_BYTES)),
                "place": Out(quad_place(params)),
                "lanes": Out(data.ArrayLayout(LANES_PER_ENGINE, engines)),
                "t": In(data.ArrayLayout(quad_states(), engines)),
                "sums": In(data.ArrayLayout(quad_sums(), engines)),
                "owns": Out(BUFFERS),
                "released": Out(BUFFERS),
                "is_clear": Out(1),
                "o": Out(stream.Signature(write_beat(params))),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        arrangement = self._arrangement
        m.submodules.beats = beats = WordQueue(write_beat(self._params), self._queue_beats)
        state, buffer = Signal(2), Signal(init=1)  # the first bin is in buffer 1
        context = Signal(raster_bin(self._params))
        steps = 2 * arrangement.side if self._is_lone else arrangement.side
        row, step = Signal(7), Signal(range(steps + 1))
        address = Signal(self._params.address_bits)
        cleared = Signal((arrangement.depth - 1).bit_length() + 1)
        reads, is_room, was_clear = Signal(), Signal(), Signal(init=1)
        self._converts = Signal()
        last_step, last_row = Signal(), Signal()
        read_px = step + 1 if self._is_lone else (step + 1) * self.quads * 2
        m.d.sync += is_room.eq(beats.level < self.room_beats)
        m.d.comb += [
            reads.eq((state == ROWS) & is_room),
            last_row.eq(row == context.rows - 1),
            last_step.eq((read_px >= context.columns) & self._ends_beat(step)),
            self.is_clear.eq(~was_clear),
            self.busy.eq(state[1] | self._converts | beats.valid),
            self.o.valid.eq(beats.valid),
            self.o.payload.eq(beats.first),
            beats.pop.eq(self.o.valid & self.o.ready),
        ]
        m.d.sync += was_clear.eq(state == CLEAR)  # a place is emptied a cycle after it is read
        with m.If(was_clear):
            m.d.comb += self.owns.eq(3)
        with m.Switch(state):
            with m.Case(CLEAR):
                m.d.comb += self.owns.eq(3)
                m.d.sync += cleared.eq(cleared + 1)
                with m.If(cleared.all()):
                    m.d.sync += state.eq(IDLE)
            with m.Case(IDLE), m.If(self.finished.bit_select(buffer, 1)):
                m.d.sync += [
                    state.eq(ROWS),
                    context.eq(Mux(buffer, self.contexts[1], self.contexts[0])),
                    address.eq(Mux(buffer, self.contexts[1].address, self.contexts[0].address)),
                    row.eq(0),
                    step.eq(0),
                ]
            with m.Case(ROWS):
                m.d.comb += self.owns.eq(Mux(buffer, 2, 1))
                with m.If(reads):
                    m.d.sync += step.eq(step + 1)
                    with m.If(last_step):
                        m.d.sync += [step.eq(0), row.eq(row + 1), address.eq(address + self.stride)]
                        with m.If(last_row):
                            m.d.sync += state.eq(FLUSH)
            with m.Case(FLUSH):  # the last quad is emptied a cycle after it was read
                m.d.comb += [
                    self.owns.eq(Mux(buffer, 2, 1)),
                    self.released.eq(Mux(buffer, 2, 1)),
                ]
                m.d.sync += [state.eq(IDLE), buffer.eq(~buffer)]
        self._read(m, state, buffer, row, step, reads, cleared)
        self._convert(m, beats, context, row, step, address, reads, last_step)
        return m

    def _ends_beat(self, step):
        bits = self._steps.bit_length() - 1
        return step[:bits].all() if bits else Const(1, 1)

    def _read(self, m, state, buffer, row, step, reads, cleared):
        """Address and lanes: of one row of a step's quads, or all of a place to be emptied."""
        arrangement, engines = self._arrangement, self._arrangement.engines
        if self._is_lone:
            self._read_lone(m, state, buffer, row, step, reads, cleared)
            return
        places = (arrangement.places - 1).bit_length()
        starts = range(0, arrangement.side, self.quads)
        column = Array(x // engines for x in starts)[step]
        first = Array(arrangement.engine(x, y) for y in range(arrangement.side) for x in starts)[
            Cat(
                step[: (len(starts) - 1).bit_length()],
                row[1:-1][: (arrangement.side - 1).bit_length()],
            )
        ]
        self._first = Signal(range(max(engines, 2)))
        with m.If(state == CLEAR):
            m.d.comb += [
                self.place.address.eq(cleared),
                self.place.buffer.eq(cleared[-1]),
                Cat(self.lanes[k] for k in range(engines)).eq(-1),
            ]
        with m.Else():
            m.d.comb += [
                self._first.eq(first),
                self.place.buffer.eq(buffer),
                self.place.address.eq(
                    Cat(unsigned_cut(column, places), row[1:]) if places else row[1:]
                ),
            ]
            for k in range(engines):
                mine = [(k - n) % engines for n in range(self.quads)]
                with m.If(reads & Cat(self._first == n for n in mine).any()):
                    m.d.comb += self.lanes[k].eq(Mux(row[0], 0b1100, 0b0011))

    def _read_lone(self, m, state, buffer, row, step, reads, cleared):
        """The same of a step's pixel, where one engine has all quads."""
        lane, column = Cat(step[0], row[0]), step[1:]
        bits = (self._arrangement.side - 1).bit_length()
        with m.If(state == CLEAR):
            m.d.comb += [
                self.place.address.eq(cleared),
                self.place.buffer.eq(cleared[-1]),
                self.lanes[0].eq(-1),
            ]
        with m.Else():
            m.d.comb += [
                self.place.buffer.eq(buffer),
                self.place.address.eq(Cat(column[:bits], row[1:])),
                self.lanes[0].eq(Mux(reads, 1 << lane, 0)),
            ]

    def _convert(self, m, beats, context, row, step, address, reads, last_step):
        """A step's pixels as bytes of a beat."""
        p = Pipeline(m)
        across = self.px // self.quads
        if self._is_lone:
            quads = [lone_pixel(p, self.t[0], self.sums[0], Cat(step[0], row[0]))]
        else:
            quads = quad_rows(p, self.t, self.sums, row[0], self._first)
        pixels = [
            pixel_bytes(p, f"{n}_{i}", quads[n], i, across)
            for n in range(self.quads)
            for i in range(across)
        ]
        pixel = p.wire("step_pixels", lambda *v: Cat(*v), *pixels)
        self._collect(m, p, beats, pixel, context, step, address, reads, last_step)

    def _collect(self, m, p, beats, pixels, context, step, address, reads, last_step):
        """Steps to beats, with their addresses and strobes."""
        px = self.px
        at = pixels.cycle
        width = self._params.data_bits
        steps = self._steps.bit_length() - 1
        beat = step[steps:]
        shown = Signal(4 * px)
        m.d.comb += shown.eq(Cat((step * px + n < context.columns).replicate(4) for n in range(px)))
        offset = (width // 8 - 1).bit_length()
        place = Signal.like(address)
        m.d.comb += place.eq(address + Cat(Const(0, offset), beat))
        under_way = Signal(at)
        m.d.sync += under_way.eq(Cat(reads, under_way))
        m.d.comb += self._converts.eq(under_way.any())
        items = [p.input(v) for v in (last_step, shown, place, context.frame)]
        ends = p.wire("ends_beat", self._ends_beat, p.input(step))
        last, strobe, where, frame = (p.at(v, at) for v in items)
        valid = under_way[-1]
        data_now, strobe_now = pixels.value, strobe
        if self._steps > 1:
            kept = Signal(width - PIXEL_BITS * px)
            kept_strobe = Signal(width // 8 - 4 * px)
            data_now, strobe_now = Cat(kept, data_now), Cat(kept_strobe, strobe_now)
            with m.If(valid):
                m.d.sync += [
                    kept.eq(data_now[PIXEL_BITS * px :]),
                    kept_strobe.eq(strobe_now[4 * px :]),
                ]
        self.latency_cycles = at + 1
        m.d.comb += [
            beats.push.eq(valid & p.at(ends, at)),
            beats.word.address.eq(where),
            beats.word.data.eq(data_now),
            beats.word.strobe.eq(strobe_now),
            beats.word.last.eq(last),
            beats.word.frame.eq(frame),
        ]


def unsigned_cut(value, bits: int):
    """The lower bits of a value as an unsigned one of so many bits."""
    kept = Signal(unsigned(bits))
    return Cat(value, Const(0, bits))[:bits] if bits else kept
