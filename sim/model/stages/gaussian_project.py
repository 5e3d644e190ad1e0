"""Stage 3, gaussian_project: its control clocked, its cycles where it runs alone, and its work."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from sim.model.clocked import FIFO, clock_fifo, registers
from sim.model.stage import Work

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

GAUSSIAN_PROJECT = registers(
    # Fixed: beats that may be under way, cycles that they are apart.
    *("depth", "apart"),
    # May one be taken; the next member; beats under way, a place that came free in the cycle
    # before; splats of the beat that is put into the queue, and whether one of none was dropped.
    *("ready", "member", "pending", "freed", "written", "dropped"),
    # Cycles until the next beat may be taken, but for the one in which the last one was.
    "left",
    # Places of the ring of beats in the queue.
    *("write_place", "read_place"),
    # Beats taken, cycles in which none could be, the cycles of the first and of the last.
    *("beats", "stalled", "first_members_cycle", "last_members_cycle"),
    queue=FIFO,
)

NOTHING = -1  # of a beat under way: there is none


@serial_kernel
def clock_gaussian_project(
    project: Any, line: Int64, beats: Int64, members: int, passed: bool, kept: Bool, cycle: int
) -> bool:
    """GaussianProject; whether it takes the beat offered.

    Parameters
    ----------
    project : GAUSSIAN_PROJECT.
    line : (cycles of Projection,) ring of beats under way: splats of each, or NOTHING.
    beats : ring of the beats that wait in the queue: splats of each, 1 or more.
    members : of the beat offered, 0 for none. passed : a beat of splats leaves.
    kept : (N,) of all members, those that become splats.
    """
    place = cycle % len(line)
    leaves = line[place]
    taken = (members != 0) & (project.ready != 0)
    line[place] = NOTHING
    if taken:
        splats = 0
        for n in range(members):
            splats += int(kept[project.member + n])
        line[place] = splats
        project.member += members
        if project.beats == 0:
            project.first_members_cycle = cycle
        project.last_members_cycle = cycle
        project.beats += 1
    project.stalled += 1 - project.ready
    if project.written:
        beats[project.write_place] = project.written
        project.write_place = (project.write_place + 1) % len(beats)
    clock_fifo(project.queue, project.written != 0, passed)
    if passed:
        project.read_place = (project.read_place + 1) % len(beats)
    is_apart = project.apart == 1 or (not taken and project.left <= 1)
    project.left = project.apart - 1 if taken else max(project.left - 1, 0)
    project.ready = int(project.pending < project.depth - 1 and is_apart)
    project.pending += int(taken) - project.dropped - project.freed
    project.freed = int(passed)
    project.written, project.dropped = max(leaves, 0), int(leaves == 0)
    return bool(taken)


def project_cycles(kept: Bool, latency_cycles: int, lanes: int) -> int:
    """Cycles of gaussian_project for members offered one a cycle and lane, nothing held back.

    Until it is not busy: a splat is taken `latency_cycles` after its member and counted
    QUIET_CYCLES later, and a member that is dropped is known to be so 2 cycles before it would be
    taken.

    Parameters
    ----------
    kept : (N,) bool, members that become splats; member i goes through lane i modulo lanes.
    latency_cycles : of GaussianProject.
    lanes : members a cycle.
    """
    places = np.flatnonzero(kept)
    last = (len(kept) - 1) // lanes + latency_cycles - 1 if len(kept) else 0
    taken = latency_cycles + 1 + GaussianProject.QUIET_CYCLES
    return max(last, int(places[-1]) // lanes + taken if len(places) else 0)


def gaussian_project(beats: int) -> Work:
    """Stage 3. Busy a cycle a beat of members, min(slots, lanes) of one cluster: the cycles in
    which the RTL's projection is not starved. Moves nothing over the memory."""
    return Work("gaussian_project", beats, 0, 0)
