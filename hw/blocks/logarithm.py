"""Logarithm of a whole number by its leading one and a table."""

from __future__ import annotations

from amaranth.hdl import Cat
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.numbers.logarithm import LOG_INDEX_BITS, LOG_TABLE_BITS, log2_table
from hw.blocks.normalize import Normalize
from hw.blocks.pipeline import Block, Pipeline, Timed


class Logarithm(Block):
    """log2 of a whole number: golden.numbers.logarithm.log2_of.

    Latency: that of Normalize, and 2 for the memory and its output's register.
    No multiplier. Memory: one of 512 words of 9 bits.

    Parameters
    ----------
    in_bits : width of the value, 2 or more.

    Members
    -------
    value : In(in_bits), unsigned; 0 counts as 1.
    log : Out, unsigned, 9 fraction bits.
    """

    def __init__(self, in_bits: int):
        self._in_bits = in_bits
        place_bits = (in_bits - 1).bit_length()
        super().__init__({"value": In(in_bits), "log": Out(place_bits + LOG_TABLE_BITS)})

    def build(self, p):
        normal = p.call(
            "normalize", Normalize(self._in_bits, LOG_INDEX_BITS + 1), value=p.input(self.value)
        )
        return p.finish((self.log, logarithm(p, normal)))


def logarithm(p: Pipeline, normal: dict[str, Timed], prefix: str = "") -> Timed:
    """log2 of a number that Normalize gave, 2 cycles later: its exponent, and a table.

    Parameters
    ----------
    normal : exponent, and mantissa of LOG_INDEX_BITS + 1 bits or more.
    prefix : of the names, where a pipeline has several.
    """

    def upper(v):
        return v[len(v) - 1 - LOG_INDEX_BITS : len(v) - 1]

    index = p.wire(f"{prefix}index", upper, normal["mantissa"])
    table = Memory(shape=LOG_TABLE_BITS, depth=1 << LOG_INDEX_BITS, init=log2_table().tolist())
    p.m.submodules[f"{prefix}table"] = table
    port = table.read_port()
    p.m.d.comb += port.addr.eq(index.value)
    read = p.input(port.data, index.cycle + 1)
    fraction = p.register(f"{prefix}fraction", lambda v: v, read)
    return p.wire(f"{prefix}whole", lambda f, e: Cat(f, e), fraction, normal["exponent"])
