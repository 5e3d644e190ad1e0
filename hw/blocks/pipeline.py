"""Free-running pipelines: values that know the cycle in which they are there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from operator import mul

from amaranth.hdl import Module, Shape, Signal, Value
from amaranth.lib import data, wiring

from hw.blocks.delay import DelayLine

ALWAYS = -(1 << 30)  # the cycle of what is held while items are under way: long before any


@dataclass(frozen=True, eq=False)
class Timed:
    """A value, and the cycle in which it belongs to the item that entered in cycle 0, or ALWAYS."""

    value: Value | data.View
    cycle: int


class Pipeline:
    """Builds a pipeline that takes an item every cycle and never stands still.

    Every operation brings its inputs to the same cycle first, so what is written is the data flow;
    the latency of the whole is the `cycle` of its last value. Values that wait share one delay
    line each. There is no enable and no reset: a valid bit travels beside, and what comes before it
    is not looked at.

    Parameters
    ----------
    m : the module that the logic goes into.
    """

    def __init__(self, m: Module):
        self.m = m
        self._taps: dict[int, list[Timed]] = {}
        self._delays = 0

    def input(self, value, cycle: int = 0) -> Timed:
        """A value that is there in `cycle`; raises ValueError where it is known in another."""
        timed = Timed(value, cycle)
        first = self._taps.setdefault(id(value), [timed])[0]
        if first.cycle != cycle:
            raise ValueError(f"a value of cycle {first.cycle} cannot be in cycle {cycle} too.")
        return first

    @staticmethod
    def constant(value) -> Timed:
        """A value that is held while items are under way, in any cycle."""
        return Timed(value, ALWAYS)

    def at(self, timed: Timed, cycle: int):
        """The value, delayed to a cycle that is not before its own."""
        if timed.cycle == ALWAYS:
            return timed.value
        if cycle < timed.cycle:
            raise ValueError(f"a value of cycle {timed.cycle} cannot be had in cycle {cycle}.")
        taps = self._taps.setdefault(id(timed.value), [timed])
        tap = max((tap for tap in taps if tap.cycle <= cycle), key=lambda tap: tap.cycle)
        if tap.cycle < cycle:
            line = DelayLine(Shape.cast(timed.value.shape()), cycle - tap.cycle)
            self.m.submodules[f"delay_{self._delays}"] = line
            self._delays += 1
            self.m.d.comb += line.i.eq(Value.cast(tap.value))
            value = line.o
            if isinstance(timed.value, data.View):
                value = data.View(timed.value.shape(), line.o)
            tap = Timed(value, cycle)
            taps.append(tap)
        return tap.value

    def later(self, timed: Timed, cycle: int) -> Timed:
        """The value as one of a cycle that is not before its own."""
        return timed if cycle == timed.cycle else self.input(self.at(timed, cycle), cycle)

    def together(self, *inputs: Timed) -> tuple[int, list]:
        """The latest cycle of some values, and all of them in it."""
        cycle = max(item.cycle for item in inputs)
        return cycle, [self.at(item, cycle) for item in inputs]

    def register(self, name: str, function, *inputs: Timed) -> Timed:
        """function(values), a cycle later: one stage of logic."""
        cycle, values = self.together(*inputs)
        result = Value.cast(function(*values))
        register = Signal(result.shape(), name=name, reset_less=True)
        self.m.d.sync += register.eq(result)
        return self.input(register, cycle + 1)

    def multiply(self, name: str, a: Timed, b: Timed | Value, function=mul) -> Timed:
        """function(a, b) two cycles later: a multiplier between registers of its own.

        The registers before it hold nothing but its operands, so that they can be placed beside it,
        wherever the target has its multipliers.

        Parameters
        ----------
        b : or a constant, held while items are under way.
        function : of both operands, one product.
        """
        operand = self.register(f"{name}_a", lambda v: v, a)
        if isinstance(b, Timed) and b.cycle == ALWAYS:
            b = Value.cast(b.value)
        if isinstance(b, Timed):
            other = self.register(f"{name}_b", lambda v: v, b)
            return self.register(name, function, operand, other)
        held = Signal(b.shape(), name=f"{name}_b", reset_less=True)
        self.m.d.sync += held.eq(b)
        return self.register(name, lambda v: function(v, held), operand)

    def wire(self, name: str, function, *inputs: Timed) -> Timed:
        """function(values) in the same cycle: logic that shares a stage with what follows."""
        cycle, values = self.together(*inputs)
        result = Value.cast(function(*values))
        wire = Signal(result.shape(), name=name)
        self.m.d.comb += wire.eq(result)
        return self.input(wire, cycle)

    def call(self, name: str, component, **inputs: Timed) -> dict[str, Timed]:
        """A sub-component without valid bits: its outputs by name, `latency_cycles` later.

        Parameters
        ----------
        component : has In members under the names of `inputs`, Out members, and the attribute
            latency_cycles.
        """
        self.m.submodules[name] = component
        cycle, values = self.together(*inputs.values())
        for member, value in zip(inputs, values, strict=True):
            self.m.d.comb += getattr(component, member).eq(value)
        return {
            member: self.input(getattr(component, member), cycle + component.latency_cycles)
            for member, description in component.signature.members.items()
            if description.flow.name == "Out"
        }

    def finish(self, *outputs: tuple[Signal, Timed]) -> int:
        """Connects the outputs, all in the cycle of the latest, and returns that cycle."""
        cycle, values = self.together(*(timed for _, timed in outputs))
        for (signal, _), value in zip(outputs, values, strict=True):
            self.m.d.comb += Value.cast(signal).eq(Value.cast(value))
        return cycle


class Block(wiring.Component):
    """A component that is one free-running pipeline; derived classes describe it in `build`."""

    @cached_property
    def _built(self) -> tuple[Module, int]:
        m = Module()
        return m, self.build(Pipeline(m))

    @property
    def latency_cycles(self) -> int:
        """From an input to the output that belongs to it; asking for it builds the pipeline."""
        return self._built[1]

    def latency_of(self, port: str) -> int:
        """From an input to that output: the same for all, where nothing else is said."""
        del port
        return self.latency_cycles

    def build(self, p: Pipeline) -> int:
        """Adds the logic to a pipeline, finishes it, and returns its latency in cycles."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes.")

    def elaborate(self, platform):
        """The module with all of `build`, which is called once."""
        return self._built[0]


def population(value: Value) -> Value:
    """How many bits of a value are set."""
    return sum((value[n] for n in range(1, len(value))), start=value[0])
