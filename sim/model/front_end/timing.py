"""Cycles of a frame of the whole front end, from what it will find: no data, only control."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.pack import Pack
from golden.params import Parameters
from golden.records import RECORD_BYTES
from golden.stages.cluster_cull.result import LevelsResult
from hw.accelerator import QUEUE_BEATS
from hw.bus.burst_splitter import PAGE_BYTES, BurstSplitter
from hw.bus.read_queue import ReadQueue
from hw.frame.front_control import GROUP_RUN
from hw.frame.header_check import HEADER_RECORDS, TABLES
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.gaussian_fetch.gaussian_fetch import CLUSTERS_AHEAD, CLUSTERS_WAITING
from hw.stages.gaussian_fetch.run_merger import LONG_RUN_RECORDS
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.unused import unused_components
from sim.model.front_end.kernel import simulate
from sim.model.front_end.state import CLIENT, COUNTS, FIFO, HARDWARE, REGISTER, STATE
from sim.rtl.accelerator_harness import MemoryModel

Bool = NDArray[np.bool_]

# A queue's memory and output, without the register that ReadQueue puts behind them.
FIFO_CYCLES = ReadQueue.LATENCY_CYCLES - 1
# From the last record of the header to the groups: HeaderCheck's, and to know that it is done.
HEADER_CYCLES = 1 + 1 + 2 * len(TABLES)
# FINISH of FrameControl: a beat is put out, is taken, and is known to be taken.
FINISH_CYCLES = 3


@dataclass(frozen=True, eq=False)
class FrameOutcome:
    """What the stages find in a frame, in the order in which the hardware does.

    Parameters
    ----------
    group_visible : (G,) bool. group_runs : (G, 2) first cluster, and clusters, 1 or more.
    cluster_visible : (T,) bool, of the clusters of visible groups.
    cluster_runs : (T, 2) first Gaussian, and Gaussians, 1 or more, of the same.
    kept : (N,) bool, of the Gaussians of visible clusters, those that become splats.

    Raises InputError where the lengths contradict each other or a run holds nothing.
    """

    group_visible: Bool
    group_runs: NDArray[np.int64]
    cluster_visible: Bool
    cluster_runs: NDArray[np.int64]
    kept: Bool

    def __post_init__(self) -> None:
        for name, mask, runs in (
            ("group", self.group_visible, self.group_runs),
            ("cluster", self.cluster_visible, self.cluster_runs),
        ):
            if runs.shape != (len(mask), 2) or (runs < [0, 1]).any():
                raise InputError(
                    f"{name}_runs of a frame are no {len(mask)} pairs of a base and a count of 1 "
                    "or more: take them from the pack's table."
                )
        clusters = int(self.group_runs[self.group_visible, 1].sum())
        members = int(self.cluster_runs[self.cluster_visible, 1].sum())
        found = (len(self.cluster_visible), len(self.kept))
        if len(self.group_visible) == 0 or found != (clusters, members):
            raise InputError(
                f"a frame of {len(self.group_visible)} groups tests {found[0]} clusters and "
                f"projects {found[1]} Gaussians where its tables say {clusters} and {members}: "
                "take all of them from one frame."
            )

    @property
    def splats(self) -> int:
        """Gaussians kept."""
        return int(self.kept.sum())


@dataclass(frozen=True)
class FrontEndTiming:
    """Where the cycles of a frame go, under the names of hw.host.register_map.COUNTERS.

    Parameters
    ----------
    frame_cycles : = bus_beats + bus_wait_cycles + bus_idle_cycles.
    bus_beats, bus_bursts : data beats, bursts.
    bus_wait_cycles, bus_idle_cycles : without a beat, with and without data outstanding.
    project_starved_cycles : = frame_cycles - 1 - beats of members; the 1 is that of the reset.
    first_members_cycle, last_members_cycle : of the frame, in which the projection takes its first
        and last beat of members; 0 where there is none. What lies before the first is the latency
        of the four reads of which each needs the one before; between them, the bus or the lanes
        limit; behind the last, the projection runs empty.
    """

    frame_cycles: int
    bus_beats: int
    bus_bursts: int
    bus_wait_cycles: int
    bus_idle_cycles: int
    project_starved_cycles: int
    first_members_cycle: int
    last_members_cycle: int

    @property
    def bus_utilisation(self) -> float:
        """bus_beats / frame_cycles."""
        return self.bus_beats / self.frame_cycles


def frame_outcome(pack: Pack, levels: LevelsResult, kept: Bool) -> FrameOutcome:
    """The outcome of a frame as the integer models have it.

    Parameters
    ----------
    levels : of golden.stages.cluster_cull.integer.cluster_cull.
    kept : (N,) of golden.stages.gaussian_project.integer.ProjectedMembers.
    """

    def runs(table: NDArray[np.void]) -> NDArray[np.int64]:
        return np.stack([table["base"], table["count"]], axis=1).astype(np.int64)

    return FrameOutcome(
        group_visible=levels.group_visible,
        group_runs=runs(pack.groups),
        cluster_visible=levels.visible[levels.tested],
        cluster_runs=runs(pack.clusters[levels.tested]),
        kept=kept,
    )


def front_end_timing(
    outcome: FrameOutcome, params: Parameters, memory: MemoryModel
) -> FrontEndTiming:
    """The accelerator's counters of a frame, every splat taken at once.

    sim.model.front_end.kernel clocks the control of each part, with its queues and priorities:

    - the header's 5 records are read, then checked in HEADER_CYCLES; then the groups are asked for;
    - a ball a cycle is tested, clusters before groups, and a visible one leaves
      ClusterCull.latency_cycles later; at most ClusterCull.REQUESTS groups and `places` clusters
      are under way or wait;
    - a visible group is a run of clusters to read; at most CLUSTERS_WAITING visible clusters wait,
      are joined to longer runs while the reader is busy, and at most CLUSTERS_AHEAD of them are
      asked for and wait for their Gaussians;
    - a run is cut into bursts of min(burst_beats, its end, the page's end); a client's burst waits
      for room in its queue of QUEUE_BEATS, and header and groups, clusters, geometry go in this
      order, at most every other cycle and outstanding_bursts at a time;
    - the memory answers in order, a beat a cycle, the first latency_cycles after its address; a
      beat is offered to its stage SLOT_CYCLES later;
    - min(slots, lanes) Gaussians of one cluster are projected a cycle; their splats are out
      GaussianProject.latency_cycles later;
    - frame_cycles = the cycles until all that is empty + FINISH_CYCLES (+ 1, where splats fill
      beats and some are left over).

    Parameters
    ----------
    params : of the hardware.
    memory : latency_cycles, and busy_256 with the seed of a harness that runs its first frame.

    Raises InputError where the memory fails or stalls addresses or splats: that is not modelled.
    """
    if memory.address_stall_256 or memory.output_stall_256 or memory.fail_beat:
        raise InputError(
            "the model of the front end knows no stalled addresses or splats and no errors: set "
            "address_stall_256, output_stall_256 and fail_beat to 0."
        )
    if memory.latency_cycles < 1:
        raise InputError("a memory without latency answers before it is asked: set 1 cycle.")
    hardware, clients = (array.copy() for array in _hardware(params))
    hardware["latency_cycles"], hardware["busy_256"] = memory.latency_cycles, memory.busy_256
    state, counts = np.zeros(1, STATE), np.zeros(1, COUNTS)
    state["random"] = np.uint64(memory.seed).astype(np.int64)
    state["to_ask"] = state["to_take"] = len(outcome.group_visible)
    state["has_room"] = state["has_place"] = 1
    # One row more, of nothing: what is looked at where nothing waits.
    group_runs, cluster_runs = (
        np.concatenate([runs[mask], np.zeros((1, 2), np.int64)])
        for runs, mask in (
            (outcome.group_runs, outcome.group_visible),
            (outcome.cluster_runs, outcome.cluster_visible),
        )
    )
    simulate(
        hardware,
        clients,
        np.zeros(len(QUEUE_BEATS) + 4, FIFO),
        np.zeros(3, REGISTER),
        state,
        counts,
        np.zeros((len(QUEUE_BEATS), max(QUEUE_BEATS) + 1), np.int64),
        np.array(outcome.group_visible),
        group_runs,
        np.array(outcome.cluster_visible),
        cluster_runs,
        np.array(outcome.kept),
    )
    found = {name: int(counts[name][0]) for name in COUNTS.names or ()}
    finish = FINISH_CYCLES
    if outcome.splats >= params.lanes and outcome.splats % params.lanes:
        finish += 1
    member_beats = found.pop("member_beats")
    found["frame_cycles"] += finish
    found["bus_idle_cycles"] = found["frame_cycles"] - found["bus_beats"] - found["bus_wait_cycles"]
    return FrontEndTiming(project_starved_cycles=found["frame_cycles"] - 1 - member_beats, **found)


@cache
def _hardware(params: Parameters) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """HARDWARE and CLIENT of an accelerator out of its frame's reset."""
    slot_bits = 8 * RECORD_BYTES
    slots, entry_beats = (
        max(1, params.data_bits // slot_bits),
        max(1, slot_bits // params.data_bits),
    )
    with unused_components():
        project_cycles = GaussianProject(params).latency_cycles + GaussianProject.QUIET_CYCLES
        cull = ClusterCull(params)
        places, test_cycles = cull.places, cull.test_cycles
        del cull  # it shall go, and amaranth's warning with it, while warnings are ignored
        burst_entries = [BurstSplitter(params, depth).burst_entries for depth in QUEUE_BEATS]
    hardware, clients = np.zeros(1, HARDWARE), np.zeros(len(QUEUE_BEATS), CLIENT)
    for name, value in {
        "lanes": params.lanes,
        "slots": slots,
        "entry_beats": entry_beats,
        "page_entries": PAGE_BYTES // (RECORD_BYTES * slots),
        "outstanding_bursts": params.outstanding_bursts,
        "header_records": HEADER_RECORDS,
        "header_cycles": HEADER_CYCLES,
        "group_run": GROUP_RUN,
        "requests": ClusterCull.REQUESTS,
        "places": places,
        "test_cycles": test_cycles,
        "clusters_ahead": CLUSTERS_AHEAD,
        "clusters_waiting": CLUSTERS_WAITING,
        "long_run": LONG_RUN_RECORDS,
        "splat_cycles": project_cycles,
        "drop_cycles": project_cycles - FIFO_CYCLES - GaussianProject.QUIET_CYCLES,
    }.items():
        hardware[name] = value
    clients["room"], clients["burst_entries"] = QUEUE_BEATS, burst_entries
    return hardware, clients
