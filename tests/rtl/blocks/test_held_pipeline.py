"""Pipelines whose items come some cycles apart: values, latencies, multipliers that take turns."""

from __future__ import annotations

import random

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Const, signed
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from hw.blocks.held_block import HeldBlock
from hw.blocks.pipeline import Block

NAMES = "abcde"
WAIT_CYCLES = 40
PRODUCTS = (("a", "b"), ("b", "c"), ("c", "c"), ("d", "a"), ("e", "b"), ("d", "e"), ("a", "a"))


class Sum(Block):
    """One product and a constant: what `share` shares."""

    def __init__(self):
        super().__init__({"x": In(signed(8)), "y": In(signed(8)), "o": Out(signed(17))})

    def build(self, p):
        product = p.multiply("product", p.input(self.x), p.input(self.y))
        return p.finish((self.o, p.register("raised", lambda v: v + 5, product)))


class Inner(HeldBlock):
    """a times what is held, and b later: a block within a block."""

    def __init__(self, cycles: int):
        self.cycles = cycles
        members = {"start": In(1), "x": In(signed(8)), "y": In(signed(8))}
        super().__init__(members | {"p": Out(signed(16)), "q": Out(signed(16))})

    def build(self, p):
        x, y = p.input(self.x), p.input(self.y)
        first, second = p.multiply_all("pair", [(x, y), (y, y)])
        return p.finish((self.p, first), (self.q, second))


class Several(HeldBlock):
    """Seven products, three shared sums, like steps, a block of its own, and values that wait."""

    def __init__(self, cycles: int):
        self.cycles = cycles
        super().__init__(
            {
                "start": In(1),
                **{name: In(signed(8)) for name in NAMES},
                **{f"p{n}": Out(signed(16)) for n in range(len(PRODUCTS))},
                **{f"s{n}": Out(signed(17)) for n in range(3)},
                "inner": Out(signed(18)),
                **{f"t{name}": Out(signed(18)) for name in NAMES},
                "late": Out(signed(8)),
                "later": Out(signed(8)),
            }
        )

    def build(self, p):
        values = {name: p.input(getattr(self, name)) for name in NAMES}
        products = p.multiply_all("products", [(values[a], values[b]) for a, b in PRODUCTS])
        jobs = [{"x": values[name]} for name in "abc"]
        sums = p.share("sums", Sum, jobs, y=values["d"])
        inner = p.call("inner", Inner(self.cycles), x=values["a"], y=values["e"])
        both = p.register("both", lambda x, y: x + y, inner["p"], inner["q"])
        jobs = {
            name: {"x": values[name], "bias": p.constant(Const(n, 4))}
            for n, name in enumerate(NAMES)
        }
        like = p.alike(jobs, self._steps, y=values["b"])
        # Two values wait for what is late by WAIT_CYCLES: some items are under way meanwhile.
        last = values["a"]
        for n in range(WAIT_CYCLES):
            last = p.register(f"wait_{n}", lambda v: v, last)
        later = p.register("later_sum", lambda v, w: (v + w)[:8].as_signed(), last, values["c"])
        return p.finish(
            *((getattr(self, f"p{n}"), value) for n, value in enumerate(products)),
            *((getattr(self, f"s{n}"), value["o"]) for n, value in enumerate(sums)),
            (self.inner, both),
            *((getattr(self, f"t{name}"), v["sum"]) for name, v in zip(NAMES, like, strict=True)),
            (self.late, values["e"]),
            (self.later, later),
        )

    def _steps(self, p, name, x, y, bias):
        """x y + bias + x, of values that wait for each other."""
        product = p.multiply(f"like_{name}", x, y)
        biased = p.register(f"biased_{name}", lambda v, b: v + b, product, bias)
        return {"sum": p.register(f"sum_{name}", lambda v, x: (v + x)[:18].as_signed(), biased, x)}


FACTORS = (3, -5, 7, -11, 13)


