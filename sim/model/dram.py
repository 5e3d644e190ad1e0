"""How long a memory takes for a stream of requests, and how well it is used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.model.dram_config import DramConfig
from sim.model.dram_kernel import (
    BURSTS,
    END_NS,
    HITS,
    MISSES,
    REFRESHES,
    RESULTS,
    TURNS,
    count_bursts,
    merge_order,
    play,
    split_bursts,
)

Int64 = NDArray[np.int64]
TIMING = (
    *("banks", "bank_groups", "burst_ns", "ccd_long_ns", "rcd_ns", "rp_ns", "ras_ns", "rrd_ns"),
    *("faw_ns", "rtp_ns", "wr_ns", "read_latency_ns", "write_latency_ns"),
    *("read_to_write_ns", "write_to_read_ns", "refi_ns", "rfc_ns"),
)


@dataclass(frozen=True, eq=False)
class Requests:
    """Requests to a memory, in the order in which they are made.

    Parameters
    ----------
    address, size : (R,) int64, bytes; a request may cross bursts, rows and channels.
    write : (R,) bool.
    """

    address: Int64
    size: Int64
    write: NDArray[np.bool_]

    @property
    def bytes(self) -> int:
        """Asked for; what the bursts carry beyond it is overhead."""
        return int(self.size.sum())


@dataclass(frozen=True)
class DramRun:
    """A stream of requests through a memory, the memory never waiting for them.

    Parameters
    ----------
    time_ns : until the last channel is done.
    bytes, burst_bytes : asked for, and moved in whole bursts.
    hits, misses : bursts that found their row open, and those that opened it.
    refreshes, turns : of all channels: refreshes, and changes of the data bus' direction.
    """

    time_ns: float
    bytes: int
    burst_bytes: int
    hits: int
    misses: int
    refreshes: int
    turns: int

    @property
    def achieved_gb_per_s(self) -> float:
        """bytes / time_ns; 0 for no bytes."""
        return self.bytes / self.time_ns if self.bytes else 0.0


def play_requests(requests: Requests, dram: DramConfig, window: int) -> DramRun:
    """The time that a memory takes; sim.model.dram_kernel has the rules.

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
    counts = count_bursts(low, high, block, each, dram.channels)
    first = np.concatenate([[0], np.cumsum(counts)])
    where = np.empty(first[-1], np.int64)
    blocks_a_row = dram.row_bytes // dram.interleave_bytes
    split_bursts(low, high, block, write, each, dram.channels, blocks_a_row, first, where)
    out = np.zeros((dram.channels, RESULTS))
    play(where, first, window, tuple(float(getattr(dram, name)) for name in TIMING), out)
    totals = out.sum(axis=0)
    return DramRun(
        time_ns=float(out[:, END_NS].max()),
        bytes=requests.bytes,
        burst_bytes=int(totals[BURSTS]) * dram.burst_bytes,
        hits=int(totals[HITS]),
        misses=int(totals[MISSES]),
        refreshes=int(totals[REFRESHES]),
        turns=int(totals[TURNS]),
    )


def contiguous(address: int, size: int, write: bool, piece: int = 256) -> Requests:
    """A run of bytes, cut at multiples of `piece`."""
    return runs(np.array([address]), np.array([size]), write, piece)


def runs(address: Int64, size: Int64, write: bool, piece: int = 256) -> Requests:
    """Runs of bytes one after another, each cut at multiples of `piece`."""
    address, size = np.asarray(address, np.int64), np.asarray(size, np.int64)
    kept = size > 0
    address, size = address[kept], size[kept]
    pieces = (address + size - 1) // piece - address // piece + 1
    owner = np.repeat(np.arange(len(address)), pieces)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = np.maximum(address[owner], (address[owner] // piece + number) * piece)
    end = np.minimum((address + size)[owner], (address[owner] // piece + number + 1) * piece)
    return Requests(begin, end - begin, np.full(len(begin), write))


def interleaved(*streams: Requests) -> Requests:
    """Streams that progress together: a request comes when its share of its stream's bytes does."""
    share = [(np.cumsum(s.size) - s.size) / max(s.bytes, 1) for s in streams]
    first = np.cumsum([0, *map(len, share)])
    order = merge_order(np.concatenate(share), first)
    return Requests(
        np.concatenate([s.address for s in streams])[order],
        np.concatenate([s.size for s in streams])[order],
        np.concatenate([s.write for s in streams])[order],
    )
