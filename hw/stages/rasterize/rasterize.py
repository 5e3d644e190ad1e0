"""Stage 7: sorted entries of bins in, the picture's rows out."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from hw.blocks.pipeline import population
from hw.layouts import write_beat
from hw.stages.rasterize.dispatch import Dispatch
from hw.stages.rasterize.engine import Engine
from hw.stages.rasterize.layouts import COLORS, raster_bin, raster_entry, rasterize_constants
from hw.stages.rasterize.live_map import BUFFERS, LiveMap
from hw.stages.rasterize.live_memory import LiveMemory
from hw.stages.rasterize.picture_writer import PictureWriter
from hw.stages.rasterize.quad_blend import OUTCOMES

COUNTER_BITS = 32
LANE_COUNTERS = tuple(f"{name}_lane_cycles" for name in (*OUTCOMES, "stalled", "starved"))
COUNTERS = ("bins", "entries", "dropped_entries", "groups", *LANE_COUNTERS)


class Rasterize(wiring.Component):
    """Blends the sorted entries of each bin over the background and writes its rows.

    Two bins are under way: the engines still work on one while the next is given out, and one is
    written out. A bin whose pixels are all done is opaque: what is left of its list is dropped, an
    entry a cycle. The picture is golden.stages.rasterize.integer's, whatever the lanes.
    Throughput: README.md has the cycles and where lanes lose them.

    Parameters
    ----------
    params : with raster_lanes above 0.

    Members
    -------
    bins : In(stream of raster_bin), each before its entries.
    i : In(stream of raster_entry), the bins' lists in that order, none empty.
    drain : Out(1), the bin whose entries are taken is opaque: its list may end early, with any
        entry that has `last`.
    o : Out(stream of write_beat), each row of a bin is a run.
    constants : In(rasterize_constants), held while busy.
    busy : Out(1), a bin is under way or a beat waits.
    clear : In(1), for a cycle: counters begin anew.
    bins, entries, dropped_entries, groups : Out(32) counters `count_*`: bins given to the writer,
        entries taken, of these dropped since the bin was opaque, groups of lines tested.
    *_lane_cycles : Out(32), four for each engine and cycle by what its lanes did: added an entry
        (blended), ended a pixel, lay outside the ellipse, had a pixel that was done, lay beyond the
        picture, painted the background, waited for the same quad (stalled), had none (starved).
        Their sum is raster_lanes times the cycles since reset or clear, 3 cycles late. All wrap.
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._arrangement = arrangement = Arrangement(params)
        self.dispatch = Dispatch(params)
        self.engines = [Engine(params, n) for n in range(arrangement.engines)]
        self.writer = PictureWriter(params)
        # From a bin's start, where its first entry waits, to its first quad that is done.
        issue, blend = self.engines[0].issue, self.engines[0].blend
        self.first_done_cycles = (
            1 + self.dispatch.test_cycles + issue.latency_cycles + blend.done_cycles
        )
        super().__init__(
            {
                "bins": In(stream.Signature(raster_bin(params))),
                "i": In(stream.Signature(raster_entry())),
                "drain": Out(1),
                "o": Out(stream.Signature(write_beat(params))),
                "constants": In(rasterize_constants(params)),
                "busy": Out(1),
                "clear": In(1),
                **{f"count_{name}": Out(COUNTER_BITS) for name in COUNTERS},
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.dispatch = dispatch = self.dispatch
        m.submodules.writer = writer = self.writer
        is_lone = len(self.engines) == 1
        live = LiveMemory(self._params) if is_lone else LiveMap(self._params)
        m.submodules.live = live
        for number, engine in enumerate(self.engines):
            m.submodules[f"engine_{number}"] = engine
        wiring.connect(m, wiring.flipped(self.bins), dispatch.bins)
        wiring.connect(m, wiring.flipped(self.i), dispatch.i)
        wiring.connect(m, writer.o, wiring.flipped(self.o))
        contexts = self._buffers(m, dispatch, writer)
        self._engines(m, dispatch, writer, live, contexts)
        m.d.comb += [
            self.drain.eq(dispatch.drain),
            writer.stride.eq(self.constants.stride_bytes),
            *(
                dispatch.background[name].eq(self.constants[f"background_{name}"])
                for name in COLORS
            ),
            live.start.eq(dispatch.start),
            live.buffer.eq(dispatch.buffer),
            live.columns.eq(dispatch.context.columns),
            live.rows.eq(dispatch.context.rows),
            live.read.eq(dispatch.read),
            dispatch.live.eq(live.masks),
            dispatch.opaque.eq(live.opaque),
        ]
        self._count(m, dispatch)
        return m

    def _buffers(self, m, dispatch, writer):
        """A buffer is free, then a bin's, then complete once all engines have met its end."""
        drain = max(engine.drain_cycles for engine in self.engines)
        contexts = [Signal(raster_bin(self._params), name=f"context_{n}") for n in range(BUFFERS)]
        taken = Signal(BUFFERS)
        for number in range(BUFFERS):
            ended, left = (
                Signal(len(self.engines), name=f"ended_{number}"),
                Signal(range(drain + 1)),
            )
            starts = Signal(name=f"starts_{number}")
            m.d.comb += [
                starts.eq(dispatch.start & (dispatch.buffer == number)),
                dispatch.free[number].eq(~taken[number] & writer.is_clear),
                writer.finished[number].eq(ended.all() & (left == 0)),
                writer.contexts[number].eq(contexts[number]),
            ]
            m.d.sync += [
                taken[number].eq((taken[number] | starts) & ~writer.released[number]),
                ended.eq(
                    Mux(
                        writer.released[number],
                        0,
                        ended | Cat(engine.ended[number] for engine in self.engines),
                    )
                ),
                left.eq(Mux(ended.all(), Mux(left == 0, 0, left - 1), drain)),
            ]
            with m.If(starts):
                m.d.sync += contexts[number].eq(dispatch.context)
        m.d.comb += self.busy.eq(dispatch.busy | taken.any() | writer.busy | ~writer.is_clear)
        return contexts

    def _engines(self, m, dispatch, writer, live, contexts):
        depth = self._arrangement.queue_words
        is_full = Signal(len(self.engines))
        for n, engine in enumerate(self.engines):
            m.d.comb += [
                engine.push.eq(dispatch.push[n]),
                engine.head.eq(dispatch.head),
                engine.mask.eq(dispatch.masks[n]),
                engine.limit.eq(self.constants.alpha_max),
                engine.writes_out.eq(writer.owns),
                engine.out_place.eq(writer.place),
                engine.out_lanes.eq(writer.lanes[n]),
                writer.t[n].eq(engine.out_t),
                writer.sums[n].eq(engine.out_sums),
                live.done[n].eq(engine.done),
                live.places[n].eq(engine.done_place),
                is_full[n].eq(engine.level > depth - dispatch.words_ahead),
            ]
            for number in range(BUFFERS):
                m.d.comb += [
                    engine.columns[number].eq(contexts[number].columns),
                    engine.rows[number].eq(contexts[number].rows),
                ]
            if len(self.engines) > 1:
                m.d.comb += [engine.live[k].eq(live.live[k][n]) for k in range(BUFFERS)]
        m.d.sync += dispatch.room.eq(~is_full.any())

    def _count(self, m, dispatch):
        """Counts what was seen in the cycles before; sums over the engines need not be quick."""
        found = {
            "bins": dispatch.start,
            "entries": dispatch.taken,
            "dropped_entries": dispatch.dropped,
            "groups": dispatch.tested,
        }
        events = {name: Signal(name=f"was_{name}") for name in found}
        m.d.sync += [events[name].eq(event) for name, event in found.items()]
        works, stalled = Signal(len(self.engines)), Signal(len(self.engines))
        m.d.sync += [
            works.eq(Cat(engine.works for engine in self.engines)),
            stalled.eq(Cat(engine.stalled for engine in self.engines)),
        ]
        waits = Signal.like(stalled)
        m.d.sync += waits.eq(stalled)
        idle = population(~(works | waits))
        for name in OUTCOMES:
            total = Signal(range(LANES_PER_ENGINE * len(self.engines) + 1), name=f"sum_{name}")
            m.d.sync += total.eq(sum(engine.counts[name] for engine in self.engines))
            events[f"{name}_lane_cycles"] = total
        events["stalled_lane_cycles"] = population(waits & ~works) * LANES_PER_ENGINE
        events["starved_lane_cycles"] = idle * LANES_PER_ENGINE
        for name, event in events.items():
            counter = getattr(self, f"count_{name}")
            m.d.sync += counter.eq(Mux(self.clear, 0, counter + event))