class Alike(HeldBlock):
    """Five jobs, of constants, of a value each and of two that all need, one of them late."""

    def __init__(self, cycles: int):
        self.cycles = cycles
        super().__init__(
            {
                "start": In(1),
                **{name: In(signed(8)) for name in NAMES},
                **{f"factor_{name}": In(signed(5)) for name in NAMES},
                **{f"o_{name}": Out(signed(20)) for name in NAMES},
            }
        )

    def build(self, p):
        values = {name: p.input(getattr(self, name)) for name in NAMES}
        jobs = {
            name: {"own": values[name], "factor": p.constant(getattr(self, f"factor_{name}"))}
            for name in NAMES
        }
        square = p.multiply("square", values["a"], values["b"])
        results = p.alike(jobs, self._job, early=values["e"], late=square)
        outputs = zip(NAMES, (result["o"] for result in results), strict=True)
        held = [(name, p.register(f"held_{name}", lambda v: v, value)) for name, value in outputs]
        return p.finish(*((getattr(self, f"o_{name}"), value) for name, value in held))

    @staticmethod
    def _job(p, name, own, factor, early, late):
        """own factor + late + factor + early, which are read in several cycles."""
        product = p.multiply(f"product_{name}", own, factor)
        sum_ = p.register(f"sum_{name}", lambda v, late: v + late, product, late)
        raised = p.register(f"raised_{name}", lambda v, f: v + f, sum_, factor)
        return {"o": p.register(f"all_{name}", lambda v, e: v + e, raised, early)}


def expected(item: dict[str, int]) -> dict[str, int]:
    results = {f"p{n}": item[a] * item[b] for n, (a, b) in enumerate(PRODUCTS)}
    results |= {f"s{n}": item[name] * item["d"] + 5 for n, name in enumerate("abc")}
    results |= {f"t{name}": item[name] * item["b"] + n + item[name] for n, name in enumerate(NAMES)}
    results["later"] = (item["a"] + item["c"] + 128) % 256 - 128
    return results | {"inner": item["a"] * item["e"] + item["e"] ** 2, "late": item["e"]}


def alike(item: dict[str, int]) -> dict[str, int]:
    return {
        f"o_{name}": (item[name] + 1) * factor + item["a"] * item["b"] + item["e"]
        for name, factor in zip(NAMES, FACTORS, strict=True)
    }


@pytest.mark.parametrize("gap", [0, 1, 5])
@pytest.mark.parametrize("cycles", [1, 2, 3, 4, 8])
@pytest.mark.parametrize(("make", "due_of"), [(Several, expected), (Alike, alike)])
def test_every_item_at_its_time(make, due_of, cycles, gap):
    """Items `cycles` + gap apart; inputs are other values as soon as they need not be held."""
    block, rng = make(cycles), random.Random(cycles)
    latency, apart = block.latency_cycles, cycles + gap
    items = [{name: rng.randrange(-128, 128) for name in NAMES} for _ in range(30)]
    simulator = Simulator(block)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        for name, factor in zip(NAMES, FACTORS, strict=True):
            if make is Alike:
                ctx.set(getattr(block, f"factor_{name}"), factor)
        for cycle in range(apart * len(items) + latency):
            number, place = divmod(cycle, apart)
            ctx.set(block.start, int(place == 0 and number < len(items)))
            is_held = place < cycles and number < len(items)
            for name in NAMES:
                value = items[number][name] if is_held else rng.randrange(-128, 128)
                ctx.set(getattr(block, name), value)
            number, place = divmod(cycle - latency, apart)
            if cycle >= latency and place < cycles and number < len(items):
                due = due_of(items[number])
                assert {name: ctx.get(getattr(block, name)) for name in due} == due
            await ctx.tick()

    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize(
    ("cycles", "multipliers"), [(1, 7 + 3 + 2 + 5), (2, 4 + 2 + 1 + 3), (4, 2 + 1 + 1 + 2)]
)
def test_multipliers_take_turns(cycles, multipliers):
    text = rtlil.convert(Several(cycles), name="several", emit_src=False)
    assert text.count("cell $mul") == multipliers


def test_shapes_that_differ_cannot_take_turns():
    class Uneven(HeldBlock):
        cycles = 2

        def __init__(self):
            members = {"start": In(1), "x": In(signed(8)), "y": In(signed(9)), "o": Out(signed(9))}
            super().__init__(members)

        def build(self, p):
            jobs = {name: {"v": p.input(getattr(self, name))} for name in "xy"}
            kept = p.alike(jobs, lambda p, name, v: {"w": p.register(name, lambda v: v, v)})
            return p.finish((self.o, kept[1]["w"]))

    with pytest.raises(ValueError, match="several shapes cannot take turns"):
        Uneven().latency_cycles  # noqa: B018
