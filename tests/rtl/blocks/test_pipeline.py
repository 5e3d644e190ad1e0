"""The pipeline builder: values in their cycles, shared delay lines, structs, errors."""

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hw.blocks import pipeline
from hw.blocks.delay import DelayLine
from hw.blocks.pipeline import Block, Pipeline
from sim.rtl.block_harness import BlockHarness, run_block

PAIR = data.StructLayout({"x": signed(12), "y": unsigned(7)})
DELAYS = [1, 2, 3, *range(4, 71)]


@pytest.fixture
def lines(monkeypatch) -> list[tuple[int, int]]:
    """Width and cycles of every delay line that is made."""
    made = []

    class Recorded(DelayLine):
        def __init__(self, shape, cycles):
            made.append((shape.width, cycles))
            super().__init__(shape, cycles)

    monkeypatch.setattr(pipeline, "DelayLine", Recorded)
    return made


def items(rng, bits, is_signed, count=5000):
    low = -(1 << (bits - 1)) if is_signed else 0
    return rng.integers(low, low + (1 << bits), count)


class AllDelays(wiring.Component):
    """Delays of one counter side by side, all read in the latest one's cycle."""

    latency_cycles = DELAYS[-1]

    def __init__(self):
        super().__init__({"i": In(signed(20))} | {f"o{n}": Out(signed(20)) for n in DELAYS})

    def elaborate(self, platform):
        m = Module()
        p = Pipeline(m)
        for cycles in DELAYS:
            own = Signal.like(self.i)  # no line is shared with the shorter delays
            m.d.comb += own.eq(self.i)
            m.d.comb += getattr(self, f"o{cycles}").eq(p.at(p.input(own), cycles))
        return m


def test_a_delay_is_exact_in_registers_and_in_rings():
    counter = np.arange(3000) - 1500
    outputs = run_block(AllDelays(), {"i": counter})
    for cycles in DELAYS:
        ahead = DELAYS[-1] - cycles
        kept = len(counter) - ahead
        np.testing.assert_array_equal(outputs[f"o{cycles}"][:kept], counter[ahead:])


class Chain(Block):
    """A register, a wire, a struct that waits long, and outputs of different cycles."""

    def __init__(self):
        super().__init__(
            {
                "a": In(signed(12)),
                "b": In(unsigned(9)),
                "pair": In(PAIR),
                "total": Out(signed(16)),
                "late": Out(PAIR),
                "x": Out(signed(12)),
                "passed": Out(unsigned(9)),
            }
        )

    def build(self, p):
        a, b, pair = p.input(self.a), p.input(self.b), p.input(self.pair)
        first = p.register("first", lambda a, b: a + b, a, b)
        twice = p.wire("twice", lambda v: 2 * v, first)
        total = twice
        for number in range(5):
            total = p.register(f"plus_{number}", lambda v, b: v + b, total, b)
        x = p.wire("x_part", lambda pair: pair.x, pair)
        return p.finish((self.total, total), (self.late, pair), (self.x, x), (self.passed, b))


def test_outputs_of_different_cycles_meet_in_the_latest():
    rng = np.random.default_rng(0)
    inputs = {"a": items(rng, 12, True), "b": items(rng, 9, False)}
    inputs |= {"pair_x": items(rng, 12, True), "pair_y": items(rng, 7, False)}
    block = Chain()
    assert block.latency_cycles == 6
    outputs = run_block(block, inputs)
    np.testing.assert_array_equal(outputs["total"], 2 * inputs["a"] + 7 * inputs["b"])
    np.testing.assert_array_equal(outputs["passed"], inputs["b"])
    np.testing.assert_array_equal(outputs["x"], inputs["pair_x"])
    for field in ("x", "y"):
        np.testing.assert_array_equal(outputs[f"late_{field}"], inputs[f"pair_{field}"])


class Inner(Block):
    """A sub-block of three cycles."""

    def __init__(self):
        super().__init__({"v": In(signed(8)), "w": In(signed(8)), "difference": Out(signed(9))})

    def build(self, p):
        v, w = p.input(self.v), p.input(self.w)
        value = p.register("difference", lambda v, w: v - w, v, w)
        for number in range(2):
            value = p.register(f"wait_{number}", lambda v: v, value)
        return p.finish((self.difference, value))


