"""Stage 1, cluster_cull: its control clocked, its cycles where it runs alone, and its work."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.params import Parameters
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from sim.model.clocked import FIFO, clock_fifo, registers
from sim.model.counts import FrontEndCounts
from sim.model.stage import Work
from sim.model.traffic import FrontEndTraffic

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

# ClusterCull and its two queues.
CLUSTER_CULL = registers(
    # Fixed: groups and clusters that may be under way, cycles of a test.
    *("group_limit", "cluster_limit", "apart"),
    # Cycles left of the test under way but for the present one; is it a cluster's?
    *("left", "is_cluster"),
    # The next of each to be tested, and the place of the pipeline's ring that leaves next.
    *("group", "cluster", "place"),
    # Groups and clusters under way, and clusters that were requested; is there room for more?
    *("pending_groups", "pending_clusters", "awaited_clusters", "group_room", "cluster_room"),
    # What is counted a cycle later: clusters of a run passed on, a cluster passed on, one begun.
    *("passed_run", "passed_cluster", "begun_cluster"),
    # The runs of visible groups, and the visible clusters.
    requests=FIFO,
    visible=FIFO,
)

# ClusterReader: the next run, the one whose end is checked, the one that is requested.
CLUSTER_READER = registers("run", "checked", "checked_run", "request_valid", "request_run")

# A test, or none.
NONE, GROUP, CLUSTER = range(3)

# What a place of the pipeline holds: nothing, or a ball that is dropped or visible.
EMPTY, DROPPED_CLUSTER, VISIBLE_CLUSTER, DROPPED_GROUP, VISIBLE_GROUP = range(5)


def idle_cull(hardware: ClusterCull) -> NDArray[np.void]:
    """(1,) CLUSTER_CULL out of reset."""
    block = np.zeros(1, CLUSTER_CULL)
    block["group_limit"], block["cluster_limit"] = hardware.runs, hardware.places
    block["apart"] = hardware.apart
    block["group_room"] = block["cluster_room"] = 1
    return block


@serial_kernel
def begun_test(cull: Any, group_offered: bool, cluster_offered: bool) -> int:
    """The test that begins in this cycle, of GROUP or CLUSTER, or NONE."""
    if cull.left != 0:
        return NONE
    if cluster_offered & (cull.cluster_room == 1):
        return CLUSTER
    return GROUP if group_offered & (cull.group_room == 1) else NONE


@serial_kernel
def taken_ball(cull: Any, begun: int) -> int:
    """The ball that is taken in this cycle, the last of its test: GROUP, CLUSTER or NONE."""
    if cull.apart == 1:
        return begun
    if cull.left != 1:
        return NONE
    return CLUSTER if cull.is_cluster == 1 else GROUP


@serial_kernel
def clock_cluster_cull(
    cull: Any,
    pipeline: Int64,
    begun: int,
    group_visible: Bool,
    cluster_visible: Bool,
    run_clusters: int,
    cluster_passed: bool,
) -> None:
    """ClusterCull.

    Parameters
    ----------
    cull : CLUSTER_CULL.
    pipeline : (test cycles,) ring of what is under way, EMPTY to VISIBLE_GROUP.
    begun : the test that begins: it enters the pipeline.
    group_visible : (G,) of all groups.
    cluster_visible : (T,) of the clusters of visible groups.
    run_clusters : clusters of the run that the reader takes, 0 for none.
    cluster_passed : a visible cluster leaves its queue.
    """
    out = pipeline[cull.place]
    entry = EMPTY
    group_begun, cluster_begun = begun == GROUP, begun == CLUSTER
    if cluster_begun:
        entry = VISIBLE_CLUSTER if cluster_visible[cull.cluster] else DROPPED_CLUSTER
        cull.cluster += 1
    elif group_begun:
        entry = VISIBLE_GROUP if group_visible[cull.group] else DROPPED_GROUP
        cull.group += 1
    pipeline[cull.place] = entry
    cull.place = cull.place + 1 if cull.place + 1 < len(pipeline) else 0
    cull.group_room = int(cull.pending_groups < cull.group_limit - 1)
    cull.cluster_room = int(cull.pending_clusters < cull.cluster_limit - 1)
    group_done = int(cull.passed_run != 0) + int(out == DROPPED_GROUP)
    cluster_done = cull.passed_cluster + int(out == DROPPED_CLUSTER)
    cull.pending_groups += int(group_begun) - group_done
    cull.pending_clusters += int(cluster_begun) - cluster_done
    cull.awaited_clusters += cull.passed_run - cull.begun_cluster
    cull.passed_run, cull.passed_cluster = run_clusters, int(cluster_passed)
    cull.begun_cluster = int(cluster_begun)
    if begun != NONE:
        cull.left, cull.is_cluster = cull.apart - 1, int(cluster_begun)
    elif cull.left != 0:
        cull.left -= 1
    clock_fifo(cull.requests, out == VISIBLE_GROUP, run_clusters != 0)
    clock_fifo(cull.visible, out == VISIBLE_CLUSTER, cluster_passed)


@serial_kernel
def clock_cluster_reader(reader: Any, run_taken: bool, request_taken: bool) -> None:
    """ClusterReader: the run whose end is checked, then its request."""
    free = request_taken | (reader.request_valid == 0)
    if request_taken:
        reader.request_valid = 0
    if run_taken:
        reader.checked, reader.checked_run = 1, reader.run
        reader.run += 1
    elif free & (reader.checked == 1):
        reader.checked, reader.request_valid, reader.request_run = 0, 1, reader.checked_run


@cache
def cull_hardware(cycles: int = 1) -> ClusterCull:
    """ClusterCull of the default parameters, for its latencies; cycles: Parameters.cull_cycles."""
    return ClusterCull(Parameters(cull_cycles=cycles))


def cull_cycles(
    group_visible: Bool,
    group_clusters: NDArray[np.integer],
    cluster_visible: Bool,
    memory_cycles: int,
    test_cycles: int = 1,
) -> int:
    """Cycles of the RTL from the first offered group until not busy, nothing held back.

    One ball every test_cycles, clusters first. A run of clusters is requested as soon as it is
    known, a run a cycle; its first cluster is offered memory_cycles later, then one a cycle.

    Parameters
    ----------
    group_visible : (G,) bool.
    group_clusters : (G,) clusters of each group.
    cluster_visible : (T,) bool, of the clusters of visible groups only, in their order.
    memory_cycles : from a request to its first cluster.
    test_cycles : Parameters.cull_cycles.
    """
    hardware = cull_hardware(test_cycles)
    runs = np.asarray(group_clusters, dtype=np.int64)[group_visible]
    pipeline = np.zeros(hardware.test_cycles, np.int64)
    block = idle_cull(hardware)
    masks = np.array(group_visible), np.array(cluster_visible)
    return int(_run_alone(block, pipeline, *masks, runs, memory_cycles))


@serial_kernel
def _run_alone(
    block: NDArray[np.void],
    pipeline: Int64,
    group_visible: Bool,
    cluster_visible: Bool,
    runs: Int64,
    memory_cycles: int,
) -> int:
    cull = block[0]
    groups = len(group_visible)
    first_cycle = np.zeros(len(runs) + 1, np.int64)  # in which a run's first cluster is offered
    requested = answered = left = 0  # runs, those of which all clusters were offered, the rest
    cycle = 0
    while (
        cull.group < groups
        or (cull.pending_groups | cull.pending_clusters | cull.awaited_clusters) != 0
    ):
        if left == 0 and answered < requested and first_cycle[answered] <= cycle:
            left = runs[answered]
            answered += 1
        begun = begun_test(cull, cull.group < groups, left > 0)
        taken = taken_ball(cull, begun)
        left -= int(taken == CLUSTER)
        run_clusters = 0
        if cull.requests.valid == 1:
            run_clusters = runs[requested]
            first_cycle[requested] = cycle + memory_cycles
            requested += 1
        passed = cull.visible.valid == 1
        clock_cluster_cull(
            cull, pipeline, begun, group_visible, cluster_visible, run_clusters, passed
        )
        cycle += 1
    return cycle


def cluster_cull(counts: FrontEndCounts, traffic: FrontEndTraffic) -> Work:
    """Stage 1. Busy a cycle a ball, groups and clusters. Reads the header and 32 bytes a ball."""
    return Work("cluster_cull", counts.tests, traffic.tables.bytes, 0)
