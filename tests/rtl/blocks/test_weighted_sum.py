"""Sums of values times known integers: digits, values, latency, and no multiplier."""

from __future__ import annotations

import itertools
import random

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Shape, signed
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from hw.blocks.pipeline import Block, Pipeline
from hw.blocks.weighted_sum import signed_digits, weighted_sum

BITS = 10
# Weights of each input, and the known addend -> cycles.
CASES = {
    "one digit": ((4,), 0, 1),
    "one negative digit": ((-8,), 0, 1),
    "one digit and more": ((1,), 100, 1),
    "a higher digit and more": ((4,), 100, 1),
    "negative digit and more": ((-2,), -77, 1),
    "many digits": ((1205,), 0, 3),
    "many digits and more": ((-1205,), 513, 3),
    "all negative": ((-5, -17), 0, 3),
    "several": ((3, -1, 12, -23), -4096, 4),
    "five of one digit": ((1, 1, 1, 1, -1), 0, 3),
}


class Sum(Block):
    def __init__(self, weights: tuple[int, ...], plus: int):
        self.weights, self.plus = weights, plus
        super().__init__(
            {f"i{n}": In(signed(BITS)) for n in range(len(weights))} | {"o": Out(signed(32))}
        )

    def build(self, p: Pipeline) -> int:
        terms = [(p.input(getattr(self, f"i{n}")), w) for n, w in enumerate(self.weights)]
        return p.finish((self.o, weighted_sum(p, "sum", terms, self.plus)))


@pytest.mark.parametrize("number", [*range(-70, 71), 1205, -32768, 65535, 0x5555])
def test_digits_make_the_number_and_none_are_neighbours(number):
    digits = signed_digits(number)
    assert sum(digit << place for place, digit in digits) == number
    assert all(b[0] - a[0] > 1 for a, b in itertools.pairwise(digits))
    assert all(abs(digit) == 1 for _, digit in digits)


@pytest.mark.parametrize("name", CASES)
def test_sums(name):
    weights, plus, cycles = CASES[name]
    block = Sum(weights, plus)
    assert block.latency_cycles == cycles
    rng, ends = random.Random(name), (-(1 << (BITS - 1)), -1, 0, (1 << (BITS - 1)) - 1)
    items = [[rng.choice(ends) for _ in weights] for _ in range(40)]
    items += [[rng.randrange(*ends[::3]) for _ in weights] for _ in range(40)]
    simulator = Simulator(block)
    simulator.add_clock(1e-6)

    async def bench(ctx):
        for n in range(len(items) + cycles):
            for k, value in enumerate(items[min(n, len(items) - 1)]):
                ctx.set(getattr(block, f"i{k}"), value)
            if n >= cycles:
                item = items[n - cycles]
                assert ctx.get(block.o) == sum(map(int.__mul__, item, weights)) + plus
            await ctx.tick()

    simulator.add_testbench(bench)
    simulator.run()


def test_there_is_no_multiplier():
    assert "$mul" not in rtlil.convert(Sum((1205, -77, 3), 9), name="sum", emit_src=False)


def test_a_sum_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a sum of no terms is known: give it a weight that is"):
        weighted_sum(Pipeline(Module()), "empty", [], 3)


def test_shapes_are_kept():
    assert Shape.cast(Sum((3,), 0).o.shape()) == signed(32)
