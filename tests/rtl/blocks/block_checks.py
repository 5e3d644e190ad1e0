"""Several blocks compiled as one, and compared with what they should give for every item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from amaranth.lib.wiring import In, Out

from hw.blocks.pipeline import Block, Pipeline
from sim.rtl.block_harness import BlockHarness


@dataclass(frozen=True, eq=False)
class Case:
    """A block, its inputs by port, and the outputs that they should give."""

    block: Callable[[], Block]
    inputs: dict[str, np.ndarray]
    expected: dict[str, np.ndarray]


class Several(Block):
    """Blocks side by side: one compilation instead of many. Ports are named BLOCK_PORT.

    The outputs are brought to one cycle by each block's own latency_cycles, so a latency that is
    off by one in either direction shows as values of another item.
    """

    def __init__(self, makers: dict[str, Callable[[], Block]]):
        self._makers = makers
        super().__init__(
            {
                f"{name}_{port}": (In if member.flow.name == "In" else Out)(member.shape)
                for name, make in makers.items()
                for port, member in make().signature.members.items()
            }
        )

    def build(self, p: Pipeline) -> int:
        outputs = []
        for name, make in self._makers.items():
            block = make()
            inputs = {
                port: p.input(getattr(self, f"{name}_{port}"))
                for port, member in block.signature.members.items()
                if member.flow.name == "In"
            }
            for port, value in p.call(name, block, **inputs).items():
                outputs.append((getattr(self, f"{name}_{port}"), value))
        return p.finish(*outputs)


def check_blocks(cases: dict[str, Case]):
    """Runs every case's items, and asserts each output; shorter cases start over."""
    count = max(len(values) for case in cases.values() for values in case.inputs.values())
    inputs = {
        f"{name}_{port}": np.resize(values, count)
        for name, case in cases.items()
        for port, values in case.inputs.items()
    }
    results = BlockHarness(Several({name: case.block for name, case in cases.items()})).run(inputs)
    for name, case in cases.items():
        for port, expected in case.expected.items():
            np.testing.assert_array_equal(
                results[f"{name}_{port}"], np.resize(expected, count), err_msg=f"{name}.{port}"
            )


def edges(bits: int, signed: bool = False) -> np.ndarray:
    """0, every power of two, its neighbours, and all of that negated where it is signed."""
    top = bits - signed
    values = {
        value
        for place in range(top + 1)
        for value in ((1 << place) - 1, 1 << place, (1 << place) + 1, 3 << place >> 1)
    }
    if signed:
        values |= {-value for value in values}
    low, high = (-(1 << top), (1 << top) - 1) if signed else (0, (1 << top) - 1)
    kept = sorted(value for value in values if low <= value <= high)
    return np.array(kept, dtype=np.uint64 if bits == 64 and not signed else np.int64)


def spread(rng: np.random.Generator, bits: int, count: int, signed: bool = False) -> np.ndarray:
    """Random integers of the whole width, of all magnitudes equally often."""
    if signed:
        limit = 1 << (bits - 1)
        return rng.integers(-limit, limit, count) >> rng.integers(0, bits, count)
    down = rng.integers(0, bits, count).astype(np.uint64)
    values = rng.integers(0, (1 << bits) - 1, count, dtype=np.uint64, endpoint=True) >> down
    return values if bits == 64 else values.astype(np.int64)
