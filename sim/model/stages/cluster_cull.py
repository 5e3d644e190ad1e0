"""Exact cycles of cluster_cull for a frame, from what it will find: no data, only control."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.params import Parameters
from hw.stages.cluster_cull.cluster_cull import ClusterCull

Int64 = NDArray[np.int64]


@cache
def cull_hardware() -> ClusterCull:
    """ClusterCull of the default parameters, for its latencies."""
    return ClusterCull(Parameters())


def cull_cycles(
    group_visible: NDArray[np.bool_],
    group_clusters: NDArray[np.integer],
    cluster_visible: NDArray[np.bool_],
    memory_cycles: int,
) -> int:
    """Cycles of the RTL from the first offered group until not busy, nothing held back.

    One ball a cycle, clusters first; a group is taken only while fewer than REQUESTS - 1 groups
    were, in the cycle before, between the input and the reader of requests, which takes one a cycle
    (counted in the next) and offers the first cluster memory_cycles later, then one a cycle.

    Parameters
    ----------
    group_visible : (G,) bool. group_clusters : (G,) clusters of each group.
    cluster_visible : (T,) bool, of the clusters of visible groups only, in their order.
    """
    hardware = cull_hardware()
    return int(
        _simulate(
            group_visible,
            np.asarray(group_clusters, dtype=np.int64),
            cluster_visible,
            memory_cycles,
            hardware.test_cycles,
            hardware.QUEUE_CYCLES,
            hardware.REQUESTS,
        )
    )


@serial_kernel
def _simulate(
    group_visible: NDArray[np.bool_],
    group_clusters: Int64,
    cluster_visible: NDArray[np.bool_],
    memory_cycles: int,
    depth: int,
    queue_cycles: int,
    requests: int,
) -> int:
    groups = len(group_visible)
    # What each slot of the pipeline holds: 0 nothing, 1 a dropped ball, 2 a seen one; + 4: group.
    # Behind the last one a seen cluster is in its queue, which nothing holds back, then counted.
    slots = np.zeros(depth + queue_cycles + 1, np.int64)
    runs = np.zeros(groups + 1, np.int64)  # clusters of each request, in order
    ready = np.zeros(groups + 1, np.int64)  # first cycle in which a request's clusters are there
    queued = taken = sent = 0  # requests written, at the reader, whose clusters are all sent
    held = 0  # requests that the queue shows at its output: 0 or 1
    left = 0  # clusters of the current request still to be offered
    group = cluster = pending = awaited = 0
    asked_before, clusters_before = False, 0  # a request went to the reader, and its clusters
    room, offered_before = True, False
    visible_groups = np.flatnonzero(group_visible)
    cycle = 0
    while True:
        last = slots[depth - 1]
        if group == groups and not slots.any() and pending == 0 and awaited == 0:
            return cycle
        # The reader takes what the queue's output shows; the queue refills it from its memory.
        asked = held == 1
        waiting = queued - taken - held
        if asked:
            runs[taken] = group_clusters[visible_groups[taken]]
            ready[taken] = cycle + memory_cycles
        if left == 0 and sent < taken:
            left = runs[sent]
        offered = left > 0 and ready[sent] <= cycle
        room_after = pending < requests - 1
        entry = 0
        if offered:
            entry = 2 if cluster_visible[cluster] else 1
            cluster += 1
            left -= 1
            if left == 0:
                sent += 1
        elif group < groups and room:
            entry = 6 if group_visible[group] else 5
            group += 1
            pending += 1
        if last == 5:
            pending -= 1
        if asked_before:
            pending -= 1
            awaited += clusters_before
        asked_before = asked
        if asked:
            clusters_before = runs[taken]
            taken += 1
            held = 0
        if offered_before:
            awaited -= 1
        offered_before = offered
        if held == 0 and waiting > 0:
            held = 1
        if last == 6:
            queued += 1
        for slot in range(len(slots) - 1, 0, -1):
            slots[slot] = slots[slot - 1]
        slots[0] = entry
        if last != 2:
            slots[depth] = 0
        room = room_after
        cycle += 1
