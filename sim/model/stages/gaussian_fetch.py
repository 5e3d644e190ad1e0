"""Stage 2, gaussian_fetch: its control clocked, and its work."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.records import RECORD_BYTES
from sim.model.clocked import FIFO, REGISTER, clock_fifo_and_register, registers
from sim.model.config import ModelConfig
from sim.model.counts import FrontEndCounts
from sim.model.stage import Work

Int64 = NDArray[np.int64]

# Both slots of an entry hold a record.
BOTH = 3

RUN_MERGER = registers(
    # Fixed: records from which on a run is passed on.
    "long_run",
    # The next visible cluster; one that arrived, does it follow the one before, where that ends.
    *("cluster", "arrived", "arrived_base", "arrived_count", "arrived_follows", "end"),
    # One that was checked.
    *("checked", "checked_base", "checked_count", "checked_follows"),
    # The run that grows, whether it was long a cycle ago; the one that is requested.
    *("growing", "run_base", "run_count", "run_long"),
    *("request_valid", "request_base", "request_count"),
)

# GaussianFetch around the merger.
GAUSSIAN_FETCH = registers(
    # Fixed: Gaussians a beat, places of both queues.
    *("lanes", "waiting_limit", "ahead_limit"),
    # Is there a cluster whose Gaussians are read, how many are left; the next one.
    *("cluster_valid", "left", "cluster"),
    # The second record of an entry is next; records of the beat offered, and of one behind it; the
    # entry is used up.
    *("second", "members", "held_members", "entry_taken"),
    # Clusters that wait for the merger and for a place in `ahead`; those at the merger's input;
    # those that were passed to the merger, and wait for their Gaussians.
    waiting=FIFO,
    waiting_output=REGISTER,
    merger_input=REGISTER,
    ahead=FIFO,
    ahead_output=REGISTER,
)


@serial_kernel
def clock_run_merger(merger: Any, request_ready: bool, valid: bool, runs: Int64) -> bool:
    """RunMerger; whether it takes the cluster at its input.

    Parameters
    ----------
    merger : RUN_MERGER.
    request_ready : a request would be taken.
    valid : there is a cluster at the input.
    runs : (V + 1, 2) base and count of Gaussians of the visible clusters.
    """
    is_checked, is_growing = merger.checked == 1, merger.growing == 1
    merge = is_checked & is_growing & (merger.checked_follows == 1) & (merger.run_long == 0)
    request_free = request_ready | (merger.request_valid == 0)
    move = is_growing & request_free & ~merge
    used = merge | request_free | ~is_growing | ~is_checked
    ready = used | (merger.arrived == 0)
    accept = bool(valid & ready)
    merger.run_long = int(merger.run_count >= merger.long_run)
    if request_ready:
        merger.request_valid = 0
    if move:
        merger.request_valid = 1
        merger.request_base, merger.request_count = merger.run_base, merger.run_count
    if merge:
        merger.run_count += merger.checked_count
    elif is_checked & (request_free | ~is_growing):
        merger.growing = 1
        merger.run_base, merger.run_count = merger.checked_base, merger.checked_count
    elif move:
        merger.growing = 0
    if used:
        merger.checked, merger.checked_follows = merger.arrived, merger.arrived_follows
        merger.checked_base, merger.checked_count = merger.arrived_base, merger.arrived_count
    if ready:
        merger.arrived = int(valid)
    if accept:
        base, count = runs[merger.cluster, 0], runs[merger.cluster, 1]
        merger.arrived_follows = int(base == merger.end)
        merger.arrived_base, merger.arrived_count, merger.end = base, count, base + count
        merger.cluster += 1
    return accept


@serial_kernel
def clock_members(
    fetch: Any, valid: bool, slots: int, passed: bool, taken: bool, runs: Int64
) -> None:
    """GaussianFetch behind the merger.

    Parameters
    ----------
    fetch : GAUSSIAN_FETCH.
    valid : there is an entry of Gaussians, whose `slots` hold a record: bit n for record n.
    passed : a cluster is passed to the merger and into the queue `ahead`.
    taken : the beat offered is.
    runs : (V + 1, 2) base and count of Gaussians of the visible clusters.
    """
    offered = valid & (fetch.cluster_valid == 1)
    move = offered & (fetch.held_members == 0)
    both = (slots == BOTH) & (fetch.second == 0)
    two = both & (fetch.lanes > 1) & (fetch.left != 1)
    count = 1 + int(two)
    used_up = move & (fetch.left == count)
    next_valid, read = fetch.ahead_output.valid, used_up | (fetch.cluster_valid == 0)
    clock_fifo_and_register(fetch.ahead, fetch.ahead_output, passed, read)
    free = taken | (fetch.members == 0)
    if free:
        fetch.members = fetch.held_members if fetch.held_members else count * int(offered)
        fetch.held_members = 0
    elif fetch.held_members == 0:
        fetch.held_members = count * int(offered)
    fetch.entry_taken = int(move & (two | ~both))
    if move:
        fetch.second = 1 - fetch.entry_taken
        fetch.left -= count
    if read:
        fetch.cluster_valid = next_valid
        if next_valid == 1:
            fetch.left = runs[fetch.cluster, 1]
            fetch.cluster += 1


def gaussian_fetch(counts: FrontEndCounts, config: ModelConfig) -> Work:
    """Stage 2. Busy a cycle a beat: ceil(32 gaussians_read / bus bytes). Reads 32 bytes a Gaussian
    of visible clusters; the splats leave on a stream."""
    size = counts.gaussians_read * RECORD_BYTES
    return Work("gaussian_fetch", -(-size // (config.data_bits // 8)), size, 0)
