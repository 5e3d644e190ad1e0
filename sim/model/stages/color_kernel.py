"""color clocked: splats one after another, their records asked for in runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import FIFO, REGISTER, clock_fifo, clock_register, registers

Int64 = NDArray[np.int64]

COLOR = registers(
    # Fixed: cycles of a splat, splats that may be under way, records of the longest run, cycles of
    # the wait for another index.
    *("apart", "depth", "longest", "wait_cycles"),
    # SplatSerializer: splats of a beat that are still to go.
    "serial",
    # Splats under way, a place that came free, may one be taken; cycles until it is apart.
    *("pending", "freed", "is_open", "taken_wait", "begun_wait"),
    # IndexRuns: the index that came, does it follow; the run that grows; the one that is offered.
    *("next_index", "came", "came_index", "follows", "following"),
    *("grows", "run_base", "run_count", "left", "waited", "is_old"),
    *("offered", "offered_base", "offered_count"),
    # Counters: runs asked for, cycles in which no splat could be taken, splats passed on.
    *("runs", "stalled", "passed"),
    splats=FIFO,
    directions=FIFO,
    colors=FIFO,
    indices=REGISTER,
)


@serial_kernel
def color_ready(color: Any) -> bool:
    """Whether a splat that is offered is taken."""
    return bool((color.is_open != 0) & (color.taken_wait == 0) & (color.indices.held == 0))


@serial_kernel
def color_valid(color: Any) -> bool:
    """Whether a splat with its colour is offered."""
    return bool((color.colors.valid != 0) & (color.splats.valid != 0))


@serial_kernel
def record_ready(color: Any) -> bool:
    """Whether a colour record that is offered is taken."""
    return bool((color.directions.valid != 0) & (color.begun_wait == 0))


@serial_kernel
def clock_color(
    color: Any,
    directions: Int64,
    shades: Int64,
    index: Int64,
    beat: int,
    record: bool,
    requested: bool,
    passed: bool,
    cycle: int,
) -> None:
    """Color and the serializer before it.

    Parameters
    ----------
    color : COLOR.
    directions, shades : rings of what is under way: from a splat taken to its direction written,
        from a record taken to its colour written.
    index : (S,) of the splats.
    beat : splats of the beat that the serializer takes, 0 for none; only where it may.
    record : one is offered. requested : the run offered is. passed : a splat leaves.
    """
    offers, ready = color.serial != 0, color_ready(color)
    taken = offers & ready
    begins = record & record_ready(color)
    color.runs += int(requested)
    color.stalled += int(not ready)
    # The runs.
    came = color.came != 0
    grows = color.grows != 0
    moved = (color.offered == 0) | requested
    full = color.left == 0
    merge = came & grows & (color.follows != 0) & (not full)
    start = came & (not merge) & ((not grows) | moved)
    move = grows & moved & (not merge) & (came | (color.is_old != 0) | full)
    index_ready = (not came) | merge | start
    index_valid = color.indices.valid != 0
    if requested:
        color.offered = 0
    if move:
        color.offered, color.offered_base, color.offered_count = (
            1,
            color.run_base,
            color.run_count,
        )
    old = grows & (not move) & (not merge) & (not start) & (color.waited >= color.wait_cycles - 1)
    color.is_old = int(old)
    if merge | start:
        color.waited = 0
    elif color.waited != color.wait_cycles:
        color.waited += 1
    color.grows = int((grows & (not move)) | start)
    if merge:
        color.run_count += 1
        color.left -= 1
    if start:
        color.run_base, color.run_count = color.came_index, 1
        color.left = color.longest - 1 - color.came_index % color.longest
    if index_ready:
        color.came = int(index_valid)
        if index_valid:
            color.came_index = index[color.next_index]
            color.follows = int(color.came_index == color.following)
            color.following = color.came_index + 1
            color.next_index += 1
    clock_register(color.indices, taken, index_valid & index_ready)
    # Directions and colours.
    place = cycle % len(directions)
    direction = directions[place] != 0
    directions[place] = int(taken)
    place = cycle % len(shades)
    shade = shades[place] != 0
    shades[place] = int(begins)
    clock_fifo(color.directions, direction, begins)
    clock_fifo(color.colors, shade, passed)
    clock_fifo(color.splats, taken, passed)
    color.begun_wait = color.apart - 1 if begins else max(color.begun_wait - 1, 0)
    color.taken_wait = color.apart - 1 if taken else max(color.taken_wait - 1, 0)
    # Splats under way.
    color.is_open = int(color.pending < color.depth - 1)
    color.pending += int(taken) - color.freed
    color.freed = int(passed)
    color.passed += int(passed)
    # The serializer.
    if color.serial == 0 or (taken and color.serial == 1):
        color.serial = beat
    elif taken:
        color.serial -= 1
