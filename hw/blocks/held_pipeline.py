"""Pipelines whose items come some cycles apart, so that multipliers can take turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import mul

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib.wiring import In, Out

from hw.blocks.held_values import HeldValues
from hw.blocks.pipeline import Block, Timed


class HeldPipeline(HeldValues):
    """Builds a pipeline that takes an item every `cycles` cycles at most.

    Its values are those of HeldValues, which has its parameters. So an operation that is needed
    several times for an item is built once for up to `cycles` of them, which follow one another.
    """

    def call(self, name: str, component, **inputs: Timed) -> dict[str, Timed]:
        """As Pipeline.call; a HeldBlock is told where its items start."""
        outputs = super().call(name, component, **inputs)
        if isinstance(component, HeldBlock) and "start" in component.signature.members:
            cycle = max(item.cycle for item in inputs.values())
            self.m.d.comb += component.start.eq(self.strobe(cycle))
        return outputs

    def multiply_all(self, name: str, pairs: Sequence[tuple[Timed, Timed | Value]]) -> list[Timed]:
        """The products of pairs, by a multiplier for each `cycles` of them.

        2 cycles later where a multiplier has one product; n + 2 where it has n.

        Parameters
        ----------
        pairs : two values each, or a value and a constant that is held while items are under way.
        """
        groups = [pairs[n : n + self.cycles] for n in range(0, len(pairs), self.cycles)]
        return [
            product
            for n, group in enumerate(groups)
            for product in self._multiply_in_turn(f"{name}_{n}", group)
        ]

    def share(
        self,
        name: str,
        make: Callable[[], Block],
        jobs: Sequence[dict[str, Timed]],
        **common: Timed,
    ) -> list[dict[str, Timed]]:
        """The outputs of a block that takes an item a cycle, for several jobs: one for `cycles`.

        Parameters
        ----------
        make : of the block. jobs : its inputs by name. common : inputs that all jobs share.
        """
        results = []
        for n in range(0, len(jobs), self.cycles):
            group = jobs[n : n + self.cycles]
            results += self._call_in_turn(f"{name}_{n // self.cycles}", make(), group, common)
        return results

    def alike(
        self,
        jobs: dict[str, dict[str, Timed]],
        steps: Callable[..., dict[str, Timed]],
        /,
        **common: Timed,
    ) -> list[dict[str, Timed]]:
        """The results of steps of which several jobs need the same: built once for `cycles`.

        Parameters
        ----------
        jobs : a job's name to its inputs by name.
        steps : steps(p, name, **inputs, **common), adds them to a pipeline that takes a job a
            cycle, and names its results.
        common : inputs that all jobs share.
        """
        results: list[dict[str, Timed]] = []
        names = list(jobs)
        for n in range(0, len(names), self.cycles):
            group = names[n : n + self.cycles]
            inputs = [jobs[name] for name in group]
            if len(group) == 1:
                results.append(steps(self, group[0], **inputs[0], **common))
            else:
                block = Steps("_".join(group), steps, inputs[0], common)
                results += self._call_in_turn(block.name, block, inputs, common)
        return results

    def _multiply_in_turn(self, name, group):
        if len(group) == 1:
            return [self.multiply(name, *group[0])]
        cycle = _latest(operand for pair in group for operand in pair)
        a, b = (
            self._choose(f"{name}_{side}", cycle, operands)
            for side, operands in zip("ab", zip(*group, strict=True), strict=True)
        )
        product = Signal(mul(a, b).shape(), name=name, reset_less=True)
        self.m.d.sync += product.eq(a * b)
        return self._collect(name, product, cycle + 2, len(group))

    def _call_in_turn(self, name, block, group, common):
        if len(group) == 1:
            return [self.call(name, block, **group[0], **common)]
        cycle = _latest([*(v for job in group for v in job.values()), *common.values()])
        self.m.submodules[name] = block
        for port in group[0]:
            chosen = self._choose(f"{name}_{port}", cycle, [job[port] for job in group])
            self.m.d.comb += Value.cast(getattr(block, port)).eq(chosen)
        for port, value in common.items():
            self.m.d.comb += getattr(block, port).eq(self.at(value, cycle + 1))
        columns = {
            port: self._collect(
                f"{name}_{port}",
                getattr(block, port),
                cycle + 1 + block.latency_cycles,
                len(group),
            )
            for port, member in block.signature.members.items()
            if member.flow.name == "Out"
        }
        return [{port: column[n] for port, column in columns.items()} for n in range(len(group))]

    def _choose(self, name: str, cycle: int, values) -> Signal:
        """A register with the n-th of some values in cycle + 1 + n."""
        now = [Value.cast(self.at(v, cycle) if isinstance(v, Timed) else v) for v in values]
        if len({(value.shape().width, value.shape().signed) for value in now}) > 1:
            raise ValueError(f"{name} of several shapes cannot take turns: give all the same one.")
        chosen = now[0]
        for n, value in enumerate(now[1:], 1):
            chosen = Mux(self.strobe(cycle + n), value, chosen)
        register = Signal(chosen.shape(), name=name, reset_less=True)
        self.m.d.sync += register.eq(chosen)
        return register

    def _collect(self, name: str, value: Value, first: int, count: int) -> list[Timed]:
        """Results that follow one another from cycle `first` on: all held from first + count on."""
        behind = [value]
        for n in range(count - 1):
            register = Signal(value.shape(), name=f"{name}_behind_{n}", reset_less=True)
            self.m.d.sync += register.eq(behind[-1])
            behind.append(register)
        held = [Signal(value.shape(), name=f"{name}_{n}", reset_less=True) for n in range(count)]
        with self.m.If(self.strobe(first + count - 1)):
            self.m.d.sync += [to.eq(of) for to, of in zip(held, reversed(behind), strict=True)]
        return [self.input(register, first + count) for register in held]


class Steps(Block):
    """Steps of a pipeline as a block of their own, for jobs that follow one another.

    Parameters
    ----------
    name : of what it computes.
    steps : as in HeldPipeline.alike.
    job, common : its inputs by name, as one job has them.
    """

    def __init__(
        self,
        name: str,
        steps: Callable[..., dict[str, Timed]],
        job: dict[str, Timed],
        common: dict[str, Timed],
    ):
        self.name = name
        inputs = {port: Value.cast(timed.value).shape() for port, timed in (job | common).items()}
        self._m = m = Module()
        ports = {port: Signal(shape, name=port) for port, shape in inputs.items()}
        p = HeldPipeline(m, None, 1)
        results = steps(p, name, **{port: p.input(value) for port, value in ports.items()})
        super().__init__(
            {port: In(shape) for port, shape in inputs.items()}
            | {port: Out(Value.cast(timed.value).shape()) for port, timed in results.items()}
        )
        m.d.comb += [value.eq(getattr(self, port)) for port, value in ports.items()]
        outputs = ((getattr(self, port), timed) for port, timed in results.items())
        self._latency_cycles = p.finish(*outputs)

    @property
    def latency_cycles(self) -> int:
        """From a job to its results."""
        return self._latency_cycles

    def elaborate(self, platform):
        """The module with all steps."""
        return self._m


class HeldBlock(Block):
    """A Block that is built as a HeldPipeline; it has the member start : In(1), see `start_member`.

    Attributes
    ----------
    cycles : that items are apart, 1 or more; set before the first use.
    """

    cycles: int

    @cached_property
    def _built(self) -> tuple[Module, int]:
        m = Module()
        return m, self.build(HeldPipeline(m, getattr(self, "start", None), self.cycles))


def start_member(cycles: int) -> dict[str, In]:
    """The member `start` of a HeldBlock whose items come some cycles apart; none where not."""
    return {"start": In(1)} if cycles > 1 else {}


def _latest(operands) -> int:
    return max(operand.cycle for operand in operands if isinstance(operand, Timed))
