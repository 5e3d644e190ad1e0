"""Streams of requests through a DRAM's channels, compiled: sim.model.dram_channel has the rules.

Every channel is played on its own and always has its next `window` bursts at hand, of both
directions together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.dram_channel import hold_burst, reset_channel, take_burst

Int64 = NDArray[np.int64]


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
def play_channel(where: Int64, channel: Any, timing: Any) -> None:
    """Plays the bursts of one channel, which never waits for them.

    Parameters
    ----------
    where : as split_bursts leaves it.
    channel : CHANNEL out of reset. timing : TIMING.
    """
    taken = int(np.int64(0))
    while taken < len(where) or channel.held != 0:
        now_ps = max(channel.next_ps, 0)
        while taken < len(where) and channel.held < timing.window:
            page, write = where[taken] >> 1, where[taken] & 1
            hold_burst(channel, timing, page, write, now_ps, taken, write)
            taken += 1
        take_burst(channel, timing, now_ps)


@serial_kernel
def play(where: Int64, first: Int64, timing: NDArray[np.void], channels: NDArray[np.void]) -> None:
    """Plays every channel: bursts first[c] to first[c + 1] of `where` by channels[c]."""
    for c in range(len(first) - 1):
        reset_channel(channels[c], timing[0])
        play_channel(where[first[c] : first[c + 1]], channels[c], timing[0])
