"""Cycles of the color component alone, behind a read master and a memory of its own.

A splat is taken every color_cycles cycles while fewer than the queues' depth are under way. Its
record belongs to a run, which is asked for when it is full, when the next index is no neighbour, or
WAIT_CYCLES after the last; a burst waits for room in the client's queue, and for one of the
outstanding ones to end. A colour begins when its record and direction are there and color_cycles
after the one before. Every term is a latency that the RTL's docstrings state.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.numbers.fixed import Int64
from golden.params import Parameters
from hw.bus.burst_splitter import BurstSplitter
from hw.bus.read_master import ReadMaster
from hw.color_top import read_queue_entries
from hw.stages.color.color import Color
from hw.stages.color.color_fetch import WAIT_CYCLES, run_records
from hw.unused import unused_components

# From a slot taken to the address that waited for its room; from a last beat to one that waited
# for it to end: registers of the read master.
ROOM_CYCLES = 4
LIMIT_CYCLES = 3
# From a splat passed on to one taken in its place.
PLACE_CYCLES = 3


@dataclass(frozen=True)
class ColorCycles:
    """What a frame takes.

    Parameters
    ----------
    cycles : from the first splat offered until the hardware is not busy.
    runs : of records that are asked for.
    is_exact : no run had to wait for the one before it to be taken, which holds up splats in ways
        that this model does not follow: then `cycles` is a lower bound.
    """

    cycles: int
    runs: int
    is_exact: bool


def color_cycles(index: NDArray[np.integer], params: Parameters, memory_cycles: int) -> ColorCycles:
    """Cycles of a frame whose splats are offered at once, and whose output is never blocked.

    Parameters
    ----------
    index : (M,) of the splats, in order; the first colour record is a multiple of 64.
    params : color_cycles is not 0, data_bits is 256: a record a beat, a run a burst.
    memory_cycles : from an address taken to its first beat, 1 or more; a beat a cycle, bursts in
        order.

    Raises ValueError for other data_bits.
    """
    if params.data_bits != 256:
        raise ValueError(f"data_bits = {params.data_bits}: a run is a burst at 256 only.")
    if len(index) == 0:
        return ColorCycles(0, 0, True)
    depth, latencies = _component(params)
    cycles, runs, is_exact = _frame(
        index.astype(np.int64),
        params.color_cycles,
        run_records(params),
        depth,
        read_queue_entries(params),
        params.outstanding_bursts,
        memory_cycles,
        np.array(latencies),
    )
    return ColorCycles(int(cycles), int(runs), bool(is_exact))


@cache
def _component(params: Parameters) -> tuple[int, tuple[int, ...]]:
    """Depth of its queues, and its latencies in the order that _frame takes them."""
    with unused_components():
        unit = Color(params)
        found = (
            unit.REQUEST_CYCLES,
            WAIT_CYCLES,
            ReadMaster.ADDRESS_CYCLES,
            ReadMaster.SLOT_CYCLES,
            unit.direction_cycles,
            unit.latency_cycles,
            unit.QUIET_CYCLES,
        )
        depth = unit.queue_depth
        splitter = BurstSplitter(params, read_queue_entries(params))
        assert splitter.burst_entries >= run_records(params)
        del unit, splitter
    return depth, found


@serial_kernel
def _frame(
    index: Int64,
    apart: int,
    longest: int,
    depth: int,
    entries: int,
    outstanding: int,
    memory: int,
    latencies: Int64,
) -> tuple[int, int, bool]:
    request, wait, address, slot, direction, shade, quiet = latencies
    count = len(index)
    taken, begun = np.zeros(count, np.int64), np.zeros(count, np.int64)
    last_beats = np.zeros(count + 1, np.int64)
    done = 0  # splats whose record has been begun with: those of the runs so far
    runs, asked, bus, exact = 0, -(10**9), 0, True
    for k in range(count):
        taken[k] = _taken(k, taken, begun, apart, depth, shade, done)
        is_last = k == count - 1
        full = (index[k] + 1) % longest == 0
        if not is_last and not full and index[k + 1] == index[k] + 1:
            continue
        if is_last:
            offered = taken[k] + request + (1 if full else wait + 1)
        elif full:
            offered = taken[k] + request + 1
        else:
            after = _taken(k + 1, taken, begun, apart, depth, shade, done)
            offered = after + request
        exact = exact and offered > asked
        asked = max(offered, asked + address)
        at = asked + address
        room = k - entries
        if room >= 0:
            at = max(at, begun[room] + ROOM_CYCLES)
        if runs >= outstanding:
            at = max(at, last_beats[runs - outstanding] + LIMIT_CYCLES)
        asked = at - address
        for n in range(done, k + 1):
            bus = max(bus, at + memory)
            ready = max(bus + slot, taken[n] + direction)
            begun[n] = max(ready, begun[n - 1] + apart) if n else ready
            bus += 1
        last_beats[runs] = bus - 1
        runs += 1
        done = k + 1
    return begun[count - 1] + shade + 1 + quiet, runs, exact


@serial_kernel
def _taken(
    k: int, taken: Int64, begun: Int64, apart: int, depth: int, shade: int, done: int
) -> int:
    """The cycle in which splat k is taken: apart from the one before, and once it has a place."""
    if k == 0:
        return 0
    at = int(taken[k - 1]) + apart
    first = k - depth  # it must have left; where splats are apart, the one after it too
    if apart > 1:
        first += 1
    if 0 <= first < done:
        at = max(at, int(begun[first]) + shade + PLACE_CYCLES)
    return at
