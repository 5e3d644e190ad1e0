"""Stages 6 and 7, depth_sort and rasterize: bins sorted one after another, drawn by the cores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.stage import Work
from sim.model.traffic import Traffic

Int64 = NDArray[np.int64]
# From the last splat of a bin to the first of the next in a core: pipeline and swap of the pixels.
BIN_CYCLES = 32


@dataclass(frozen=True, eq=False)
class RenderModel:
    """Both stages without waiting for the memory.

    Parameters
    ----------
    cycles : from the first sort to the last pixel.
    core_cycles : (cores,) int64, each core's busy cycles; balance = mean / max.
    """

    cycles: int
    core_cycles: Int64

    @property
    def balance(self) -> float:
        """Mean over largest of the cores' busy cycles; 1 where nothing is drawn."""
        most = int(self.core_cycles.max())
        return float(self.core_cycles.mean()) / most if most else 1.0


def sort_cycles(counts: FrameCounts, config: ModelConfig) -> Int64:
    """(B,) int64: sort_passes x ceil(entries / sort_keys_per_cycle) of each bin.

    Source: a radix sorter of 32-bit depths, 8 bits a pass; GSCore sorts in two levels of which only
    the needed part is done, so this is no less.
    """
    entries = np.diff(counts.lists.offsets)
    return np.asarray(config.sort_passes * -(-entries // config.sort_keys_per_cycle))


def raster_cycles(counts: FrameCounts, config: ModelConfig) -> Int64:
    """(B,) int64, of a core for each bin: BIN_CYCLES + max(fetched, sum over the fetched splats of
    ceil(sub-tiles worked on x subtile_px^2 / blend_pixels_per_cycle)); 0 for an empty bin.

    A splat a cycle is fetched and tested against the sub-tiles while those before it are blended.
    Source: sub-tile skipping of GSCore (ASPLOS 2024); counts of golden.stages.rasterize.counts.
    """
    worked = np.arange(counts.bins.subtile_histogram.shape[1])
    each = -(-worked * config.subtile_px**2 // config.blend_pixels_per_cycle)
    return bin_cycles(counts, each)


def bin_cycles(counts: FrameCounts, each: Int64) -> Int64:
    """(B,) int64: BIN_CYCLES + max(fetched, blending) of each bin; 0 for an empty one.

    Parameters
    ----------
    each : (n + 1,) cycles of a splat that is worked on in 0 to n sub-tiles.
    """
    blend, fetched = counts.bins.subtile_histogram @ each, counts.bins.fetched_splats
    return np.asarray(np.where(fetched > 0, BIN_CYCLES + np.maximum(fetched, blend), 0))


def render(counts: FrameCounts, config: ModelConfig) -> RenderModel:
    """Bins in rows; a core that is free takes the next one when it is sorted."""
    core_cycles = np.zeros(config.cores, np.int64)
    cycles = _schedule(sort_cycles(counts, config), raster_cycles(counts, config), core_cycles)
    return RenderModel(int(cycles), core_cycles)


def depth_sort(counts: FrameCounts, traffic: Traffic, config: ModelConfig) -> Work:
    """Stage 6. Busy the sum of sort_cycles. Reads the chunks of the lists once; a list is sorted on
    the chip."""
    return Work("depth_sort", int(sort_cycles(counts, config).sum()), traffic.lists.bytes, 0)


def rasterize(model: RenderModel, traffic: Traffic) -> Work:
    """Stage 7. Busy as its busiest core. Reads splat_record_bytes a fetched splat, writes 4 bytes a
    pixel once a bin is done."""
    busy = int(model.core_cycles.max())
    return Work("rasterize", busy, traffic.fetches.bytes, traffic.pixels.bytes)


@serial_kernel
def _schedule(sort: Int64, raster: Int64, busy: Int64) -> int:
    free = np.zeros(len(busy), np.int64)
    is_sorted, end = 0, 0
    for n in range(len(sort)):
        is_sorted += sort[n]
        core = np.argmin(free)
        free[core] = max(free[core], is_sorted) + raster[n]
        busy[core] += raster[n]
        end = max(end, free[core])
    return end
