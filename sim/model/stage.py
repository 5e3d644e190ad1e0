"""One stage of a frame: where its cycles and bytes go."""

from __future__ import annotations

from dataclasses import dataclass

FRONT_END = ("cluster_cull", "gaussian_fetch", "gaussian_project")
STREAM = (*FRONT_END, "color", "tile_bin")
RENDER = ("depth_sort", "rasterize")
STAGES = (*STREAM, *RENDER)


@dataclass(frozen=True)
class Work:
    """What a stage needs when nothing holds it up.

    Parameters
    ----------
    name : of STAGES.
    busy_cycles : of its units.
    read_bytes, written_bytes : from and to the DRAM.
    """

    name: str
    busy_cycles: int
    read_bytes: int
    written_bytes: int


@dataclass(frozen=True)
class StageModel:
    """One stage in one frame; busy, stalls and idle cycles add up to the frame's exactly.

    Parameters
    ----------
    name : of STAGES.
    busy_cycles : its units work.
    dram_stall_cycles : its phase waits for the memory.
    upstream_stall_cycles, downstream_stall_cycles : it waits for an earlier, for a later stage of
        its phase.
    idle_cycles : the other phase of the frame.
    read_bytes, written_bytes : from and to the DRAM.
    phase_cycles : of its phase.
    peak_bytes_per_cycle : of the DRAM.
    """

    name: str
    busy_cycles: int
    dram_stall_cycles: int
    upstream_stall_cycles: int
    downstream_stall_cycles: int
    idle_cycles: int
    read_bytes: int
    written_bytes: int
    phase_cycles: int
    peak_bytes_per_cycle: float

    @property
    def cycles(self) -> int:
        """Sum of all: frame_cycles."""
        stalls = self.dram_stall_cycles + self.upstream_stall_cycles + self.downstream_stall_cycles
        return self.busy_cycles + stalls + self.idle_cycles

    @property
    def achieved_bytes_per_cycle(self) -> float:
        """Its own bytes over its phase."""
        return (self.read_bytes + self.written_bytes) / self.phase_cycles

    @property
    def bandwidth_share(self) -> float:
        """achieved / peak."""
        return self.achieved_bytes_per_cycle / self.peak_bytes_per_cycle


def account(
    works: tuple[Work, ...], phase_cycles: int, frame_cycles: int, peak_bytes_per_cycle: float
) -> tuple[StageModel, ...]:
    """Stages of one phase. Up to the slowest stage's busy cycles each waits for that stage,
    upstream where it is an earlier one; what the phase takes beyond them is the memory's."""
    slowest = max(range(len(works)), key=lambda n: works[n].busy_cycles)
    bound = works[slowest].busy_cycles
    return tuple(
        StageModel(
            name=work.name,
            busy_cycles=work.busy_cycles,
            dram_stall_cycles=phase_cycles - bound,
            upstream_stall_cycles=bound - work.busy_cycles if n > slowest else 0,
            downstream_stall_cycles=bound - work.busy_cycles if n < slowest else 0,
            idle_cycles=frame_cycles - phase_cycles,
            read_bytes=work.read_bytes,
            written_bytes=work.written_bytes,
            phase_cycles=phase_cycles,
            peak_bytes_per_cycle=peak_bytes_per_cycle,
        )
        for n, work in enumerate(works)
    )
