"""The queue in which a client's beats wait until their burst is granted and sent."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from hw.blocks.lut_ram import LUT_RAM
from hw.layouts import write_word

LUT_RAM_BEATS = 16


class WriteQueue(wiring.Component):
    """Keeps the data of beats; only those that were granted are read, and a flush keeps just them.

    Latency: an entry may be granted in the cycle after it was written, and is shown a cycle after
    it was read. Throughput: a beat a cycle.

    Parameters
    ----------
    depth : entries reserved at a time.

    Members
    -------
    ready : Out(1), a register: there is an entry to reserve.
    has_room : In(1), so has what comes behind this queue.
    reserve : In(1), an entry is reserved, while `ready`.
    drop : In(1), one that was reserved is not written.
    write : In(1), `entry` is written where one was reserved.
    entry : In(write_word).
    grant : In(1), the next `length` + 1 entries, all written, may be read. length : In(8).
    read : In(1), the next granted entry is shown from the next cycle on, and its room is free.
    o : Out(write_word), held until the next read.
    flush : In(1), forgets all entries but those granted, also what comes in this cycle.
    """

    def __init__(self, params: Parameters, depth: int):
        self._params, self._depth = params, depth
        inputs = ("has_room", "reserve", "drop", "write", "grant", "read", "flush")
        super().__init__(
            {
                **{name: In(1) for name in inputs},
                "ready": Out(1),
                "entry": In(write_word(params)),
                "length": In(8),
                "o": Out(write_word(params)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        place_bits = (self._depth - 1).bit_length()
        # Pointers of one bit more than a place has, so that their difference says how many.
        written, granted, taken = (
            Signal(place_bits + 1, name=name) for name in ("written", "granted", "taken")
        )
        m.submodules.memory = memory = Memory(
            shape=write_word(self._params),
            depth=1 << place_bits,
            init=[],
            attrs=LUT_RAM if self._depth <= LUT_RAM_BEATS else {},
        )
        to_memory, from_memory = memory.write_port(), memory.read_port()
        m.d.comb += [
            to_memory.en.eq(self.write),
            to_memory.addr.eq(written[:place_bits]),
            to_memory.data.eq(self.entry),
            from_memory.en.eq(self.read),
            from_memory.addr.eq(taken[:place_bits]),
            self.o.eq(from_memory.data),
        ]
        m.d.sync += [
            written.eq(Mux(self.flush, granted, written + self.write)),
            granted.eq(granted + Mux(self.grant, self.length + 1, 0)),
            taken.eq(taken + self.read),
        ]
        # Entries reserved; what is freed is counted a cycle later.
        level, level_after = (
            Signal(range(self._depth + 1), name=name) for name in ("level", "level_after")
        )
        freed = Signal(2)
        difference = (granted - taken)[: place_bits + 1]
        m.d.comb += level_after.eq(Mux(self.flush, difference, level + self.reserve - freed))
        m.d.sync += [
            freed.eq(self.read + (self.drop & ~self.flush)),
            level.eq(level_after),
            self.ready.eq((level_after != self._depth) & self.has_room),
        ]
        return m
