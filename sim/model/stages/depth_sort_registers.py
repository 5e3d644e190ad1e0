"""What depth_sort's clock holds: its registers, and the arrays beside them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.stages.depth_sort.formats import BUCKET_BITS
from sim.model.clocked import FIFO, REGISTER, registers, table

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
BUCKETS = 1 << BUCKET_BITS

DEPTH_SORT = registers(
    # Fixed: places of the queue of jobs, of entries, of runs; cycles from the last entry counted to
    # a histogram that can be read, less 1; N; the merger's lanes; the key of an entry that is none.
    *("job_places", "entry_places", "run_places", "settle", "most", "merge_lanes", "null_key"),
    # What is said in a cycle: an entry is offered; a run is asked for: of which list, page of it,
    # and records; a record would be taken; it is busy.
    *("valid", "asks", "of_list", "of_page", "records", "takes_record", "is_busy"),
    # Planner: what it does, cycles that it waits, its list, entries of it that are not planned.
    *("plan", "waits", "number", "rest", "ahead", "was_counted"),
    # Places of the ring of jobs; the job went to the loader and to the reader.
    *("jobs_in", "jobs_out", "job_gone", "head_gone"),
    # Reader: its list, page, and buckets.
    *("reader", "reader_waits", "page", "reader_left", "read_low", "read_high", "reader_list"),
    # Runs that the loader is told of, a ring.
    *("told_in", "told_out"),
    # Loader.
    *("load", "load_waits", "unread", "place", "told_all", "left", "next_odd"),
    *("is_open", "buffer", "size"),
    # Scan: level, next bucket and whether it is named; the bucket that is added, and the next one.
    *("scan", "scan_active", "level", "first", "upper", "total", "next_bucket", "names"),
    *("bucket", "next_but_one"),
    # Output: free places, those under way, whether each is a bin's last, a ring.
    *("room", "lasts_in", "lasts_out", "open_bins", "busy"),
    job_fifo=FIFO,
    told_fifo=FIFO,
    queue=FIFO,
    # In front of the loader: records; behind it: entries of each lane. Buckets, and ranges of them.
    records_in=REGISTER,
    even_lane=REGISTER,
    odd_lane=REGISTER,
    buckets=REGISTER,
    ranges=REGISTER,
    job=table(np.int64, 6),
    jobs=table(np.int64, 8, 6),
    # First entry, entries, last.
    told=table(np.int64, 64, 3),
    own=table(np.int64, 6),
    record=table(np.int64, 2),
    # By lane: key of the entry that waits, and of that behind it; half its place; entries of the
    # batch that are due.
    picked=table(np.int64, 2),
    picked_next=table(np.int64, 2),
    places=table(np.int64, 2),
    owed=table(np.int64, 2),
    # Of the buffers: entries, and whether they end a bin.
    counts=table(np.int64, 2),
    finals=table(np.int64, 2),
    full=table(np.int64, 2),
    freed=table(np.int64, 2),
    was_freed=table(np.int64, 2),
    moved=table(np.int64, SCAN_MOVES),
    is_moved=table(np.int64, SCAN_MOVES),
    # Low, high, count, refine: of the range that is offered, and of that behind it.
    range=table(np.int64, 4),
    range_next=table(np.int64, 4),
    under_way=table(np.int64, 3),
    lasts=table(np.int64, 64),
    hists=table(np.int64, 2, BUCKETS),
)


class SortArrays(NamedTuple):
    """What the clock works on beside its registers.

    Members
    -------
    keys : of all lists, one after another. lengths, starts : of each, and where it begins.
    bounds : (pages, 2) of the pages of the list that was counted last.
    merger : (stages,) MERGE_STAGE of idle_merger. rings : (stages, 2, n) of their queues.
    """

    keys: Int64
    lengths: Int64
    starts: Int64
    bounds: Int64
    merger: NDArray[np.void]
    rings: Int64
