"""The cycles of color alone, model against RTL: exact where it says so, never above."""

from __future__ import annotations

import numpy as np
import pytest

from golden.params import Parameters
from sim.model.stages.color_timing import color_cycles
from sim.rtl.color_harness import ColorHarness, ColorStalls
from tests.rtl.color.color_stimulus import (
    constants_of,
    random_camera,
    random_indices,
    random_records,
    random_splats,
)

pytestmark = pytest.mark.xdist_group("color")  # one worker compiles its RTL

PARAMS = Parameters(color_cycles=4)
GAUSSIANS = 20_000


@pytest.fixture(scope="module")
def harness() -> ColorHarness:
    return ColorHarness(PARAMS)


def indices(kind: str, count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if kind == "neighbours":
        return np.arange(count) + seed
    if kind == "kept":  # of visible clusters: three of four
        return np.flatnonzero(rng.random(2 * count) < 0.75)[:count]
    if kind == "apart":
        return 2 * np.arange(count)
    return random_indices(count, seed, GAUSSIANS)


@pytest.mark.parametrize("memory_cycles", [1, 20, 60, 120, 250])
@pytest.mark.parametrize("kind", ["neighbours", "kept", "apart", "random"])
def test_cycles_are_those_of_the_rtl(harness, kind, memory_cycles):
    records = random_records(GAUSSIANS, 0)
    constants = constants_of(random_camera(2), PARAMS)
    for seed, count in enumerate((1, 2, 33, 64, 500, 3_000)):
        splats = random_splats(count, seed, random_camera(2), PARAMS)
        splats["index"] = indices(kind, count, seed)
        run = harness.run(splats, records, constants, ColorStalls(memory_cycles))
        model = color_cycles(splats["index"], PARAMS, memory_cycles)
        assert run.counters["runs"] == model.runs
        if model.is_exact:
            assert run.cycles == model.cycles, (kind, count)
        else:
            assert run.cycles >= model.cycles
        if memory_cycles <= 20:
            assert model.is_exact


def test_no_splats_take_no_cycles():
    assert color_cycles(np.zeros(0, dtype=np.uint32), PARAMS, 10).cycles == 0


def test_other_buses_are_refused():
    with pytest.raises(ValueError, match="data_bits = 512: a run is a burst at 256 only"):
        color_cycles(np.zeros(1, dtype=np.uint32), Parameters(color_cycles=4, data_bits=512), 10)
