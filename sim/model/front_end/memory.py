"""Queues, read master and memory of the front end: parts of sim.model.front_end.kernel, compiled.

Each function clocks what it is named after, one cycle: it reads the registers of a record as they
are and leaves them as the clock edge does. A queue is a count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Int64 = NDArray[np.int64]


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
def granted(hw: Any, s: Any, clients: Any) -> int:
    """The first of the clients whose burst is offered, -1 where none is or the bus takes none."""
    if s.outstanding != hw.outstanding_bursts and s.address == 0:
        for n in range(len(clients)):
            if clients[n].offered:
                return n
    return -1
