"""depth_sort cycle by cycle, compiled; sim.model.stages.depth_sort_cycles calls it.

Each part is clocked by the registers as they are before the edge: what it takes from others in a
cycle is found first.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from golden.jit import generator_kernel, serial_kernel
from sim.model.stages.merge_kernel import (
    BUFFER,
    INDEX_SHIFT,
    INNER,
    KEY_SHIFT,
    LAST,
    OUT,
    OUT_RING,
    TAKEN,
    clock_stage,
)

Int64 = NDArray[np.int64]

# What a list is read for, as hw's ReadFor.
SORT, UPPER, LOWER, NOTHING = range(4)
# SortPlanner, ListReader, SortLoader, RangeScan.
START, LOOK, NEXT, AHEAD, PLAN, OFFER, COUNT, SCAN, RANGE, DONE = range(10)
REST, READER_LOOK, ASK = range(3)
LOAD_REST, LOAD_READ, LOAD_SETTLE = range(3)
SCAN_REST, SCAN_WALK, SCAN_COUNT, SCAN_END = range(4)
SCAN_MOVES = 3
# A job: kind, list, low, high, count, final.
KIND, LIST, LOW, HIGH, MATCHES, FINAL = range(6)
OPEN_READS = 16
# What is said in a cycle. By clock_depth_sort: an entry is offered; a run is asked for: of which
# list, page of it, and records; a record would be taken; it is busy. By those around it: the entry
# is taken, a record is offered, the run is taken.
VALID, ASKS, OF_LIST, OF_PAGE, RECORDS, TAKES, BUSY, READY, DUE, ROOM, PORTS = range(11)


@serial_kernel
def _clock_fifo(fifo: Int64, write: bool, read: bool) -> None:
    refill = fifo[0] > 0 and (read or fifo[1] == 0)
    fifo[0] += int(write) - int(refill)
    if refill:
        fifo[1] = 1
    elif read:
        fifo[1] = 0


@serial_kernel
def _histogram(keys: Int64, first: int, length: int, shift: int, upper: int, hist: Int64) -> None:
    """Upper halves of a list's keys where `shift` is not 0, else lower ones of one upper half."""
    hist[:] = 0
    bits = len(hist) - 1
    for n in range(first, first + length):
        if shift:
            hist[keys[n] >> shift] += 1
        elif keys[n] // len(hist) == upper:
            hist[keys[n] & bits] += 1


