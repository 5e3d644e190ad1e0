"""The cycle models of tile_bin and depth_sort against the compiled RTL: equal, to the cycle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.stages.tile_bin.integer import tile_bin
from sim.model.stages.depth_sort_cycles import depth_sort_cycles
from sim.model.stages.tile_bin_cycles import tile_bin_cycles
from sim.rtl.lists_harness import ListsHarness, Pressure
from tests.rtl.tile_bin.stimulus import random_colors, random_splats
from tests.rtl.tile_bin.test_lists_rtl import (
    BUILDS,
    CONSTANTS,
    KEYS,
    ONE_BIN,
    PARAMS,
    SIZE_PX,
    N,
    everywhere,
)

pytestmark = pytest.mark.xdist_group("lists")  # one worker compiles its RTL


@pytest.fixture(scope="module", params=BUILDS)
def harness(request) -> ListsHarness:
    built = ListsHarness(BUILDS[request.param])
    built.build()
    return built


def assert_equal(harness, splats, constants, latency_cycles=20):
    colors = random_colors(len(splats), 1)
    run = harness.run(splats, colors, constants, Pressure(latency_cycles=latency_cycles))
    assert tile_bin_cycles(splats, constants, harness.params) == run.fill_cycles
    lists = tile_bin(splats, colors, constants, PARAMS)
    assert depth_sort_cycles(lists, harness.params, latency_cycles) == run.sort_cycles


@pytest.mark.parametrize("count", [0, 1, 10, 200, 2000, 5000])
@pytest.mark.parametrize("latency_cycles", [0, 20, 150])
def test_random_splats(harness, count, latency_cycles):
    splats = random_splats(count, count, PARAMS, SIZE_PX)
    assert_equal(harness, splats, CONSTANTS, latency_cycles)


@pytest.mark.parametrize("count", [1, N - 1, N, N + 1, 3 * N])
def test_one_bin(harness, count):
    keys = np.random.default_rng(count).integers(0, 1 << 20, count)
    assert_equal(harness, everywhere(count, keys), ONE_BIN)


@pytest.mark.parametrize("name", KEYS)
def test_hostile_keys(harness, name):
    keys = KEYS[name](np.random.default_rng(5), 3001)
    assert_equal(harness, everywhere(len(keys), keys), ONE_BIN)


def test_every_splat_in_every_bin(harness):
    keys = np.random.default_rng(1).integers(0, 1 << 20, 400)
    assert_equal(harness, everywhere(400, keys), CONSTANTS)


@pytest.mark.slow
@pytest.mark.parametrize("color_cycles", [2, 8])
def test_other_paces(color_cycles):
    """Splats so many cycles apart, few that touch a bin and many, and bins that take long."""
    params = replace(BUILDS["one_lane"], color_cycles=color_cycles)
    built = ListsHarness(params)
    for count in (0, 1, 2000):
        assert_equal(built, random_splats(count, count, PARAMS, SIZE_PX), CONSTANTS)
        strip = replace(CONSTANTS, first_row=4, down=1)
        assert_equal(built, random_splats(count, count, PARAMS, SIZE_PX), strip)
    keys = np.random.default_rng(1).integers(0, 1 << 20, 400)
    assert_equal(built, everywhere(400, keys), CONSTANTS)


@pytest.mark.parametrize(("across", "down"), [(13, 5), (65, 1), (0, 5)])
def test_refused(harness, across, down):
    splats = random_splats(300, 2, PARAMS, SIZE_PX)
    constants = replace(CONSTANTS, across=across, down=down)
    run = harness.run(splats, random_colors(300, 1), constants)
    assert tile_bin_cycles(splats, constants, harness.params) == run.fill_cycles
