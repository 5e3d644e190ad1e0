"""A delay line that moves with its pipeline."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.blocks.lut_ram import BLOCK_RAM, LUT_RAM

# A memory of items is a block RAM from so many of so many bits on: LUTs hold 16 at once.
BLOCK_ITEMS, BLOCK_BITS = 32, 16


class Delay(wiring.Component):
    """Delays a value by `cycles` enabled cycles.

    Parameters
    ----------
    shape : shape of the value.
    cycles : length of the line, 1 or more.

    Members
    -------
    enable : In(1), the line moves in this cycle.
    i : In(shape).
    o : Out(shape), `i` of `cycles` enabled cycles ago.
    """

    def __init__(self, shape, cycles: int):
        if cycles < 1:
            raise ValueError(f"a delay of {cycles} cycles is below 1.")
        self._shape, self._cycles = shape, cycles
        super().__init__({"enable": In(1), "i": In(shape), "o": Out(shape)})

    def elaborate(self, platform):
        m = Module()
        line = [self.i]
        for number in range(self._cycles):
            stage = Signal(self._shape, name=f"stage_{number}")
            with m.If(self.enable):
                m.d.sync += stage.eq(line[-1])
            line.append(stage)
        m.d.comb += self.o.eq(line[-1])
        return m


class DelayLine(wiring.Component):
    """Delays a value by `cycles` cycles, in a memory where that takes less than registers.

    Latency: `cycles`, always; there is no enable and no reset.

    Parameters
    ----------
    shape : shape of the value.
    cycles : length of the line, 1 or more.

    Members
    -------
    i : In(shape).
    o : Out(shape), `i` of `cycles` cycles ago; anything for the first `cycles`.
    """

    REGISTERS = 3  # up to so many cycles the line is made of registers

    def __init__(self, shape, cycles: int):
        if cycles < 1:
            raise ValueError(f"a delay of {cycles} cycles is below 1.")
        self._shape, self._cycles = shape, cycles
        super().__init__({"i": In(shape), "o": Out(shape)})

    def elaborate(self, platform):
        m = Module()
        if self._cycles <= self.REGISTERS:
            value = self.i
            for number in range(self._cycles):
                stage = Signal(self._shape, name=f"stage_{number}", reset_less=True)
                m.d.sync += stage.eq(value)
                value = stage
            m.d.comb += self.o.eq(value)
            return m
        # A ring: what is written now is read one step ahead, just before it is written over.
        last = self._cycles - 1
        m.submodules.ring = ring = Memory(shape=self._shape, depth=self._cycles, init=[])
        write, read = ring.write_port(), ring.read_port()
        # No reset: from wherever it starts the ring is in step after a round.
        place = Signal(range(self._cycles), reset_less=True)
        ahead = Signal(range(self._cycles), init=1, reset_less=True)
        m.d.sync += [place.eq(ahead), ahead.eq(Mux(ahead == last, 0, ahead + 1))]
        m.d.comb += [
            write.addr.eq(place),
            write.data.eq(self.i),
            write.en.eq(1),
            read.addr.eq(ahead),
            self.o.eq(read.data),
        ]
        return m


class HeldDelay(wiring.Component):
    """Delays the values of items that come some cycles apart, in a memory with a word an item.

    Latency: from `enter` to the cycle after `leave`.

    Parameters
    ----------
    shape : shape of the value.
    place_bits : of an item's number: 2^place_bits may be under way at once.

    Members
    -------
    enter : In(1), `i` is that of item `first`. leave : In(1), item `last` is next.
    first, last : In(place_bits), numbers of items, which follow one another.
    i : In(shape).
    o : Out(shape), from the cycle after an item's `leave` to the next one.
    """

    def __init__(self, shape, place_bits: int):
        self._shape = shape
        super().__init__(
            {
                **{name: In(1) for name in ("enter", "leave")},
                **{name: In(place_bits) for name in ("first", "last")},
                "i": In(shape),
                "o": Out(shape),
            }
        )

    def elaborate(self, platform):
        m = Module()
        depth = 1 << len(self.first)
        style = BLOCK_RAM if depth >= BLOCK_ITEMS and len(self.i) >= BLOCK_BITS else LUT_RAM
        m.submodules.items = memory = Memory(shape=self._shape, depth=depth, init=[], attrs=style)
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            *(write.addr.eq(self.first), write.en.eq(self.enter), write.data.eq(self.i)),
            *(read.addr.eq(self.last), read.en.eq(self.leave), self.o.eq(read.data)),
        ]
        return m
