"""Reads and writes through a DRAM's channels, compiled: open page, rows, banks, refresh.

Every channel is played on its own. It holds the next `window` bursts of its queue and takes, of
these, the oldest that hits an open row in the direction of the data bus, else the oldest of that
direction, else the oldest; one that was passed over 4 x window times goes first. A burst's row may
be opened as soon as the burst is in the window and its bank is free, while others move data.

    activate >= enters window, precharge + tRP, activate of another bank + tRRD, fourth last + tFAW
    precharge >= activate + tRAS, read + tRTP, end of written data + tWR
    data >= activate + tRCD + latency, data before + tCCD (+ turn-around)

Every tREFI all banks are closed, and open again tRFC after the last of them is precharged.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

# What a channel did.
END_NS, HITS, MISSES, REFRESHES, TURNS, BURSTS = range(6)
RESULTS = 6

# Times of sim.model.dram_config.DramConfig, ns, and its banks.
TIMING = np.dtype(
    [
        *((name, np.int64) for name in ("banks", "bank_groups")),
        *((name, np.float64) for name in ("burst_ns", "ccd_long_ns", "rcd_ns", "rp_ns", "ras_ns")),
        *((name, np.float64) for name in ("rrd_ns", "faw_ns", "rtp_ns", "wr_ns", "refi_ns")),
        *((name, np.float64) for name in ("read_latency_ns", "write_latency_ns", "rfc_ns")),
        *((name, np.float64) for name in ("read_to_write_ns", "write_to_read_ns")),
    ]
)

# A burst in the window: where it goes, the bursts that were taken before it though they came
# later, and when it entered, ns.
HELD = np.dtype(
    [
        *((name, np.int64) for name in ("bank", "row", "write", "passed")),
        ("enters_ns", np.float64),
    ]
)


class Interleave(NamedTuple):
    """How addresses are spread.

    Members
    -------
    each : bursts of a block; blocks go to one channel after another.
    channels : of the memory.
    blocks_a_row : of one channel in a row of a bank; the next ones lie in the next bank.
    """

    each: int
    channels: int
    blocks_a_row: int


@serial_kernel
def count_bursts(low: Int64, high: Int64, block: Int64, spread: Interleave) -> Int64:
    """(channels,) bursts that the requests touch in each channel; see split_bursts."""
    each, channels = spread.each, spread.channels
    counts = np.zeros(channels, np.int64)
    for i in range(len(low)):
        burst, end = low[i], (block[i] + 1) * each
        channel = block[i] % channels
        while burst <= high[i]:
            counts[channel] += min(high[i] + 1, end) - burst
            burst, end = end, end + each
            channel = channel + 1 if channel + 1 < channels else 0
    return counts


@serial_kernel
def split_bursts(
    low: Int64,
    high: Int64,
    block: Int64,
    write: NDArray[np.bool_],
    spread: Interleave,
    first: Int64,
    where: Int64,
) -> None:
    """Fills `where`, channel after channel, with ((row x banks + bank) << 1) + write of each burst.

    Parameters
    ----------
    low, high : (R,) first and last burst of a request.
    block : (R,) of the first burst.
    write : (R,) whether the request writes.
    spread : of the memory.
    first : (channels + 1,) where each channel's part of `where` begins.
    where : (bursts,) is filled.
    """
    each, channels, blocks_a_row = spread.each, spread.channels, spread.blocks_a_row
    cursor = first[:-1].copy()
    for i in range(len(low)):
        burst, here = low[i], block[i]
        while burst <= high[i]:
            row = here // channels
            channel = here - row * channels
            what = (row // blocks_a_row << 1) + int(write[i])
            end = min(high[i] + 1, (here + 1) * each)
            place = cursor[channel]
            for _ in range(end - burst):
                where[place] = what
                place += 1
            cursor[channel] = place
            burst, here = end, here + 1


@serial_kernel
def _choose(
    held: NDArray[np.void], head: int, tail: int, patience: int, open_row: Int64, turned: int
) -> int:
    """Index of the burst that goes next, of those from head to tail - 1, oldest first."""
    if held[head].passed >= patience:
        return head
    same = -1
    for i in range(head, tail):
        if held[i].write == turned:
            if open_row[held[i].bank] == held[i].row:
                return i
            if same < 0:
                same = i
    return max(same, head)


@serial_kernel
def _enter(burst: Any, what: int, banks: int, enters_ns: float) -> None:
    """A burst, as split_bursts has it, enters the window."""
    page = what >> 1
    burst.row = page // banks
    burst.bank = page - burst.row * banks
    burst.write, burst.passed, burst.enters_ns = what & 1, 0, enters_ns


@serial_kernel
def play_channel(where: Int64, window: int, timing: NDArray[np.void], out: Float64) -> None:
    """Plays the bursts of one channel into `out`.

    Parameters
    ----------
    where : as split_bursts leaves it.
    window : bursts among which the channel chooses.
    timing : (1,) TIMING.
    out : (RESULTS,) is added to.
    """
    t = timing[0]
    banks, groups = t.banks, t.bank_groups
    long_ago = -1e9
    open_row = np.full(banks, -1, np.int64)
    activated = np.full(banks, long_ago)  # of the open row
    precharge_ok = np.full(banks, long_ago)
    closed = np.full(banks, long_ago)  # end of the precharge of a closed bank
    group_data = np.full(groups, long_ago)
    acts = np.full(4, long_ago)
    act_count, last_act = 0, long_ago
    # The window is a part of longer arrays, head to tail: what is taken out moves only those
    # before it, and the arrays are packed anew where the tail reaches their end.
    room = 64 * window
    held = np.zeros(room, HELD)
    head = tail = turned = int(np.int64(0))  # no constants, which would compile _choose twice
    data_end, now, refresh_at = 0.0, 0.0, t.refi_ns
    for taken in range(min(window, len(where))):
        _enter(held[tail], where[taken], banks, now)
        tail += 1
    taken = tail
    while tail > head:
        if now >= refresh_at:
            begin = refresh_at
            for bank in range(banks):
                if open_row[bank] >= 0:
                    begin = max(begin, precharge_ok[bank] + t.rp_ns)
                else:
                    begin = max(begin, closed[bank])
                open_row[bank] = -1
            for bank in range(banks):
                closed[bank] = begin + t.rfc_ns
            refresh_at += t.refi_ns
            out[REFRESHES] += 1
        place = _choose(held, head, tail, 4 * window, open_row, turned)
        bank, row, write = held[place].bank, held[place].row, held[place].write
        enters = held[place].enters_ns
        if open_row[bank] == row:
            out[HITS] += 1
        else:
            out[MISSES] += 1
            act = max(enters, closed[bank])
            if open_row[bank] >= 0:
                act = max(enters, precharge_ok[bank]) + t.rp_ns
            act = max(act, last_act + t.rrd_ns, acts[act_count % 4] + t.faw_ns)
            acts[act_count % 4] = act
            act_count += 1
            last_act = act
            open_row[bank], activated[bank] = row, act
            precharge_ok[bank] = act + t.ras_ns
        group = bank % groups
        latency = t.write_latency_ns if write else t.read_latency_ns
        # What the data bus itself asks for comes last: one burst waits for the next for that alone.
        ready = max(activated[bank] + t.rcd_ns + latency, enters + latency)
        ready = max(ready, group_data[group] + t.ccd_long_ns)
        free = data_end
        if write != turned and data_end > 0.0:
            out[TURNS] += 1
            free += t.read_to_write_ns if write else t.write_to_read_ns
        data = max(ready, free)
        turned = write
        data_end = data + t.burst_ns
        group_data[group] = data
        if write:
            precharge_ok[bank] = max(precharge_ok[bank], data_end + t.wr_ns)
        else:
            precharge_ok[bank] = max(precharge_ok[bank], data - t.read_latency_ns + t.rtp_ns)
        now = data_end - t.burst_ns - latency  # when its command went
        out[BURSTS] += 1
        for i in range(place, head, -1):
            held[i] = held[i - 1]
            held[i].passed += 1
        head += 1
        if taken < len(where):
            if tail == room:
                for i in range(tail - head):
                    held[i] = held[head + i]
                head, tail = 0, tail - head
            _enter(held[tail], where[taken], banks, max(now, 0.0))
            tail += 1
            taken += 1
    out[END_NS] = data_end


@serial_kernel
def play(where: Int64, first: Int64, window: int, timing: NDArray[np.void], out: Float64) -> None:
    """Plays every channel: bursts first[c] to first[c + 1] of `where` into out[c]."""
    for channel in range(len(first) - 1):
        play_channel(where[first[channel] : first[channel + 1]], window, timing, out[channel])
