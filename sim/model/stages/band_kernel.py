"""BandWalker and BinExpander clocked: entries' bands into bins."""

from __future__ import annotations

from typing import Any

from golden.jit import serial_kernel
from golden.stages.tile_bin.spans import BAND_COUNT, BAND_FIRST, BAND_STEP
from sim.model.clocked import clock_fifo, clock_lazy_fifo, clock_register


@serial_kernel
def clock_bands(lists: Any, arrays: Any, steps: bool, some: bool) -> bool:
    """Both, and the queue of spans before them; whether an entry's last band is taken.

    Parameters
    ----------
    lists, arrays : of clock_tile_bin. steps : a bin would be taken. some : spans are written to the
        queue.
    """
    free = (lists.expands == 0) | (steps & (lists.bins_left == 0))
    offer = band_taken = ends = has_bins = False
    band = 0
    if lists.bands.valid != 0:
        band = arrays.offers[lists.next_offer]
        has_bins = arrays.bands[band, BAND_COUNT] != 0
        band_taken = free | (not has_bins)
        ends = band_taken & (arrays.is_last[band] != 0)
    walked = arrays.walk[lists.stage]
    if walked >= 0:
        offer = (arrays.bands[walked, BAND_COUNT] != 0) | (arrays.is_last[walked] != 0)
    walk_moves = (not offer) | (lists.bands.held == 0)
    loads = lists.walks == 0
    if lists.walks != 0:
        loads = walk_moves & (arrays.is_last[lists.band] != 0)
    spans_taken = loads & (lists.spans.valid != 0)
    # Expander.
    if free:
        lists.expands = int(band_taken & has_bins)
        if band_taken:
            lists.bin = arrays.bands[band, BAND_FIRST]
            lists.bins_left = arrays.bands[band, BAND_COUNT] - 1
            lists.bin_step = arrays.bands[band, BAND_STEP]
    elif steps:
        lists.bin += lists.bin_step
        lists.bins_left -= 1
    lists.next_offer += int(band_taken)
    # Walker.
    clock_register(lists.bands, offer, band_taken)
    if walk_moves:
        arrays.walk[lists.stage] = lists.band if lists.walks != 0 else -1
        lists.stage = (lists.stage + 1) % len(arrays.walk)
    if loads:
        lists.walks = int(spans_taken)
        lists.band += int(spans_taken)
    elif walk_moves:
        lists.band += 1
    if lists.apart > 1:
        clock_lazy_fifo(lists.spans, some, spans_taken)
    else:
        clock_fifo(lists.spans, some, spans_taken)
    return ends
