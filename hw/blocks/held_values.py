"""Values of items that come some cycles apart: held until the next item's, in few registers."""

from __future__ import annotations

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data

from hw.blocks.delay import HeldDelay
from hw.blocks.pipeline import ALWAYS, Pipeline, Timed

HELD_REGISTERS = 3  # of a value that waits, one behind the other; where it takes more, a memory
NUMBER_BITS = 8  # of items under way


class HeldValues(Pipeline):
    """A pipeline whose inputs are held for `cycles` cycles from the one in which `start` is 1.

    So is then every value made of them, from its own cycle on. What waits takes a register for
    every `cycles` that it waits, not one a cycle, or a word of a memory.

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
        while tap.cycle < cycle:
            value = Value.cast(tap.value)
            if cycle - tap.cycle > HELD_REGISTERS * self.cycles:
                until, held = cycle, self._queued(value, tap.cycle, cycle)
            else:
                until = min(tap.cycle + self.cycles, cycle)
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
