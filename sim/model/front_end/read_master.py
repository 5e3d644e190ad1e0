"""A client of the read master, clocked: BurstSplitter, ReadQueue and RecordStream."""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.jit import serial_kernel
from golden.records import RECORD_BYTES
from sim.model.clocked import FIFO, clock_fifo, registers, table

# An entry of a queue holds the records of a beat, or of the beats of one record; its slots are a
# number whose bit n says that it holds record n.
BOTH_SLOTS = 3
MOST_ENTRIES = 1024  # of a client's queue, a power of two

SPLITTER = registers(
    # Fixed: entries of a burst, slots of an entry, entries of a 4 KiB page.
    *("burst_entries", "slots", "page_entries"),
    # Is there a run, is its next burst new, is its length known, is it offered.
    *("loaded", "fresh", "decided", "offered"),
    # Entries until the end of the page and of the run; of the next burst, its first byte, and what
    # it ends.
    *("page_left", "run_left", "length", "address", "ends_run", "ends_page"),
    # Slots without a record at both ends; free entries of the queue.
    *("skip_first", "skip_last", "room"),
)

QUEUE = registers(
    # Fixed: an entry leaves in two cycles at the least.
    "paced",
    # Its output, and whether an entry was taken in the cycle before.
    *("valid", "freed"),
    # Places of the ring of slots; the second record of RecordStream is next.
    *("write_place", "read_place", "second"),
    fifo=FIFO,
    # Slots of the entries that wait.
    ring=table(np.int64, MOST_ENTRIES),
)

CLIENT = registers(splitter=SPLITTER, queue=QUEUE)


@serial_kernel
def clock_splitter(
    splitter: Any, queue: Any, granted: bool, requested: bool, record: int, count: int
) -> None:
    """A BurstSplitter: a burst's length, then whether there is room, then the offer.

    Parameters
    ----------
    splitter, queue : SPLITTER and QUEUE of the client.
    granted : its burst is passed on.
    requested : a run of `count` records from `record` on, byte 32 x record, is requested.
    """
    near = min(splitter.burst_entries, splitter.page_left)
    is_end = splitter.run_left <= near
    load = requested & (splitter.loaded == 0)
    length, ends_run, ends_page = splitter.length, splitter.ends_run, splitter.ends_page
    decided = (splitter.decided == 1) & ~granted
    splitter.offered = int(decided & (length <= splitter.room))
    splitter.decided = int(decided | (splitter.fresh == 1))
    splitter.fresh = int(granted & (ends_run == 0))
    splitter.room += queue.freed - length * int(granted)
    splitter.length = splitter.run_left if is_end else near
    splitter.ends_run = int(is_end)
    splitter.ends_page = int(length == splitter.page_left)
    if granted:
        splitter.address += length * splitter.slots * RECORD_BYTES
        splitter.page_left -= length
        if ends_page == 1:
            splitter.page_left = splitter.page_entries
        splitter.run_left -= length
        splitter.skip_first = 0
        splitter.loaded = 1 - ends_run
    if load:
        # Slots are 1 or 2, entries of a page a power of two.
        odd, halves = record & (splitter.slots - 1), splitter.slots - 1
        splitter.skip_first, splitter.skip_last = odd, (odd ^ count) & halves
        splitter.run_left = (count + odd + halves) >> halves
        splitter.address = (record - odd) * RECORD_BYTES
        page_place = (record >> halves) & (splitter.page_entries - 1)
        splitter.page_left = splitter.page_entries - page_place
        splitter.loaded = splitter.fresh = 1


@serial_kernel
def clock_queue(queue: Any, written: int, taken: bool) -> None:
    """A ReadQueue: the queue and the register behind it.

    Parameters
    ----------
    queue : QUEUE.
    written : slots of the entry that is put in, 0 for none.
    taken : the entry at the output is.
    """
    read, valid = (taken & (queue.paced == 0)) | (queue.valid == 0), queue.fifo.valid
    clock_fifo(queue.fifo, written != 0, read)
    if written != 0:
        queue.ring[queue.write_place] = written
        queue.write_place = (queue.write_place + 1) & (MOST_ENTRIES - 1)
    if read:
        queue.valid = valid
    elif taken:
        queue.valid = 0
    queue.freed = int(taken)
    if taken:
        queue.read_place = (queue.read_place + 1) & (MOST_ENTRIES - 1)


@serial_kernel
def take_record(queue: Any, taken: bool) -> bool:
    """A RecordStream; whether the entry goes with the record that is taken now, if it is."""
    is_last = (queue.second == 1) | (queue.ring[queue.read_place] != BOTH_SLOTS)
    if taken:
        queue.second = int(not is_last)
    return bool(taken & is_last)
