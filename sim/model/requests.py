"""Requests to a memory: runs of bytes, and streams of them that progress together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]


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


def contiguous(address: int, size: int, write: bool, piece: int = 256) -> Requests:
    """A run of bytes, cut at multiples of `piece`."""
    return runs(np.array([address]), np.array([size]), write, piece)


def runs(address: Int64, size: Int64, write: bool, piece: int = 256) -> Requests:
    """Runs of bytes one after another, each cut at multiples of `piece`."""
    address, size = np.asarray(address, np.int64), np.asarray(size, np.int64)
    return cut(Requests(address, size, np.full(len(address), write)), piece)


def cut(requests: Requests, piece: int) -> Requests:
    """The requests, each cut at multiples of `piece`; those of no bytes are left out."""
    kept = requests.size > 0
    address, size, write = requests.address[kept], requests.size[kept], requests.write[kept]
    pieces = (address + size - 1) // piece - address // piece + 1
    owner = np.repeat(np.arange(len(address)), pieces)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begin = np.maximum(address[owner], (address[owner] // piece + number) * piece)
    end = np.minimum((address + size)[owner], (address[owner] // piece + number + 1) * piece)
    return Requests(begin, end - begin, write[owner])


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


@serial_kernel
def merge_order(keys: Float64, first: Int64) -> Int64:
    """Places of ascending keys, of equal ones the first first: a stable sort of ascending runs.

    Parameters
    ----------
    keys : run after run. first : (runs + 1,) where each begins.
    """
    runs = len(first) - 1
    order = np.empty(len(keys), np.int64)
    head = first[:-1].copy()
    next_key = np.full(runs, np.inf)
    for run in range(runs):
        if head[run] < first[run + 1]:
            next_key[run] = keys[head[run]]
    for n in range(len(keys)):
        run = 0
        for other in range(1, runs):
            if next_key[other] < next_key[run]:
                run = other
        place = head[run]
        order[n] = place
        head[run] = place + 1
        next_key[run] = keys[place + 1] if place + 1 < first[run + 1] else np.inf
    return order
