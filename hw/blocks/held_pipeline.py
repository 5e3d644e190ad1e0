"""Pipelines whose items come some cycles apart, so that multipliers can take turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import mul

from amaranth.hdl import Module, Mux, Signal, Value

from hw.blocks.held_values import HeldValues
from hw.blocks.pipeline import ALWAYS, Block, Timed
from hw.blocks.turn_steps import LastingInputs, Steps


class HeldPipeline(HeldValues):
    """Builds a pipeline that takes an item every `cycles` cycles at most.

    Its values are those of HeldValues, which has its parameters. So an operation that is needed
    several times for an item is built once for up to `cycles` of them, which follow one another:
    each result is there for one cycle, and is held only where something needs it longer.
    """

    def call(self, name: str, component, **inputs: Timed) -> dict[str, Timed]:
        """As Pipeline.call; a HeldBlock is told where its items start."""
        outputs = super().call(name, component, **inputs)
        if getattr(component, "takes_start", False):
            cycle, _ = self.together(*inputs.values())
            self.m.d.comb += component.start.eq(self.strobe(cycle))
        return outputs

    def inline(self, name: str, block, **inputs: Timed) -> dict[str, Timed]:
        """As call, but where items come some cycles apart the block's steps are added to this
        pipeline, so that no value waits at the block's ends: each is there in its own time."""
        if self.cycles == 1:
            return self.call(name, block, **inputs)
        around, self.m = self.m, Module()
        around.submodules[name] = block
        results = block.steps(self, **inputs)
        block.add_to(self.m)
        self.m = around
        return results

    def multiply_all(self, name: str, pairs: Sequence[tuple[Timed, Timed | Value]]) -> list[Timed]:
        """The products of pairs, by a multiplier for each `cycles` of them.

        2 cycles later where a multiplier has one product, otherwise 2, 3, 4 ...: one after another.

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
                lasting = {
                    port for port in inputs[0] if all(v[port].cycle == ALWAYS for v in inputs)
                }
                block = Steps(
                    "_".join(group), steps, _StepsPipeline(Module()), inputs[0], common, lasting
                )
                results += self._call_in_turn(block.name, block, inputs, common)
        return results

    def _multiply_in_turn(self, name, group):
        if len(group) == 1:
            return [self.multiply(name, *group[0])]
        cycle = _first_turn(group)
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
        ports = (
            block.inputs
            if isinstance(block, Steps)
            else {port: (port, 0) for port in (*group[0], *common)}
        )
        cycle = _first_turn([job.values() for job in group])
        for source, after in ports.values():
            if source in common:
                value = common[source]
                held_from = value.cycle + (id(value.value) in self._brief)
                cycle = max(cycle, held_from - 1 - after)
        self.m.submodules[name] = block
        for port, (source, after) in ports.items():
            if source in common:
                first = cycle + 1 + after
                value = self._over(common[source], first, first + len(group) - 1).value
            elif isinstance(block, Steps) and source in block.lasting:
                value = self._constant_in_turn(cycle + 1 + after, [job[source] for job in group])
            else:
                value = self._choose(f"{name}_{port}", cycle, [job[source] for job in group])
            self.m.d.comb += Value.cast(getattr(block, port)).eq(value)
        columns = {
            port: self._collect(
                f"{name}_{port}",
                getattr(block, port),
                cycle + 1 + block.latency_of(port),
                len(group),
            )
            for port, member in block.signature.members.items()
            if member.flow.name == "Out"
        }
        return [{port: column[n] for port, column in columns.items()} for n in range(len(group))]

    def _choose(self, name: str, cycle: int, values) -> Signal:
        """A register with the n-th of some values in cycle + 1 + n."""
        now = [
            Value.cast(self._over(v, cycle + n, cycle + n).value if isinstance(v, Timed) else v)
            for n, v in enumerate(values)
        ]
        if len({(value.shape().width, value.shape().signed) for value in now}) > 1:
            raise ValueError(f"{name} of several shapes cannot take turns: give all the same one.")
        chosen = now[0]
        for n, value in enumerate(now[1:], 1):
            chosen = Mux(self.strobe(cycle + n), value, chosen)
        register = Signal(chosen.shape(), name=name, reset_less=True)
        self.m.d.sync += register.eq(chosen)
        return register

    def _constant_in_turn(self, cycle: int, constants: Sequence[Timed]) -> Value:
        """The n-th of some constants in cycle + n: of no register, since they mostly go to one."""
        chosen = constants[0].value
        for n, constant in enumerate(constants[1:], 1):
            chosen = Mux(self.strobe(cycle + n), constant.value, chosen)
        return chosen

    def _collect(self, name: str, value: Value, first: int, count: int) -> list[Timed]:
        """Results that follow one another from cycle `first` on, each there for one cycle."""
        results = []
        for n in range(count):
            result = Signal(value.shape(), name=f"{name}_{n}")
            self.m.d.comb += result.eq(value)
            self._brief.add(id(result))
            results.append(self.input(result, first + n))
        return results


class _StepsPipeline(LastingInputs, HeldPipeline):
    """Takes a job a cycle."""


def _first_turn(group) -> int:
    """The first cycle from which on values of jobs that follow one another are there in time."""
    return max(
        value.cycle - n
        for n, values in enumerate(group)
        for value in values
        if isinstance(value, Timed)
    )
