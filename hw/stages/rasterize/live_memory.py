"""Which quads of the two bins under way still have a pixel that is not done, of a lone engine."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from hw.blocks.lut_ram import LUT_RAM
from hw.stages.rasterize.live_map import BUFFERS, live_members


class LiveMemory(wiring.Component):
    """LiveMap where one engine has all quads of a bin, and a line of them is tested a cycle.

    Same cycles, in memories: LiveBanks of each buffer, whose bits are put in the line's order
    here. No word of the engine's queue is looked at again, so `live` is not there.

    Members
    -------
    As LiveMap has them.
    """

    def __init__(self, params: Parameters):
        self._arrangement = arrangement = Arrangement(params)
        self._line_bits = (arrangement.side - 1).bit_length()
        if arrangement.engines != 1:
            raise ValueError(f"{arrangement.engines} engines: LiveMemory is for one.")
        super().__init__(live_members(params))

    def elaborate(self, platform):
        m = Module()
        side, bits = self._arrangement.side, self._line_bits
        place, line = self.places[0], Signal(bits, reset_less=True)
        number = Signal(reset_less=True)
        m.d.sync += [line.eq(self.read.group), number.eq(self.read.buffer)]
        buffers = [LiveBanks(side) for _ in range(BUFFERS)]
        shown, quads = self._shown(m, line)
        for n, banks in enumerate(buffers):
            m.submodules[f"banks_{n}"] = banks
            m.d.comb += [
                banks.start.eq(self.start & (self.buffer == n)),
                banks.quads.eq(quads),
                banks.done.eq(self.done & (place.buffer == n)),
                banks.x.eq(place.address[:bits]),
                banks.y.eq(place.address[bits:]),
                banks.line.eq(self.read.group),
                banks.swap.eq(self.read.swap),
                self.opaque[n].eq(banks.opaque),
            ]
        live = [Signal(side, name=f"live_{n}") for n in range(bits + 1)]
        m.d.comb += live[0].eq(Mux(number, buffers[1].live, buffers[0].live))
        for bit in range(bits):  # exchanges banks whose numbers differ in that bit
            crossed = Cat(live[bit][n ^ (1 << bit)] for n in range(side))
            m.d.comb += live[bit + 1].eq(Mux(line[bit], crossed, live[bit]))
        m.d.sync += self.masks[0].eq(live[bits] & shown)
        return m

    def _shown(self, m, line):
        """Quads in the picture of `line`, that was read a cycle ago; quads of the bin that started
        then.

        By adders: multipliers are scarce, and this is once a bin.
        """
        side, read = self._arrangement.side, self.read
        starts = Signal(range(side + 1)), Signal(range(side + 1))  # columns, rows
        m.d.comb += [starts[0].eq((self.columns + 1)[1:]), starts[1].eq((self.rows + 1)[1:])]
        sizes = []
        for name, value in zip(("columns", "rows"), starts, strict=True):
            kept = [Signal.like(value, name=f"{name}_{n}", reset_less=True) for n in range(BUFFERS)]
            for n, own in enumerate(kept):
                with m.If(self.start & (self.buffer == n)):
                    m.d.sync += own.eq(value)
            sizes.append(Mux(read.buffer, kept[1], kept[0]))
        columns, rows = sizes
        along, across = (
            Signal(range(side + 1), name=name, reset_less=True) for name in ("along", "across")
        )
        m.d.sync += [
            along.eq(Mux(read.swap, rows, columns)),
            across.eq(Mux(read.swap, columns, rows)),
        ]
        shown = Cat(along > n for n in range(side)) & (across > line).replicate(side)
        started = [Signal.like(value, reset_less=True) for value in starts]
        m.d.sync += [to.eq(of) for to, of in zip(started, starts, strict=True)]
        columns, rows = started
        return shown, sum(Mux(rows[n], columns << n, 0) for n in range(len(rows)))


class LiveBanks(wiring.Component):
    """A bit for each quad of a bin, read along a row or a column.

    Quad (x, y) is the bit at address y of bank x ^ y, set where it is done. So a line has one bit
    in each bank: its quad n is in bank n ^ line, at address `line` of a row, n of a column.
    A start clears an address a cycle, and all quads count as live until then: the first that is
    done is FIRST_DONE_CYCLES after the start or later. They are counted, since each is done once.

    Parameters
    ----------
    side : quads along a side of the bin, a power of two.

    Members
    -------
    start : In(1), a bin starts. quads : In, of it in the picture, a cycle later.
    done : In(1), quad (x, y) is done.
    line : In, swap : In(1), a row that is read, or a column.
    live : Out(1 a bank), of that line a cycle later, with what is done in the cycle of the reading.
    opaque : Out(1), no quad is live: LiveMap.OPAQUE_CYCLES after the last one was done.
    """

    FIRST_DONE_CYCLES = 33  # and a cycle in which the start is seen, for 32 lines

    def __init__(self, side: int):
        self._side = side
        place = range(side)
        super().__init__(
            {
                "start": In(1),
                "quads": In(range(side * side + 1)),
                "done": In(1),
                "x": In(place),
                "y": In(place),
                "line": In(place),
                "swap": In(1),
                "live": Out(side),
                "opaque": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        side = self._side
        clears, clear_line = Signal(), Signal(range(side))
        with m.If(self.start):
            m.d.sync += [clears.eq(1), clear_line.eq(0)]
        with m.Elif(clears):
            m.d.sync += [clears.eq(clear_line != side - 1), clear_line.eq(clear_line + 1)]
        # A quad done in the cycle of its line's reading: its memory may not show it yet.
        is_read = self.done & (Mux(self.swap, self.x, self.y) == self.line)
        were_clear = Signal(reset_less=True)
        m.d.sync += were_clear.eq(clears)
        for n in range(side):
            bank = Memory(shape=1, depth=side, init=[], attrs=LUT_RAM)
            m.submodules[f"bank_{n}"] = bank
            write, read = bank.write_port(), bank.read_port()
            is_done, ends = Signal(name=f"is_done_{n}"), Signal(name=f"ends_{n}", reset_less=True)
            m.d.comb += [
                is_done.eq(self.done & ((self.x ^ self.y) == n)),
                write.en.eq(clears | is_done),
                write.addr.eq(Mux(clears, clear_line, self.y)),
                write.data.eq(~clears),
                read.addr.eq(Mux(self.swap, self.line ^ n, self.line)),
                self.live[n].eq(were_clear | ~(read.data | ends)),
            ]
            m.d.sync += ends.eq(is_done & is_read)
        loads, is_left = Signal(), Signal()
        left = Signal(range(side * side + 1))
        m.d.sync += [
            loads.eq(self.start),
            is_left.eq(left.any() | loads | self.start),
            self.opaque.eq(~is_left & ~self.start),
        ]
        with m.If(loads):
            m.d.sync += left.eq(self.quads)
        with m.Elif(self.done):
            m.d.sync += left.eq(left - 1)
        return m