@serial_kernel
def _page_bounds(
    keys: Int64, first: int, length: int, shift: int, bounds: Int64, page_entries: int
) -> None:
    """Least and largest upper half of each page's keys."""
    for n in range(length):
        half, own = keys[first + n] >> shift, bounds[n // page_entries]
        if n % page_entries == 0:
            own[:] = half
        own[0], own[1] = min(own[0], half), max(own[1], half)


@serial_kernel
def simulate(
    keys: Int64,
    lengths: Int64,
    depths: Int64,
    most: int,
    latency: int,
    sizes: Int64,
    null_key: int,
) -> int:
    """Cycles from the start until not busy, by a memory of its own, every entry taken at once.

    The parameters are those of clock_depth_sort.
    """
    port = np.zeros(PORTS, np.int64)
    clock = clock_depth_sort(keys, lengths, depths, most, sizes, null_key, port)
    # Runs in memory: records, first cycle; a ring.
    runs = np.zeros((OPEN_READS, 2), np.int64)
    runs_in = runs_out = 0
    cycle = 0
    next(clock)
    while port[BUSY]:
        port[READY] = 1
        port[ROOM] = int(runs_in - runs_out < OPEN_READS)
        due = runs_in != runs_out and runs[runs_out % OPEN_READS, 1] <= cycle
        port[DUE] = int(due)
        if due and port[TAKES]:
            run = runs[runs_out % OPEN_READS]
            run[0] -= 1
            runs_out += int(run[0] == 0)
        if port[ASKS] and port[ROOM]:
            run = runs[runs_in % OPEN_READS]
            run[0], run[1] = port[RECORDS], cycle + 1 + latency
            runs_in += 1
        cycle += 1
        next(clock)
    return cycle


@generator_kernel
def clock_depth_sort(
    keys: Int64,
    lengths: Int64,
    depths: Int64,
    most: int,
    sizes: Int64,
    null_key: int,
    port: Int64,
) -> Iterator[int]:
    """DepthSort from its start on, a cycle a `next`.

    Before it, those around it say in `port` what they do in this cycle; after it `port` holds what
    is offered in the next one.

    Parameters
    ----------
    keys : of all lists, one after another. lengths : of each. depths : of each stage's queues.
    most : N. sizes : places of the queue of jobs, of entries, of runs; entries of a page; cycles
        from the last entry counted to a histogram that can be read, less 1; bits of a bucket.
    """
    stages, bins = len(depths), len(lengths)
    job_places, entry_places, run_places, page_entries, settle, bucket_bits = sizes
    starts = np.zeros(bins + 1, np.int64)
    starts[1:] = np.cumsum(lengths)
    buckets = 1 << bucket_bits
    # Merger.
    queues = np.zeros((stages, 2, 6), np.int64)
    rings = np.zeros((stages, 2, most + 16), np.int64)
    stage = np.zeros((stages, 6), np.int64)
    outs = np.zeros((stages, OUT_RING), np.int64)
    counts, finals = np.full(2, 0, np.int64), np.zeros(2, np.int64)
    # Planner: its job, and jobs on their way in a ring.
    plan, waits, number, rest = START, 0, -1, 0
    ahead, was_counted = False, False
    job, jobs, job_fifo = np.zeros(6, np.int64), np.zeros((8, 6), np.int64), np.zeros(2, np.int64)
    jobs_in, jobs_out, job_gone, head_gone = 0, 0, False, False
    # Reader: its list, page, and buckets; bounds of the pages of the list that was counted last.
    reader, reader_waits, page, reader_left, read_low, read_high = REST, 0, 0, 0, 0, 0
    reader_list = 0
    pages = 1
    for n in range(bins):
        pages = max(pages, -(-lengths[n] // page_entries))
    bounds = np.zeros((pages, 2), np.int64)
    # Runs that the loader is told of: first entry, entries, last; a ring.
    told, told_fifo = np.zeros((64, 3), np.int64), np.zeros(2, np.int64)
    told_in = told_out = 0
    # Loader.
    load, load_waits, unread, place, told_all = LOAD_REST, 0, 0, 0, False
    own = np.zeros(6, np.int64)
    left, picks, picked = 0, False, 0
    record = np.zeros(2, np.int64)
    is_open, buffer, index, size = False, 0, 0, 0
    full, freed = np.zeros(2, np.bool_), np.zeros(2, np.bool_)
    # Scan: level, next bucket and whether it is named, those on their way; the histograms.
    scan, scan_busy, level, first, upper, total = SCAN_REST, False, 0, 0, 0, 0
    next_bucket, names = 0, False
    moved, is_moved = np.zeros(SCAN_MOVES, np.int64), np.zeros(SCAN_MOVES, np.bool_)
    hists = np.zeros((2, buckets), np.int64)
    # Buffers: entries under way, and whether each is a bin's last; a ring.
    room, under_way = entry_places, np.zeros(2, np.bool_)
    queue = np.zeros(2, np.int64)
    lasts = np.zeros(64, np.bool_)
    lasts_in = lasts_out = 0
    open_bins, busy = bins, True
    cycle = 0
    while busy:
        # What moves, by the registers as they are.
        kind = own[KIND]
        is_sort = kind in (SORT, NOTHING)
        items_valid = picks and is_sort and is_open
        odd = index & 1
        goes = items_valid and queues[0, odd, INNER] != depths[0]
        free = not picks or goes or not is_sort
        batch = picks and is_sort and not is_open and not full[buffer]
        loading = load != LOAD_REST
        ends = not is_sort or left == 0 or (left != 3 and free)
        needed = bounds[page, 0] <= read_high and bounds[page, 1] >= read_low
        told_room = told_fifo[0] != run_places
        port[VALID], port[ASKS] = queue[1], int(reader == ASK and told_room and needed)
        port[OF_LIST], port[OF_PAGE] = reader_list, page
        port[RECORDS] = (min(reader_left, page_entries) + 1) // 2
        port[TAKES], port[BUSY] = int(loading and ends and unread != 0), 1
        yield cycle
        record_taken = port[DUE] != 0 and port[TAKES] != 0
        run_taken = loading and unread == 0 and not told_all and told_fifo[1] == 1
        read = told_all and left == 0 and not picks and unread == 0
        counted = load == LOAD_SETTLE and load_waits == 0
        job_taken = load == LOAD_REST and job_fifo[1] == 1
        job_room = job_fifo[0] != job_places
        head_room = reader == REST
        offers = plan == OFFER
        needs_head = job[KIND] != NOTHING
        job_goes = offers and not job_gone and job_room
        head_goes = offers and not head_gone and needs_head and head_room
        both_gone = (job_gone or job_room) and (head_gone or head_room or not needs_head)
        is_last = reader_left <= page_entries
        asks = port[ASKS] != 0 and port[ROOM] != 0
        asked = reader == ASK and told_room and (not needed or asks)
        tells = asked and (needed or is_last)
        bucket, has_bucket = moved[SCAN_MOVES - 1], scan == SCAN_WALK and is_moved[SCAN_MOVES - 1]
        count = hists[level, bucket] if has_bucket else 0
        scan_closes = has_bucket and total != 0 and total + count > most
        scan_big = has_bucket and not scan_closes and count > most
        scan_ends = scan == SCAN_END and total != 0
        scan_valid = scan_closes or scan_big or scan_ends
        range_taken = plan == RANGE and scan_valid
        last_out = stage[stages - 1, OUT] == 1
        takes = last_out and room != 0
        passed = queue[1] == 1 and port[READY] != 0
        item = outs[stages - 1, stage[stages - 1, TAKEN] % OUT_RING]
        # Output.
        bin_ends = False
        if passed:
            bin_ends = lasts[lasts_out % 64]
            lasts_out += 1
        busy = open_bins != 0 or loading
        open_bins -= int(bin_ends)
        _clock_fifo(queue, under_way[1], passed)
        under_way[1], under_way[0] = under_way[0], takes
        room += int(passed) - int(takes)
        was_freed = freed.copy()
        freed[:] = False
        if takes:
            of = (item & BUFFER) >> 2
            ended = (item & LAST) != 0
            lasts[lasts_in % 64] = ended and finals[of] == 1
            lasts_in += 1
            freed[of] = ended
        # Merger, from the last stage to the first.
        out_taken = takes
        for n in range(stages - 1, -1, -1):
            if n > 0:
                comes = stage[n - 1, OUT] == 1
                value = outs[n - 1, stage[n - 1, TAKEN] % OUT_RING]
            else:
                comes = items_valid
                value = picked << KEY_SHIFT | index << INDEX_SHIFT | buffer << 2 | LAST
            out_taken = clock_stage(
                n,
                depths[n],
                queues[n],
                rings[n],
                stage[n],
                outs[n],
                counts,
                comes,
                value,
                out_taken,
            )
        # Scan.
        number_of_range = total if not scan_big else count
        low_bucket = bucket if scan_big else first
        high_bucket = bucket if scan_big else (bucket - 1 if scan_closes else buckets - 1)
        was_level, was_upper = level, upper
        move = scan == SCAN_WALK and not scan_closes and (not scan_big or range_taken)
        if scan == SCAN_WALK and scan_closes and range_taken:
            first, total = bucket, 0
        if move:
            if has_bucket:
                hists[level, bucket] = 0
            for n in range(SCAN_MOVES - 1, 0, -1):
                moved[n], is_moved[n] = moved[n - 1], is_moved[n - 1]
            moved[0], is_moved[0] = next_bucket, names
            names = names and next_bucket != buckets - 1
            next_bucket += int(is_moved[0])
            if scan_big:
                first = bucket + 1
                if level == 0:
                    upper, scan = bucket, SCAN_COUNT
                    is_moved[:] = False
                    names = False
            elif has_bucket:
                total += count
            if scan == SCAN_WALK and has_bucket and bucket == buckets - 1:
                scan = SCAN_END
        elif scan == SCAN_END:
            is_moved[:] = False
            if total != 0:
                if range_taken:
                    total = 0
            elif level == 1 and upper != buckets - 1:
                level, first, next_bucket, names = 0, upper + 1, upper + 1, True
                scan = SCAN_WALK
            else:
                scan, scan_busy = SCAN_REST, False
        # Planner.
        counts_now = counted
        if plan == START:
            plan, waits = LOOK, 2
        elif plan == LOOK:
            if waits == 0:
                plan = NEXT
            waits -= 1
        elif plan == NEXT:
            number += 1
            waits = 2
            plan = DONE if number == bins else AHEAD
        elif plan == AHEAD:
            if waits == 0:
                plan = PLAN
            waits -= 1
        elif plan == PLAN:
            length = lengths[number]
            after = lengths[number + 1] if number + 1 < bins else 0
            is_ahead = length <= most and after > most and not ahead
            plan = COUNT if length > most and ahead else OFFER
            ahead = ahead or is_ahead
            rest = length
            job[KIND] = NOTHING if length == 0 else SORT
            if length > most or is_ahead:
                job[KIND] = UPPER
            job[LIST] = number + int(is_ahead)
            job[LOW], job[HIGH], job[MATCHES], job[FINAL] = 0, null_key, length, 1
        elif plan == OFFER:
            if both_gone:
                if job[KIND] == UPPER and ahead:
                    plan = PLAN
                elif job[KIND] == UPPER or job[KIND] == LOWER:
                    plan = COUNT
                else:
                    plan = RANGE if scan_busy else NEXT
        elif plan == COUNT:
            if was_counted:
                plan, ahead = SCAN, False
                lower = job[KIND] == LOWER
                _histogram(
                    keys,
                    starts[number],
                    lengths[number],
                    0 if lower else bucket_bits,
                    upper,
                    hists[int(lower)],
                )
                next_bucket, first, names, scan = 0, 0, True, SCAN_WALK
                level = int(lower)
                is_moved[:] = False
                was_counted = False
                if not lower:
                    scan_busy, total = True, 0
        elif plan == SCAN:
            plan = RANGE
        elif plan == RANGE:
            if scan_valid:
                refine = scan_big and was_level == 0
                job[KIND] = LOWER if refine else SORT
                job[LIST] = number
                if was_level == 1:
                    job[LOW] = was_upper * buckets + low_bucket
                    job[HIGH] = was_upper * buckets + high_bucket
                else:
                    job[LOW], job[HIGH] = low_bucket * buckets, (high_bucket + 1) * buckets - 1
                job[MATCHES] = number_of_range
                job[FINAL] = int(number_of_range == rest)
                if not refine:
                    rest -= number_of_range
                plan = OFFER
            elif not scan_busy:
                plan = NEXT
        was_counted = was_counted or counts_now
        # Queue of jobs.
        if job_goes:
            jobs[jobs_in % 8] = job
            jobs_in += 1
        _clock_fifo(job_fifo, job_goes, job_taken)
        job_gone = offers and not both_gone and (job_gone or job_room)
        head_gone = offers and not both_gone and (head_gone or head_room)
        # Reader.
        if reader == REST:
            if head_goes:
                reader, reader_waits, reader_left, page = READER_LOOK, 2, lengths[job[LIST]], 0
                reader_list = job[LIST]
                read_low, read_high = job[LOW] >> bucket_bits, job[HIGH] >> bucket_bits
        elif reader == READER_LOOK:
            reader = ASK if reader_waits == 0 else READER_LOOK
            reader_waits -= 1
        elif asked:
            entries = min(reader_left, page_entries)
            if tells:
                tell = told[told_in % 64]
                tell[0], tell[1] = page * page_entries, entries if needed else 0
                tell[2] = int(is_last)
                told_in += 1
            reader_left -= page_entries
            page += 1
            reader, reader_waits = REST if is_last else READER_LOOK, 2
            if is_last:
                page = 0
        _clock_fifo(told_fifo, tells, run_taken)
        # Loader.
        if free:
            picks = left != 0 and is_sort
            picked = record[0] if left & 1 else record[1]
            left = 2 if left == 3 and is_sort else 0
        if run_taken:
            tell = told[told_out % 64]
            told_out += 1
            place, unread, told_all = tell[0], tell[1], tell[2] == 1
        if record_taken:
            left = 0
            for n in range(min(unread, 2)):
                key = keys[starts[own[LIST]] + place + n]
                record[n] = key
                if own[LOW] <= key <= own[HIGH]:
                    left |= 1 << n
            place += 2
            unread -= min(unread, 2)
        if batch:
            is_open, index, size = True, 0, min(own[MATCHES], most)
            counts[buffer] = size
            finals[buffer] = int(own[FINAL] == 1 and own[MATCHES] <= most)
            full[buffer] = True
        for n in range(2):
            full[n] = full[n] and not was_freed[n]
        if goes:
            index += 1
            if index == size:
                is_open = False
                buffer = 1 - buffer
                own[MATCHES] -= size
        if load == LOAD_REST:
            if job_taken:
                own[:] = jobs[jobs_out % 8]
                jobs_out += 1
                load, told_all = LOAD_READ, own[KIND] == NOTHING
                if own[KIND] == NOTHING:
                    picks, picked, own[MATCHES] = True, null_key, 1
        elif load == LOAD_READ:
            load_waits = settle
            if read:
                load = LOAD_REST if is_sort else LOAD_SETTLE
                if kind == UPPER:
                    _page_bounds(keys, starts[own[LIST]], lengths[own[LIST]], bucket_bits, bounds,
                                 page_entries)  # fmt: skip
        elif load_waits == 0:
            load = LOAD_REST
        else:
            load_waits -= 1
        cycle += 1
    while True:
        port[VALID] = port[ASKS] = port[TAKES] = port[BUSY] = 0
        yield cycle
