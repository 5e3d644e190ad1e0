"""Exact cycles and counters of rasterize, from the ordered lists of a picture."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.constants import RasterizeConstants
from hw.stages.rasterize.dispatch import PREPARED_BINS, prepared_words
from hw.stages.rasterize.rasterize import Rasterize
from hw.unused import unused_components
from sim.model.rasterize.engine import bit_numbers
from sim.model.rasterize.kernel import (
    FIRST_SHIFT,
    IS_LAST,
    LAST_SHIFT,
    NUMBER_SHIFT,
    RASTER,
    SWAP,
    RasterArrays,
    clock_rasterize,
    entry_ready,
    give_words,
    raster_is_busy,
    start_bin,
)
from sim.model.rasterize.work import (
    BEYOND,
    BLENDED,
    DONE,
    ENDED,
    OUTSIDE_LANE,
    RasterWork,
    quad_tables,
)

Int64 = NDArray[np.int64]


class RasterLatencies(NamedTuple):
    """Cycles of the blocks, by the hardware's own classes.

    Members
    -------
    setup, test, done, drain : from an entry's setup begun to it prepared; from a group to its
        quads; from a quad offered until it is known to have ended; from a bin's last engine to a
        complete bin.
    write : from a step read to its beat in the queue. write_px : of a step.
    room_beats : in the writer's queue, with which it reads no more.
    """

    setup: int
    test: int
    done: int
    drain: int
    write: int
    write_px: int
    room_beats: int


@cache
def raster_latencies(params: Parameters) -> RasterLatencies:
    """RasterLatencies of a build."""
    with unused_components():
        unit = Rasterize(params)
        dispatch, engine, writer = unit.dispatch, unit.engines[0], unit.writer
        test = dispatch.words_ahead - 4
        writer.elaborate(None)
        found = RasterLatencies(
            dispatch.latency_cycles - test - 3,
            test,
            engine.blend.done_cycles,
            engine.drain_cycles,
            writer.latency_cycles - 1,
            writer.px,
            writer.room_beats,
        )
        del unit, dispatch, engine, writer
    return found


class RasterClock(NamedTuple):
    """Rasterize out of reset, with what a picture asks of it.

    Members
    -------
    raster : (1,) RASTER. arrays : RasterArrays.
    """

    raster: NDArray[np.void]
    arrays: RasterArrays


def raster_clock(
    work: RasterWork, constants: RasterizeConstants, params: Parameters, picture_address: int
) -> RasterClock:
    """RasterClock of a picture whose first pixel is at `picture_address`."""
    arrangement, latency = Arrangement(params), raster_latencies(params)
    engines, tables = arrangement.engines, quad_tables(params)
    raster = np.zeros(1, RASTER)
    beat_px = params.data_bits // 32
    fixed = {
        "bin_places": PREPARED_BINS,
        "entry_places": prepared_words(params),
        "apart": params.setup_cycles,
        "words_ahead": latency.test + 4,
        "drain_cycles": latency.drain,
        "groups": arrangement.groups,
        "has_background": int(any(constants.background)),
        "stride": constants.stride_bytes,
        "setup_cycles": latency.setup,
        "test_cycles": latency.test,
        "done_cycles": latency.done + 1,
        "engine_count": engines,
        "side": arrangement.side,
        "is_first": 1,
        "drains_0": latency.drain,
        "drains_1": latency.drain,
    }
    writer = {
        "px": latency.write_px,
        "steps": beat_px // latency.write_px,
        "room_limit": latency.room_beats,
        "beat_bytes": params.data_bits // 8,
        "clear_cycles": 2 << (arrangement.depth - 1).bit_length(),
        "was_clear": 1,
        "buffer": 1,
        "line_cycles": latency.write,
    }
    for name, value in fixed.items():
        raster[name] = value
    for name, value in writer.items():
        raster["writer"][name] = value
    for name in ("setup", "tests", "deaths"):
        raster[name] = -1
    raster["known"]["filters"] = engines > 1
    raster["known"]["bits"] = bit_numbers()
    for name, values in (("engine", tables.engine), ("slot", tables.slot), ("bit", tables.bit)):
        raster[name][..., : arrangement.side**2] = values
    blocks = raster["engines"][0, :engines]
    blocks["depth"] = arrangement.queue_words
    blocks["quads"][:, : 2 * arrangement.groups] = tables.quad
    x, y, columns, rows = work.bins.T
    address = picture_address + y * constants.stride_bytes + 4 * x
    arrays = RasterArrays(
        entries=_entries(work),
        places=np.stack([columns, rows, address], axis=1),
        masks=work.masks,
        ends=work.ends,
        shown=work.shown,
    )
    return RasterClock(raster, arrays)


def _entries(work: RasterWork) -> Int64:
    """(E,) the entries as numbers of sim.model.rasterize.kernel."""
    first, last = work.groups[:, 0] + 1, np.maximum(work.groups[:, 1], 0)
    numbers = np.arange(len(first)) << NUMBER_SHIFT | first << FIRST_SHIFT | last << LAST_SHIFT
    numbers |= work.swaps.astype(np.int64) * SWAP
    numbers[work.offsets[1:] - 1] |= IS_LAST
    return numbers


def lane_counters(clock: RasterClock, work: RasterWork, cycles: int) -> dict[str, int]:
    """The RTL's counters of lanes, by name, of so many cycles."""
    engines = clock.raster["engines"][0, : int(clock.raster["engine_count"][0])]
    lanes = work.lanes.sum(axis=0)
    late, late_shown = engines["late_quads"].sum(), engines["late_pixels"].sum()
    ground, ground_shown = engines["background_quads"].sum(), engines["background_pixels"].sum()
    quads = LANES_PER_ENGINE
    works, stalls = engines["works"].sum(), engines["stalls"].sum()
    counts = {
        "blended": lanes[BLENDED],
        "ended": lanes[ENDED],
        "outside": lanes[OUTSIDE_LANE],
        "done": lanes[DONE] + late_shown,
        "beyond": lanes[BEYOND] + quads * late - late_shown + quads * ground - ground_shown,
        "background": ground_shown,
        "stalled": quads * stalls,
        "starved": quads * (cycles * len(engines) - works - stalls),
    }
    return {f"{name}_lane_cycles": int(count) for name, count in counts.items()}


