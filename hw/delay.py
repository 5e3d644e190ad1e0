"""A delay line that moves with its pipeline."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out


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
