"""A frame of lists by the RTL against the integer models of both stages."""

from __future__ import annotations

import numpy as np

from golden.params import Parameters
from golden.stages.depth_sort.integer import SortedLists, depth_sort
from golden.stages.tile_bin.constants import PAGE_BYTES, PAGE_ENTRIES, ListOutcome, TileBinConstants
from golden.stages.tile_bin.entry import ENTRY_BYTES
from golden.stages.tile_bin.integer import BinLists, tile_bin
from sim.rtl.lists_harness import ListsRun

UNWRITTEN = 0xA5  # what the harness fills the memory with


def memory_image(lists: BinLists, constants: TileBinConstants) -> np.ndarray:
    """The harness' memory after a frame: bytes that hold no entry are as they were."""
    first = constants.list_page * PAGE_BYTES
    image = np.full(first + (constants.pages + 1) * PAGE_BYTES, UNWRITTEN, np.uint8)
    if lists.outcome != ListOutcome.COMPLETE:
        return image
    written = lists.memory.view(np.uint8)
    for number in range(len(lists.length)):
        left, page = int(lists.length[number]), int(lists.first_page[number])
        while left > 0:
            count = min(left, PAGE_ENTRIES) * ENTRY_BYTES
            place = page * PAGE_BYTES
            image[first + place : first + place + count] = written[place : place + count]
            left, page = left - PAGE_ENTRIES, int(lists.next_page[page])
    return image


def check_lists(run: ListsRun, lists: BinLists, constants: TileBinConstants) -> None:
    """What tile_bin wrote and what it shows."""
    assert run.outcome == lists.outcome
    assert run.counters["chunks"] == lists.chunks
    assert run.counters["pages"] == lists.pages
    if lists.outcome == ListOutcome.TOO_MANY_BINS:
        assert run.beats == 0
        return
    assert run.counters["entries"] == lists.entries
    np.testing.assert_array_equal(run.length, lists.length)
    if lists.outcome == ListOutcome.COMPLETE:
        np.testing.assert_array_equal(run.memory, memory_image(lists, constants))
    some = np.flatnonzero(lists.length)
    if lists.outcome == ListOutcome.COMPLETE:
        np.testing.assert_array_equal(run.first_page[some], lists.first_page[some])


def check_order(run: ListsRun, ordered: SortedLists) -> None:
    """What depth_sort sent."""
    np.testing.assert_array_equal(run.entries["words"], ordered.entries["words"])
    np.testing.assert_array_equal(np.flatnonzero(run.lasts) + 1, ordered.offsets[1:])
    assert run.counters["sorted"] == len(ordered.entries)
    assert run.counters["batches"] == ordered.batches
    assert run.counters["ranged_lists"] == ordered.ranged
    assert run.counters["list_reads"] == ordered.reads
    assert run.counters["read_entries"] == ordered.read_entries


def check_frame(
    run: ListsRun,
    splats: np.ndarray,
    colors: np.ndarray,
    constants: TileBinConstants,
    params: Parameters,
) -> BinLists:
    """Both stages of a frame; the lists of the integer model."""
    lists = tile_bin(splats, colors, constants, params)
    check_lists(run, lists, constants)
    if lists.outcome == ListOutcome.COMPLETE:
        check_order(run, depth_sort(lists, params))
    return lists
