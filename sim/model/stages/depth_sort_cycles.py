"""Exact cycles of depth_sort for a frame, from the keys of its lists."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from golden.stages.tile_bin.entry import KEY_BITS, depth_keys
from golden.stages.tile_bin.integer import BinLists
from hw.stages.depth_sort.depth_sort import JOBS
from hw.stages.depth_sort.entry_buffers import QUEUE_ENTRIES
from hw.stages.depth_sort.list_reader import RUNS
from hw.stages.depth_sort.merge_stage import MergeStage
from hw.stages.depth_sort.sort_loader import SortLoader
from hw.unused import unused_components
from sim.model.stages.depth_sort_kernel import simulate

Int64 = NDArray[np.int64]


def merge_depths(params: Parameters) -> Int64:
    """(stages,) places of each merge stage's queues, but for their outputs."""
    stages = (params.sort_entries - 1).bit_length()
    with unused_components():
        return np.array([MergeStage(params, order).queue_depth - 1 for order in range(stages)])


def sort_sizes() -> Int64:
    """What clock_depth_sort takes as `sizes`."""
    return np.array(
        [JOBS - 1, QUEUE_ENTRIES, RUNS - 1, PAGE_ENTRIES, SortLoader.SETTLE_CYCLES, BUCKET_BITS]
    )


def depth_sort_cycles(lists: BinLists, params: Parameters, latency_cycles: int) -> int:
    """Cycles of the RTL from its start until not busy, every entry taken at once.

    For data_bits of 256, with the histogram cleared before the start. The memory takes a request
    while fewer than 16 are open, offers the first record of one latency_cycles + 1 after it was
    taken, and a record a cycle.
    """
    parts = [depth_keys(lists.read(number)) for number in range(len(lists.length))]
    return int(
        simulate(
            np.concatenate(parts) if parts else np.zeros(0, np.int64),
            lists.length.astype(np.int64),
            merge_depths(params),
            params.sort_entries,
            latency_cycles,
            sort_sizes(),
            (1 << KEY_BITS) - 1,
        )
    )
