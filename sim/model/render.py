"""Stages 6 and 7 together: bins sorted one after another, drawn by the cores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.stages.depth_sort import sort_cycles
from sim.model.stages.rasterize import raster_cycles

Int64 = NDArray[np.int64]


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


def render(counts: FrameCounts, config: ModelConfig) -> RenderModel:
    """Bins in rows; a core that is free takes the next one when it is sorted."""
    core_cycles = np.zeros(config.cores, np.int64)
    cycles = _schedule(sort_cycles(counts, config), raster_cycles(counts, config), core_cycles)
    return RenderModel(int(cycles), core_cycles)


@serial_kernel
def _schedule(sort: Int64, raster: Int64, busy: Int64) -> int:
    free = np.zeros(len(busy), np.int64)
    is_sorted, end = 0, 0
    for n in range(len(sort)):
        is_sorted += sort[n]
        core = 0
        for other in range(len(free)):
            if free[other] < free[core]:
                core = other
        free[core] = max(free[core], is_sorted) + raster[n]
        busy[core] += raster[n]
        end = max(end, free[core])
    return end
