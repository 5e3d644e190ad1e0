"""Pipelines whose items come some cycles apart, so that multipliers can take turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import mul

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from hw.blocks.delay import HeldDelay
from hw.blocks.pipeline import ALWAYS, Block, Pipeline, Timed


class HeldPipeline(Pipeline):
    """Builds a pipeline that takes an item every `cycles` cycles at most.

    Inputs are held for `cycles` cycles from the one in which `start` is 1; so is then every value
    made of them, from its own cycle on. So an operation that is needed several times for an item
    is built once for up to `cycles` of them, which follow one another: each result is there for one
    cycle, and is held only where something needs it longer.

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
            if cycle - tap.cycle > HeldDelay.LEAST_ITEMS * self.cycles:
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
        line = HeldDelay(value.shape(), (until - since) // self.cycles + 1)
        self.m.submodules[f"delay_{self._delays}"] = line
        self._delays += 1
        self.m.d.comb += [
            line.i.eq(value),
            line.enter.eq(self.strobe(since)),
            line.leave.eq(self.strobe(until - 1)),
        ]
        return line.o

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

    def call(self, name: str, component, **inputs: Timed) -> dict[str, Timed]:
        """As Pipeline.call; a HeldBlock is told where its items start."""
        outputs = super().call(name, component, **inputs)
        if isinstance(component, HeldBlock) and "start" in component.signature.members:
            cycle, _ = self.together(*inputs.values())
            self.m.d.comb += component.start.eq(self.strobe(cycle))
        return outputs

    def inline(self, name: str, block: InlineBlock, **inputs: Timed) -> dict[str, Timed]:
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
                block = Steps("_".join(group), steps, inputs[0], common)
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
        cycle = _first_turn([job.values() for job in group])
        held_from = max(
            (v.cycle + (id(v.value) in self._brief) for v in common.values()), default=0
        )
        cycle = max(cycle, held_from - 1)
        self.m.submodules[name] = block
        for port in group[0]:
            chosen = self._choose(f"{name}_{port}", cycle, [job[port] for job in group])
            self.m.d.comb += Value.cast(getattr(block, port)).eq(chosen)
        for port, value in common.items():
            held = self._over(value, cycle + 1, cycle + len(group))
            self.m.d.comb += getattr(block, port).eq(held.value)
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

    def _collect(self, name: str, value: Value, first: int, count: int) -> list[Timed]:
        """Results that follow one another from cycle `first` on, each there for one cycle."""
        results = []
        for n in range(count):
            result = Signal(value.shape(), name=f"{name}_{n}")
            self.m.d.comb += result.eq(value)
            self._brief.add(id(result))
            results.append(self.input(result, first + n))
        return results


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


class InlineBlock(Block):
    """A Block that is described in `steps`; see HeldPipeline.inline."""

    def steps(self, p: HeldPipeline, **inputs: Timed) -> dict[str, Timed]:
        """Adds the logic to a pipeline; the outputs by name, of inputs by name."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes.")

    def build(self, p: HeldPipeline) -> int:
        """Its steps between the block's own members."""
        names = [
            name for name, member in self.signature.members.items() if member.flow.name == "In"
        ]
        inputs = {name: p.input(getattr(self, name)) for name in names if name != "constants"}
        results = self.steps(p, **inputs)
        return p.finish(*((getattr(self, name), timed) for name, timed in results.items()))

    def add_to(self, m: Module) -> None:
        """Its logic is in a module that a pipeline around it has made."""
        self.__dict__["_built"] = m, 0

    @cached_property
    def _built(self) -> tuple[Module, int]:
        m = Module()
        return m, self.build(HeldPipeline(m, None, 1))


def start_member(cycles: int) -> dict[str, In]:
    """The member `start` of a HeldBlock whose items come some cycles apart; none where not."""
    return {"start": In(1)} if cycles > 1 else {}


def _first_turn(group) -> int:
    """The first cycle from which on values of jobs that follow one another are there in time."""
    return max(
        value.cycle - n
        for n, values in enumerate(group)
        for value in values
        if isinstance(value, Timed)
    )