class Outer(Block):
    """Calls a sub-block with values of two cycles, and uses the input beside its result."""

    def __init__(self):
        super().__init__({"v": In(signed(8)), "w": In(signed(8)), "both": Out(signed(18))})

    def build(self, p):
        v, w = p.input(self.v), p.input(self.w)
        late = p.register("late", lambda w: w, w)
        difference = p.call("inner", Inner(), v=v, w=late)["difference"]
        assert difference.cycle == 4
        return p.finish((self.both, p.register("both", lambda d, v: d * v, difference, v)))


def test_a_called_block_gets_its_inputs_in_one_cycle():
    rng = np.random.default_rng(1)
    v, w = items(rng, 8, True), items(rng, 8, True)
    block = Outer()
    assert block.latency_cycles == 5
    np.testing.assert_array_equal(run_block(block, {"v": v, "w": w})["both"], (v - w) * v)


def test_values_that_wait_share_their_line(lines):
    p = Pipeline(Module())
    value = p.input(Signal(10))
    at_three = p.at(value, 3)
    assert lines == [(10, 3)]
    assert p.at(value, 3) is at_three
    p.at(value, 20)
    assert lines == [(10, 3), (10, 17)]
    p.at(value, 20)
    p.at(value, 5)
    assert lines == [(10, 3), (10, 17), (10, 2)]
    assert p.at(value, 0) is value.value


def test_a_delayed_struct_has_its_fields(lines):
    p = Pipeline(Module())
    delayed = p.at(p.input(Signal(PAIR)), 9)
    assert isinstance(delayed, data.View)
    assert delayed.shape() == PAIR
    assert (delayed.x.shape(), delayed.y.shape()) == (signed(12), unsigned(7))
    assert lines == [(19, 9)]


def test_registers_take_the_shape_of_what_they_hold():
    p = Pipeline(Module())
    a, b = p.input(Signal(signed(5))), p.input(Signal(7), cycle=4)
    total = p.register("total", lambda a, b: a - b, a, b)
    assert (total.cycle, total.value.shape()) == (5, signed(9))
    same = p.wire("same", lambda v: v[:3], total)
    assert (same.cycle, same.value.shape()) == (5, unsigned(3))


def test_together_brings_all_to_the_latest_cycle():
    p = Pipeline(Module())
    early, late = p.input(Signal(4)), p.input(Signal(4), cycle=7)
    cycle, values = p.together(early, late)
    assert cycle == 7
    assert values[0] is p.at(early, 7)
    assert values[1] is late.value


def test_a_value_cannot_be_had_before_its_cycle():
    p = Pipeline(Module())
    value = p.input(Signal(4), cycle=3)
    with pytest.raises(ValueError, match=r"^a value of cycle 3 cannot be had in cycle 2\.$"):
        p.at(value, 2)


@pytest.mark.parametrize("cycles", [0, -1])
def test_a_delay_line_has_a_length(cycles):
    with pytest.raises(ValueError, match=rf"^a delay of {cycles} cycles is below 1\.$"):
        DelayLine(4, cycles)


def test_a_block_says_what_it_computes():
    with pytest.raises(NotImplementedError, match=r"^Silent does not say what it computes\.$"):
        _ = type("Silent", (Block,), {})({"i": In(1)}).latency_cycles


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w": None}, r"inputs \['v'\] are given where the ports are \['v', 'w'\]\."),
        ({"w": np.zeros(3, dtype=np.int64)}, r"inputs have the shapes \[\(3,\), \(4,\)\]: give"),
        ({"w": np.zeros(4)}, "input w is float64: give it integers."),
        (
            {"w": np.array([0, 128, 0, -5])},
            "input w has values from -5 to 128: its 8 bits hold -128 to 127.",
        ),
    ],
)
def test_the_harness_refuses_what_the_ports_do_not_take(change, message):
    inputs = {"v": np.zeros(4, dtype=np.int64), "w": np.zeros(4, dtype=np.int64)} | change
    inputs = {name: values for name, values in inputs.items() if values is not None}
    with pytest.raises(ValueError, match=f"^{message}"):
        BlockHarness(Outer()).run(inputs)


def test_no_items_no_outputs():
    empty = np.zeros(0, dtype=np.int64)
    assert len(run_block(Outer(), {"v": empty, "w": empty})["both"]) == 0
