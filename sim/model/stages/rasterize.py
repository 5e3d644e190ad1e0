"""Stage 7, rasterize: the bins, drawn by the cores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.stage import Work
from sim.model.traffic import Traffic

Int64 = NDArray[np.int64]
# From the last splat of a bin to the first of the next in a core: pipeline and swap of the pixels.
BIN_CYCLES = 32


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


def rasterize(core_cycles: Int64, traffic: Traffic) -> Work:
    """Stage 7. Busy as its busiest core. Reads splat_record_bytes a fetched splat, writes 4 bytes a
    pixel once a bin is done."""
    busy = int(core_cycles.max())
    return Work("rasterize", busy, traffic.fetches.bytes, traffic.pixels.bytes)
