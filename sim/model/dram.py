"""How long a memory takes for a stream of requests, and how well it is used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.model.dram_channel import CHANNEL, timing_of
from sim.model.dram_config import DramConfig
from sim.model.dram_kernel import Interleave, count_bursts, play, split_bursts
from sim.model.requests import Requests


@dataclass(frozen=True)
class DramRun:
    """A stream of requests through a memory, the memory never waiting for them.

    Parameters
    ----------
    time_ns : until the last channel is done.
    bytes, burst_bytes : asked for, and moved in whole bursts.
    hits, misses : bursts that found their row open, and those that opened it.
    refreshes, turns : of all channels: refreshes, and changes of the data bus' direction.
    written : bursts that were written; the others were read.
    """

    time_ns: float
    bytes: int
    burst_bytes: int
    hits: int
    misses: int
    refreshes: int
    turns: int
    written: int

    @property
    def achieved_gb_per_s(self) -> float:
        """bytes / time_ns; 0 for no bytes."""
        return self.bytes / self.time_ns if self.bytes else 0.0


def play_requests(requests: Requests, dram: DramConfig, window: int) -> DramRun:
    """The time that a memory takes; sim.model.dram_channel has the rules.

    Channels choose independently and are never kept waiting, so the result bounds the bandwidth
    that any requester of this stream can see from above.

    Parameters
    ----------
    window : bursts among which a channel chooses; 1 keeps the order.
    """
    kept = requests.size > 0
    address, size, write = requests.address[kept], requests.size[kept], requests.write[kept]
    each = dram.interleave_bytes // dram.burst_bytes
    low, high = address // dram.burst_bytes, (address + size - 1) // dram.burst_bytes
    block = low // each
    spread = Interleave(each, dram.channels, dram.row_bytes // dram.interleave_bytes)
    counts = count_bursts(low, high, block, spread)
    first = np.concatenate([[0], np.cumsum(counts)])
    where = np.empty(first[-1], np.int64)
    split_bursts(low, high, block, write, spread, first, where)
    channels = np.zeros(dram.channels, CHANNEL)
    play(where, first, timing_of(dram, window), channels)
    return DramRun(
        time_ns=max(0, int(channels["data_end_ps"].max())) / 1e3,
        bytes=requests.bytes,
        burst_bytes=int(channels["bursts"].sum()) * dram.burst_bytes,
        hits=int(channels["hits"].sum()),
        misses=int(channels["misses"].sum()),
        refreshes=int(channels["refreshes"].sum()),
        turns=int(channels["turns"].sum()),
        written=int(channels["written"].sum()),
    )
