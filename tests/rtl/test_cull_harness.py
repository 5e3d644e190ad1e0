"""The compiled RTL against the integer model: stalls, extremes, exact cycles."""

import numpy as np
import pytest

from golden.cluster_cull import cluster_cull
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from hw.cluster_cull import ClusterCull
from sim.cull_harness import CullHarness
from tests.rtl.stimulus import directed_clusters, random_clusters, random_view

PARAMS = Parameters()


@pytest.fixture(scope="module")
def harness() -> CullHarness:
    built = CullHarness(PARAMS)
    built.build()
    return built


def assert_equal(clusters, constants, run):
    model = cluster_cull(clusters, constants, PARAMS)
    assert len(run.visible) == model.visible.sum()
    np.testing.assert_array_equal(run.visible["center_camera"], model.center_camera[model.visible])
    for name in ("base", "count", "member_exponent"):
        np.testing.assert_array_equal(run.visible[name], clusters[name][model.visible])
    assert not run.visible["reserved"].any()
    assert run.counters["tested"] == len(clusters)
    assert run.counters["visible"] == len(run.visible)


@pytest.mark.parametrize("seed", range(8))
def test_random_clusters_bit_for_bit(harness, seed):
    clusters = random_clusters(40_000, seed, PARAMS)
    constants = random_view(seed, PARAMS)
    run = harness.run(clusters, constants, idle_256=30 * seed, stall_256=28 * seed, seed=seed)
    assert_equal(clusters, constants, run)


@pytest.mark.parametrize("seed", range(40))
def test_directed_extremes_bit_for_bit(harness, seed):
    clusters, constants = directed_clusters(PARAMS), random_view(1000 + seed, PARAMS)
    assert_equal(clusters, constants, harness.run(clusters, constants))


@pytest.mark.parametrize("count", [1, 2, 7, 8, 1000])
def test_cycles_without_stalls_are_exact(harness, count):
    """clusters + PIPELINE_CYCLES; the first visible cluster after PIPELINE_CYCLES."""
    clusters = random_clusters(count, 3, PARAMS)
    clusters["radius_high"] = PARAMS.radius.max_int
    run = harness.run(clusters, random_view(0, PARAMS))
    assert run.cycles == count + ClusterCull.PIPELINE_CYCLES
    assert run.first_visible_cycle == ClusterCull.PIPELINE_CYCLES
    assert run.counters["stalled_cycles"] == 0


@pytest.mark.parametrize(("idle_256", "stall_256"), [(0, 128), (128, 0), (100, 100)])
def test_stalls_add_up_to_the_cycles(harness, idle_256, stall_256):
    clusters = random_clusters(5000, 4, PARAMS)
    run = harness.run(
        clusters, random_view(2, PARAMS), idle_256=idle_256, stall_256=stall_256, seed=1
    )
    counters = run.counters
    # The cycle in which the reset is released is counted as starved too.
    total = counters["tested"] + counters["starved_cycles"] + counters["stalled_cycles"]
    assert total == run.cycles + 1
    assert (counters["stalled_cycles"] > 0) == (stall_256 > 0)


def test_no_clusters(harness):
    run = harness.run(np.zeros(0, dtype=CLUSTER_DTYPE), random_view(0, PARAMS))
    assert len(run.visible) == 0
    assert run.cycles == ClusterCull.PIPELINE_CYCLES


def test_other_parameters_are_another_hardware():
    params = Parameters(center_bits=16, radius_bits=14, length_fraction_bits=2, count_bits=8)
    harness = CullHarness(params)
    clusters, constants = random_clusters(3000, 6, params), random_view(4, params)
    run = harness.run(clusters, constants, stall_256=60)
    model = cluster_cull(clusters, constants, params)
    np.testing.assert_array_equal(run.visible["center_camera"], model.center_camera[model.visible])
    assert 0 < len(run.visible) < len(clusters)
