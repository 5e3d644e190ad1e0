"""Stage 3, gaussian_project: its control clocked, its cycles where it runs alone, and its work."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from sim.model.clocked import registers
from sim.model.stage import Work

Bool = NDArray[np.bool_]

# GaussianProject, which takes every beat that it is offered.
GAUSSIAN_PROJECT = registers(
    # Fixed: from a beat taken until it is known to be done, with a splat in it and without.
    *("splat_cycles", "drop_cycles"),
    # The next member; the last cycle in which it is busy.
    *("member", "busy_until_cycle"),
    # Beats taken, the cycles of the first and of the last.
    *("beats", "first_members_cycle", "last_members_cycle"),
)


@serial_kernel
def clock_gaussian_project(project: Any, members: int, kept: Bool, cycle: int) -> None:
    """GaussianProject: a beat that is ready in `cycle` is taken in the next one.

    Parameters
    ----------
    project : GAUSSIAN_PROJECT.
    members : of the beat, 0 for none.
    kept : (N,) of all members, those that become splats.
    """
    if members == 0:
        return
    has_splat = kept[project.member] | kept[project.member + members - 1]
    busy_cycles = project.splat_cycles if has_splat else project.drop_cycles
    project.busy_until_cycle = max(project.busy_until_cycle, cycle + 1 + busy_cycles)
    project.member += members
    if project.beats == 0:
        project.first_members_cycle = cycle + 1
    project.last_members_cycle = cycle + 1
    project.beats += 1


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
