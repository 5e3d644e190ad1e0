"""Control, culling, merging and projecting blocks: parts of sim.model.front_end.kernel, compiled.

Each function clocks what it is named after, one cycle: it reads the registers of a record as they
are and leaves them as the clock edge does. An item is the next index of a table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.front_end.memory import clock_fifo, clock_register

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@serial_kernel
def clock_control(hw: Any, s: Any, taken: bool, header: bool, group: bool, cycle: int) -> None:
    """FrameControl (its states are 0 header, 1 check, 2 groups, 3 run) and HeaderCheck.

    taken : the request is; header, group : a record of that table is taken.
    """
    s.to_take -= int(group)
    if header:
        s.header_records += 1
        if s.header_records == hw.header_records:
            s.checked_cycle = cycle + hw.header_cycles
    if s.course == 0 and taken:
        s.course = 1
    elif s.course == 1 and s.header_records == hw.header_records and cycle >= s.checked_cycle:
        s.course = 2
    elif s.course == 2 and taken:
        count = min(s.to_ask, hw.group_run)
        s.to_ask -= count
        s.group_place += count
        if s.to_ask == 0:
            s.course = 3


@serial_kernel
def clock_cull(hw: Any, s: Any, tests: Int64, entry: int, run_clusters: int, sent: bool) -> int:
    """The pipeline of ClusterCull, and what it keeps account of.

    tests : what is under way, by the cycle: 0 nothing, 1 a dropped ball, 2 a seen one, + 4 a group.
    entry : what is taken now, of the same.
    run_clusters : of the run that ClusterReader takes, 0 for none.
    sent : a visible cluster leaves its queue.

    The last two, and a cluster taken, are counted a cycle later. Returns what leaves the pipeline.
    """
    out = tests[s.stage]
    tests[s.stage] = entry
    s.stage = (s.stage + 1) % len(tests)
    s.has_room, s.has_place = int(s.pending < hw.requests - 1), int(s.places < hw.places - 1)
    s.pending += int(entry >= 5) - int(s.run_gone != 0) - int(out == 5)
    s.places += int(0 < entry < 4) - s.cluster_gone - int(out == 1)
    s.awaited += s.run_gone - s.cluster_came
    s.run_gone, s.cluster_gone, s.cluster_came = run_clusters, int(sent), int(0 < entry < 4)
    return int(out)


@serial_kernel
def clock_reader(s: Any, run_taken: bool, request_taken: bool) -> None:
    """ClusterReader: the run whose end is checked, then its request."""
    free = s.run_asked == 0 or request_taken
    if request_taken:
        s.run_asked = 0
    if run_taken:
        s.held_run, s.run_held = s.run, 1
        s.run += 1
    elif s.run_held and free:
        s.run_held, s.run_asked, s.asked_run = 0, 1, s.held_run


@serial_kernel
def clock_merger(
    hw: Any,
    s: Any,
    merge: bool,
    moved: bool,
    used: bool,
    ready: bool,
    taken: bool,
    sent: bool,
    runs: Int64,
) -> None:
    """RunMerger: a cluster that came, that was checked, the run that grows, that is asked for.

    used : the checked cluster goes, or there is none. ready : so does the one that came.
    """
    move = s.grows == 1 and moved and not merge
    s.run_long = int(s.run_count >= hw.long_run)
    if taken:
        s.geometry_asked = 0
    if move:
        s.geometry_asked, s.geometry_base, s.geometry_count = 1, s.run_base, s.run_count
    if merge:
        s.run_count += s.count
    elif s.checked and (s.grows == 0 or moved):
        s.grows, s.run_base, s.run_count = 1, s.base, s.count
    elif move:
        s.grows = 0
    if used:
        s.checked, s.base, s.count, s.follows = s.came, s.came_base, s.came_count, s.came_follows
    if ready:
        s.came = int(sent)
        if sent:
            s.came_base, s.came_count = runs[s.visible]
            s.came_follows = int(s.came_base == s.end)
            s.end = s.came_base + s.came_count
    s.visible += int(sent)


@serial_kernel
def clock_fetch(
    hw: Any,
    s: Any,
    c: Any,
    ahead: Any,
    coming: Any,
    slots: int,
    sent: bool,
    runs: Int64,
    kept: Bool,
    cycle: int,
) -> bool:
    """GaussianFetch behind the merger, and GaussianProject, which takes all it is given.

    A beat of members that is ready in `cycle` is taken in the next one, and is in the projection
    for drop_cycles, or splat_cycles if a splat is left of it. Returns whether the entry is used up.
    """
    moves = c.shown == 1 and s.here == 1
    both = slots == 3 and s.second == 0
    count = 2 if both and hw.lanes > 1 and s.left != 1 else 1
    gone = moves and (count == 2 or not both)
    used_up = moves and s.left == count
    shown, read = coming.shown, s.here == 0 or used_up
    comes, into = ahead.shown == 1, coming.waits == 0
    clock_register(coming, comes, read)
    clock_fifo(ahead, sent, into)
    s.members = int(moves)
    if moves:
        keeps = kept[s.member] or (count == 2 and kept[s.member + 1])
        stays = hw.splat_cycles if keeps else hw.drop_cycles
        s.project_until = max(s.project_until, cycle + 1 + stays)
        s.second = int(not gone)
        s.member += count
    if read:
        s.here = shown
        if shown:
            s.left = runs[s.queued, 1]
            s.queued += 1
    elif moves:
        s.left -= count
    return gone
