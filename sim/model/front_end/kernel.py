"""The front end cycle by cycle: control without data, compiled; sim.model.front_end.timing calls
it.

Who moves in a cycle is found from the last stage to the first; then every block is clocked
(sim.model.front_end.memory, sim.model.front_end.blocks). What a frame finds is known, and all of it
moves in order, so a queue is a count, and an item the next index of a table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.front_end.blocks import (
    clock_control,
    clock_cull,
    clock_fetch,
    clock_merger,
    clock_reader,
)
from sim.model.front_end.memory import (
    clock_bus,
    clock_fifo,
    clock_queue,
    clock_register,
    clock_splitter,
    granted,
    take_record,
)

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@serial_kernel
def is_quiet(s: Any, fifos: Any, registers: Any, cycle: int) -> bool:
    """Whether nothing is under way in ClusterCull, GaussianFetch and GaussianProject."""
    culls = s.places or s.pending or s.awaited
    asks = s.came or s.checked or s.grows or s.geometry_asked
    fetches = s.here or s.members or registers[2].shown
    for n in range(2):
        fetches = fetches or fifos[n].inner or fifos[n].shown or registers[n].shown
    return not (culls or asks or fetches or cycle <= s.project_until)


@serial_kernel
def simulate(
    hardware: NDArray[np.void],
    clients: NDArray[np.void],
    fifos: NDArray[np.void],
    registers: NDArray[np.void],
    state: NDArray[np.void],
    counted: NDArray[np.void],
    entries: Int64,
    group_visible: Bool,
    group_runs: Int64,
    cluster_visible: Bool,
    runs: Int64,
    kept: Bool,
) -> None:
    """Cycles of a frame from the read of its header until the datapath is quiet, into `counted`.

    Parameters
    ----------
    hardware, state, counted : (1,) HARDWARE, STATE, COUNTS. clients : (3,) CLIENT.
    fifos : (7,) FIFO, of the clients' queues, of the requests for clusters, of the visible
        clusters, of those that wait for the merger, of those ahead.
    registers : (3,) REGISTER, behind the last two of them, and before the merger.
    entries : (3, n) rings of the slots of waiting entries, bit n for record n.
    group_visible : (G,). group_runs : (g, 2) base and count of clusters, of visible groups.
    cluster_visible : (T,) of the clusters tested. runs : (V, 2) base and count of Gaussians, of
        visible clusters. kept : (N,) of their Gaussians. All in the order of the frame.
    """
    hw, s, counts = hardware[0], state[0], counted[0]
    geometry = clients[2]
    tests = np.zeros(hw.test_cycles, np.int64)
    bursts = np.zeros((hw.outstanding_bursts + 2, 5), np.int64)
    ready, gone = np.zeros(3, np.bool_), np.zeros(3, np.bool_)
    cycle = 0
    while True:
        # Who moves in this cycle, from the last stage to the first.
        for n in range(3):
            ready[n] = clients[n].loaded == 0
        merge = s.checked and s.grows and s.follows and s.run_long == 0
        moved = s.geometry_asked == 0 or ready[2]
        used = s.checked == 0 or merge or s.grows == 0 or moved
        merger_ready = s.came == 0 or used
        asked = registers[2].shown == 1 and merger_ready
        has_place = fifos[6].inner != hw.clusters_ahead - 1
        sent = registers[0].shown == 1 and has_place and registers[2].waits == 0
        seen = fifos[4].shown == 1 and fifos[5].inner != hw.clusters_waiting - 1
        record = clients[0].shown == 1
        header = s.course < 2 and record and s.header_records < hw.header_records
        cluster = clients[1].shown == 1 and s.has_place == 1
        group = s.course >= 2 and record and s.has_room == 1 and not cluster
        run_taken = fifos[3].shown == 1 and s.run_held == 0
        asks = s.course == 0 or s.course == 2
        grant = granted(hw, s, clients)
        if s.course == 3 and s.to_take == 0 and is_quiet(s, fifos[5:7], registers, cycle):
            break
        # Their registers.
        request = (0, hw.header_records)
        if s.course == 2:
            request = (s.group_place, min(s.to_ask, hw.group_run))
        run = group_runs[s.asked_run]
        arrived, slots = s.beat_client, s.beat_slots
        clock_bus(hw, s, clients, bursts, grant, cycle, counts)
        clock_splitter(hw, clients[0], grant == 0, asks, request[0], request[1])
        clock_splitter(hw, clients[1], grant == 1, s.run_asked == 1, run[0], run[1])
        base, count = s.geometry_base, s.geometry_count
        clock_splitter(hw, geometry, grant == 2, s.geometry_asked == 1, base, count)
        waiting = entries[2, geometry.taken % entries.shape[1]]
        gone[0] = take_record(clients[0], entries[0], header or group)
        gone[1] = take_record(clients[1], entries[1], cluster)
        gone[2] = clock_fetch(
            hw, s, geometry, fifos[6], registers[1], waiting, sent, runs, kept, cycle
        )
        for n in range(3):
            written = slots if arrived == n else 0
            clock_queue(clients[n], fifos[n], entries[n], written, gone[n])
        if s.members:
            counts.member_beats += 1
            counts.last_members_cycle = cycle + 1
            if counts.member_beats == 1:
                counts.first_members_cycle = cycle + 1
        clock_merger(hw, s, merge, moved, used, merger_ready, ready[2], asked, runs)
        clock_register(registers[2], sent, asked)
        entry = 0
        if cluster:
            entry = 2 if cluster_visible[s.cluster] else 1
            s.cluster += 1
        elif group:
            entry = 6 if group_visible[s.group] else 5
            s.group += 1
        taken = group_runs[s.run, 1] if run_taken else 0
        out = clock_cull(hw, s, tests, entry, taken, seen)
        clock_fifo(fifos[3], out == 6, run_taken)
        clock_fifo(fifos[4], out == 2, seen)
        comes, into = fifos[5].shown == 1, registers[0].waits == 0
        clock_register(registers[0], comes, sent)
        clock_fifo(fifos[5], seen, into)
        clock_reader(s, run_taken, ready[1])
        clock_control(hw, s, asks and ready[0], header, group, cycle)
        cycle += 1
    counts.frame_cycles = cycle + 1
