"""Cycles of a frame of the whole front end, from what it will find: no data, only control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.errors import InputError
from golden.params import Parameters
from sim.model.front_end.bus import BURST
from sim.model.front_end.hardware import idle_blocks
from sim.model.front_end.kernel import Found, simulate
from sim.model.memory import MemoryModel
from sim.model.outcome import FrameOutcome

# FINISH of FrameControl: a beat is put out, is taken, and is known to be taken.
FINISH_CYCLES = 3


@dataclass(frozen=True)
class FrontEndTiming:
    """Where the cycles of a frame go, under the names of hw.host.register_map.frame_counters.

    Parameters
    ----------
    frame_cycles : = bus_beats + bus_wait_cycles + bus_idle_cycles.
    bus_beats : data beats.
    bus_bursts : bursts.
    bus_wait_cycles : without a beat, data outstanding.
    bus_idle_cycles : without a beat, nothing outstanding.
    project_starved_cycles : = frame_cycles - 1 - beats of members; the 1 is that of the reset.
    first_members_cycle : of the frame, in which the projection takes its first beat of members; 0
        where there is none. What lies before it is the latency of the four reads of which each
        needs the one before.
    last_members_cycle : the same of the last beat. Between them the bus or the lanes limit; behind
        the last, the projection runs empty.
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
    def member_beats(self) -> int:
        """Beats of members that the projection takes."""
        return self.frame_cycles - 1 - self.project_starved_cycles

    @property
    def bus_utilisation(self) -> float:
        """bus_beats / frame_cycles."""
        return self.bus_beats / self.frame_cycles


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
    blocks, clients, test_cycles = idle_blocks(params)
    blocks, clients = blocks.copy(), clients.copy()
    control, bus, project = (blocks[0][name] for name in ("control", "bus", "project"))
    control["to_request"] = control["to_take"] = len(outcome.group_visible)
    bus["latency_cycles"], bus["busy_256"] = memory.latency_cycles, memory.busy_256
    bus["random"] = np.uint64(memory.seed).astype(np.int64)
    rooms = clients["splitter"]["room"]
    simulate(
        blocks,
        clients,
        np.zeros(params.outstanding_bursts + 2, BURST),
        np.zeros(test_cycles, np.int64),
        np.zeros((len(clients), rooms.max() + 1), np.int64),
        _found(outcome),
    )
    # The cycle in which all is quiet is one of the frame too; then it is finished.
    cycles = int(control["cycle"]) + 1 + FINISH_CYCLES
    if outcome.splats >= params.lanes and outcome.splats % params.lanes:
        cycles += 1
    beats, waits = int(bus["beats"]), int(bus["wait_cycles"])
    return FrontEndTiming(
        frame_cycles=cycles,
        bus_beats=beats,
        bus_bursts=int(bus["bursts"]),
        bus_wait_cycles=waits,
        bus_idle_cycles=cycles - beats - waits,
        project_starved_cycles=cycles - 1 - int(project["beats"]),
        first_members_cycle=int(project["first_members_cycle"]),
        last_members_cycle=int(project["last_members_cycle"]),
    )


def _found(outcome: FrameOutcome) -> Found:
    """The outcome as the kernel takes it: runs of what is visible, and a row of nothing, which is
    looked at where nothing waits."""
    group_runs, cluster_runs = (
        np.concatenate([runs[mask], np.zeros((1, 2), np.int64)])
        for runs, mask in (
            (outcome.group_runs, outcome.group_visible),
            (outcome.cluster_runs, outcome.cluster_visible),
        )
    )
    return Found(
        group_visible=np.array(outcome.group_visible),
        group_runs=group_runs,
        cluster_visible=np.array(outcome.cluster_visible),
        cluster_runs=cluster_runs,
        kept=np.array(outcome.kept),
    )
