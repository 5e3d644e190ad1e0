"""ListControl, RenderControl and BinWalker clocked: lists, order and picture, one by one."""

from __future__ import annotations

from typing import Any

from golden.jit import serial_kernel
from sim.model.clocked import registers

# ListControl and then RenderControl, and BinWalker.
IDLE, BEGIN, LISTS, WRITTEN, DRAW, SORT, RENDER = range(7)
WALK_IDLE, WALK_PLACE, WALK_OFFER = range(3)

COURSE = registers("state", "settled", "rendered", "walk", "walk_left", "sort_cycle")


@serial_kernel
def clock_course(
    course: Any,
    start: bool,
    lists_done: bool,
    lists_drained: bool,
    drawing: bool,
    bin_taken: bool,
    bins: int,
    cycle: int,
) -> None:
    """ListControl, RenderControl and BinWalker.

    Parameters
    ----------
    course : COURSE. start : the frame's constants are in place.
    lists_done, lists_drained : of tile_bin and its writes. drawing : depth_sort or rasterize is
        busy, or the picture not drained. bin_taken : the bin offered is. bins : of the frame.
    """
    sorts = course.state == SORT
    walks = course.walk != WALK_IDLE
    if course.state == IDLE:
        if start:
            course.state, course.rendered = BEGIN, 0
    elif course.state == BEGIN:
        course.state = LISTS
    elif course.state == LISTS:
        if lists_done:
            course.state = WRITTEN
    elif course.state == WRITTEN:
        if lists_drained:
            course.state, course.settled = DRAW, 0
    elif course.state == DRAW:
        course.state = SORT
    elif sorts:
        course.state, course.sort_cycle = RENDER, cycle
    else:
        if (course.settled != 0) & (not drawing) & (not walks):
            course.state, course.rendered = IDLE, 1
        course.settled = 1
    if course.walk == WALK_IDLE:
        if sorts:
            course.walk, course.walk_left = WALK_PLACE, bins
    elif course.walk == WALK_PLACE:
        course.walk = WALK_OFFER
    elif bin_taken:
        course.walk_left -= 1
        course.walk = WALK_PLACE if course.walk_left else WALK_IDLE
