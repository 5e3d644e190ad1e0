"""The write master, its clients, and the memory that takes their bursts: clocked."""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.jit import serial_kernel
from hw.bus.burst_splitter import PAGE_BYTES
from sim.model.clocked import FIFO, REGISTER, clock_fifo, clock_register, registers, table
from sim.model.dram_port import HAS_ANSWER, TAKES_BEAT

CLOSED_BURSTS = 32  # of a client, places of their ring
MOST_BURSTS = 128  # under way

WRITE_CLIENT = registers(
    # Fixed: entries of its queue, beats of a burst, bytes of a beat, bursts that it must have room
    # for.
    *("depth", "burst_entries", "beat_bytes", "burst_limit"),
    # WindowCheck: a beat is registered, then compared; is it the one behind that before it?
    *("came", "came_address", "came_last", "valid", "address", "last", "follows"),
    # WriteSplitter: the burst that grows.
    *("held", "closed", "length", "burst_address", "write_place", "read_place"),
    # WriteQueue: entries reserved; whether a beat is taken, and one left in the cycle before.
    *("level", "freed", "ready"),
    # Bursts granted and not answered; is all that was taken answered?
    *("outstanding", "drained"),
    # A beat is offered, where, and whether it ends a run.
    *("offers", "offered_address", "offered_last"),
    bursts=FIFO,
    # Beats and address of the closed bursts.
    ring=table(np.int64, CLOSED_BURSTS, 2),
)

WRITES = registers(
    # Fixed; the last says that the memory is a DRAM; what its port does in this cycle.
    *("clients", "outstanding_limit", "latency_cycles", "is_dram", "says"),
    *("outstanding", "has_room", "address", "burst_address", "address_beats"),
    # WriteSender: its ring of bursts, the burst that is sent, the registers behind the memories.
    *("write_place", "read_place", "active", "owner", "left", "is_last"),
    *("shown", "shown_last", "collected", "collected_last"),
    *("output_last", "held_last"),
    # The memory: a ring of bursts that it has the address of, and one of answers.
    *("memory_write", "memory_read", "beats_left", "answer_write", "answer_read"),
    # An answer was registered; the owners' ring.
    *("answered", "answer_place"),
    # Counters.
    *("beats", "bursts"),
    waits=FIFO,
    output=REGISTER,
    # Rings: owner and beats of a burst from its grant to its answer; the cycles of answers.
    granted=table(np.int64, MOST_BURSTS, 2),
    answers=table(np.int64, MOST_BURSTS),
)


@serial_kernel
def write_granted(writes: Any, clients: Any) -> int:
    """The client whose burst is passed to the bus, -1 for none."""
    if (writes.has_room != 0) & (writes.address == 0):
        for n in range(writes.clients):
            if clients[n].bursts.valid:
                return n
    return -1


@serial_kernel
def _clock_client(client: Any, granted: bool, read: bool) -> bool:
    """WriteClient; whether it is busy."""
    accept = bool((client.offers != 0) & (client.ready != 0))
    has_room = client.bursts.stored + client.bursts.valid <= client.burst_limit
    joins = (client.held != 0) & (client.closed == 0) & (client.follows != 0)
    length = client.length + 1 if joins else 0
    ends_page = (client.address + client.beat_bytes) % PAGE_BYTES == 0
    closes = (client.last != 0) | ends_page | (length == client.burst_entries - 1)
    push = (client.held != 0) & ((client.closed != 0) | ((client.valid != 0) & (not joins)))
    busy = accept | ((client.came | client.valid | client.held) != 0)
    busy |= (client.bursts.stored | client.bursts.valid) != 0
    if push:
        client.ring[client.write_place, 0] = client.length + 1
        client.ring[client.write_place, 1] = client.burst_address
        client.write_place = (client.write_place + 1) % CLOSED_BURSTS
    if client.valid:
        client.held, client.closed, client.length = 1, int(closes), length
        if not joins:
            client.burst_address = client.address
    elif push:
        client.held = client.closed = 0
    clock_fifo(client.bursts, push, granted)
    if granted:
        client.read_place = (client.read_place + 1) % CLOSED_BURSTS
    level = client.level + int(accept) - client.freed
    client.level, client.freed = level, int(read)
    client.ready = int((level != client.depth) & has_room)
    client.valid = client.came
    if client.came:
        same_page = client.came_address // PAGE_BYTES == client.address // PAGE_BYTES
        client.follows = int(
            same_page & (client.came_address == client.address + client.beat_bytes)
        )
        client.address, client.last = client.came_address, client.came_last
    client.came = int(accept)
    if accept:
        client.came_address, client.came_last = client.offered_address, client.offered_last
    return bool(busy)


