"""An engine's queue, and the choice of a quad a cycle from its words."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import ROW_STEP, Arrangement
from hw.stages.rasterize.layouts import quad_place, word, word_head
from hw.stages.rasterize.live_map import BUFFERS, live_of_group
from hw.stages.rasterize.word_queue import WordQueue


def quad_job(params: Parameters) -> data.StructLayout:
    """A quad to be worked on.

    Members
    -------
    head : of its word. place : in the memory. along, line : from the bin's first quad along the
    lines, and from the group's first line. x, y : of the quad in the bin.
    """
    arrangement = Arrangement(params)
    side = (arrangement.side - 1).bit_length()
    return data.StructLayout(
        {
            "head": word_head(params),
            "place": quad_place(params),
            "along": side,
            "line": max((arrangement.lines - 1).bit_length(), 1),
            "x": side,
            "y": side,
        }
    )


def live_bits(arrangement: Arrangement) -> dict[str, In]:
    """The member `live` of an engine: none where one engine has so many quads to look at."""
    if arrangement.engines == 1:
        return {}
    return {"live": In(data.ArrayLayout(arrangement.depth, BUFFERS))}


class QuadIssue(wiring.Component):
    """Keeps an engine's words in order and offers their quads, one a cycle.

    A word's quads go lowest bit first. A quad that is the same as the one before it lets the next
    one pass, or waits a cycle where that is the same again or there is none: T is known two cycles
    after it was read. Quads that have died while their word waited are left out where an engine is
    one of several.
    Latency: `latency_cycles` from a word pushed to its first quad offered.

    Parameters
    ----------
    engine : its number.

    Members
    -------
    push : In(1), head : In(word_head), mask : In. level : Out, words that wait.
    live : In, the engine's bits of LiveMap, a buffer each; not there in a lone engine.
    valid : Out(1), job : Out(quad_job).
    stalled : Out(1), a quad waits for the one before it.
    ended : Out(1 a buffer), the bin's end was met: all its quads are offered in `end_cycles`.
    busy : Out(1).
    """

    latency_cycles = 5
    # From the last quad's choice: chosen, held by two quads like it, ahead, held by one, offered.
    end_cycles = 5

    def __init__(self, params: Parameters, engine: int):
        self._params, self._engine = params, engine
        self.arrangement = arrangement = Arrangement(params)
        super().__init__(
            {
                "push": In(1),
                "head": In(word_head(params)),
                "mask": In(arrangement.mask_bits),
                "level": Out(range(arrangement.queue_words + 1)),
                **live_bits(arrangement),
                "valid": Out(1),
                "job": Out(quad_job(params)),
                "stalled": Out(1),
                "ended": Out(BUFFERS),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        arrangement = self.arrangement
        m.submodules.queue = queue = WordQueue(word(self._params), arrangement.queue_words)
        m.d.comb += [
            queue.push.eq(self.push),
            queue.word.head.eq(self.head),
            queue.word.mask.eq(self.mask),
            self.level.eq(queue.level),
        ]
        following, has_following = Signal(word(self._params)), Signal()
        current, chosen_head = Signal(word(self._params)), Signal(word_head(self._params))
        bits = (arrangement.mask_bits - 1).bit_length()
        chosen, has_chosen, has_ahead = Signal(bits), Signal(), Signal()
        holds = Signal()  # the chosen quad stays
        picks, frees, takes, loads = (Signal(name=n) for n in ("picks", "frees", "takes", "loads"))
        without = Signal(arrangement.mask_bits)
        mask = current.mask
        m.d.comb += [
            without.eq(mask & (mask - 1)),
            picks.eq(mask.any() & ~holds),
            frees.eq(~without.any() & (picks | ~mask.any())),
            takes.eq(has_following & (frees | ~(following.mask.any() | following.head.ends))),
            loads.eq(queue.valid & (takes | ~has_following)),
            queue.pop.eq(loads),
            self.busy.eq(
                Cat(queue.valid, has_following, mask, has_chosen, has_ahead, self.valid, self.push)
                != 0
            ),
        ]
        with m.If(takes & frees & following.head.ends):
            m.d.comb += self.ended.eq(Mux(following.head.buffer, 2, 1))
        with m.If(loads):
            m.d.sync += [
                following.eq(queue.first),
                following.mask.eq(self._filtered(m, "loaded", queue.first)),
            ]
        m.d.sync += has_following.eq(loads | (has_following & ~takes))
        left = Signal(word(self._params))
        m.d.comb += [left.eq(current), left.mask.eq(Mux(picks, without, mask))]
        with m.If(takes & frees):
            m.d.comb += left.eq(following)
        m.d.sync += [current.eq(left), current.mask.eq(self._filtered(m, "left", left))]
        with m.If(~holds):
            m.d.sync += [
                chosen.eq(self._lowest(mask)),
                has_chosen.eq(picks),
                chosen_head.eq(current.head),
            ]
        job = self._job(m, chosen, chosen_head)
        self._offer(m, job, has_chosen, has_ahead, holds)
        return m

    def _filtered(self, m, name, waiting):
        """The word's quads that are still live; all where one engine has so many to look at."""
        if self.arrangement.engines == 1:
            return waiting.mask
        head = waiting.head
        # A name of its own: its bits are taken one by one.
        live = Signal(self.arrangement.depth, name=f"live_{name}")
        m.d.comb += live.eq(Mux(head.buffer, self.live[1], self.live[0]))
        swap = head.brush.swap
        kept = live_of_group(self.arrangement, self._engine, head.group, swap, live)
        return waiting.mask & (kept | head.background.replicate(len(waiting.mask)))

    def _lowest(self, mask):
        """Number of the lowest bit that is set."""
        number = Const(len(mask) - 1, (len(mask) - 1).bit_length())
        for bit in reversed(range(len(mask) - 1)):
            number = Mux(mask[bit], bit, number)
        return number

    def _job(self, m, chosen, head):
        """Where the chosen quad is."""
        arrangement, job = self.arrangement, Signal(quad_job(self._params))
        places = (arrangement.places - 1).bit_length()
        along, line = self._along(chosen, head)
        swap = head.brush.swap
        m.d.comb += [
            job.head.eq(head),
            job.line.eq(chosen[places:]),
            job.along.eq(along),
            job.x.eq(Mux(swap, line, along)),
            job.y.eq(Mux(swap, along, line)),
            job.place.buffer.eq(head.buffer),
            job.place.address.eq(Cat(self._column(job.x), job.y) if places else job.y),
        ]
        return job

    def _offer(self, m, job, has_chosen, has_ahead, holds):
        """Offers the job ahead; where it is of the quad on offer, the chosen one instead."""
        ahead = Signal.like(job, name="ahead")
        waits, passes = Signal(), Signal()
        is_other = job.place.as_value() != ahead.place.as_value()
        m.d.comb += [
            waits.eq(
                has_ahead & self.valid & (ahead.place.as_value() == self.job.place.as_value())
            ),
            passes.eq(waits & has_chosen & is_other),
            holds.eq(waits & has_chosen & ~is_other),
            self.stalled.eq(waits & ~passes),
        ]
        m.d.sync += [
            self.valid.eq(passes | (has_ahead & ~waits)),
            self.job.eq(Mux(waits, job.as_value(), ahead.as_value())),
        ]
        with m.If(~waits):
            m.d.sync += [has_ahead.eq(has_chosen), ahead.eq(job)]

    def _column(self, x):
        """x over the number of engines, rounded down."""
        engines = self.arrangement.engines
        if engines & (engines - 1) == 0:
            return x[engines.bit_length() - 1 :]
        return Array(n // engines for n in range(self.arrangement.side))[x][
            : (self.arrangement.places - 1).bit_length()
        ]

    def _along(self, chosen, head):
        """Place along the line, and the line in the bin."""
        arrangement = self.arrangement
        engines, places = arrangement.engines, (arrangement.places - 1).bit_length()
        side = (arrangement.side - 1).bit_length()
        line = Cat(chosen[places:], head.group)[:side]
        if engines & (engines - 1):
            first = Array(
                arrangement.first_place(self._engine, at, swap)
                for at in range(arrangement.side)
                for swap in (False, True)
            )[Cat(head.brush.swap, line)]
            return (first + Mux(chosen[0], engines, 0))[:side], line
        bits = engines.bit_length() - 1
        if not bits:
            return chosen[:places], line
        inverse = pow(ROW_STEP, -1, engines)
        across = (self._engine - _times(line[:bits], ROW_STEP))[:bits]
        down = _times((self._engine - line[:bits])[:bits], inverse)[:bits]
        return Cat(Mux(head.brush.swap, down, across), chosen[:places]), line


def _times(value, factor: int):
    """value factor, by adders."""
    return sum(
        (value << n for n in range(1, factor.bit_length()) if factor >> n & 1),
        start=value if factor & 1 else Const(0, 1),
    )