class RasterCycles(NamedTuple):
    """What a picture takes.

    Members
    -------
    cycles : from the reset until not busy. counters : by the names of the RTL's, of these cycles.
    """

    cycles: int
    counters: dict[str, int]


def raster_cycles(
    work: RasterWork, constants: RasterizeConstants, params: Parameters
) -> RasterCycles:
    """Rasterize alone: bins and entries offered at once, a beat taken every cycle."""
    clock = raster_clock(work, constants, params, 0)
    _run(clock.raster, *clock.arrays)
    raster = clock.raster[0]
    counters = {
        "bins": int(raster["drawn_bins"]),
        "entries": int(raster["drawn_entries"]),
        "dropped_entries": int(raster["dropped_entries"]),
        "groups": int(raster["groups_tested"]),
    }
    cycles = int(raster["cycle"])
    return RasterCycles(cycles, counters | lane_counters(clock, work, cycles))


@serial_kernel
def _run(
    raster_block: Any,
    entries: Int64,
    places: Int64,
    masks: Int64,
    ends: Int64,
    shown: NDArray[np.uint8],
) -> None:
    raster = raster_block[0]
    bins, count = len(places), len(entries)
    next_entry = 0
    while (raster.next_bin != bins) | (next_entry != count) or raster_is_busy(raster):
        entry_valid, entry = next_entry != count, 0
        if entry_valid:
            entry = entries[next_entry]
        taken = entry_valid & entry_ready(raster)
        bin_valid = raster.next_bin != bins
        clock_rasterize(raster, bin_valid, entry_valid, entry, True)
        if raster.given >= 0:
            give_words(raster, masks)
        if raster.started >= 0:
            start_bin(raster, places, ends, shown)
        next_entry += int(taken)
