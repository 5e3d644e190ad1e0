"""The compiled RTL against the integer model: stalls, extremes, exact cycles."""

from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.gaussian_fetch.integer import visible_records
from sim.model.stages.cluster_cull import cull_cycles, cull_hardware
from sim.rtl.cluster_cull_harness import ClusterCullHarness
from tests.rtl.cluster_cull.stimulus import (
    directed_clusters,
    one_group,
    random_clusters,
    random_levels,
    random_view,
)

pytestmark = pytest.mark.xdist_group("cluster_cull")  # one worker compiles its RTL

PARAMS = Parameters()
CYCLE_COUNTERS = (
    "groups_tested",
    "clusters_tested",
    "starved_cycles",
    "stalled_cycles",
    "request_cycles",
)

OTHER = [
    narrow := {"center_bits": 16, "radius_bits": 14, "length_fraction_bits": 2, "count_bits": 8},
    narrow | {"center_bits": 12, "radius_bits": 12, "cull_cycles": 2},
    narrow | {"rotation_fraction_bits": 20, "normal_fraction_bits": 20, "cull_cycles": 4},
    {"radius_bits": 30, "rotation_fraction_bits": 15, "weight_fraction_bits": 4, "cull_cycles": 4},
]


@pytest.fixture(scope="module", params=[1, 2, 4])
def harness(request) -> ClusterCullHarness:
    """With a ball every so many cycles."""
    built = ClusterCullHarness(replace(PARAMS, cull_cycles=request.param))
    built.build()
    return built


def assert_equal(groups, clusters, constants, run, params=PARAMS):
    model = cluster_cull(groups, clusters, constants, params)
    seen = model.visible
    np.testing.assert_array_equal(run.visible, visible_records(clusters, model))
    assert run.counters["groups_tested"] == len(groups)
    assert run.counters["groups_visible"] == model.group_visible.sum()
    assert run.counters["clusters_tested"] == model.tested.sum()
    assert run.counters["clusters_visible"] == seen.sum()
    # Every cycle counts once, that of the released reset too; they follow a cycle late.
    assert sum(run.counters[name] for name in CYCLE_COUNTERS) == run.cycles
    return model


@pytest.mark.parametrize("memory_cycles", [1, 100])
@pytest.mark.parametrize("seed", range(8))
def test_random_levels_bit_for_bit(harness, seed, memory_cycles):
    groups, clusters = random_levels(2000, 40 if seed % 2 else 5, seed, PARAMS)
    constants = random_view(seed, PARAMS)
    run = harness.run(
        groups,
        clusters,
        constants,
        memory_cycles=memory_cycles,
        idle_256=30 * seed,
        stall_256=28 * seed,
        seed=seed,
    )
    assert_equal(groups, clusters, constants, run)


@pytest.mark.parametrize("seed", range(40))
def test_directed_extremes_bit_for_bit(harness, seed):
    clusters, constants = directed_clusters(PARAMS), random_view(1000 + seed, PARAMS)
    groups = one_group(clusters, PARAMS)
    assert_equal(groups, clusters, constants, harness.run(groups, clusters, constants))
    # The same extremes as groups, of one cluster each.
    groups = clusters.copy()
    groups["base"], groups["count"] = np.arange(len(groups)), 1
    assert_equal(groups, clusters, constants, harness.run(groups, clusters, constants))


@pytest.mark.parametrize("memory_cycles", [1, 7, 100, 1000])
@pytest.mark.parametrize(("groups", "per_group"), [(1, 1), (5, 3), (300, 1), (700, 24), (40, 200)])
def test_cycles_without_stalls_are_exact(harness, groups, per_group, memory_cycles):
    """The control model knows the cycle in which the hardware is done: not one more or less."""
    for seed in range(4):
        tables = random_levels(groups, per_group, seed, PARAMS)
        constants = random_view(seed, PARAMS)
        run = harness.run(*tables, constants, memory_cycles=memory_cycles)
        model = assert_equal(*tables, constants, run)
        counts = tables[0]["count"]
        seen = model.visible[model.tested]
        outcome = model.group_visible, counts, seen
        assert run.cycles == cull_cycles(*outcome, memory_cycles, harness.params.cull_cycles)


