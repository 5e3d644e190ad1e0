"""What EntrySetup and EntryTurns have in common: their formats, and steps that are one stage."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Mux, signed
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.stages.rasterize.entry_steps import FAR_ONE, FAR_SHIFT, HALF_PX, ONE
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS
from hw.blocks.lut_ram import LUT_ROM
from hw.stages.rasterize.layouts import SIZE_BITS, prepared_entry
from hw.stages.tile_bin.layouts import list_entry

LUT_ROM_ENTRIES = 64  # a table of at most so many is of LUTs

PLACE = signed(23)  # from the bin's first pixel, CENTER_FRACTION_BITS
LOG = signed(12)
AMOUNT_BITS = 6


def setup_members(params: Parameters) -> dict[str, In | Out]:
    """Members of EntrySetup, and of EntryTurns beside its `start`."""
    return {
        "entry": In(list_entry()),
        "ends": In(1),
        "x0": In(SIZE_BITS),
        "y0": In(SIZE_BITS),
        "prepared": Out(prepared_entry(params)),
    }


def log_of(code, far):
    """2^TABLE_BITS log2 of p or r, without ROOT_SCALE, by its code in the entry."""
    value = Mux(far, Cat(Const(0, 1), code) - FAR_ONE, code - ONE)
    return value[: LOG.width].as_signed()


def from_center(origin, place, far):
    """A bin's first pixel less the centre, along an axis of the picture."""
    whole = Cat(Const(0, FAR_SHIFT), place).as_signed()
    placed = Mux(far, whole, place).as_signed()
    start = Cat(Const(HALF_PX, CENTER_FRACTION_BITS), origin)
    return (start - placed)[: PLACE.width].as_signed()


def table_entry(p, name, index, content, shape):
    """The table's entry, a cycle later."""
    style = LUT_ROM if len(content) <= LUT_ROM_ENTRIES else {}
    init = [int(v) for v in content]
    memory = Memory(shape=shape, depth=len(content), init=init, attrs=style)
    p.m.submodules[f"{name}_table"] = memory
    port = memory.read_port()
    p.m.d.comb += port.addr.eq(index.value)
    return p.input(port.data, index.cycle + 1)


def lines_touched(p, side, across, height):
    """First and last line of quads of half a height in a bin of `side` px, and whether none is."""
    above = 2 * HALF_PX - 1
    first = p.register(
        "first_px", lambda a, h: (above - a - h) >> CENTER_FRACTION_BITS, across, height
    )
    last = p.register("last_px", lambda a, h: (h - a) >> CENTER_FRACTION_BITS, across, height)
    none = p.register("none", lambda f, e: (f > e) | (e < 0) | (f > side - 1), first, last)
    bits = (side - 1).bit_length()
    first = p.register("first_line", lambda f: Mux(f < 0, 0, f)[1:bits], first)
    last = p.register("last_line", lambda e: Mux(e > side - 1, side - 1, e)[1:bits], last)
    return {"first": first, "last": last, "none": none}
