"""From entries in order to the words of the engines' queues, a bin after the other."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from hw.stages.rasterize.entry_setup import EntrySetup
from hw.stages.rasterize.entry_turns import EntryTurns
from hw.stages.rasterize.layouts import (
    color,
    live_read,
    prepared_entry,
    raster_bin,
    raster_entry,
    word_head,
)
from hw.stages.rasterize.line_test import LineTest
from hw.stages.rasterize.live_map import BUFFERS, of_group
from hw.stages.rasterize.word_queue import WordQueue

PREPARED_WORDS = 32  # of entries; at most
PREPARED_BINS = 4
START, RUN, BACKGROUND, END = range(4)


def prepared_words(params: Parameters) -> int:
    """Entries that are prepared or waiting at most: fewer where they come some cycles apart."""
    return PREPARED_WORDS if params.setup_cycles == 1 else PREPARED_WORDS // 2


def queued_entry(params: Parameters) -> data.StructLayout:
    """A prepared entry that waits; is_one_group : its first group of lines is its last."""
    return data.StructLayout({"entry": prepared_entry(params), "is_one_group": 1})


class Dispatch(wiring.Component):
    """Prepares entries, tests their lines a group a cycle, and gives each engine its quads.

    An entry without lines in its bin, or of a bin that is opaque, takes one cycle; entries without
    lines mostly none, since the queue before the test does not take them. A group is tested while
    every engine's queue is sure to have room for its words and for all that are under way.
    Where setup_cycles is above 1, an entry's setup begins while it is offered, and it is taken
    setup_cycles - 1 later: so an entry, one that is only dropped too, takes setup_cycles at least.
    Latency: `latency_cycles` from an entry's setup to its first group's words, where all is empty.

    Members
    -------
    bins : In(stream of raster_bin). i : In(stream of raster_entry), of each bin in turn.
    background : In(color), behind all entries; where it is not black a bin ends with it.
    read : Out(live_read), live : In, opaque : In, read, masks and opaque of LiveMap; a group is
        read while its quads are still tested.
    free : In(1 a buffer), a bin may start in it.
    room : In(1), of the cycle before: each queue has room for `words_ahead` words.
    start : Out(1), the bin `context` starts in `buffer`.
    drain : Out(1), the bin whose entries are taken is opaque: the rest of its list may be left out.
    push : Out(1 an engine), head : Out(word_head), masks : Out(a mask an engine).
    taken : Out(1), an entry. dropped : Out(1), an entry of an opaque bin. tested : Out(1), a group.
    busy : Out(1).
    """

    def __init__(self, params: Parameters):
        self._params = params
        self._arrangement = arrangement = Arrangement(params)
        setup = EntrySetup if params.setup_cycles == 1 else EntryTurns
        self._setup, self._test = setup(params), LineTest(params)
        self.prepared_words = prepared_words(params)
        self.words_ahead = self._test.latency_cycles + 4
        self.test_cycles = self._test.latency_cycles + 2  # from a group's choice to its words
        self.latency_cycles = self._setup.latency_cycles + 1 + self.test_cycles
        engines = arrangement.engines
        masks = data.ArrayLayout(arrangement.mask_bits, engines)
        super().__init__(
            {
                "bins": In(stream.Signature(raster_bin(params))),
                "i": In(stream.Signature(raster_entry())),
                "background": In(color()),
                "read": Out(live_read(params)),
                "live": In(masks),
                "opaque": In(BUFFERS),
                "free": In(BUFFERS),
                "room": In(1),
                "start": Out(1),
                "buffer": Out(1),
                "context": Out(raster_bin(params)),
                "drain": Out(1),
                "push": Out(engines),
                "head": Out(word_head(params)),
                "masks": Out(masks),
                "taken": Out(1),
                "dropped": Out(1),
                "tested": Out(1),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.bins = bins = WordQueue(raster_bin(self._params), PREPARED_BINS)
        m.submodules.prepared = prepared = WordQueue(
            queued_entry(self._params), self.prepared_words
        )
        m.submodules.test = self._test
        pending = self._prepare(m, bins, prepared)
        state = Signal(2)
        self._tests = Signal()  # a group, or a bin's end, enters LineTest
        self._opaque = Signal()  # the bin that was started last is
        m.d.comb += [
            self.context.eq(bins.first),
            self.busy.eq(pending.any() | bins.valid | (state != START)),
            # Of the bin whose entries are taken: no other one waits to be started.
            self.drain.eq((state == RUN) & self._opaque & ~bins.valid),
        ]
        self._control(m, state, bins, prepared)
        self._give(m)
        return m

    def _prepare(self, m, bins, prepared):
        """Entries through EntrySetup into the queue of those that have lines."""
        m.submodules.setup = setup = self._setup
        is_open, x0, y0 = (
            Signal(),
            Signal(self.bins.payload.x.shape()),
            Signal(self.bins.payload.y.shape()),
        )
        pending = Signal(range(self.prepared_words + 1))
        under_way, kept = Signal(setup.latency_cycles), Signal()
        popped = Signal()  # a cycle late: where it is known, the next entry is not far
        last = self.taken & self.i.payload.last
        ready, begins = self._begins(m, is_open & (pending != self.prepared_words))
        m.d.comb += [
            self.bins.ready.eq(~is_open & (bins.level != PREPARED_BINS)),
            bins.push.eq(self.bins.valid & self.bins.ready),
            bins.word.eq(self.bins.payload),
            self.i.ready.eq(ready),
            self.taken.eq(self.i.valid & self.i.ready),
            setup.entry.eq(self.i.payload.entry),
            setup.ends.eq(self.i.payload.last),
            setup.x0.eq(x0),
            setup.y0.eq(y0),
            kept.eq(~setup.prepared.none | setup.prepared.ends),
            prepared.word.entry.eq(setup.prepared),
            prepared.word.is_one_group.eq(
                self._group_of(setup.prepared.first) == self._group_of(setup.prepared.last)
            ),
            prepared.push.eq(under_way[-1] & kept),
        ]
        m.d.sync += [
            is_open.eq(bins.push | (is_open & ~last)),
            under_way.eq(Cat(begins, under_way)),
            popped.eq(prepared.pop),
            pending.eq(pending + self.taken - (under_way[-1] & ~kept) - popped),
        ]
        with m.If(bins.push):
            m.d.sync += [x0.eq(self.bins.payload.x), y0.eq(self.bins.payload.y)]
        return pending

    def _begins(self, m, has_room):
        """Whether an entry is taken if one is offered, and whether the setup of one begins."""
        cycles = self._params.setup_cycles
        if cycles == 1:
            return has_room, self.taken
        turn, begins = Signal(range(cycles)), Signal()
        m.d.comb += [
            begins.eq((turn == 0) & self.i.valid & has_room),
            self._setup.start.eq(begins),
        ]
        m.d.sync += turn.eq(turn + (begins | turn.any()))
        return turn == cycles - 1, begins

    def _control(self, m, state, bins, prepared):
        """Starts bins and chooses what is tested in a cycle."""
        entry, group, opaque = prepared.first.entry, self._test.group, self._opaque
        active, is_last = Signal(), Signal()  # is_last : the group behind the one tested last is
        is_first, number = Signal(init=1), Signal(group.head.group.shape())
        ends_entry = Signal()
        last_group = Signal()
        m.d.comb += [
            opaque.eq(self.opaque.bit_select(active, 1)),
            group.head.buffer.eq(self.buffer),
            group.head.background.eq(state == BACKGROUND),
            group.head.ends.eq(state == END),
            last_group.eq(number == self._arrangement.groups - 1),
        ]
        with m.Switch(state):
            with m.Case(START), m.If(bins.valid & self.free.bit_select(self.buffer, 1)):
                m.d.comb += [self.start.eq(1), bins.pop.eq(1)]
                m.d.sync += state.eq(RUN)
            with m.Case(RUN):
                with m.If(prepared.valid & (entry.none | opaque)):
                    m.d.comb += [ends_entry.eq(1), self.dropped.eq(opaque)]
                with m.Elif(prepared.valid & self.room):
                    m.d.comb += [self.tested.eq(1), self._tests.eq(1)]
                    m.d.comb += ends_entry.eq(Mux(is_first, prepared.first.is_one_group, is_last))
                with m.If(ends_entry & entry.ends):
                    m.d.sync += state.eq(Mux(self.background.as_value().any(), BACKGROUND, END))
            with m.Case(BACKGROUND), m.If(self.room):
                m.d.comb += self._tests.eq(1)
                m.d.sync += number.eq(number + 1)
                with m.If(last_group):
                    m.d.sync += [state.eq(END), number.eq(0)]
            with m.Case(END), m.If(self.room):
                m.d.comb += self._tests.eq(1)
                m.d.sync += state.eq(START)
        m.d.sync += active.eq(Mux(self.start, ~active, active))
        # In the cycle of `start` the new buffer is meant.
        m.d.comb += [self.buffer.eq(active ^ (state == START)), prepared.pop.eq(ends_entry)]
        with m.If(ends_entry):
            m.d.sync += is_first.eq(1)
        with m.Elif(self.tested):
            following = (group.head.group + 1)[: len(group.head.group)]
            m.d.sync += [is_first.eq(0), is_last.eq(following == self._group_of(entry.last))]
        self._lines(m, state, entry, is_first, number)

    def _group_of(self, line):
        """The number of the group that has a line."""
        return line >> (self._arrangement.lines.bit_length() - 1)

    def _lines(self, m, state, entry, is_first, background_group):
        """The numbers of the group under test, and of the one after it."""
        arrangement, group = self._arrangement, self._test.group
        lines = arrangement.lines
        skipped = lines.bit_length() - 1
        steps = {
            "x": entry.brush.q,
            "y": entry.brush.r,
            "ratio": entry.ratio_step,
            "middle": -entry.slope,
        }
        targets = {
            "x": group.head.x,
            "y": group.head.y,
            "ratio": group.ratio,
            "middle": group.middle,
        }
        for name, step in steps.items():
            shape = entry[name].shape()
            following = Signal(shape, name=f"following_{name}")
            m.d.comb += targets[name].eq(Mux(is_first, entry[name], following))
            with m.If(self.tested):
                m.d.sync += following.eq(targets[name] + (step << (skipped + 1)))
        number = group.head.group
        next_number = Signal(number.shape())
        with m.If(self.tested):
            m.d.sync += next_number.eq(number + 1)
        with m.If(state == BACKGROUND):
            m.d.comb += number.eq(background_group)
        with m.Else():
            m.d.comb += number.eq(Mux(is_first, entry.first >> skipped, next_number))
        for line in range(lines):
            at = Const(line, skipped) if skipped else None
            whole = number if at is None else Cat(at, number)
            m.d.comb += group.lines[line].eq(
                (state == RUN) & (whole >= entry.first) & (whole <= entry.last)
            )
        m.d.comb += [
            group.head.brush.eq(entry.brush),
            group.head.brush.swap.eq(entry.brush.swap & (state == RUN)),
            group.ratio_step.eq(entry.ratio_step),
            group.slope.eq(entry.slope),
            group.width.eq(entry.width),
            group.width_shift.eq(entry.width_shift),
        ]
        with m.If(state == BACKGROUND):
            m.d.comb += group.head.brush.color.eq(self.background)

    def _give(self, m):
        """Each engine's quads of the tested lines, and of these the live ones."""
        arrangement, test = self._arrangement, self._test
        under_way, head = Signal(test.latency_cycles + 1), Signal(word_head(self._params))
        valid = under_way[-1]
        m.d.sync += [
            under_way.eq(Cat(self._tests, under_way)),
            head.eq(test.head),
            self.head.eq(head),
        ]
        m.d.comb += self.read.eq(test.coming)
        for k in range(arrangement.engines):
            found = Signal(arrangement.mask_bits, name=f"found_{k}")

            def bit_of(quad, line, along):
                return test.quads[line][along]

            chosen = of_group(arrangement, k, test.head.group, test.head.brush.swap, bit_of)
            m.d.sync += found.eq(chosen)
            mask = Signal(arrangement.mask_bits, name=f"mask_{k}")
            m.d.comb += mask.eq(found & (self.live[k] | head.background.replicate(len(found))))
            m.d.sync += [
                self.masks[k].eq(mask),
                self.push[k].eq(valid & (mask.any() | head.ends)),
            ]
