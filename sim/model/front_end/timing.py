"""Cycles of a frame of the whole front end, from what it will find: no data, only control."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from golden.params import Parameters
from sim.model.frame_clock.timing import FrameClock, stream_clock
from sim.model.memory import MemoryModel
from sim.model.outcome import FrameOutcome


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

    sim.model.frame_clock clocks the control of each part, with its queues and priorities:

    - the header's 5 records are read, then checked in HEADER_CYCLES; then the groups are asked for;
    - a ball every cull_cycles is tested, clusters before groups, and a visible one leaves
      ClusterCull.latency_cycles later; at most ClusterCull.runs groups and `places` clusters are
      under way or wait;
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
    return timing_of(front_end_clock(outcome, params, memory))


def front_end_clock(outcome: FrameOutcome, params: Parameters, memory: MemoryModel) -> FrameClock:
    """The same frame, clocked."""
    return stream_clock(outcome, replace(params, color_cycles=0, raster_lanes=0), memory)


def timing_of(clock: FrameClock) -> FrontEndTiming:
    """Its counters."""
    project = clock.frame[0]["project"]
    names = (field.name for field in fields(FrontEndTiming))
    counters = {name: clock.counters[name] for name in names if name in clock.counters}
    return FrontEndTiming(
        **counters,
        first_members_cycle=int(project["first_members_cycle"]),
        last_members_cycle=int(project["last_members_cycle"]),
    )
