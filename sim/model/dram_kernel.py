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

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import parallel_kernel, parallel_range, serial_kernel

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

# What a channel did.
END_NS, HITS, MISSES, REFRESHES, TURNS, BURSTS = range(6)
RESULTS = 6


@serial_kernel
def count_bursts(low: Int64, high: Int64, block: Int64, each: int, channels: int) -> Int64:
    """(channels,) bursts that the requests touch in each channel; see split_bursts."""
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
    each: int,
    channels: int,
    blocks_a_row: int,
    first: Int64,
    where: Int64,
) -> None:
    """Fills `where`, channel after channel, with ((row x banks + bank) << 1) + write of each burst.

    Blocks of `each` bursts go to one channel after another. A row of a bank holds blocks_a_row of
    one channel; the next ones lie in the next bank.

    Parameters
    ----------
    low, high : (R,) first and last burst of a request. block : of the first.
    first : (channels + 1,) where each channel's part of `where` begins.
    """
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
    head: int,
    tail: int,
    bank: Int64,
    row: Int64,
    writes: Int64,
    passed: Int64,
    patience: int,
    open_row: Int64,
    turned: int,
) -> int:
    """Index of the burst that goes next, of those from head to tail - 1, oldest first."""
    if passed[head] >= patience:
        return head
    same = -1
    for i in range(head, tail):
        if writes[i] == turned:
            if open_row[bank[i]] == row[i]:
                return i
            if same < 0:
                same = i
    return max(same, head)


@serial_kernel
def play_channel(where: Int64, window: int, t: Any, out: Float64) -> None:
    """Plays the bursts of one channel into `out`.

    Parameters
    ----------
    where : as split_bursts leaves it. t : tuple of numbers, in the order in which it is unpacked.
    """
    banks, groups = int(t[0]), int(t[1])
    burst, ccd_long, rcd, rp, ras, rrd, faw, rtp, wr = (
        t[2],
        t[3],
        t[4],
        t[5],
        t[6],
        t[7],
        t[8],
        t[9],
        t[10],
    )
    read_latency, write_latency, to_write, to_read, refi, rfc = (
        t[11],
        t[12],
        t[13],
        t[14],
        t[15],
        t[16],
    )
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
    bank_of, row_of = np.zeros(room, np.int64), np.zeros(room, np.int64)
    writes, passed = np.zeros(room, np.int64), np.zeros(room, np.int64)
    enters = np.zeros(room)
    head, tail, taken, turned = 0, 0, 0, 0
    data_end, now, refresh_at = 0.0, 0.0, refi
    while tail < window and taken < len(where):
        page = where[taken] >> 1
        row_of[tail] = page // banks
        bank_of[tail] = page - row_of[tail] * banks
        writes[tail] = where[taken] & 1
        tail += 1
        taken += 1
    while tail > head:
        if now >= refresh_at:
            begin = refresh_at
            for bank in range(banks):
                if open_row[bank] >= 0:
                    begin = max(begin, precharge_ok[bank] + rp)
                else:
                    begin = max(begin, closed[bank])
                open_row[bank] = -1
            for bank in range(banks):
                closed[bank] = begin + rfc
            refresh_at += refi
            out[REFRESHES] += 1
        place = _choose(head, tail, bank_of, row_of, writes, passed, 4 * window, open_row, turned)
        bank, row, write = bank_of[place], row_of[place], writes[place]
        if open_row[bank] == row:
            out[HITS] += 1
        else:
            out[MISSES] += 1
            act = max(enters[place], closed[bank])
            if open_row[bank] >= 0:
                act = max(enters[place], precharge_ok[bank]) + rp
            act = max(act, last_act + rrd, acts[act_count % 4] + faw)
            acts[act_count % 4] = act
            act_count += 1
            last_act = act
            open_row[bank], activated[bank] = row, act
            precharge_ok[bank] = act + ras
        group = bank % groups
        latency = write_latency if write else read_latency
        # What the data bus itself asks for comes last: one burst waits for the next for that alone.
        ready = max(activated[bank] + rcd + latency, enters[place] + latency)
        ready = max(ready, group_data[group] + ccd_long)
        free = data_end
        if write != turned and data_end > 0.0:
            out[TURNS] += 1
            free += to_write if write else to_read
        data = max(ready, free)
        turned = write
        data_end = data + burst
        group_data[group] = data
        if write:
            precharge_ok[bank] = max(precharge_ok[bank], data_end + wr)
        else:
            precharge_ok[bank] = max(precharge_ok[bank], data - read_latency + rtp)
        now = data_end - burst - latency  # when its command went
        out[BURSTS] += 1
        for i in range(place, head, -1):
            bank_of[i], row_of[i], writes[i] = bank_of[i - 1], row_of[i - 1], writes[i - 1]
            enters[i], passed[i] = enters[i - 1], passed[i - 1] + 1
        head += 1
        if taken < len(where):
            if tail == room:
                held = tail - head
                for i in range(held):
                    bank_of[i], row_of[i] = bank_of[head + i], row_of[head + i]
                    writes[i], passed[i] = writes[head + i], passed[head + i]
                    enters[i] = enters[head + i]
                head, tail = 0, held
            page = where[taken] >> 1
            row_of[tail] = page // banks
            bank_of[tail] = page - row_of[tail] * banks
            writes[tail], passed[tail] = where[taken] & 1, 0
            enters[tail] = max(now, 0.0)
            tail += 1
            taken += 1
    out[END_NS] = data_end


@parallel_kernel
def play(where: Int64, first: Int64, window: int, t: Any, out: Float64) -> None:
    """Plays every channel: bursts first[c] to first[c + 1] of `where` into out[c]."""
    for channel in parallel_range(len(first) - 1):
        play_channel(where[first[channel] : first[channel + 1]], window, t, out[channel])
