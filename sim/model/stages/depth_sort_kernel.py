"""depth_sort cycle by cycle, compiled; sim.model.stages.depth_sort_cycles calls it.

Each part is clocked by the registers as they are before the edge: what it takes from others in a
cycle is found first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from sim.model.clocked import clock_fifo, clock_register
from sim.model.stages.depth_sort_registers import (
    AHEAD,
    ASK,
    BUCKETS,
    COUNT,
    DONE,
    FINAL,
    HIGH,
    KIND,
    LIST,
    LOAD_READ,
    LOAD_REST,
    LOAD_SETTLE,
    LOOK,
    LOW,
    LOWER,
    MATCHES,
    NEXT,
    NOTHING,
    OFFER,
    OPEN_READS,
    PLAN,
    RANGE,
    READER_LOOK,
    REST,
    SCAN,
    SCAN_WALK,
    SORT,
    START,
    UPPER,
    SortArrays,
)
from sim.model.stages.merge_kernel import (
    BUFFER,
    LAST,
    clock_merger,
    has_room,
    stage_item,
)
from sim.model.stages.range_scan_kernel import clock_scan

Int64 = NDArray[np.int64]


@serial_kernel
def _histogram(keys: Int64, first: int, length: int, lower: bool, upper: int, hist: Int64) -> None:
    """Upper halves of a list's keys; with `lower`, lower ones of those of one upper half."""
    hist[:] = 0
    for n in range(first, first + length):
        if not lower:
            hist[keys[n] >> BUCKET_BITS] += 1
        elif keys[n] >> BUCKET_BITS == upper:
            hist[keys[n] & (BUCKETS - 1)] += 1


