"""Exact cycles of depth_sort for a frame, from the keys of its lists."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from golden.stages.tile_bin.entry import KEY_BITS, depth_keys
from golden.stages.tile_bin.integer import BinLists
from hw.stages.depth_sort.depth_sort import JOBS
from hw.stages.depth_sort.entry_buffers import QUEUE_ENTRIES
from hw.stages.depth_sort.layouts import index_bits
from hw.stages.depth_sort.list_reader import RUNS
from hw.stages.depth_sort.merge_stage import MergeStage
from hw.stages.depth_sort.run_pair import queue_places
from hw.stages.depth_sort.sort_loader import SortLoader
from hw.unused import unused_components
from sim.model.stages.depth_sort_kernel import simulate
from sim.model.stages.depth_sort_registers import DEPTH_SORT, SortArrays
from sim.model.stages.merge_kernel import idle_merger

Int64 = NDArray[np.int64]


def merge_depths(params: Parameters) -> Int64:
    """(stages,) places of the queues of each stage of a chain, and of two lanes of the pair behind
    both, but for their outputs."""
    lanes = params.merge_lanes
    with unused_components():
        stages = [MergeStage(params, n, 0) for n in range(lanes - 1, index_bits(params))]
    places = [stage.queue_depth for stage in stages] + [queue_places(1)] * (lanes - 1)
    return np.array(places) - 1


def sort_clock(
    lists: BinLists, params: Parameters, depths: Int64
) -> tuple[NDArray[np.void], SortArrays]:
    """(1,) DEPTH_SORT at its start, and what it works on; depths of merge_depths."""
    parts = [depth_keys(lists.read(number)) for number in range(len(lists.length))]
    lengths = lists.length.astype(np.int64)
    merger = idle_merger(depths, params.merge_lanes)
    pages = -(-int(lengths.max(initial=1)) // PAGE_ENTRIES)
    block = np.zeros(1, DEPTH_SORT)
    for name, value in {
        "job_places": JOBS - 1,
        "entry_places": QUEUE_ENTRIES,
        "run_places": RUNS - 1,
        "settle": SortLoader.SETTLE_CYCLES,
        "most": params.sort_entries,
        "merge_lanes": params.merge_lanes,
        "null_key": (1 << KEY_BITS) - 1,
        "number": -1,
        "room": QUEUE_ENTRIES,
        "open_bins": len(lengths),
        "busy": 1,
    }.items():
        block[name] = value
    arrays = SortArrays(
        keys=np.concatenate(parts) if parts else np.zeros(0, np.int64),
        lengths=lengths,
        starts=np.cumsum(lengths) - lengths,
        bounds=np.zeros((max(pages, 1), 2), np.int64),
        merger=merger,
        rings=np.zeros((len(merger), 2, int(merger["ring_mask"].max()) + 1), np.int64),
    )
    return block, arrays


def depth_sort_cycles(lists: BinLists, params: Parameters, latency_cycles: int) -> int:
    """Cycles of the RTL from its start until not busy, every entry taken at once.

    For data_bits of 256, with the histogram cleared before the start. The memory takes a request
    while fewer than 16 are open, offers the first record of one latency_cycles + 1 after it was
    taken, and a record a cycle.
    """
    return int(simulate(*sort_clock(lists, params, merge_depths(params)), latency_cycles))
