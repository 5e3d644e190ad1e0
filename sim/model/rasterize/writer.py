"""PictureWriter clocked: a finished bin's rows as runs of beats."""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.jit import serial_kernel
from hw.stages.rasterize.picture_writer import QUEUE_BEATS
from sim.model.clocked import registers, table

CLEAR, IDLE, ROWS, FLUSH = range(4)
MOST_CYCLES = 64  # of the rings of what is on its way, a power of two

WRITER = registers(
    # Fixed: pixels of a step, steps of a beat, beats with which no step is read; bytes of a beat;
    # cycles in which both buffers are emptied.
    *("px", "steps", "room_limit", "beat_bytes", "clear_cycles"),
    *("state", "cleared", "was_clear", "buffer", "row", "step", "is_room"),
    # The bin that is written: its address, columns and rows.
    *("address", "columns", "rows"),
    # Steps on their way; beats in the queue, its first place.
    *("converts", "level", "first"),
    # Fixed: cycles of a beat on its way. These: address, 2 + last, 0 for none; the queue: address,
    # last.
    "line_cycles",
    line=table(np.int64, MOST_CYCLES, 2),
    beats=table(np.int64, QUEUE_BEATS, 2),
)


@serial_kernel
def clock_writer(
    writer: Any,
    taken: bool,
    finished: bool,
    address: int,
    columns: int,
    rows: int,
    stride: int,
    cycle: int,
) -> int:
    """The buffer that is empty again, -1 for none.

    Parameters
    ----------
    writer : WRITER. taken : the first beat of its queue is.
    finished : the bin of the writer's buffer is. address, columns, rows : of that bin.
    """
    released = -1
    place = (cycle - writer.line_cycles) & (MOST_CYCLES - 1)
    # A step that has become a beat.
    arrives = writer.line[place, 1]
    writer.converts -= int(arrives != 0)
    pushes = arrives >= 2
    if pushes:
        at = (writer.first + writer.level) % QUEUE_BEATS
        writer.beats[at, 0], writer.beats[at, 1] = writer.line[place, 0], arrives - 2
    writer.line[place, 1] = 0
    is_room = writer.level < writer.room_limit
    writer.level += int(pushes) - int(taken)
    if taken:
        writer.first = (writer.first + 1) % QUEUE_BEATS
    writer.was_clear = int(writer.state == CLEAR)
    if writer.state == CLEAR:
        writer.cleared += 1
        if writer.cleared == writer.clear_cycles:
            writer.state = IDLE
    elif writer.state == IDLE:
        if finished:
            writer.state = ROWS
            writer.address, writer.columns, writer.rows = address, columns, rows
            writer.row = writer.step = 0
    elif writer.state == ROWS:
        if writer.is_room:
            step = writer.step
            ends_beat = (step + 1) % writer.steps == 0
            last_step = ends_beat & ((step + 1) * writer.px >= writer.columns)
            place = cycle & (MOST_CYCLES - 1)
            writer.line[place, 0] = writer.address + step // writer.steps * writer.beat_bytes
            writer.line[place, 1] = 2 + int(last_step) if ends_beat else 1
            writer.converts += 1
            writer.step += 1
            if last_step:
                writer.step = 0
                writer.row += 1
                writer.address += stride
                if writer.row == writer.rows:
                    writer.state = FLUSH
    else:
        released = writer.buffer
        writer.state = IDLE
        writer.buffer = 1 - writer.buffer
    writer.is_room = int(is_room)
    return released
