"""The compiled gaussian_project RTL against the integer model: every bit, stalls, lanes, cycles."""

from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.gaussian_project.formats import DROPS
from golden.stages.gaussian_project.integer import gaussian_project
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from sim.rtl.gaussian_project_harness import GaussianProjectHarness
from tests.rtl.gaussian_project.projection_stimulus import (
    directed_members,
    random_members,
    random_projection,
)

pytestmark = pytest.mark.xdist_group("gaussian_project")  # one worker compiles its RTL

PARAMS = Parameters()
OTHERS = {
    "four lanes": Parameters(lanes=4),
    "three lanes of narrow numbers": Parameters(
        lanes=3, factor_bits=12, mantissa_bits=16, conic_bits=18, screen_fraction_bits=6
    ),
}
ANTIALIASED = Parameters(antialiased=1, padded_splats=1)


@pytest.fixture(scope="module")
def harness() -> GaussianProjectHarness:
    built = GaussianProjectHarness(PARAMS)
    built.build()
    return built


def assert_equal(members, constants, run, params=PARAMS):
    model = gaussian_project(members, constants, params)
    assert len(run.splats) == len(model.splats)
    differs = np.flatnonzero(run.splats != model.splats)
    assert not len(differs), (run.splats[differs[0]], model.splats[differs[0]])
    assert run.counters["members"] == len(members)
    assert run.counters["splats"] == len(model.splats)
    for name in DROPS:
        assert run.counters[f"dropped_{name}"] == model.dropped[name]
    return model


@pytest.mark.parametrize("seed", range(10))
def test_a_million_random_and_hostile_members(harness, seed):
    """100,000 a view, ten views of both rules; one a cycle."""
    members, constants = random_members(100_000, seed, PARAMS), random_projection(seed, PARAMS)
    run = harness.run(members, constants)
    assert_equal(members, constants, run)
    assert run.taken_cycles == len(members)
    assert run.counters["stalled_cycles"] <= 1  # the one in which the reset ends


@pytest.mark.parametrize("seed", range(4))
def test_ends_of_every_range(harness, seed):
    members, constants = directed_members(PARAMS), random_projection(seed, PARAMS)
    assert_equal(members, constants, harness.run(members, constants))


@pytest.mark.parametrize("stall_256", [0, 60, 200])
@pytest.mark.parametrize("idle_256", [0, 60, 200])
def test_any_stall_pattern(harness, idle_256, stall_256):
    constants = random_projection(7, PARAMS)
    members = random_members(60_000, 11, PARAMS)
    kept = members[gaussian_project(members, constants, PARAMS).kept]
    run = harness.run(kept, constants, idle_256=idle_256, stall_256=stall_256, seed=stall_256)
    assert_equal(kept, constants, run)
    waited = run.counters["starved_cycles"] + run.counters["stalled_cycles"]
    # Every cycle counts once: those of the run, one before it as the reset ends, two after it.
    assert run.beats + waited == run.cycles + 3


def test_latency_is_exact(harness):
    constants = random_projection(3, PARAMS)
    members = random_members(20_000, 5, PARAMS)
    first = members[gaussian_project(members, constants, PARAMS).kept][:1]
    run = harness.run(first, constants)
    assert run.first_splat_cycle == harness.latency_cycles
    assert run.cycles == harness.latency_cycles + 1 + GaussianProject.QUIET_CYCLES


def test_antialiased():
    """A build that has it, drawing so and not, splats of 64 bytes: members of any kind, stalls."""
    harness = GaussianProjectHarness(ANTIALIASED)
    assert harness.latency_cycles == GaussianProject(PARAMS).latency_cycles
    lessened = 0
    for seed in range(5):
        members = random_members(100_000, seed, ANTIALIASED)
        constants = random_projection(seed, ANTIALIASED)
        assert constants.antialiased == (seed % 4 > 0)
        run = harness.run(members, constants)
        model = assert_equal(members, constants, run, ANTIALIASED)
        plain = gaussian_project(members, replace(constants, antialiased=0), ANTIALIASED)
        faint = plain.dropped["opacity"] != model.dropped["opacity"]
        assert faint == bool(constants.antialiased)
        opacity = members["geometry"]["opacity"][model.kept]
        less = int((model.splats["opacity"] < opacity).sum())
        lessened += less
        if not constants.antialiased:
            without = gaussian_project(members, random_projection(seed, PARAMS), PARAMS)
            np.testing.assert_array_equal(model.splats, without.splats)
            assert less == 0
    assert lessened > 1000
    members, constants = directed_members(ANTIALIASED), random_projection(1, ANTIALIASED)
    stalls = {"idle_256": 100, "stall_256": 150, "seed": 3}
    assert_equal(members, constants, harness.run(members, constants, **stalls), ANTIALIASED)


@pytest.mark.parametrize(("cycles", "lanes", "antialiased"), [(2, 2, 0), (4, 1, 0), (4, 1, 1)])
def test_beats_some_cycles_apart(cycles, lanes, antialiased):
    """What takes turns gives the same bits; beats are as far apart as said, never less."""
    params = Parameters(project_cycles=cycles, lanes=lanes, antialiased=antialiased)
    harness = GaussianProjectHarness(params)
    for seed in range(2):
        members, constants = random_members(30_000, seed, params), random_projection(seed, params)
        run = harness.run(members, constants)
        assert_equal(members, constants, run, params)
        beats = -(-len(members) // lanes)
        assert run.taken_cycles == cycles * (beats - 1) + 1
        stalls = {"idle_256": 100, "stall_256": 150, "seed": seed}
        stalled = harness.run(members, constants, **stalls)
        np.testing.assert_array_equal(stalled.splats, run.splats)
        waited = stalled.counters["starved_cycles"] + stalled.counters["stalled_cycles"]
        assert stalled.beats + waited == stalled.cycles + 3
    directed = directed_members(params)
    assert_equal(directed, constants, harness.run(directed, constants), params)
    first = members[gaussian_project(members, constants, params).kept][:1]
    assert harness.run(first, constants).first_splat_cycle == harness.latency_cycles


def test_nothing_in_nothing_out(harness):
    run = harness.run(random_members(0, 0, PARAMS), random_projection(0, PARAMS))
    assert len(run.splats) == 0
    assert run.counters["members"] == 0


@pytest.mark.parametrize(
    "name", [pytest.param("four lanes", marks=pytest.mark.slow), "three lanes of narrow numbers"]
)
def test_lanes_and_other_widths(name):
    params = OTHERS[name]
    harness = GaussianProjectHarness(params)
    for seed in range(2):
        members = random_members(50_000, seed, params)
        constants = random_projection(seed, params)
        run = harness.run(members, constants)
        assert_equal(members, constants, run, params)
        assert run.taken_cycles == -(-len(members) // params.lanes)
        stalls = {"idle_256": 100, "gap_256": 90, "stall_256": 150, "seed": seed}
        stalled = harness.run(members, constants, **stalls)
        assert stalled.beats > run.beats
        np.testing.assert_array_equal(stalled.splats, run.splats)