@serial_kernel
def _page_bounds(keys: Int64, first: int, length: int, bounds: Int64) -> None:
    """Least and largest upper half of each page's keys."""
    for n in range(length):
        half, own = keys[first + n] >> BUCKET_BITS, bounds[n // PAGE_ENTRIES]
        if n % PAGE_ENTRIES == 0:
            own[:] = half
        own[0], own[1] = min(own[0], half), max(own[1], half)


@serial_kernel
def simulate(block: NDArray[np.void], arrays: SortArrays, latency: int) -> int:
    """Cycles from the start until not busy, by a memory of its own, every entry taken at once."""
    sort = block[0]
    # Runs in memory: records, first cycle; a ring.
    runs = np.zeros((OPEN_READS, 2), np.int64)
    runs_in = runs_out = 0
    cycle = 0
    show_depth_sort(sort, arrays.bounds, arrays.merger)
    while sort.is_busy:
        has_room = runs_in - runs_out < OPEN_READS
        due = runs_in != runs_out and runs[runs_out % OPEN_READS, 1] <= cycle
        if due and sort.takes_record:
            run = runs[runs_out % OPEN_READS]
            run[0] -= 1
            runs_out += int(run[0] == 0)
        if sort.asks and has_room:
            run = runs[runs_in % OPEN_READS]
            run[0], run[1] = sort.records, cycle + 1 + latency
            runs_in += 1
        cycle += 1
        clock_depth_sort(sort, arrays, True, bool(due), bool(has_room))
    return cycle


@serial_kernel
def _needed(sort: Any, bounds: Int64) -> bool:
    """Whether the reader's page may hold what it looks for."""
    low, high = bounds[sort.page, 0], bounds[sort.page, 1]
    return bool((low <= sort.read_high) & (high >= sort.read_low))


@serial_kernel
def _goes(sort: Any, merger: NDArray[np.void], lane: int) -> bool:
    """Whether the entry that waits in a lane goes on."""
    waits = sort.odd_lane.valid if lane else sort.even_lane.valid
    given = (waits == 1) & (sort.is_open != 0) & (sort.owed[lane] != 0)
    if sort.merge_lanes == 1:
        # In turn: both have given as many where it is the even lane's.
        turn = int(sort.places[0] != sort.places[1])
        return bool(given) and lane == turn and has_room(merger[0], lane)
    # The first stage tells runs of one apart by the lowest bit of the place in its lane.
    first = merger[lane * (len(merger) // 2)]
    return bool(given) and has_room(first, sort.places[lane] & 1)


@serial_kernel
def _clock_lane(sort: Any, lane: int, comes: bool, key: int, goes: bool) -> None:
    """The register of a lane's entries: whether one comes, and whether its output is taken."""
    register = sort.odd_lane if lane else sort.even_lane
    if goes or register.valid == 0:
        sort.picked[lane] = sort.picked_next[lane] if register.held == 1 else key
    if register.held == 0:
        sort.picked_next[lane] = key
    clock_register(register, comes, goes)


@serial_kernel
def show_depth_sort(sort: Any, bounds: Int64, merger: NDArray[np.void]) -> None:
    """What is said in the next cycle, by the registers as they are."""
    if sort.busy == 0:
        sort.valid = sort.asks = sort.takes_record = sort.is_busy = 0
        return
    asks = sort.reader == ASK and sort.told_fifo.stored != sort.run_places
    sort.valid, sort.is_busy = sort.queue.valid, 1
    sort.asks = int(asks and _needed(sort, bounds))
    sort.of_list, sort.of_page = sort.reader_list, sort.page
    sort.records = (min(sort.reader_left, PAGE_ENTRIES) + 1) // 2
    sort.takes_record = int(sort.records_in.held == 0)


@serial_kernel
def clock_depth_sort(sort: Any, arrays: SortArrays, ready: bool, due: bool, has_room: bool) -> None:
    """DepthSort, from its start on; then `sort` says what it does in the next cycle.

    Parameters
    ----------
    sort : DEPTH_SORT. ready : an entry offered is taken. due : a record is offered.
    has_room : a run asked for is taken.
    """
    if sort.busy == 0:
        return
    keys, lengths, starts, bounds = arrays.keys, arrays.lengths, arrays.starts, arrays.bounds
    merger, rings = arrays.merger, arrays.rings
    # What moves, by the registers as they are.
    kind = sort.own[KIND]
    is_sort = kind in (SORT, NOTHING)
    even_waits, odd_waits = sort.even_lane.valid == 1, sort.odd_lane.valid == 1
    goes_even, goes_odd = _goes(sort, merger, 0), _goes(sort, merger, 1)
    free = not is_sort or (sort.even_lane.held == 0 and sort.odd_lane.held == 0)
    batch = (even_waits or odd_waits) and not sort.is_open and not sort.full[sort.buffer]
    batch_ends = sort.is_open and sort.owed[0] == 0 and sort.owed[1] == 0
    loading = sort.load != LOAD_REST
    needed = _needed(sort, bounds)
    told_room = sort.told_fifo.stored != sort.run_places
    loads = free and sort.unread != 0
    record_taken = loads and sort.records_in.valid == 1
    clock_register(sort.records_in, due, bool(loads))
    run_taken = loading and sort.unread == 0 and not sort.told_all and sort.told_fifo.valid == 1
    is_empty = sort.left == 0 and not even_waits and not odd_waits
    read = sort.told_all and is_empty and sort.unread == 0
    counted = sort.load == LOAD_SETTLE and sort.load_waits == 0
    job_taken = sort.load == LOAD_REST and sort.job_fifo.valid == 1
    job_room = sort.job_fifo.stored != sort.job_places
    head_room = sort.reader == REST
    offers = sort.plan == OFFER
    needs_head = sort.job[KIND] != NOTHING
    job_goes = offers and not sort.job_gone and job_room
    head_goes = offers and not sort.head_gone and needs_head and head_room
    both_gone = (sort.job_gone or job_room) and (sort.head_gone or head_room or not needs_head)
    is_last = sort.reader_left <= PAGE_ENTRIES
    asks = sort.asks != 0 and has_room
    asked = sort.reader == ASK and told_room and (not needed or asks)
    tells = asked and (needed or is_last)
    scan_busy = sort.scan_active != 0 or sort.ranges.valid == 1
    range_taken = sort.plan == RANGE and sort.ranges.valid == 1
    found_low, found_high = sort.range[0], sort.range[1]
    found_count, refine = sort.range[2], sort.range[3] == 1
    last_out = merger[len(merger) - 1].shows == 1
    takes = last_out and sort.room != 0
    passed = sort.queue.valid == 1 and ready
    item = stage_item(merger[len(merger) - 1])
    # Output.
    bin_ends = False
    if passed:
        bin_ends = sort.lasts[sort.lasts_out % 64]
        sort.lasts_out += 1
    sort.busy = sort.open_bins != 0 or loading
    sort.open_bins -= int(bin_ends)
    clock_fifo(sort.queue, sort.under_way[2] != 0, bool(passed))
    sort.under_way[2], sort.under_way[1] = sort.under_way[1], sort.under_way[0]
    sort.under_way[0] = takes
    sort.room += int(passed) - int(takes)
    sort.was_freed[0], sort.was_freed[1] = sort.freed[0], sort.freed[1]
    sort.freed[0] = sort.freed[1] = False
    if takes:
        of = (item & BUFFER) >> 2
        ended = (item & LAST) != 0
        sort.lasts[sort.lasts_in % 64] = ended and sort.finals[of] == 1
        sort.lasts_in += 1
        sort.freed[of] = ended
    clock_merger(sort, merger, rings, goes_even, goes_odd, takes)
    clock_scan(sort, bool(range_taken))
    # Planner.
    counts_now = counted
    if sort.plan == START:
        sort.plan, sort.waits = LOOK, 2
    elif sort.plan == LOOK:
        if sort.waits == 0:
            sort.plan = NEXT
        sort.waits -= 1
    elif sort.plan == NEXT:
        sort.number += 1
        sort.waits = 2
        sort.plan = DONE if sort.number == len(lengths) else AHEAD
    elif sort.plan == AHEAD:
        if sort.waits == 0:
            sort.plan = PLAN
        sort.waits -= 1
    elif sort.plan == PLAN:
        length = lengths[sort.number]
        after = lengths[sort.number + 1] if sort.number + 1 < len(lengths) else 0
        is_ahead = length <= sort.most and after > sort.most and not sort.ahead
        sort.plan = COUNT if length > sort.most and sort.ahead else OFFER
        sort.ahead = sort.ahead or is_ahead
        sort.rest = length
        sort.job[KIND] = NOTHING if length == 0 else SORT
        if length > sort.most or is_ahead:
            sort.job[KIND] = UPPER
        sort.job[LIST] = sort.number + int(is_ahead)
        sort.job[LOW], sort.job[HIGH], sort.job[MATCHES], sort.job[FINAL] = (
            0,
            sort.null_key,
            length,
            1,
        )
    elif sort.plan == OFFER:
        if both_gone:
            if sort.job[KIND] == UPPER and sort.ahead:
                sort.plan = PLAN
            elif sort.job[KIND] == UPPER or sort.job[KIND] == LOWER:
                sort.plan = COUNT
            else:
                sort.plan = RANGE if scan_busy else NEXT
    elif sort.plan == COUNT:
        if sort.was_counted:
            sort.plan, sort.ahead = SCAN, False
            lower = sort.job[KIND] == LOWER
            _histogram(
                keys,
                starts[sort.number],
                lengths[sort.number],
                bool(lower),
                sort.upper,
                sort.hists[int(lower)],
            )
            sort.next_bucket, sort.first, sort.names, sort.scan = 0, 0, 1, SCAN_WALK
            sort.level = int(lower)
            sort.was_counted = False
            if not lower:
                sort.scan_active, sort.total = 1, 0
    elif sort.plan == SCAN:
        sort.plan = RANGE
    elif sort.plan == RANGE:
        if range_taken:
            sort.job[KIND] = LOWER if refine else SORT
            sort.job[LIST] = sort.number
            sort.job[LOW], sort.job[HIGH], sort.job[MATCHES] = found_low, found_high, found_count
            sort.job[FINAL] = int(found_count == sort.rest)
            if not refine:
                sort.rest -= found_count
            sort.plan = OFFER
        elif not scan_busy:
            sort.plan = NEXT
    sort.was_counted = sort.was_counted or counts_now
    # Queue of jobs.
    if job_goes:
        sort.jobs[sort.jobs_in % 8] = sort.job
        sort.jobs_in += 1
    clock_fifo(sort.job_fifo, bool(job_goes), bool(job_taken))
    sort.job_gone = offers and not both_gone and (sort.job_gone or job_room)
    sort.head_gone = offers and not both_gone and (sort.head_gone or head_room)
    # Reader.
    if sort.reader == REST:
        if head_goes:
            sort.reader, sort.reader_waits, sort.reader_left, sort.page = (
                READER_LOOK,
                2,
                lengths[sort.job[LIST]],
                0,
            )
            sort.reader_list = sort.job[LIST]
            sort.read_low, sort.read_high = (
                sort.job[LOW] >> BUCKET_BITS,
                sort.job[HIGH] >> BUCKET_BITS,
            )
    elif sort.reader == READER_LOOK:
        sort.reader = ASK if sort.reader_waits == 0 else READER_LOOK
        sort.reader_waits -= 1
    elif asked:
        entries = min(sort.reader_left, PAGE_ENTRIES)
        if tells:
            tell = sort.told[sort.told_in % 64]
            tell[0], tell[1] = sort.page * PAGE_ENTRIES, entries if needed else 0
            tell[2] = int(is_last)
            sort.told_in += 1
        sort.reader_left -= PAGE_ENTRIES
        sort.page += 1
        sort.reader, sort.reader_waits = REST if is_last else READER_LOOK, 2
        if is_last:
            sort.page = 0
    clock_fifo(sort.told_fifo, bool(tells), bool(run_taken))
    # Loader.
    both, some = is_sort and free and sort.left == 3, is_sort and free and sort.left != 0
    leads, lane = sort.record[0] if sort.left & 1 else sort.record[1], sort.next_odd
    for n in range(2):
        goes = goes_odd if n else goes_even
        comes = both or (some and n == lane)
        _clock_lane(sort, n, bool(comes), leads if n == lane else sort.record[1], bool(goes))
        sort.places[n] += int(goes)
        sort.owed[n] -= int(goes)
    if some and not both:
        sort.next_odd = 1 - lane
    if free:
        sort.left = 0
    if run_taken:
        tell = sort.told[sort.told_out % 64]
        sort.told_out += 1
        sort.place, sort.unread, sort.told_all = tell[0], tell[1], tell[2] == 1
    if record_taken:
        sort.left = 0
        for n in range(min(sort.unread, 2)):
            key = keys[starts[sort.own[LIST]] + sort.place + n]
            sort.record[n] = key
            if sort.own[LOW] <= key <= sort.own[HIGH]:
                sort.left |= 1 << n
        sort.place += 2
        sort.unread -= min(sort.unread, 2)
    if batch:
        sort.is_open, sort.size = True, min(sort.own[MATCHES], sort.most)
        sort.places[:] = 0
        sort.owed[0], sort.owed[1] = (sort.size + 1) // 2, sort.size // 2
        sort.counts[sort.buffer] = sort.size
        sort.finals[sort.buffer] = int(sort.own[FINAL] == 1 and sort.own[MATCHES] <= sort.most)
        sort.full[sort.buffer] = True
    elif batch_ends:
        sort.is_open = False
        sort.buffer = 1 - sort.buffer
        sort.own[MATCHES] -= sort.size
    for n in range(2):
        sort.full[n] = sort.full[n] and not sort.was_freed[n]
    if sort.load == LOAD_REST:
        if job_taken:
            sort.own[:] = sort.jobs[sort.jobs_out % 8]
            sort.jobs_out += 1
            sort.load, sort.told_all = LOAD_READ, sort.own[KIND] == NOTHING
            sort.next_odd = 0
            if sort.own[KIND] == NOTHING:
                sort.left, sort.record[0], sort.own[MATCHES] = 1, sort.null_key, 1
    elif sort.load == LOAD_READ:
        sort.load_waits = sort.settle
        if read:
            sort.load = LOAD_REST if is_sort else LOAD_SETTLE
            if kind == UPPER:
                _page_bounds(keys, starts[sort.own[LIST]], lengths[sort.own[LIST]], bounds)
    elif sort.load_waits == 0:
        sort.load = LOAD_REST
    else:
        sort.load_waits -= 1
    show_depth_sort(sort, bounds, merger)
