"""depth_sort cycle by cycle, compiled; sim.model.stages.depth_sort_cycles calls it.

Each part is clocked by the registers as they are before the edge: what it takes from others in a
cycle is found first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
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
START, LOOK, PLAN, OFFER, COUNT, SCAN, RANGE, NEXT, DONE = range(9)
REST, ASK, FOLLOW = range(3)
LOAD_REST, LOAD_READ, LOAD_SETTLE = range(3)
SCAN_REST, SCAN_READ, SCAN_WAIT, SCAN_TAKE, SCAN_ADD, SCAN_DECIDE, SCAN_ACT = range(7)
SCAN_COUNT, SCAN_END, SCAN_BACK = range(7, 10)
# A job: kind, list, low, high, count, final.
KIND, LIST, LOW, HIGH, MATCHES, FINAL = range(6)
OPEN_READS = 16


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
def simulate(
    keys: Int64,
    lengths: Int64,
    depths: Int64,
    most: int,
    latency: int,
    sizes: Int64,
    null_key: int,
) -> int:
    """Cycles from the start until not busy.

    Parameters
    ----------
    keys : of all lists, one after another. lengths : of each. depths : of each stage's queues.
    most : N. sizes : places of the queue of jobs, of entries; records of a page; cycles from the
        last entry counted to a histogram that can be read, less 1; bits of a bucket.
    """
    stages, bins = len(depths), len(lengths)
    job_places, entry_places, page_records, settle, bucket_bits = sizes
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
    plan, waits, number, rest = START, 0, 0, 0
    job, jobs, job_fifo = np.zeros(6, np.int64), np.zeros((8, 6), np.int64), np.zeros(2, np.int64)
    jobs_in, jobs_out, job_gone, head_gone = 0, 0, False, False
    # Reader, and runs in memory: records, first cycle; a ring.
    reader, reader_waits, records = REST, 0, 0
    runs = np.zeros((OPEN_READS, 2), np.int64)
    runs_in = runs_out = 0
    # Loader.
    load, load_waits, unread, place = LOAD_REST, 0, 0, 0
    own = np.zeros(6, np.int64)
    left, picks, picked = 0, False, 0
    record = np.zeros(2, np.int64)
    is_open, buffer, index, size = False, 0, 0, 0
    full, freed = np.zeros(2, np.bool_), np.zeros(2, np.bool_)
    # Scan: level, bucket, first, upper, total, count; the histograms of both levels.
    scan, scan_busy, level, bucket, first, upper, total, count = SCAN_REST, False, 0, 0, 0, 0, 0, 0
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
        ends = left == 0 or (left != 3 and free)
        due = runs_in != runs_out and runs[runs_out % OPEN_READS, 1] <= cycle
        record_taken = due and loading and ends and unread != 0
        read = left == 0 and not picks and unread == 0
        counted = load == LOAD_SETTLE and load_waits == 0
        job_taken = load == LOAD_REST and job_fifo[1] == 1
        job_room = job_fifo[0] != job_places
        head_room = reader == REST
        offers = plan == OFFER
        needs_head = job[KIND] != NOTHING
        job_goes = offers and not job_gone and job_room
        head_goes = offers and not head_gone and needs_head and head_room
        both_gone = (job_gone or job_room) and (head_gone or head_room or not needs_head)
        asks = reader == ASK and runs_in - runs_out < OPEN_READS
        scan_closes = scan == SCAN_ACT and total != 0 and total + count > most
        scan_big = scan == SCAN_ACT and not scan_closes and count > most
        scan_ends = scan == SCAN_END and total != 0
        scan_valid = scan_closes or scan_big or scan_ends
        range_taken = plan == RANGE and scan_valid
        last_out = stage[stages - 1, OUT] == 1
        takes = last_out and room != 0
        passed = queue[1] == 1
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
        if scan in (SCAN_READ, SCAN_WAIT, SCAN_DECIDE):
            scan += 1
        elif scan == SCAN_TAKE:
            count = hists[level, bucket]
            hists[level, bucket] = 0
            scan = SCAN_ADD
        elif scan == SCAN_ADD:
            scan = SCAN_DECIDE
        elif scan_valid:
            if range_taken:
                if scan_closes:
                    first, total, scan = bucket, 0, SCAN_ADD
                elif scan_ends:
                    total = 0
                elif level == 1:
                    first = bucket + 1
                    scan = SCAN_END if bucket == buckets - 1 else SCAN_READ
                    bucket = (bucket + 1) % buckets
                else:
                    first, upper, scan = bucket + 1, bucket, SCAN_COUNT
        elif scan in (SCAN_ACT, SCAN_BACK):
            if scan == SCAN_ACT:
                total += count
            scan = SCAN_END if bucket == buckets - 1 else SCAN_READ
            bucket = (bucket + 1) % buckets
        elif scan == SCAN_END:
            if level == 1:
                level, first, bucket, scan = 0, upper + 1, upper, SCAN_BACK
            else:
                scan, scan_busy = SCAN_REST, False
                bucket = first = total = 0
        # Planner.
        was_level = level
        if plan == START:
            plan, number, waits = LOOK, 0, 2
        elif plan == LOOK:
            if waits == 0:
                rest = lengths[number]
                plan = PLAN
            waits -= 1
        elif plan == PLAN:
            length = lengths[number]
            job[KIND] = UPPER if length > most else (NOTHING if length == 0 else SORT)
            job[LIST], job[LOW], job[HIGH], job[MATCHES], job[FINAL] = (
                number,
                0,
                null_key,
                length,
                1,
            )
            plan = OFFER
        elif plan == OFFER:
            if both_gone:
                if job[KIND] == UPPER or job[KIND] == LOWER:
                    plan = COUNT
                else:
                    plan = RANGE if scan_busy else NEXT
        elif plan == COUNT:
            if counted:
                plan = SCAN
                lower = job[KIND] == LOWER
                _histogram(
                    keys,
                    starts[number],
                    lengths[number],
                    0 if lower else bucket_bits,
                    upper,
                    hists[int(lower)],
                )
                bucket, first, scan = 0, 0, SCAN_READ
                level = int(lower)
                if not lower:
                    scan_busy, total = True, 0
        elif plan == SCAN:
            plan = RANGE
        elif plan == RANGE:
            if scan_valid:
                refine = scan_big and was_level == 0
                job[KIND] = LOWER if refine else SORT
                if was_level == 1:
                    job[LOW] = upper * buckets + low_bucket
                    job[HIGH] = upper * buckets + high_bucket
                else:
                    job[LOW], job[HIGH] = low_bucket * buckets, (high_bucket + 1) * buckets - 1
                job[MATCHES] = number_of_range
                job[FINAL] = int(number_of_range == rest)
                if not refine:
                    rest -= number_of_range
                plan = OFFER
            elif not scan_busy:
                plan = NEXT
        elif plan == NEXT:
            number += 1
            waits = 2
            plan = DONE if number == bins else LOOK
        # Queue of jobs.
        if job_goes:
            jobs[jobs_in % 8] = job
            jobs_in += 1
        _clock_fifo(job_fifo, job_goes, job_taken)
        job_gone = offers and not both_gone and (job_gone or job_room)
        head_gone = offers and not both_gone and (head_gone or head_room)
        # Reader and memory.
        if record_taken:
            run = runs[runs_out % OPEN_READS]
            run[0] -= 1
            runs_out += int(run[0] == 0)
        if reader == REST:
            if head_goes:
                records, reader, reader_waits = (lengths[job[LIST]] + 1) // 2, ASK, 2
        elif reader == ASK:
            reader_waits = max(reader_waits - 1, 0)
            if asks:
                run = runs[runs_in % OPEN_READS]
                run[0], run[1] = min(records, page_records), cycle + 1 + latency
                runs_in += 1
                reader = FOLLOW if records > page_records else REST
                records -= page_records
        elif reader_waits == 0:
            reader, reader_waits = ASK, 2
        else:
            reader_waits -= 1
        # Loader.
        if free:
            picks = left != 0
            picked = record[0] if left & 1 else record[1]
            left = 2 if left == 3 else 0
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
                unread, place, load = lengths[own[LIST]], 0, LOAD_READ
                if own[KIND] == NOTHING:
                    picks, picked, own[MATCHES] = True, null_key, 1
        elif load == LOAD_READ:
            load_waits = settle
            if read:
                load = LOAD_REST if is_sort else LOAD_SETTLE
        elif load_waits == 0:
            load = LOAD_REST
        else:
            load_waits -= 1
        cycle += 1
    return cycle