@serial_kernel
def clock_write_master(writes: Any, clients: Any, cycle: int) -> tuple[bool, bool]:
    """WriteMaster and the memory behind it, which answers a burst latency_cycles after its data
    where it is no DRAM; whether a beat is taken there, and an answer here.

    Parameters
    ----------
    writes : WRITES. clients : (n,) WRITE_CLIENT; a beat offered is taken where `ready`.
    """
    granted = write_granted(writes, clients)
    # The sender.
    advance = writes.output.held == 0
    read = bool((writes.active != 0) & advance)
    reads_burst = (writes.active == 0) | (advance & (writes.is_last != 0))
    next_valid = writes.waits.valid != 0
    # The memory: a beat is taken behind its address.
    takes = writes.memory_write != writes.memory_read
    due = writes.answer_read != writes.answer_write
    if writes.is_dram:
        takes = writes.says & TAKES_BEAT != 0
        due = writes.says & HAS_ANSWER != 0
    elif due:
        due = writes.answers[writes.answer_read] <= cycle
    sends = (writes.output.valid != 0) & takes
    ends = sends and writes.output_last != 0
    answer = writes.answered != 0
    owner = -1
    if answer:
        owner = writes.granted[writes.answer_place, 0]
        writes.answer_place = (writes.answer_place + 1) % MOST_BURSTS
    # Clients.
    for n in range(writes.clients):
        client = clients[n]
        busy = _clock_client(client, granted == n, bool(read and writes.owner == n))
        client.outstanding += int(granted == n) - int(owner == n)
        client.drained = int((not busy) & (client.outstanding == 0))
    # Answers.
    writes.answered = int(due)
    if due:
        writes.answer_read = (writes.answer_read + 1) % MOST_BURSTS
    if sends:
        writes.beats += 1
        if ends:
            writes.answers[writes.answer_write] = cycle + writes.latency_cycles
            writes.answer_write = (writes.answer_write + 1) % MOST_BURSTS
            writes.memory_read = (writes.memory_read + 1) % MOST_BURSTS
    if writes.address:
        writes.bursts += 1
        writes.memory_write = (writes.memory_write + 1) % MOST_BURSTS
    # Output, from the last register to the first.
    free = sends | (writes.output.valid == 0)
    if free:
        writes.output_last = writes.held_last if writes.output.held else writes.collected_last
    if writes.output.held == 0:
        writes.held_last = writes.collected_last
    clock_register(writes.output, writes.collected != 0, sends)
    if advance:
        writes.collected, writes.collected_last = writes.shown, writes.shown_last
        writes.shown = writes.active
        writes.shown_last = writes.is_last & writes.active
    if reads_burst:
        writes.active = int(next_valid)
        if next_valid:
            beats = writes.granted[writes.read_place, 1]
            writes.owner, writes.left = writes.granted[writes.read_place, 0], beats - 1
            writes.is_last = int(beats == 1)
            writes.read_place = (writes.read_place + 1) % MOST_BURSTS
        else:
            writes.is_last = 0
    elif advance:
        writes.is_last = int(writes.left == 1)
        writes.left -= 1
    clock_fifo(writes.waits, granted >= 0, reads_burst)
    # The address.
    writes.address = int(granted >= 0)
    if granted >= 0:
        client = clients[granted]
        place = (client.read_place - 1) % CLOSED_BURSTS
        writes.address_beats, writes.burst_address = client.ring[place, 0], client.ring[place, 1]
        writes.granted[writes.write_place, 0] = granted
        writes.granted[writes.write_place, 1] = writes.address_beats
        writes.write_place = (writes.write_place + 1) % MOST_BURSTS
    writes.outstanding += int(granted >= 0) - int(answer)
    writes.has_room = int(writes.outstanding != writes.outstanding_limit)
    return bool(sends), bool(due)
