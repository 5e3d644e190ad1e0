"""The bit-exact integer model of depth_sort: a bin's list in order of (key, arrival).

A list of up to N = sort_entries entries is put in order as a whole. A longer one is read once for a
histogram of the keys' upper 10 bits, and then once a range: consecutive buckets of N entries
together at most. A bucket of more than N is read for a histogram of the lower 10 bits, which makes
ranges of single keys. A key that more than N entries have needs no order: it is sent on in batches
of N, as it is read. So every list ends, in bounded memory, after at most `reads` readings of it.
With the first histogram the least and largest upper half of each page's keys become known; later
readings leave out the pages that cannot hold what they look for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Int64
from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from golden.stages.tile_bin.entry import KEY_BITS, depth_keys, null_entry
from golden.stages.tile_bin.integer import BinLists

BUCKETS = 1 << BUCKET_BITS


@dataclass(frozen=True)
class KeyRange:
    """Keys low to high, both included, of `count` entries of a list."""

    low: int
    high: int
    count: int


@dataclass(frozen=True, eq=False)
class SortPlan:
    """What is read of a list, and how often.

    Parameters
    ----------
    ranges : in order; together all entries, none twice. A range of more than N has one key.
    histograms : readings of the list that count keys.
    read_entries : entries read in all of them.
    """

    ranges: tuple[KeyRange, ...]
    histograms: int
    read_entries: int

    @property
    def reads(self) -> int:
        """Readings of the list."""
        return len(self.ranges) + self.histograms


@dataclass(frozen=True, eq=False)
class SortedLists:
    """All lists of a frame, in the order of the bins.

    Parameters
    ----------
    entries : (P,) ENTRY_DTYPE; a bin without entries has the null entry.
    offsets : (bins + 1,) the list of bin b is entries[offsets[b] : offsets[b + 1]].
    reads : readings of lists, histograms included.
    read_entries : entries read from the list memory by them.
    batches : runs of N entries or fewer that were put in order.
    ranged : lists longer than N.
    """

    entries: NDArray[np.void]
    offsets: Int64
    reads: int
    read_entries: int
    batches: int
    ranged: int


def sort_plan(keys: Int64, params: Parameters) -> SortPlan:
    """How a list of those keys is read."""
    most = params.sort_entries
    if len(keys) <= most:
        whole = KeyRange(0, (1 << KEY_BITS) - 1, len(keys))
        return SortPlan((whole,) if len(keys) else (), 0, len(keys))
    pages = _Pages(keys >> BUCKET_BITS)
    ranges: list[KeyRange] = []
    histograms, refined = 1, 0
    upper = np.bincount(keys >> BUCKET_BITS, minlength=BUCKETS)
    for low, high, count in _buckets(upper, most):
        if count <= most:
            ranges.append(KeyRange(low << BUCKET_BITS, (high + 1 << BUCKET_BITS) - 1, count))
            continue
        histograms += 1
        refined += pages.entries(low, low)
        base = low << BUCKET_BITS
        inside = keys[(keys >> BUCKET_BITS) == low] - base
        lower = np.bincount(inside, minlength=BUCKETS)
        ranges += [KeyRange(base + x, base + y, n) for x, y, n in _buckets(lower, most)]
    looked = sum(pages.entries(r.low >> BUCKET_BITS, r.high >> BUCKET_BITS) for r in ranges)
    return SortPlan(tuple(ranges), histograms, len(keys) + refined + looked)


class _Pages:
    """The pages of a list by the upper halves of their keys, in order of arrival."""

    def __init__(self, halves: Int64):
        first = np.arange(0, len(halves), PAGE_ENTRIES)
        self._low = np.minimum.reduceat(halves, first)
        self._high = np.maximum.reduceat(halves, first)
        self._entries = np.diff(np.append(first, len(halves)))

    def entries(self, low: int, high: int) -> int:
        """Entries of the pages that may hold halves low to high, both included."""
        return int(self._entries[(self._low <= high) & (self._high >= low)].sum())


def _buckets(counts: Int64, most: int) -> list[tuple[int, int, int]]:
    """Runs of buckets (first, last, entries) of `most` entries at most, or of one bucket alone.

    A run begins after the one before it and ends before the bucket that does not fit; buckets of
    none at the end make no run.
    """
    runs, first, total = [], 0, 0
    for bucket, count in enumerate(counts.tolist()):
        if total and total + count > most:
            runs.append((first, bucket - 1, total))
            first, total = bucket, 0
        if count > most:
            runs.append((bucket, bucket, count))
            first = bucket + 1
        else:
            total += count
    if total:
        runs.append((first, len(counts) - 1, total))
    return runs


def depth_order(keys: Int64) -> NDArray[np.intp]:
    """Places by ascending key, equal keys in order of arrival."""
    return np.argsort(keys, kind="stable")


def depth_sort(lists: BinLists, params: Parameters) -> SortedLists:
    """Every list in order, the lists in the order of the bins; they must be complete."""
    parts, offsets = [], np.zeros(len(lists.length) + 1, np.int64)
    reads = read = batches = ranged = 0
    for number in range(len(lists.length)):
        entries = lists.read(number)
        keys = depth_keys(entries)
        plan = sort_plan(keys, params)
        parts.append(entries[depth_order(keys)] if len(entries) else null_entry())
        offsets[number + 1] = offsets[number] + len(parts[-1])
        reads += plan.reads
        read += plan.read_entries
        batches += sum(-(-r.count // params.sort_entries) for r in plan.ranges) or 1
        ranged += len(entries) > params.sort_entries
    return SortedLists(np.concatenate(parts), offsets, reads, read, batches, ranged)
