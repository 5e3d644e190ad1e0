"""The compiled color RTL with its read master against the integer model: every bit, any stalls."""

from __future__ import annotations

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.color.integer import color
from hw.bus.read_master import ReadMaster
from hw.stages.color.color import Color
from hw.stages.color.color_fetch import WAIT_CYCLES, run_records
from sim.rtl.color_harness import ColorHarness, ColorRun, ColorStalls
from tests.rtl.color.color_stimulus import (
    axis_camera,
    constants_of,
    directed_records,
    random_camera,
    random_indices,
    random_records,
    random_splats,
)

pytestmark = pytest.mark.xdist_group("color")  # one worker compiles its RTL

PARAMS = Parameters(color_cycles=4)
GAUSSIANS = 60_000
OTHERS = {
    "every cycle, wide bus": Parameters(color_cycles=1, data_bits=512),
    "every second cycle, short tangents": Parameters(color_cycles=2, screen_fraction_bits=4),
    "every eighth cycle, narrow bus": Parameters(color_cycles=8, data_bits=64),
}


@pytest.fixture(scope="module")
def harness() -> ColorHarness:
    built = ColorHarness(PARAMS)
    built.build()
    return built


@pytest.fixture(scope="module")
def records() -> np.ndarray:
    """The pack's colours: any bits, the ends of every field, and usual ones."""
    return np.concatenate((directed_records(), random_records(GAUSSIANS, 1)))


def splats_of(count: int, seed: int, camera, params: Parameters, gaussians: int) -> np.ndarray:
    splats = random_splats(count, seed, camera, params)
    splats["index"] = random_indices(count, seed, gaussians)
    return splats


def assert_equal(run: ColorRun, splats, records, constants, params=PARAMS):
    expected = color(splats, records, constants, params)
    np.testing.assert_array_equal(run.colored["splat"], splats)
    differs = np.flatnonzero((run.colored["color"] != expected).any(axis=1))
    assert not len(differs), (
        f"{len(differs)} colours, first {differs[0]}: {run.colored['color'][differs[0]]} where "
        f"{expected[differs[0]]} is due"
    )
    assert run.counters["splats"] == len(splats)
    assert run.error == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_million_random_and_hostile_splats(harness, records, seed):
    """50,000 a view, twenty views of all focal lengths, far beside the picture too."""
    camera = random_camera(seed)
    constants = constants_of(camera, PARAMS)
    splats = splats_of(50_000, seed, camera, PARAMS, len(records))
    run = harness.run(splats, records, constants, ColorStalls(seed=seed))
    assert_equal(run, splats, records, constants)


@pytest.mark.parametrize("number", range(0, 24, 3))
def test_directions_along_each_axis(harness, records, number):
    camera = axis_camera(number)
    constants = constants_of(camera, PARAMS)
    splats = splats_of(3_000, number, camera, PARAMS, len(records))
    splats["mean2d"][::2] = np.array([320, 240]) * 256
    assert_equal(harness.run(splats, records, constants), splats, records, constants)


@pytest.mark.parametrize("stall_256", [0, 60, 200])
@pytest.mark.parametrize("idle_256", [0, 60, 200])
def test_any_stall_pattern(harness, records, idle_256, stall_256):
    camera = random_camera(7)
    constants = constants_of(camera, PARAMS)
    splats = splats_of(6_000, idle_256 + stall_256, camera, PARAMS, len(records))
    stalls = ColorStalls(60, idle_256, stall_256, 90, 90, seed=stall_256)
    run = harness.run(splats, records, constants, stalls)
    assert_equal(run, splats, records, constants)
    waited = run.counters["starved_cycles"] + run.counters["stalled_cycles"]
    # Every cycle counts once: those of the run, one before it as the reset ends, two after it.
    assert abs(len(splats) + waited - run.cycles - 3) <= 1


@pytest.mark.parametrize("latency_cycles", [0, 50, 150, 250])
def test_the_memorys_latency_costs_nothing(harness, records, latency_cycles):
    """Neighbours: a splat every color_cycles, and the latency once."""
    camera, count = random_camera(2), 64 * 200
    constants = constants_of(camera, PARAMS)
    splats = random_splats(count, 1, camera, PARAMS)
    splats["index"] = np.arange(count)
    run = harness.run(splats, records, constants, ColorStalls(latency_cycles))
    assert_equal(run, splats, records, constants)
    assert run.last_color_cycle - run.first_color_cycle == (count - 1) * PARAMS.color_cycles
    assert run.counters["runs"] == run.counters["bursts"] == count // run_records(PARAMS)


def test_latency_of_one_splat(harness, records):
    """To the cycle: the run waits, the address, the memory, the slot, the arithmetic, the queue."""
    constants = constants_of(random_camera(1), PARAMS)
    splats = random_splats(1, 1, random_camera(1), PARAMS)
    run = harness.run(splats, records, constants, ColorStalls(30))
    taken = run.taken_cycles - 1
    to_run = WAIT_CYCLES + Color.REQUEST_CYCLES + 1
    assert run.first_address_cycle - taken == to_run + ReadMaster.ADDRESS_CYCLES
    answered = run.first_beat_cycle
    assert answered - run.first_address_cycle == 30
    due = ReadMaster.SLOT_CYCLES + harness.latency_cycles
    assert run.first_color_cycle - answered == due
    assert run.cycles == run.first_color_cycle + 1 + Color.QUIET_CYCLES


def test_nothing_in_nothing_out(harness, records):
    run = harness.run(
        random_splats(0, 0, random_camera(0), PARAMS),
        records,
        constants_of(random_camera(0), PARAMS),
    )
    assert len(run.colored) == 0
    assert run.counters["runs"] == 0


def test_a_memory_error_is_told_and_ends(harness, records):
    constants = constants_of(random_camera(1), PARAMS)
    splats = splats_of(500, 3, random_camera(1), PARAMS, len(records))
    run = harness.run(splats, records, constants, ColorStalls(fail_beat=77))
    assert run.error == 1
    np.testing.assert_array_equal(run.colored["splat"], splats)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_paces_and_buses(name, records):
    params = OTHERS[name]
    harness = ColorHarness(params)
    for seed in range(2):
        camera = random_camera(seed)
        constants = constants_of(camera, params)
        splats = splats_of(20_000, seed, camera, params, len(records))
        assert_equal(harness.run(splats, records, constants), splats, records, constants, params)
        stalls = ColorStalls(90, 100, 150, 60, 60, seed=seed)
        stalled = harness.run(splats, records, constants, stalls)
        assert_equal(stalled, splats, records, constants, params)


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_paces_are_kept(name, records):
    """Neighbours from a memory of 100 cycles: a splat every color_cycles."""
    params = OTHERS[name]
    camera, count = random_camera(2), 4096
    constants = constants_of(camera, params)
    splats = random_splats(count, 1, camera, params)
    splats["index"] = np.arange(count)
    run = ColorHarness(params).run(splats, records, constants, ColorStalls(100))
    assert_equal(run, splats, records, constants, params)
    assert run.last_color_cycle - run.first_color_cycle == (count - 1) * params.color_cycles
