"""Exact cycles of tile_bin for a frame, and how its clock begins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.params import Parameters
from golden.stages.tile_bin.bands import splat_bands
from golden.stages.tile_bin.constants import PAGE_ENTRIES, TileBinConstants
from golden.stages.tile_bin.spans import BAND_COUNT, BAND_ENTRY, BAND_FIRST, BAND_STEP
from hw.stages.tile_bin.band_walker import BandWalker
from hw.stages.tile_bin.chunk_store import QUEUE_RECORDS
from hw.stages.tile_bin.held_encoder import splat_encoder
from hw.stages.tile_bin.layouts import splat_cycles
from hw.unused import unused_components
from sim.model.stages.tile_bin_kernel import TILE_BIN, ListArrays, clock_tile_bin

Int64 = NDArray[np.int64]

RING_CHUNKS = 64  # more than are ever under way


@dataclass(frozen=True)
class EncodeStages:
    """Lengths of the encoder and of what follows.

    Parameters
    ----------
    cycles : from a splat begun to its spans written to the queue.
    drop_cycles : to where one that touches no bin is counted as dropped.
    places : of the queues. walk_stages : of the walker's pipeline.
    """

    cycles: int
    drop_cycles: int
    places: int
    walk_stages: int


@cache
def encode_stages(params: Parameters) -> EncodeStages:
    """EncodeStages of a build."""
    with unused_components():
        encoder, walker = splat_encoder(params), BandWalker(params)
        found = EncodeStages(
            encoder.latency_cycles - 2,
            encoder.drop_cycles,
            encoder.queue_depth,
            walker.latency_cycles - 2,
        )
        del encoder, walker
    return found


def idle_lists(params: Parameters) -> dict[str, int]:
    """Registers of TILE_BIN before a frame, those that are not 0."""
    stages = encode_stages(params)
    return {
        "places": stages.places,
        "apart": splat_cycles(params),
        "drop_cycles": stages.drop_cycles,
        "max_bins": params.max_bins,
        "beat_bytes": params.data_bits // 8,
        "idle": 1,
        "finished": 1,
        "room": QUEUE_RECORDS,
        "has_room": 1,
        "band": -1,
    }


def list_arrays(
    splats: NDArray[np.void], constants: TileBinConstants, params: Parameters
) -> ListArrays:
    """What the clock works on, of a frame's splats: (N,) SPLAT_DTYPE."""
    bands = splat_bands(splats, constants, params)
    is_shown = np.zeros(len(splats), np.int64)
    is_shown[bands[:, BAND_ENTRY]] = 1
    is_last = np.ones(len(bands), np.int64)
    is_last[:-1] = np.diff(bands[:, BAND_ENTRY]) != 0
    stages = encode_stages(params)
    bins = constants.bins if 1 <= constants.bins <= params.max_bins else 0
    pages = -(-_lengths(bands, bins) // PAGE_ENTRIES)
    return ListArrays(
        is_shown=is_shown,
        bands=bands,
        is_last=is_last,
        offers=np.flatnonzero((bands[:, BAND_COUNT] != 0) | (is_last != 0)),
        line=np.full(stages.cycles, -1, np.int64),
        walk=np.full(stages.walk_stages, -1, np.int64),
        length=np.zeros(bins, np.int64),
        page=np.zeros(bins, np.int64),
        pages_at=np.cumsum(pages) - pages,
        pages=np.zeros(int(pages.sum()) + 1, np.int64),
        chunks=np.zeros((RING_CHUNKS, 4), np.int64),
    )


def tile_bin_cycles(
    splats: NDArray[np.void], constants: TileBinConstants, params: Parameters
) -> int:
    """Cycles of the RTL from its start until done, a splat offered and a beat taken every cycle.

    Parameters
    ----------
    splats : (N,) SPLAT_DTYPE; only where they lie counts.
    """
    lists = np.zeros(1, TILE_BIN)
    registers = idle_lists(params) | {"across": constants.across, "down": constants.down}
    for name, value in registers.items():
        lists[name] = value
    return int(_run(lists, list_arrays(splats, constants, params)))


@serial_kernel
def _lengths(bands: Int64, bins: int) -> Int64:
    length = np.zeros(bins, np.int64)
    for band in bands if bins else bands[:0]:
        for place in range(band[BAND_COUNT]):
            length[band[BAND_FIRST] + place * band[BAND_STEP]] += 1
    return length


@serial_kernel
def _run(lists: Any, arrays: ListArrays) -> int:
    registers, cycle, count = lists[0], 0, len(arrays.is_shown)
    while cycle == 0 or registers.done == 0:
        finish = registers.next_splat == count
        clock_tile_bin(registers, arrays, cycle == 0, finish, not finish, cycle >= 0, cycle)
        cycle += 1
    return cycle - 1
