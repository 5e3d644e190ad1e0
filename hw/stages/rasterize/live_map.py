"""Which quads of the two bins under way still have a pixel that is not done."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.arrangement import Arrangement
from hw.stages.rasterize.layouts import BIN_SIZE_BITS, live_read, quad_place

BUFFERS = 2


def live_members(params: Parameters) -> dict[str, In | Out]:
    """What LiveMap and LiveMemory have in common."""
    arrangement = Arrangement(params)
    engines = arrangement.engines
    return {
        "start": In(1),
        "buffer": In(1),
        "columns": In(BIN_SIZE_BITS),
        "rows": In(BIN_SIZE_BITS),
        "done": In(engines),
        "places": In(data.ArrayLayout(quad_place(params), engines)),
        "read": In(live_read(params)),
        "masks": Out(data.ArrayLayout(arrangement.mask_bits, engines)),
        "opaque": Out(BUFFERS),
    }


class LiveMap(wiring.Component):
    """A bit a quad, set where the bin starts, cleared where the quad's last pixel ends.

    Members
    -------
    start : In(1), a bin starts in `buffer`, with the picture in its first `columns` and `rows`.
    done : In(1 an engine), the quad at `places` is done; never of the buffer that starts.
    read : In(live_read), masks : Out(a mask an engine), which quads of that group are live, two
        cycles later, with what is done in the cycle of the reading.
    live : Out, bits of each buffer, engine and address.
    opaque : Out(1 a buffer), no quad is live: OPAQUE_CYCLES after the last one was cleared.
    """

    OPAQUE_CYCLES = 2

    def __init__(self, params: Parameters):
        self._arrangement = arrangement = Arrangement(params)
        of_buffer = data.ArrayLayout(arrangement.depth, arrangement.engines)
        super().__init__(live_members(params) | {"live": Out(data.ArrayLayout(of_buffer, BUFFERS))})

    def elaborate(self, platform):
        m = Module()
        arrangement, side = self._arrangement, self._arrangement.side
        shown = [Signal(side, name=f"shown_{name}") for name in ("columns", "rows")]
        for bits, size in zip(shown, (self.columns, self.rows), strict=True):
            m.d.comb += bits.eq(Cat(((size + 1)[1:] > n) for n in range(side)))
        quads = {
            (arrangement.engine(x, y), arrangement.address(x, y)): (x, y)
            for x in range(side)
            for y in range(side)
        }
        for buffer in range(BUFFERS):
            starts = Signal(name=f"starts_{buffer}")
            m.d.comb += starts.eq(self.start & (self.buffer == buffer))
            rows = []
            for k in range(arrangement.engines):
                here = Signal(arrangement.depth, name=f"live_{buffer}_{k}")
                ends = Signal(name=f"ends_{buffer}_{k}")
                place = self.places[k]
                m.d.comb += [
                    ends.eq(self.done[k] & (place.buffer == buffer)),
                    self.live[buffer][k].eq(here),
                ]
                first = Cat(
                    shown[0][quads[k, a][0]] & shown[1][quads[k, a][1]]
                    if (k, a) in quads
                    else Const(0, 1)
                    for a in range(arrangement.depth)
                )
                with m.If(starts):
                    m.d.sync += here.eq(first)
                with m.Elif(ends):
                    m.d.sync += here.eq(here & ~(Const(1, 1) << place.address))
                left = Signal(name=f"left_{buffer}_{k}")
                m.d.sync += left.eq(here.any() | starts)
                rows.append(left)
            m.d.sync += self.opaque[buffer].eq(~Cat(rows).any() & ~starts)
        self._read(m)
        return m

    def _read(self, m):
        """The live quads of a group, of each engine, chosen between two registers."""
        read = Signal(self.read.shape(), reset_less=True)
        m.d.sync += read.eq(self.read)
        for k in range(self._arrangement.engines):
            live = Signal(self._arrangement.depth, name=f"live_{k}")
            chosen = live_of_group(self._arrangement, k, read.group, read.swap, live)
            m.d.comb += live.eq(Mux(read.buffer, self.live[1][k], self.live[0][k]))
            m.d.sync += self.masks[k].eq(chosen)


def of_group(arrangement: Arrangement, engine: int, group, swap, bit_of):
    """A mask of an engine's quads in a group, in the order of a word's mask.

    Parameters
    ----------
    group, swap : values that choose.
    bit_of : the bit of a quad (x, y), from its line in the group and its place along it.
    """
    choices = []
    for number in range(arrangement.groups):
        for is_swapped in (False, True):
            row = []
            for line in range(arrangement.lines):
                for place in range(arrangement.places):
                    at = number * arrangement.lines + line
                    quad = arrangement.quad(engine, at, place, is_swapped)
                    if quad is None:
                        row.append(Const(0, 1))
                    else:
                        row.append(bit_of(quad, line, quad[1] if is_swapped else quad[0]))
            choices.append(Cat(row))
    for bit in Cat(swap, group)[: (len(choices) - 1).bit_length()]:
        choices = [Mux(bit, b, a) for a, b in zip(choices[::2], choices[1::2], strict=True)]
    return choices[0]


def live_of_group(arrangement: Arrangement, engine: int, group, swap, live):
    """Which of an engine's quads in a group are live, by its bits of the map."""

    def bit_of(quad, line, along):
        return live[arrangement.address(*quad)]

    return of_group(arrangement, engine, group, swap, bit_of)
