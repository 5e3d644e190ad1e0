"""A delay line that moves with its pipeline."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from hw.blocks.lut_ram import LUT_RAM


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

    Latency: from `enter` to the cycle after `leave`; there is no enable.

    Parameters
    ----------
    shape : shape of the value.
    items : that may be under way at once, LEAST_ITEMS or more.

    Members
    -------
    enter : In(1), `i` is an item's. leave : In(1), the oldest item's value is next.
    i : In(shape).
    o : Out(shape), from the cycle after its `leave` to the next one.
    """

    LEAST_ITEMS = 3  # up to so many the values are in registers

    def __init__(self, shape, items: int):
        if items < self.LEAST_ITEMS:
            raise ValueError(f"a delay of {items} items is below {self.LEAST_ITEMS}.")
        self._shape, self._places = shape, 1 << (items - 1).bit_length()
        super().__init__({"enter": In(1), "leave": In(1), "i": In(shape), "o": Out(shape)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.items = memory = Memory(
            shape=self._shape, depth=self._places, init=[], attrs=LUT_RAM
        )
        write, read = memory.write_port(), memory.read_port()
        for port, moves, name in ((write, self.enter, "first"), (read, self.leave, "last")):
            place = Signal(range(self._places), name=name)
            m.d.sync += place.eq(place + moves)
            m.d.comb += [port.addr.eq(place), port.en.eq(moves)]
        m.d.comb += [write.data.eq(self.i), self.o.eq(read.data)]
        return m
