"""Steps that several jobs of an item take in turn, as a component."""

from __future__ import annotations

from collections.abc import Callable

from amaranth.hdl import Module, Signal, Value
from amaranth.lib.wiring import In, Out

from hw.blocks.held_values import HeldValues
from hw.blocks.pipeline import Block, Timed


class Steps(Block):
    """Steps of a pipeline as a block of their own, for jobs that follow one another.

    Parameters
    ----------
    name : of what it computes.
    steps : as in HeldPipeline.alike.
    p : the pipeline that they are added to, of a module of its own.
    job, common : its inputs by name, as one job has them.
    lasting : names of inputs of a job that are constants. These and common inputs are there in any
        cycle of a job: each is a member of its own in every cycle in which it is read.

    Attributes
    ----------
    lasting : as given.
    inputs : a member's name to the input, and to the cycle of the job that it is read in.
    """

    def __init__(
        self,
        name: str,
        steps: Callable[..., dict[str, Timed]],
        p: LastingInputs,
        job: dict[str, Timed],
        common: dict[str, Timed],
        lasting: set[str],
    ):
        self.name, self.lasting = name, lasting
        self._m = m = p.m
        values = {
            port: p.lasting(port, timed) if port in lasting | set(common) else p.brief(port, timed)
            for port, timed in (job | common).items()
        }
        results = steps(p, name, **values)
        self.inputs = p.inputs
        super().__init__(
            {port: In(value.shape()) for port, value in p.ports.items()}
            | {port: Out(Value.cast(timed.value).shape()) for port, timed in results.items()}
        )
        m.d.comb += [value.eq(getattr(self, port)) for port, value in p.ports.items()]
        self._latencies = {port: timed.cycle for port, timed in results.items()}
        m.d.comb += [
            Value.cast(getattr(self, port)).eq(Value.cast(timed.value))
            for port, timed in results.items()
        ]

    @property
    def latency_cycles(self) -> int:
        """From a job to its last result."""
        return max(self._latencies.values())

    def latency_of(self, port: str) -> int:
        """From a job to a result."""
        return self._latencies[port]

    def elaborate(self, platform):
        """The module with all steps."""
        return self._m


class LastingInputs(HeldValues):
    """Steps of a job; inputs that last longer than the job wait outside, where it takes less."""

    def __init__(self, m: Module):
        super().__init__(m, None, 1)
        self.ports: dict[str, Signal] = {}
        self.inputs: dict[str, tuple[str, int]] = {}
        self._lasting: dict[int, str] = {}

    def brief(self, name: str, timed: Timed) -> Timed:
        """An input of a job, in cycle 0."""
        return self.input(self._port(name, name, 0, Value.cast(timed.value).shape()))

    def lasting(self, name: str, timed: Timed) -> Timed:
        """An input that is there in any cycle of the job: where it is read, `at` makes a port."""
        value = Signal(Value.cast(timed.value).shape(), name=name)
        self._lasting[id(value)] = name
        return self.input(value)

    def at(self, timed: Timed, cycle: int):
        """As HeldPipeline.at; an input that lasts as it is outside in that cycle."""
        if id(timed.value) not in self._lasting:
            return super().at(timed, cycle)
        name = self._lasting[id(timed.value)]
        port = f"{name}_{cycle}" if cycle else name
        if port in self.ports:
            return self.ports[port]
        return self._port(port, name, cycle, timed.value.shape())

    def _over(self, timed: Timed, first: int, last: int) -> Timed:
        if id(timed.value) in self._lasting:
            return Timed(self.at(timed, first), first)
        return super()._over(timed, first, last)

    def _port(self, port: str, name: str, cycle: int, shape) -> Signal:
        self.inputs[port] = name, cycle
        self.ports[port] = Signal(shape, name=port)
        return self.ports[port]
