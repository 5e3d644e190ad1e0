"""The front end cycle by cycle: control without data, compiled; sim.model.frame_clock joins it.

Who moves in a cycle is found from the last stage to the first; then every block is clocked, stages
by sim.model.stages, what joins them by the modules beside this one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import clock_fifo_and_register, clock_register, registers
from sim.model.front_end.control import CHECK, CONTROL, GROUPS, RUN, clock_control
from sim.model.front_end.read_master import clock_queue, clock_splitter, take_record
from sim.model.stages.cluster_cull import (
    CLUSTER,
    CLUSTER_CULL,
    CLUSTER_READER,
    GROUP,
    begun_test,
    clock_cluster_cull,
    clock_cluster_reader,
    taken_ball,
)
from sim.model.stages.gaussian_fetch import (
    GAUSSIAN_FETCH,
    RUN_MERGER,
    clock_members,
    clock_run_merger,
)

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

BLOCKS = registers(
    # Fixed: the first record of each table, byte 32 x record in memory.
    *("header_record", "group_record", "cluster_record", "gaussian_record"),
    control=CONTROL,
    cull=CLUSTER_CULL,
    reader=CLUSTER_READER,
    merger=RUN_MERGER,
    fetch=GAUSSIAN_FETCH,
)


class Found(NamedTuple):
    """What a frame finds, in the order in which the hardware does.

    Members
    -------
    group_visible : (G,) of all groups.
    group_runs : (g + 1, 2) base and count of clusters of the visible groups; the last row is 0.
    cluster_visible : (T,) of the clusters of these.
    cluster_runs : (V + 1, 2) base and count of Gaussians of the visible clusters; the last row
        is 0.
    kept : (N,) of their Gaussians.
    """

    group_visible: Bool
    group_runs: Int64
    cluster_visible: Bool
    cluster_runs: Int64
    kept: Bool


@serial_kernel
def is_quiet(cull: Any, merger: Any, fetch: Any) -> bool:
    """Whether nothing is under way in ClusterCull and GaussianFetch."""
    culls = cull.pending_groups | cull.pending_clusters | cull.awaited_clusters
    merges = merger.arrived | merger.checked | merger.growing | merger.request_valid
    waits = fetch.waiting.stored | fetch.waiting.valid | fetch.waiting_output.valid
    ahead = fetch.ahead.stored | fetch.ahead.valid | fetch.ahead_output.valid
    fetches = fetch.merger_input.valid | fetch.cluster_valid | fetch.members
    return bool((culls | merges | waits | ahead | fetches) == 0)


@serial_kernel
def clock_front_end(
    blocks: Any,
    clients: Any,
    pipeline: Int64,
    found: Found,
    granted: int,
    client: int,
    slots: int,
    members_taken: bool,
) -> None:
    """Clocks what reads header, groups, clusters and Gaussians, up to the beat of members offered.

    Parameters
    ----------
    blocks : BLOCKS.
    clients : (3 or more,) CLIENT, of header and groups, clusters, Gaussians.
    pipeline : (test cycles,) ring of clock_cluster_cull.
    found : what the stages find.
    granted : the client whose burst is passed to the bus, -1 for none.
    client, slots : of the entry that arrives; slots 0 for none.
    members_taken : the beat of members offered is.
    """
    control, cull = blocks.control, blocks.cull
    reader, merger, fetch = blocks.reader, blocks.merger, blocks.fetch
    tables, clusters, geometry = clients[0], clients[1], clients[2]
    # Who moves in this cycle, from the last stage to the first.
    table_ready = tables.splitter.loaded == 0
    cluster_ready, geometry_ready = clusters.splitter.loaded == 0, geometry.splitter.loaded == 0
    merger_valid, merger_free = fetch.merger_input.valid == 1, fetch.merger_input.held == 0
    has_place = fetch.ahead.stored != fetch.ahead_limit - 1
    passed = (fetch.waiting_output.valid == 1) & has_place & merger_free
    has_place = fetch.waiting.stored != fetch.waiting_limit - 1
    visible = (cull.visible.valid == 1) & has_place
    record = tables.queue.valid == 1
    header = record & (control.phase < GROUPS) & (control.records < control.header_records)
    begun = begun_test(cull, record & (control.phase >= GROUPS), clusters.queue.valid == 1)
    ball = taken_ball(cull, begun)
    group, cluster = ball == GROUP, ball == CLUSTER
    run_taken = (cull.requests.valid == 1) & (reader.checked == 0)
    requests = (control.phase != CHECK) & (control.phase != RUN)
    # The requests.
    first, count = control.request_record + blocks.group_record, control.request_count
    if control.phase < GROUPS:
        first = control.request_record + blocks.header_record
    clock_splitter(tables.splitter, tables.queue, granted == 0, requests, first, count)
    run = reader.request_run
    first, count = found.group_runs[run, 0] + blocks.cluster_record, found.group_runs[run, 1]
    requested = reader.request_valid == 1
    clock_splitter(clusters.splitter, clusters.queue, granted == 1, requested, first, count)
    first, count = merger.request_base + blocks.gaussian_record, merger.request_count
    requested = merger.request_valid == 1
    clock_splitter(geometry.splitter, geometry.queue, granted == 2, requested, first, count)
    # Stages, and the queues before them.
    members_valid = geometry.queue.valid == 1
    members_slots = geometry.queue.ring[geometry.queue.read_place]
    clock_members(fetch, members_valid, members_slots, passed, members_taken, found.cluster_runs)
    taken = take_record(tables.queue, header | group)
    clock_queue(tables.queue, slots * int(client == 0), taken)
    taken = take_record(clusters.queue, cluster)
    clock_queue(clusters.queue, slots * int(client == 1), taken)
    taken = fetch.entry_taken == 1
    clock_queue(geometry.queue, slots * int(client == 2), taken)
    accept = clock_run_merger(merger, geometry_ready, merger_valid, found.cluster_runs)
    clock_register(fetch.merger_input, passed, accept)
    clock_fifo_and_register(fetch.waiting, fetch.waiting_output, visible, passed)
    run_clusters = found.group_runs[reader.run, 1] * int(run_taken)
    clock_cluster_cull(
        cull,
        pipeline,
        begun,
        found.group_visible,
        found.cluster_visible,
        run_clusters,
        visible,
    )
    clock_cluster_reader(reader, run_taken, cluster_ready)
    clock_control(control, requests & table_ready, header, group)


@serial_kernel
def front_end_is_done(blocks: Any) -> bool:
    """Whether all members of the frame were taken."""
    control = blocks.control
    if (control.phase != RUN) | (control.to_take != 0):
        return False
    return is_quiet(blocks.cull, blocks.merger, blocks.fetch)
