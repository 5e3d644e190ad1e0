"""How far an entry reaches, from its logarithm."""

from __future__ import annotations

from amaranth.hdl import Const, Mux, signed, unsigned
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.stages.rasterize.formats import TABLE_BITS, mantissa_table
from golden.stages.tile_bin.spans import (
    REACH_LOG2_MAX,
    REACH_MANTISSA_BITS,
    REACH_MAX,
    REACH_UP,
)
from hw.blocks.pipeline import Block
from hw.blocks.shift import ShiftRight

LOG_BITS = 12
AMOUNT_BITS = 5
REACH_BITS = REACH_MAX.bit_length()


class Reach(Block):
    """golden.stages.tile_bin.spans.reach, of a logarithm that is one more already.

    Latency: `latency_cycles`. No multiplier. Memory: one of 64 words of 12 bits.

    Members
    -------
    log : In(signed(12)), 6 fraction bits.
    reach : Out(18), 1/16 px.
    """

    def __init__(self):
        super().__init__({"log": In(signed(LOG_BITS)), "reach": Out(REACH_BITS)})

    def build(self, p):
        log = p.input(self.log)
        words = mantissa_table(REACH_MANTISSA_BITS, up=True).tolist()
        table = Memory(shape=unsigned(REACH_MANTISSA_BITS + 1), depth=len(words), init=words)
        p.m.submodules.table = table
        port = table.read_port()
        p.m.d.comb += port.addr.eq(log.value[:TABLE_BITS])
        read = p.input(port.data, log.cycle + 1)
        mantissa = p.register("mantissa", lambda v: v << REACH_UP, read)
        down = p.register("down", lambda v: REACH_LOG2_MAX - (v >> TABLE_BITS), log)
        is_most = p.wire("is_most", lambda d: d <= 0, down)
        amount = p.wire("amount", lambda d: d[:AMOUNT_BITS], down)
        shifter = ShiftRight(unsigned(len(mantissa.value)), AMOUNT_BITS, "floor")
        moved = p.call("shift", shifter, value=mantissa, amount=amount)["result"]
        most = Const(REACH_MAX, REACH_BITS)
        cut = p.register("cut", lambda s, v: Mux(s, most, v[:REACH_BITS]), is_most, moved)
        return p.finish((self.reach, cut))
