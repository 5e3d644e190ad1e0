"""The row of stage 6, depth_sort."""

from __future__ import annotations

from golden.params import Parameters
from golden.stages.tile_bin.constants import constant_formats
from hw.stages.depth_sort.depth_sort import DepthSort
from hw.stages.stage import Counter, MemoryClient, Stage


def read_queue_beats(params: Parameters) -> int:
    """Depth of the read client's queue, beats."""
    return 16 if params.has_short_queues else 256


DEPTH_SORT = Stage(
    name="depth_sort",
    phase="render",
    parts={"depth_sort": DepthSort},
    busy="an entry of a list is still to be read, put in order or taken",
    formats=constant_formats,
    counters={
        "sorted_entries": Counter("sorted", "entries put in order"),
        "ranged_lists": Counter("ranged_lists", "lists longer than sort_entries"),
        "list_reads": Counter("list_reads", "readings of lists"),
        "read_entries": Counter("read_entries", "entries read by them, 16 bytes each"),
        "sort_batches": Counter("batches", "runs of entries that were put in order"),
    },
    clients=(MemoryClient("depth_sort", "", read_queue_beats, bounded=False),),
)
