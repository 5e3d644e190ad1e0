"""A queue into which items come in parts, each as soon as it is known."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


class PartQueue(wiring.Component):
    """Items in order, each of parts that are written at different times and leave together.

    What writes has to know that there is room. A part of an item is written after the same part of
    the item before it, and its last part not before the others.

    Latency: 2, from the last part written to the item offered.
    Throughput: an item a cycle; where it is `lazy`, one in 2 cycles, and then `ready` of the output
    decides nothing in the memories.

    Parameters
    ----------
    layout : of an item. parts : names of its fields, a memory each.
    depth : items, a power of two.

    Members
    -------
    i : In(layout). write : In, a bit a part: that of the next item is there.
    o : Out(stream of layout).
    """

    def __init__(
        self,
        layout: data.StructLayout,
        parts: Sequence[Sequence[str]],
        depth: int,
        *,
        lazy: bool = False,
    ):
        self._parts, self._depth, self._lazy = parts, depth, lazy
        super().__init__(
            {
                "i": In(layout),
                "write": In(len(parts)),
                "o": Out(stream.Signature(layout)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        stored, consume = Signal(range(self._depth + 1)), Signal(range(self._depth))
        refill, free = Signal(), ~self.o.valid
        if not self._lazy:
            free |= self.o.ready
        m.d.comb += refill.eq((stored != 0) & free)
        m.d.sync += [
            stored.eq(stored + self.write[-1] - refill),
            consume.eq(consume + refill),
            self.o.valid.eq(refill | (self.o.valid & ~self.o.ready)),
        ]
        for n, (names, write) in enumerate(zip(self._parts, self.write, strict=True)):
            given, shown = (Cat(view[name] for name in names) for view in (self.i, self.o.payload))
            memory = Memory(shape=len(given), depth=self._depth, init=[])
            m.submodules[f"part_{n}"] = memory
            to, at = memory.write_port(), memory.read_port()
            produce = Signal(range(self._depth), name=f"produce_{n}")
            m.d.sync += produce.eq(produce + write)
            m.d.comb += [
                *(to.addr.eq(produce), to.data.eq(given), to.en.eq(write)),
                *(at.addr.eq(consume), at.en.eq(refill), shown.eq(at.data)),
            ]
        return m