def test_latency_of_both_levels(harness):
    """A latency from group to request, the memory's, then one from cluster to output."""
    clusters = random_clusters(3, 1, PARAMS)
    clusters["radius_high"] = PARAMS.radius.max_int
    run = harness.run(
        one_group(clusters, PARAMS), clusters, random_view(0, PARAMS), memory_cycles=50
    )
    hardware = cull_hardware(harness.params.cull_cycles)
    # A ball is taken in the last cycle of its test.
    taken = hardware.apart - 1
    assert run.first_request_cycle == taken + hardware.request_latency_cycles
    due = run.first_request_cycle + 50 + taken + hardware.latency_cycles
    assert run.first_visible_cycle == due
    # Two more, and what left is counted a cycle later.
    assert run.cycles == due + 2 * hardware.apart + 2


def test_failed_groups_cost_their_test_each(harness):
    groups, clusters = random_levels(500, 30, 3, PARAMS)
    for name in ("radius_low", "radius_high", "radius_mean"):
        groups[name] = 0
    constants = random_view(7, PARAMS)
    groups["center"] = -constants.rotation[2] * 64  # behind the camera, along its axis
    groups["center"] += (constants.camera_position >> PARAMS.length_fraction_bits).astype(np.int32)
    run = harness.run(groups, clusters, constants)
    assert run.counters["clusters_tested"] == 0
    hardware = cull_hardware(harness.params.cull_cycles)
    assert run.cycles == 499 * hardware.apart + 1 + hardware.test_cycles


def test_one_ball_after_the_other_once_the_memory_answers(harness):
    """With groups of 24 the memory's latency hides behind the other tests."""
    groups, clusters = random_levels(3000, 24, 5, PARAMS)
    run = harness.run(groups, clusters, random_view(4, PARAMS), memory_cycles=100)
    hardware = cull_hardware(harness.params.cull_cycles)
    tests = hardware.apart * (run.counters["groups_tested"] + run.counters["clusters_tested"])
    assert tests <= run.cycles <= tests + 1.02 * 100 + 2 * hardware.request_latency_cycles


def test_slow_reader_of_requests_never_blocks_clusters(harness):
    """All groups pass, the reader is slow: groups wait for room, nothing is lost."""
    groups, clusters = random_levels(400, 3, 8, PARAMS)
    groups["radius_high"] = PARAMS.radius.max_int
    constants = random_view(1, PARAMS)
    run = harness.run(groups, clusters, constants, memory_cycles=300, stall_256=250, seed=5)
    assert_equal(groups, clusters, constants, run)
    assert run.counters["request_cycles"] > 0


def test_no_groups(harness):
    nothing = np.zeros(0, dtype=CLUSTER_DTYPE)
    run = harness.run(nothing, nothing, random_view(0, PARAMS))
    assert len(run.visible) == 0
    assert run.cycles == 0


def test_request_outside_the_table_is_an_error(harness):
    clusters = random_clusters(3, 1, PARAMS)
    group = one_group(clusters, PARAMS)
    group["count"] = 4
    with pytest.raises(RuntimeError, match="asks for clusters outside the table"):
        harness.run(group, clusters, random_view(0, PARAMS))


@pytest.mark.parametrize("other", OTHER)
def test_other_parameters_are_another_hardware(other):
    params = Parameters(**other)
    groups, clusters = random_levels(300, 20, 6, params)
    groups["radius_high"] = params.radius.max_int
    clusters["radius_high"][::3] = params.radius.max_int
    constants = random_view(4, params)
    run = ClusterCullHarness(params).run(groups, clusters, constants, stall_256=60)
    model = assert_equal(groups, clusters, constants, run, params)
    assert 0 < model.visible.sum() < len(clusters)
