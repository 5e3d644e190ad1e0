"""Values of items that come some cycles apart: held until the next item's, in few registers."""

from __future__ import annotations

from operator import mul

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data

from hw.blocks.delay import HeldDelay
from hw.blocks.pipeline import ALWAYS, Pipeline, Timed

HELD_REGISTERS = 3  # of a value that waits, one behind the other; where it takes more, a memory
NUMBER_BITS = 8  # of items under way


class HeldValues(Pipeline):
    """A pipeline whose inputs are held for `cycles` cycles from the one in which `start` is 1.

    So is then every value made of them, from its own cycle on. What waits takes a register for
    every `cycles` that it waits, not one a cycle, or a word of a memory. A value that a turn gives
    is there for one cycle alone, until something needs it longer.

    Parameters
    ----------
    m : the module that the logic goes into.
    start : 1 in cycle 0 of an item; the next item's is `cycles` cycles later or more. None: it
        stays unused, since cycles is 1.
    cycles : 1 or more; with 1 it is a Pipeline.
    """

    def __init__(self, m: Module, start: Value | None, cycles: int):
        super().__init__(m)
        self.cycles = cycles
        self._strobes = [] if start is None else [start]
        self._numbers: dict[int, Signal] = {}
        self._brief: set[int] = set()  # ids of values that are there for one cycle

    def strobe(self, cycle: int) -> Value:
        """1 where an item is in that cycle of its way."""
        while len(self._strobes) <= cycle:
            strobe = Signal(name=f"start_{len(self._strobes)}")
            self.m.d.sync += strobe.eq(self._strobes[-1])
            self._strobes.append(strobe)
        return self._strobes[cycle]

    def at(self, timed: Timed, cycle: int):
        """The value, delayed to a cycle that is not before its own: a register for `cycles`."""
        if self.cycles == 1 or cycle < timed.cycle or timed.cycle == ALWAYS:
            return super().at(timed, cycle)
        taps = self._taps.setdefault(id(timed.value), [timed])
        tap = max((tap for tap in taps if tap.cycle <= cycle), key=lambda tap: tap.cycle)
        if tap.cycle == cycle and id(tap.value) in self._brief:
            raise ValueError(f"a value that is there in cycle {cycle} alone cannot be held.")
        while tap.cycle < cycle:
            value = Value.cast(tap.value)
            if cycle - tap.cycle > HELD_REGISTERS * self.cycles:
                until, held = cycle, self._queued(value, tap.cycle, cycle)
            else:
                until = min(self._last(tap) + 1, cycle)
                held = Signal(value.shape(), name="held", reset_less=True)
                with self.m.If(self.strobe(until - 1)):
                    self.m.d.sync += held.eq(value)
            is_view = isinstance(timed.value, data.View)
            tap = Timed(data.View(timed.value.shape(), held) if is_view else held, until)
            taps.append(tap)
        return tap.value

    def _queued(self, value: Value, since: int, until: int) -> Value:
        """A value of cycle `since` in cycle `until`, from a memory of the items between them."""
        bits = ((until - since) // self.cycles).bit_length()
        line = HeldDelay(value.shape(), bits)
        self.m.submodules[f"delay_{self._delays}"] = line
        self._delays += 1
        self.m.d.comb += [
            line.i.eq(value),
            line.enter.eq(self.strobe(since)),
            line.leave.eq(self.strobe(until - 1)),
            line.first.eq(self._number(since, bits)),
            line.last.eq(self._number(until - 1, bits)),
        ]
        return line.o

    def _number(self, cycle: int, bits: int) -> Value:
        """Number of the item in that cycle, modulo 2^bits."""
        if cycle not in self._numbers:
            self._numbers[cycle] = number = Signal(NUMBER_BITS, name=f"number_{cycle}")
            self.m.d.sync += number.eq(number + self.strobe(cycle))
        return self._numbers[cycle][:bits]

    def _last(self, tap: Timed) -> int:
        """The cycle up to which a value is held."""
        return tap.cycle if id(tap.value) in self._brief else tap.cycle + self.cycles - 1

    def peek(self, timed: Timed, cycle: int):
        """The value in that cycle of an item, but not longer."""
        return self._over(timed, cycle, cycle).value

    def _over(self, timed: Timed, first: int, last: int) -> Timed:
        """The value held from cycle `first` to `last`: not moved where it is held so long."""
        if timed.cycle == ALWAYS:
            return timed
        taps = self._taps.setdefault(id(timed.value), [timed])
        tap = max((tap for tap in taps if tap.cycle <= first), key=lambda tap: tap.cycle)
        if self._last(tap) >= last:
            return tap
        after = self._last(tap) + 1
        cycle = min(after + (last - after) // self.cycles * self.cycles, first)
        return Timed(self.at(timed, cycle), cycle)

    def together(self, *inputs: Timed) -> tuple[int, list]:
        """The first cycle in which all values are held, and all of them in it."""
        cycle = max(item.cycle + (id(item.value) in self._brief) for item in inputs)
        return cycle, [self.at(item, cycle) for item in inputs]

    def register(self, name: str, function, *inputs: Timed) -> Timed:
        """function(values), a cycle later. It is held by the register where inputs come at several
        times, so that none of them needs to be longer than it is anyway."""
        cycle = max(item.cycle for item in inputs)
        if self.cycles == 1 or cycle == ALWAYS:
            return super().register(name, function, *inputs)
        taps = [self._over(item, cycle, cycle) for item in inputs]
        result = Value.cast(function(*(tap.value for tap in taps)))
        register = Signal(result.shape(), name=name, reset_less=True)
        least = cycle + self.cycles - 1
        if all(tap.cycle == ALWAYS or self._last(tap) >= least for tap in taps):
            self.m.d.sync += register.eq(result)
        else:
            with self.m.If(self.strobe(cycle)):
                self.m.d.sync += register.eq(result)
        return self.input(register, cycle + 1)

    def multiply(self, name: str, a: Timed, b: Timed | Value, function=mul) -> Timed:
        """As Pipeline.multiply; operands wait in front of the multiplier's registers."""
        if self.cycles > 1 and isinstance(b, Timed) and ALWAYS not in (a.cycle, b.cycle):
            cycle, values = self.together(a, b)
            a, b = (self.input(value, cycle) for value in values)
        return super().multiply(name, a, b, function)
