"""The front end's frame under a DRAM that others use too."""

from __future__ import annotations

import math

from sim.model.config import ModelConfig
from sim.model.counts import FrontEndCounts
from sim.model.dram import DramRun
from sim.model.front_end.timing import FrontEndTiming, front_end_timing
from sim.model.memory import MemoryModel
from sim.model.traffic import FrontEndTraffic

LARGEST_BUSY_256 = 255


def front_end_memory(run: DramRun, front_end_bytes: int, config: ModelConfig) -> MemoryModel:
    """The memory that the front end sees: a latency, and beats that come at the rate of the DRAM.

    latency_cycles = ceil((tRCD + RL + burst + path) clock);  of the cycles, busy_256 / 256 have no
    beat: 256 (1 - rate), rounded up, rate = front_end_bytes / (time of the run x bus bytes), 1 at
    most. The run holds all that shares the memory, so what other stages move takes its part of the
    time. Source: sim.model.front_end.timing, which equals the RTL's counters under such a memory.

    Parameters
    ----------
    run : all requests of the front end and of what shares the memory with it.
    """
    latency = (config.memory.idle_latency_ns + config.path_ns) * config.clock_mhz / 1e3
    cycles = run.time_ns * config.clock_mhz / 1e3
    rate = min(1.0, front_end_bytes / (cycles * (config.data_bits // 8)))
    busy = min(LARGEST_BUSY_256, math.ceil(round(256 * (1 - rate), 6)))
    return MemoryModel(latency_cycles=max(1, math.ceil(latency)), busy_256=busy)


def front_end(
    counts: FrontEndCounts, traffic: FrontEndTraffic, run: DramRun, config: ModelConfig
) -> FrontEndTiming:
    """The front end's frame, start to idle, splats taken at once, under front_end_memory(run)."""
    front_end_bytes = traffic.tables.bytes + traffic.geometry.bytes
    return front_end_timing(
        counts.outcome, config.params, front_end_memory(run, front_end_bytes, config)
    )
