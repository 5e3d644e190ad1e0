"""The write master, its clients, and the memory that takes their bursts: clocked."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from hw.bus.burst_splitter import PAGE_BYTES
from sim.model.clocked import FIFO, REGISTER, clock_fifo, clock_register, registers

Int64 = NDArray[np.int64]

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
    bursts=FIFO,
)

WRITES = registers(
    # Fixed.
    *("outstanding_limit", "latency_cycles"),
    *("outstanding", "has_room", "address", "address_beats", "address_place"),
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
)


class WriteRings(NamedTuple):
    """Rings of the write master.

    Members
    -------
    bursts : (clients, n, 2) beats and address of each client's closed bursts.
    granted : (m, 3) owner, beats, address, from the grant to the answer.
    addressed : (m,) beats of those that the memory has the address of.
    answers : (m,) the cycle of each answer.
    """

    bursts: Int64
    granted: Int64
    addressed: Int64
    answers: Int64


@serial_kernel
def write_granted(writes: Any, clients: Any) -> int:
    """The client whose burst is passed to the bus, -1 for none."""
    if (writes.has_room != 0) & (writes.address == 0):
        for n in range(len(clients)):
            if clients[n].bursts.valid:
                return n
    return -1


@serial_kernel
def _clock_client(
    client: Any, ring: Int64, valid: bool, address: int, last: bool, granted: bool, read: bool
) -> bool:
    """WriteClient; whether it is busy. `valid`: a beat is offered."""
    accept = bool(valid & (client.ready != 0))
    has_room = client.bursts.stored + client.bursts.valid <= client.burst_limit
    joins = (client.held != 0) & (client.closed == 0) & (client.follows != 0)
    length = client.length + 1 if joins else 0
    ends_page = (client.address + client.beat_bytes) % PAGE_BYTES == 0
    closes = (client.last != 0) | ends_page | (length == client.burst_entries - 1)
    push = (client.held != 0) & ((client.closed != 0) | ((client.valid != 0) & (not joins)))
    busy = accept | ((client.came | client.valid | client.held) != 0)
    busy |= (client.bursts.stored | client.bursts.valid) != 0
    if push:
        ring[client.write_place, 0] = client.length + 1
        ring[client.write_place, 1] = client.burst_address
        client.write_place = (client.write_place + 1) % len(ring)
    if client.valid:
        client.held, client.closed, client.length = 1, int(closes), length
        if not joins:
            client.burst_address = client.address
    elif push:
        client.held = client.closed = 0
    clock_fifo(client.bursts, push, granted)
    if granted:
        client.read_place = (client.read_place + 1) % len(ring)
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
        client.came_address, client.came_last = address, int(last)
    return bool(busy)


@serial_kernel
def clock_write_master(
    writes: Any,
    clients: Any,
    rings: WriteRings,
    valid: Int64,
    address: Int64,
    last: Int64,
    cycle: int,
) -> None:
    """WriteMaster and the memory behind it, which answers a burst latency_cycles after its data.

    Parameters
    ----------
    writes : WRITES. clients : (n,) WRITE_CLIENT.
    valid, address, last : (n,) of the beats that the clients are offered; taken where `ready`.
    """
    granted = write_granted(writes, clients)
    # The sender.
    advance = writes.output.held == 0
    read = bool((writes.active != 0) & advance)
    reads_burst = (writes.active == 0) | (advance & (writes.is_last != 0))
    next_valid = writes.waits.valid != 0
    # The memory: a beat is taken behind its address.
    sends = (writes.output.valid != 0) & (writes.memory_write != writes.memory_read)
    ends = sends and writes.output_last != 0
    answer = writes.answered != 0
    owner = -1
    if answer:
        owner = rings.granted[writes.answer_place, 0]
        writes.answer_place = (writes.answer_place + 1) % len(rings.granted)
    # Clients.
    for n in range(len(clients)):
        client = clients[n]
        busy = _clock_client(
            client,
            rings.bursts[n],
            valid[n] != 0,
            address[n],
            last[n] != 0,
            granted == n,
            read and writes.owner == n,
        )
        client.outstanding += int(granted == n) - int(owner == n)
        client.drained = int((not busy) & (client.outstanding == 0))
    # Answers.
    due = writes.answer_read != writes.answer_write and rings.answers[writes.answer_read] <= cycle
    writes.answered = int(due)
    if due:
        writes.answer_read = (writes.answer_read + 1) % len(rings.answers)
    if sends:
        writes.beats += 1
        if ends:
            rings.answers[writes.answer_write] = cycle + writes.latency_cycles
            writes.answer_write = (writes.answer_write + 1) % len(rings.answers)
            writes.memory_read = (writes.memory_read + 1) % len(rings.addressed)
    if writes.address:
        writes.bursts += 1
        rings.addressed[writes.memory_write] = writes.address_beats
        writes.memory_write = (writes.memory_write + 1) % len(rings.addressed)
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
            burst = rings.granted[writes.read_place]
            writes.owner, writes.left = burst[0], burst[1] - 1
            writes.is_last = int(burst[1] == 1)
            writes.read_place = (writes.read_place + 1) % len(rings.granted)
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
        place = (client.read_place - 1) % len(rings.bursts[granted])
        burst = rings.granted[writes.write_place]
        burst[0] = granted
        burst[1], burst[2] = rings.bursts[granted, place, 0], rings.bursts[granted, place, 1]
        writes.address_beats = burst[1]
        writes.write_place = (writes.write_place + 1) % len(rings.granted)
    writes.outstanding += int(granted >= 0) - int(answer)
    writes.has_room = int(writes.outstanding != writes.outstanding_limit)
