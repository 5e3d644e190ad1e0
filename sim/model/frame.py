"""A frame of the whole accelerator, from its counts and a configuration."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.dram import DramRun
from sim.model.dram_energy import DramEnergy, energy_of_runs
from sim.model.front_end.timing import FrontEndTiming
from sim.model.render import render
from sim.model.shared_runs import SharedRuns
from sim.model.stage import STAGES, StageModel, account
from sim.model.stages.cluster_cull import cluster_cull
from sim.model.stages.color import color
from sim.model.stages.depth_sort import depth_sort
from sim.model.stages.gaussian_fetch import gaussian_fetch
from sim.model.stages.gaussian_project import gaussian_project
from sim.model.stages.rasterize import rasterize
from sim.model.stages.tile_bin import tile_bin
from sim.model.traffic import Traffic


@dataclass(frozen=True)
class FrameModel:
    """One frame. All cycles are of the configuration's clock.

    Parameters
    ----------
    view : name of the camera.
    stages : in the order of STAGES; of each, busy + stalls + idle = frame_cycles.
    front_end_cycles : stages 1 to 3 alone, as the RTL is: splats leave on a stream.
    front_end_color_cycles : stages 1 to 4 alone, colour records fetched and evaluated, splats leave
        on a stream.
    front_end_color_stored_cycles : the same, and every splat with its colour written to the DRAM,
        as a GPU's kernels write theirs; of a clocked frame stages 1 to 5, whose lists hold them.
    stream_cycles, render_cycles : the two phases, stages 1 to 5 and 6 to 7.
    frame_cycles : latency of one frame, stream_cycles + render_cycles.
    steady_cycles : a frame where frames overlap, the stream of the next with the rendering of one:
        max(stream units, render units, DRAM time of both); of a clocked frame max(stream + cycles
        in which the rendering's data moves, render), or the frame where the build has one list
        memory.
    front_end : counters of the front end alone.
    core_balance : mean over largest of the rasterisers' busy cycles.
    dram : of each span (front_end, front_end_color, front_end_color_stored, stream, render), its
        requests through the DRAM.
    dram_cycles : of the same, ceil of its time; of a clocked frame cycles in which data moves.
    dram_energy : of the frame alone, an estimate; None where the memory's currents are not known.
    """

    view: str
    stages: tuple[StageModel, ...]
    front_end_cycles: int
    front_end_color_cycles: int
    front_end_color_stored_cycles: int
    stream_cycles: int
    render_cycles: int
    steady_cycles: int
    front_end: FrontEndTiming
    core_balance: float
    dram: Mapping[str, DramRun]
    dram_cycles: Mapping[str, int]
    dram_energy: DramEnergy | None

    @property
    def frame_cycles(self) -> int:
        """stream_cycles + render_cycles."""
        return self.stream_cycles + self.render_cycles

    def stage(self, name: str) -> StageModel:
        """The stage of that name."""
        return self.stages[STAGES.index(name)]

    @property
    def bytes(self) -> int:
        """Moved over the DRAM in the frame."""
        return self.dram["stream"].bytes + self.dram["render"].bytes

    @property
    def dram_energy_mj(self) -> float | None:
        """Sum of dram_energy, mJ."""
        return None if self.dram_energy is None else self.dram_energy.total_mj


def model_frame(
    counts: FrameCounts, config: ModelConfig, shared: SharedRuns | None = None
) -> FrameModel:
    """The frame; raises ValueError where the counts are of other bins or sub-tiles.

    span = max(front end alone, busiest of its stages, DRAM of all its bytes + ends)
    render = max(schedule of stages 6 and 7, DRAM)

    where `ends` are the front end's cycles before its first and behind its last Gaussian.

    The rendering begins when every list is complete. The memory is asked early enough: lists and
    splats of the next bin are fetched while one is drawn.

    Parameters
    ----------
    shared : of these counts, for several machines in turn: what they share is found once.
    """
    shape = (counts.bin_px, counts.subtile_px, counts.subtile_test)
    if shape != (config.bin_px, config.subtile_px, config.subtile_test):
        raise ValueError(f"counts of {shape} do not fit {config.name}: count again.")
    traffic = Traffic(counts, config)
    found = shared or SharedRuns()
    dram = found.of(traffic, config)
    dram_cycles = {
        name: math.ceil(run.time_ns * config.clock_mhz / 1e3) for name, run in dram.items()
    }
    alone = found.front_end(counts, traffic, config)
    # Before the first and behind the last Gaussian: four reads one after another, the pipeline.
    ends = alone.frame_cycles - (alone.last_members_cycle - alone.first_members_cycle)
    ends = ends if alone.last_members_cycle else 0
    drawn = render(counts, config)
    stream_works = (
        cluster_cull(counts, traffic),
        gaussian_fetch(counts, config),
        gaussian_project(alone.member_beats),
        color(counts, traffic, config),
        tile_bin(counts, traffic, config),
    )
    render_works = (depth_sort(counts, traffic, config), rasterize(drawn.core_cycles, traffic))

    def cycles(name: str, stages: int) -> int:
        """Of a span of the first stages."""
        busiest = max(work.busy_cycles for work in stream_works[:stages])
        return max(alone.frame_cycles, busiest, dram_cycles[name] + ends)

    stream_cycles = cycles("stream", 5)
    render_cycles = max(drawn.cycles, dram_cycles["render"])
    frame_cycles = stream_cycles + render_cycles
    peak = config.peak_bytes_per_cycle
    frame_ns = 1e3 * frame_cycles / config.clock_mhz
    return FrameModel(
        view=counts.view,
        stages=(
            *account(stream_works, stream_cycles, frame_cycles, peak),
            *account(render_works, render_cycles, frame_cycles, peak),
        ),
        front_end_cycles=alone.frame_cycles,
        front_end_color_cycles=cycles("front_end_color", 4),
        front_end_color_stored_cycles=cycles("front_end_color_stored", 4),
        stream_cycles=stream_cycles,
        render_cycles=render_cycles,
        steady_cycles=max(
            max(work.busy_cycles for work in stream_works),
            drawn.cycles,
            dram_cycles["stream"] + dram_cycles["render"],
        ),
        front_end=alone,
        core_balance=drawn.balance,
        dram=dram,
        dram_cycles=dram_cycles,
        dram_energy=energy_of_runs(config.memory, (dram["stream"], dram["render"]), frame_ns),
    )
