"""The front end cycle by cycle: control without data, compiled; sim.front_end_timing calls it.

Each function clocks what it is named after, one cycle: it reads the registers of a record as they
are and leaves them as the clock edge does. What a frame finds is known, and all of it moves in
order, so a queue is a count, and an item the next index of a table.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@serial_kernel
def clock_fifo(fifo: Any, write: bool, read: bool) -> None:
    """A SyncFIFOBuffered: a memory, and an output that it refills."""
    refill = fifo.inner > 0 and (read or fifo.shown == 0)
    fifo.inner += int(write) - int(refill)
    if refill:
        fifo.shown = 1
    elif read:
        fifo.shown = 0


@serial_kernel
def clock_register(register: Any, comes: bool, taken: bool) -> None:
    """A StreamRegister: `shown` at its output, `waits` behind that."""
    free = taken or register.shown == 0
    some = register.waits == 1 or comes
    register.waits = int(some and not free)
    if free:
        register.shown = int(some)


@serial_kernel
def clock_splitter(hw: Any, c: Any, granted: bool, asked: bool, record: int, count: int) -> None:
    """A BurstSplitter: a burst's length, then whether there is room, then the offer."""
    near = min(c.burst_entries, c.page_left)
    is_end = c.run_left <= near
    load = asked and c.loaded == 0
    length, ends_run, ends_page = c.length, c.ends_run, c.ends_page
    c.offered = int(c.decided == 1 and not granted and length <= c.room)
    c.decided = int(c.fresh == 1 or (c.decided == 1 and not granted))
    c.fresh = int(granted and ends_run == 0)
    c.room += c.freed - (length if granted else 0)
    c.length = c.run_left if is_end else near
    c.ends_run = int(is_end)
    c.ends_page = int(length == c.page_left)
    if granted:
        c.page_left = hw.page_entries if ends_page else c.page_left - length
        c.run_left -= length
        c.skip_first = 0
        c.loaded = int(ends_run == 0)
    if load:
        odd = record & (hw.slots - 1)
        c.skip_first = odd
        c.skip_last = (odd ^ count) & (hw.slots - 1)
        c.run_left = (count + odd + hw.slots - 1) // hw.slots
        c.page_left = hw.page_entries - record // hw.slots % hw.page_entries
        c.loaded = c.fresh = 1


@serial_kernel
def clock_queue(c: Any, fifo: Any, entries: Int64, slots: int, taken: bool) -> None:
    """A ReadQueue: the queue and the register behind it; slots of what is written, 0 for none."""
    read, shown = taken or c.shown == 0, fifo.shown
    clock_fifo(fifo, slots != 0, read)
    if slots != 0:
        entries[c.written % len(entries)] = slots
        c.written += 1
    if read:
        c.shown = shown
    c.freed = int(taken)
    c.taken += int(taken)


@serial_kernel
def take_record(c: Any, entries: Int64, taken: bool) -> bool:
    """A RecordStream; whether the entry goes with the record that is taken now, if it is."""
    if not taken:
        return False
    gone = bool(c.second == 1 or entries[c.taken % len(entries)] != 3)
    c.second = int(not gone)
    return gone


@serial_kernel
def memory_is_busy(s: Any, busy_256: int) -> bool:
    """Whether the memory has no beat now, by the harness' splitmix64."""
    if busy_256 == 0:
        return False
    state = np.uint64(s.random) + np.uint64(0x9E3779B97F4A7C15)
    s.random = np.int64(state)
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bool((z ^ (z >> np.uint64(31))) & np.uint64(255) < np.uint64(busy_256))


@serial_kernel
def clock_bus(
    hw: Any, s: Any, clients: Any, bursts: Int64, grant: int, cycle: int, counts: Any
) -> None:
    """The bus, and the memory behind it, which answers in order and one beat a cycle.

    bursts : (n, 5) ring of first cycle with a beat, beats, client, skip_first, skip_last.
    grant : the client whose burst is passed on in this cycle, -1 for none.
    """
    idle = s.outstanding == 0
    s.outstanding += int(grant >= 0) - s.beat_last
    s.beat = s.beat_last = s.beat_slots = 0
    burst = bursts[s.answered % len(bursts)]
    if s.answered != s.asked and burst[0] <= cycle and not memory_is_busy(s, hw.busy_256):
        is_first = s.beats_left == 0
        s.beats_left = (burst[1] if is_first else s.beats_left) - 1
        s.part = (s.part + 1) % hw.entry_beats
        s.beat, s.beat_last, s.beat_client = 1, int(s.beats_left == 0), burst[2]
        if s.part == 0:  # an entry is whole: which of its slots hold a record?
            skips = burst[3] * int(is_first) + 2 * burst[4] * s.beat_last
            s.beat_slots = 1 if hw.slots == 1 else 3 - skips
        s.answered += s.beat_last
        counts.bus_beats += 1
    elif idle:
        counts.bus_idle_cycles += 1
    else:
        counts.bus_wait_cycles += 1
    s.address = int(grant >= 0)
    if grant >= 0:
        c, entry = clients[grant], bursts[s.asked % len(bursts)]
        entry[0], entry[1], entry[2] = (
            cycle + 1 + hw.latency_cycles,
            c.length * hw.entry_beats,
            grant,
        )
        entry[3], entry[4] = c.skip_first, c.skip_last & c.ends_run
        s.asked += 1
        counts.bus_bursts += 1


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


@serial_kernel
def granted(hw: Any, s: Any, clients: Any) -> int:
    """The first of the clients whose burst is offered, -1 where none is or the bus takes none."""
    if s.outstanding != hw.outstanding_bursts and s.address == 0:
        for n in range(len(clients)):
            if clients[n].offered:
                return n
    return -1


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
