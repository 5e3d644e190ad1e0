"""Pipelines whose jobs take turns one by one: each waits for nothing but its own inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from itertools import zip_longest

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hw.blocks.held_block import HeldBlock
from hw.blocks.held_pipeline import HeldPipeline
from hw.blocks.pipeline import Pipeline, Timed

Job = dict[str, Timed | None]


class TurnPipeline(HeldPipeline):
    """A HeldPipeline in which values are read in one cycle of those in which they are held.

    So a value waits in fewer registers: a register is loaded in its item's cycle alone, and may
    then be read in any of `cycles` cycles. Jobs that take turns need their inputs one after
    another, and each gives its results in a cycle of its own.
    """

    def once(self, timed: Timed, cycle: int):
        """The value in that cycle alone."""
        taps = self._taps.setdefault(id(timed.value), [timed])
        tap = max((tap for tap in taps if tap.cycle <= cycle), key=lambda tap: tap.cycle)
        strides = max(-(-(cycle + 1 - self.cycles - tap.cycle) // self.cycles), 0)
        return self.at(timed, tap.cycle + strides * self.cycles)

    def register(self, name: str, function, *inputs: Timed, since: int = 0) -> Timed:
        """function(values), held from a cycle later on: one stage of logic.

        Parameters
        ----------
        since : cycle before which it is not computed; later ones need shorter waits.
        """
        cycle = max(since, *(item.cycle for item in inputs))
        result = Value.cast(function(*(self.once(item, cycle) for item in inputs)))
        register = Signal(result.shape(), name=name, reset_less=True)
        with self.m.If(self.strobe(cycle)):
            self.m.d.sync += register.eq(result)
        return self.input(register, cycle + 1)

    def turns(
        self,
        name: str,
        jobs: dict[str, Job],
        steps: Callable[..., dict[str, Timed]],
        late: dict[str, int] | None = None,
        /,
        since: int = 0,
        **common: Timed,
    ) -> dict[str, dict[str, Timed]]:
        """The results of steps that several jobs need: built once for `cycles` of them.

        Parameters
        ----------
        name : of the block, with a number behind it.
        jobs : a job's name to its inputs by name; None where what it is does not matter. Those of
            several widths are made as wide as the widest.
        steps : steps(p, **inputs, **common) adds them to a pipeline that takes a job a cycle, and
            names its results. It begins with a register.
        late : cycles by which inputs, by name, are taken after a job's first ones.
        since : cycle before which no job is taken.
        common : inputs that all jobs share.

        Returns a job's name to its results by name.
        """
        results: dict[str, dict[str, Timed]] = {}
        for n in range(0, len(jobs), self.cycles):
            group = dict(list(jobs.items())[n : n + self.cycles])
            block = f"{name}_{n // self.cycles}"
            results |= self._in_turn(block, group, steps, late or {}, since, common)
        return results

    def finish_once(self, *outputs: tuple[Value, Timed]) -> int:
        """Connects the outputs, all right in the cycle of the latest alone, and returns that."""
        cycle = max(timed.cycle for _, timed in outputs)
        for signal, timed in outputs:
            self.m.d.comb += Value.cast(signal).eq(Value.cast(self.once(timed, cycle)))
        return cycle

    def _in_turn(self, name: str, group: dict[str, Job], steps, late, since, common):
        jobs = list(group.values())
        first = max(
            since,
            *(v.cycle - late.get(port, 0) for port, v in common.items()),
            *(
                v.cycle - n - late.get(port, 0)
                for n, job in enumerate(jobs)
                for port, v in job.items()
                if v is not None
            ),
        )
        inputs = {
            port: self._select(f"{name}_{port}", first + late.get(port, 0), [j[port] for j in jobs])
            for port in jobs[0]
        }
        inputs |= {
            port: Value.cast(self.at(v, first + late.get(port, 0))) for port, v in common.items()
        }
        block = Turns(steps, {port: value.shape() for port, value in inputs.items()}, late)
        self.m.submodules[name] = block
        self.m.d.comb += [getattr(block, port).eq(value) for port, value in inputs.items()]
        results: dict[str, dict[str, Timed]] = {job: {} for job in group}
        for port, latency in block.cycles.items():
            value = getattr(block, port)
            for n, job in enumerate(group):
                cycle = first + latency + n
                held = Signal(value.shape(), name=f"{name}_{job}_{port}", reset_less=True)
                with self.m.If(self.strobe(cycle)):
                    self.m.d.sync += held.eq(value)
                results[job][port] = self.input(held, cycle + 1)
        return results

    def _select(self, name: str, cycle: int, values: list[Timed | None]) -> Value:
        """The n-th of some values in `cycle` + n."""
        choices = [
            None if v is None else Value.cast(self.once(v, cycle + n)) for n, v in enumerate(values)
        ]
        for bit in range((len(values) - 1).bit_length()):
            turn = self._turn_bit(cycle, bit, len(values))
            pairs = zip_longest(choices[::2], choices[1::2])
            choices = [
                high if low is None else low if high is None else Mux(turn, high, low)
                for low, high in pairs
            ]
        chosen = Const(0, 1) if choices[0] is None else choices[0]
        selected = Signal(chosen.shape(), name=name)
        self.m.d.comb += selected.eq(chosen)
        return selected

    def _turn_bit(self, cycle: int, bit: int, count: int) -> Signal:
        """A bit of the number of the turn, which is 0 in `cycle`."""
        turns: dict[tuple[int, int, int], Signal] = self.__dict__.setdefault("_turn_bits", {})
        if (cycle, bit, count) not in turns:
            turns[cycle, bit, count] = value = Signal(name=f"turn_{cycle}_{bit}")
            ahead = [self.strobe(cycle + n - 1) for n in range(count) if n >> bit & 1]
            self.m.d.sync += value.eq(Cat(*ahead).any())
        return turns[cycle, bit, count]


class Turns(wiring.Component):
    """Steps for jobs that follow one another, a job a cycle.

    Parameters
    ----------
    steps, late : as in TurnPipeline.turns. inputs : their shapes by name.

    Attributes
    ----------
    cycles : from a job's first inputs to each of its results, by name.
    """

    def __init__(self, steps, inputs, late):
        self._m = m = Module()
        ports = {port: Signal(shape, name=port) for port, shape in inputs.items()}
        p = Pipeline(m)
        results = steps(
            p, **{port: p.input(value, late.get(port, 0)) for port, value in ports.items()}
        )
        self.cycles = {port: timed.cycle for port, timed in results.items()}
        super().__init__(
            {port: In(shape) for port, shape in inputs.items()}
            | {port: Out(Value.cast(timed.value).shape()) for port, timed in results.items()}
        )
        m.d.comb += [value.eq(getattr(self, port)) for port, value in ports.items()]
        m.d.comb += [getattr(self, port).eq(timed.value) for port, timed in results.items()]

    def elaborate(self, platform):
        return self._m


class TurnBlock(HeldBlock):
    """A HeldBlock that is built as a TurnPipeline; it has a member start : In(1)."""

    @cached_property
    def _built(self) -> tuple[Module, int]:
        m = Module()
        return m, self.build(TurnPipeline(m, self.start, self.cycles))
