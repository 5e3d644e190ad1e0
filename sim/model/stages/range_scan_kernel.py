"""The scan of depth_sort's histogram cycle by cycle, compiled: buckets in, ranges of keys out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import clock_register
from sim.model.stages.depth_sort_registers import (
    BUCKETS,
    SCAN_COUNT,
    SCAN_END,
    SCAN_MOVES,
    SCAN_REST,
    SCAN_WALK,
)

Int64 = NDArray[np.int64]


@serial_kernel
def _put_range(into: Int64, low: int, high: int, count: int, refine: bool) -> None:
    """Fills a range."""
    into[0], into[1], into[2], into[3] = low, high, count, int(refine)


@serial_kernel
def clock_scan(sort: Any, range_taken: bool) -> None:
    """RangeScan, one cycle; `range_taken` says that its range is."""
    walks, bucket, has_room = sort.scan == SCAN_WALK, sort.bucket, sort.ranges.held == 0
    has_bucket = walks and sort.buckets.valid == 1
    count = sort.hists[sort.level, bucket] if has_bucket else 0
    closes = has_bucket and sort.total != 0 and sort.total + count > sort.most
    big = has_bucket and not closes and count > sort.most
    ends = sort.scan == SCAN_END and sort.total != 0
    passes = walks and not closes and (not big or has_room)
    moves, is_moved = sort.buckets.held == 0, sort.is_moved[SCAN_MOVES - 1] == 1
    # The range that is offered to the register of ranges, and that register.
    low = bucket if big else sort.first
    high = bucket if big else (bucket - 1 if closes else BUCKETS - 1)
    number, refine = count if big else sort.total, big and sort.level == 0
    if sort.level == 1:
        low, high = sort.upper * BUCKETS + low, sort.upper * BUCKETS + high
    else:
        low, high = low * BUCKETS, (high + 1) * BUCKETS - 1
    if range_taken or sort.ranges.valid == 0:
        if has_room:
            _put_range(sort.range, low, high, number, refine)
        else:
            sort.range[:] = sort.range_next
    if has_room:
        _put_range(sort.range_next, low, high, number, refine)
    clock_register(sort.ranges, bool(closes or big or ends), range_taken)
    # The register of buckets, and those on their way to it.
    takes_bucket = passes or not walks
    if takes_bucket or sort.buckets.valid == 0:
        sort.bucket = sort.moved[SCAN_MOVES - 1] if moves else sort.next_but_one
    if moves:
        sort.next_but_one = sort.moved[SCAN_MOVES - 1]
    clock_register(sort.buckets, bool(is_moved), bool(takes_bucket))
    if moves:
        for n in range(SCAN_MOVES - 1, 0, -1):
            sort.moved[n], sort.is_moved[n] = sort.moved[n - 1], sort.is_moved[n - 1]
        sort.moved[0], sort.is_moved[0] = sort.next_bucket, sort.names
        sort.names = int(sort.names != 0 and sort.next_bucket != BUCKETS - 1)
        sort.next_bucket += sort.is_moved[0]
    if not walks:
        sort.is_moved[:] = 0
    # What it decides.
    if has_bucket and passes:
        sort.hists[sort.level, bucket] = 0
        if bucket == BUCKETS - 1 and not refine:
            sort.scan = SCAN_END
    if has_bucket and closes and has_room:
        sort.first, sort.total = bucket, 0
    elif big and passes:
        sort.first = bucket + 1
        if refine:
            sort.upper, sort.scan, sort.names = bucket, SCAN_COUNT, 0
    elif has_bucket and passes:
        sort.total += count
    elif ends:
        if has_room:
            sort.total = 0
    elif sort.scan == SCAN_END and not walks:
        if sort.level == 1 and sort.upper != BUCKETS - 1:
            sort.level, sort.first, sort.next_bucket = 0, sort.upper + 1, sort.upper + 1
            sort.names, sort.scan = 1, SCAN_WALK
        else:
            sort.scan, sort.scan_active = SCAN_REST, 0
