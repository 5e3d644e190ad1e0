"""The bus, the memory behind it, and who of the read master's clients may use it: clocked."""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.jit import serial_kernel
from sim.model.clocked import registers
from sim.model.dram_port import HAS_BEAT
from sim.model.front_end.read_master import BOTH_SLOTS

# A burst that the memory is to answer.
BURST = registers("first_cycle", "beats", "client", "skip_first", "skip_last")
MOST_BURSTS = 128  # under way, a power of two

BUS = registers(
    # Fixed: slots and beats of an entry, bursts under way; of sim.model.memory.MemoryModel.
    *("slots", "entry_beats", "outstanding_limit", "latency_cycles", "busy_256"),
    # Fixed: there are clients, and the memory is a DRAM; what its port does in this cycle.
    *("clients", "is_dram", "says"),
    # State of the memory's chances.
    "random",
    # Bursts under way; an address is put out, of the burst that begins at a byte.
    *("outstanding", "address", "burst_address", "burst_beats"),
    # Places of the ring of bursts, and how many are in it; beats left of the burst that is
    # answered, beats of its entry so far.
    *("write_place", "read_place", "waiting", "beats_left", "entry_part"),
    # The beat of the cycle before: is it a burst's last; of an entry that is whole, 0 for none.
    *("last", "entry_client", "entry_slots"),
    # Counters.
    *("beats", "bursts", "wait_cycles"),
    ring=np.dtype((BURST, (MOST_BURSTS,))),
)


@serial_kernel
def granted_client(bus: Any, clients: Any) -> int:
    """The first of the clients whose burst is offered, -1 where none is or the bus takes none."""
    if (bus.outstanding != bus.outstanding_limit) & (bus.address == 0):
        for n in range(bus.clients):
            if clients[n].splitter.offered == 1:
                return n
    return -1


@serial_kernel
def memory_is_busy(bus: Any) -> bool:
    """Whether the memory has no beat now, by the harness' splitmix64."""
    if bus.busy_256 == 0:
        return False
    state = np.uint64(bus.random) + np.uint64(0x9E3779B97F4A7C15)
    bus.random = np.int64(state)
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bool((z ^ (z >> np.uint64(31))) & np.uint64(255) < np.uint64(bus.busy_256))


@serial_kernel
def clock_bus(bus: Any, clients: Any, granted: int, cycle: int) -> bool:
    """The bus, and the memory behind it, which answers in order; whether a beat is taken.

    Parameters
    ----------
    bus : BUS.
    clients : (3 or more,) CLIENT.
    granted : the client whose burst is passed on, -1 for none.
    """
    is_idle = bus.outstanding == 0
    bus.outstanding += int(granted >= 0) - bus.last
    bus.last = bus.entry_slots = 0
    burst = bus.ring[bus.read_place]
    if bus.is_dram:
        comes = bus.says & HAS_BEAT != 0
    else:
        comes = bus.waiting != 0 and burst.first_cycle <= cycle and not memory_is_busy(bus)
    if comes:
        is_first = bus.beats_left == 0
        bus.beats_left = (burst.beats if is_first else bus.beats_left) - 1
        bus.last = int(bus.beats_left == 0)
        bus.entry_part += 1
        if bus.entry_part == bus.entry_beats:
            bus.entry_part, bus.entry_client = 0, burst.client
            skips = burst.skip_first * int(is_first) + 2 * burst.skip_last * bus.last
            bus.entry_slots = BOTH_SLOTS - skips if bus.slots == 2 else 1
        if bus.last == 1:
            bus.waiting -= 1
            bus.read_place = (bus.read_place + 1) & (MOST_BURSTS - 1)
        bus.beats += 1
    elif not is_idle:
        bus.wait_cycles += 1
    bus.address = int(granted >= 0)
    if granted >= 0:
        splitter, burst = clients[granted].splitter, bus.ring[bus.write_place]
        burst.first_cycle = cycle + 1 + bus.latency_cycles
        burst.beats = splitter.length * bus.entry_beats
        bus.burst_address, bus.burst_beats = splitter.address, burst.beats
        burst.client, burst.skip_first = granted, splitter.skip_first
        burst.skip_last = splitter.skip_last & splitter.ends_run
        bus.write_place = (bus.write_place + 1) & (MOST_BURSTS - 1)
        bus.waiting += 1
        bus.bursts += 1
    return bool(comes)
