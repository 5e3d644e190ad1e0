"""Jobs that take turns one by one: values, at every distance of the items."""

from __future__ import annotations

import random

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Const, signed
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from hw.blocks.turn_pipeline import TurnBlock

NAMES = "abcde"


class Several(TurnBlock):
    """Five jobs of different widths, one of which needs the result of another, and what waits."""

    def __init__(self, cycles: int):
        self.cycles = cycles
        super().__init__(
            {
                "start": In(1),
                **{name: In(signed(8)) for name in NAMES},
                **{f"p_{name}": Out(signed(20)) for name in NAMES},
                **{f"s_{name}": Out(signed(9)) for name in NAMES},
                "last": Out(signed(20)),
                "long": Out(signed(8)),
            }
        )

    def build(self, p):
        values = {name: p.input(getattr(self, name)) for name in NAMES}
        jobs = {
            name: {"x": value, "more": p.constant(Const(n, 3)), "y": values["b"]}
            for n, (name, value) in enumerate(values.items())
        }
        jobs["c"]["more"] = None
        first = p.turns("first", jobs, _steps, {"y": 1}, z=values["d"])
        total = p.register("total", lambda a, e: a + e, first["a"]["sum"], first["e"]["sum"])
        narrow = p.wire("narrow", lambda v: v[:8].as_signed(), total)
        jobs = {
            "late": {"x": values["c"], "more": None, "y": narrow},
            "other": {"x": narrow, "more": p.constant(Const(1, 3)), "y": values["a"]},
        }
        second = p.turns("second", jobs, _steps, {"y": 1}, since=20, z=values["e"])
        last = p.register("last", lambda u, v: u + v, *(second[n]["product"] for n in second))
        return p.finish_once(
            *((getattr(self, f"p_{name}"), first[name]["product"]) for name in NAMES),
            *((getattr(self, f"s_{name}"), first[name]["sum"]) for name in NAMES),
            (self.last, last),
            (self.long, values["e"]),
        )


def _steps(p, x, more, y, z):
    """x y + more z, and x - z."""
    product = p.multiply("product", p.register("wide", lambda v: v, x), y)
    part = p.register("part", lambda m, z: m * z, more, z)
    return {
        "product": p.wire("whole", lambda u, v: u + v, product, part),
        "sum": p.wire("sum", lambda u, v: (u - v)[:9].as_signed(), x, z),
    }


def _signed(value: int, bits: int) -> int:
    return (value + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1)


def expected(item: dict[str, int]) -> dict[str, int]:
    results = {}
    for n, name in enumerate(NAMES):
        if name != "c":  # of which one input does not matter
            results[f"p_{name}"] = item[name] * item["b"] + n * item["d"]
        results[f"s_{name}"] = _signed(item[name] - item["d"], 9)
    narrow = _signed(results["s_a"] + results["s_e"], 8)
    # Of one of two jobs the other one's input is taken where its own does not matter.
    results["last"] = item["c"] * narrow + item["e"] + narrow * item["a"] + item["e"]
    return results | {"long": item["e"]}


@pytest.mark.parametrize("gap", [0, 1, 5])
@pytest.mark.parametrize("cycles", [2, 3, 4, 8])
def test_every_item_at_its_time(cycles, gap):
    """Items `cycles` + gap apart; inputs are other values as soon as they need not be held."""
    block, rng = Several(cycles), random.Random(cycles)
    latency, apart = block.latency_cycles, cycles + gap
    items = [{name: rng.randrange(-128, 128) for name in NAMES} for _ in range(30)]
    simulator = Simulator(block)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        for cycle in range(apart * len(items) + latency):
            number, place = divmod(cycle, apart)
            ctx.set(block.start, int(place == 0 and number < len(items)))
            is_held = place < cycles and number < len(items)
            for name in NAMES:
                value = items[number][name] if is_held else rng.randrange(-128, 128)
                ctx.set(getattr(block, name), value)
            number, place = divmod(cycle - latency, apart)
            if cycle >= latency and place == 0 and number < len(items):
                due = expected(items[number])
                assert {name: ctx.get(getattr(block, name)) for name in due} == due
            await ctx.tick()

    simulator.add_testbench(bench)
    simulator.run()


@pytest.mark.parametrize(("cycles", "blocks"), [(2, 3 + 1), (4, 2 + 1), (8, 1 + 1)])
def test_a_block_for_as_many_jobs_as_cycles(cycles, blocks):
    text = rtlil.convert(Several(cycles), name="several", emit_src=False)
    assert text.count("cell $mul") == 2 * blocks
