"""Exact cycles of tile_bin for a frame, from the bins of its splats: control, no data."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.params import Parameters
from golden.stages.tile_bin.constants import CHUNK_ENTRIES, TileBinConstants
from golden.stages.tile_bin.integer import bin_rects
from hw.stages.tile_bin.chunk_store import QUEUE_RECORDS
from hw.stages.tile_bin.layouts import CHUNK_RECORDS
from hw.stages.tile_bin.splat_encoder import SplatEncoder
from hw.unused import unused_components

Int64 = NDArray[np.int64]

# What ListFiller and PageTable do.
COUNT, CLEAR, FILL, READ, WAIT, LOOK, NEXT, REFUSE, REST = range(9)
TABLE_WAIT, TABLE_READ, TABLE_TAKE, TABLE_OFFER = range(4)


@cache
def encode_stages(params: Parameters) -> tuple[int, int]:
    """Cycles from a splat taken to its entry written to the queue, and that queue's places."""
    with unused_components():
        encoder = SplatEncoder(params)
        found = encoder.latency_cycles - 2, encoder.queue_depth
        del encoder
    return found


def tile_bin_cycles(
    splats: NDArray[np.void], constants: TileBinConstants, params: Parameters
) -> int:
    """Cycles of the RTL from its start until done, a splat offered and a beat taken every cycle.

    For data_bits of 256, where a record is a beat.

    Parameters
    ----------
    splats : (N,) SPLAT_DTYPE; only their tiles count.
    """
    rects = bin_rects(splats, constants, params).astype(np.int64)
    stages, places = encode_stages(params)
    return int(_simulate(rects, constants.across, constants.down, params.max_bins, stages, places))


@serial_kernel
def _clock_fifo(fifos: Int64, n: int, write: bool, read: bool) -> None:
    """A SyncFIFOBuffered: entries in its memory, and an output that it refills."""
    refill = fifos[n, 0] > 0 and (read or fifos[n, 1] == 0)
    fifos[n, 0] += int(write) - int(refill)
    if refill:
        fifos[n, 1] = 1
    elif read:
        fifos[n, 1] = 0


@serial_kernel
def _simulate(rects: Int64, across: int, down: int, max_bins: int, stages: int, places: int) -> int:
    count = len(rects)
    bins = across * down
    length = np.zeros(max(bins, 1), np.int64)
    fifos = np.zeros((3, 2), np.int64)  # entries, jobs, records: in the memory, at the output
    none = (rects[:, 2] <= rects[:, 0]) | (rects[:, 3] <= rects[:, 1])
    shown = np.flatnonzero(~none)  # splats that become entries, in order
    taken_at = np.full(stages, -1, np.int64)  # splat by the cycle in which it was taken
    # Encoder.
    ready, pending, freed, idle, next_splat = True, 0, 0, True, 0
    # Expander: the entry that it shows, its bin's column and row.
    expands, entry, column, row, next_entry = False, 0, 0, 0, 0
    # Filler.
    state, rows, total, number = COUNT, 0, 0, 0
    valid = np.zeros(3, np.bool_)
    bin_of = np.zeros(3, np.int64)
    fills = False
    # Store.
    left, raw, arrives, room, has_room, record_gone = 0, False, False, QUEUE_RECORDS, True, 0
    chunk_records = np.zeros(64, np.int64)  # of the chunks that are under way, a ring
    chunks_in = chunks_out = 0
    # Table and writer.
    table, place_shown, written = TABLE_WAIT, False, 0
    finished = False
    cycle = 0
    while True:
        under_way = chunks_in - chunks_out
        # The writer takes a record where it knows its place.
        moves = place_shown and fifos[2, 1] == 1
        is_last = moves and written == chunk_records[chunks_out % 64] - 1
        # The store and the filler.
        store_ready = has_room and left == 0
        full = valid[2] and fills
        move = not full or store_ready
        takes = state == FILL and move
        taken = expands and takes
        expander_ready = state == REFUSE or takes
        last_bin = expands and column == rects[entry, 2] - 1 and row == rects[entry, 3] - 1
        loads = not expands or (expander_ready and last_bin)
        slots = length[number] % CHUNK_ENTRIES if state == LOOK else 0
        flushes = state == LOOK and slots != 0 and store_ready
        start = (full and store_ready) or flushes
        job_records = (slots + 1) // 2 if flushes else CHUNK_RECORDS
        still = idle and next_splat == count and not (valid.any() or expands)
        quiet = finished and under_way == 0 and not start
        # The encoder.
        splat_taken = ready and next_splat < count
        arrived = taken_at[cycle % stages]
        arrived_some = arrived >= 0 and not none[arrived]
        arrived_none = arrived >= 0 and none[arrived]
        entry_taken = loads and fifos[0, 1] == 1
        # Clock: table.
        job_taken = table == TABLE_WAIT and fifos[1, 1] == 1
        offers = table == TABLE_OFFER and (not place_shown or is_last)
        if is_last:
            place_shown = False
        if table == TABLE_WAIT:
            if job_taken:
                table = TABLE_READ
        elif table == TABLE_READ:
            table = TABLE_TAKE
        elif table == TABLE_TAKE:
            table = TABLE_OFFER
        elif offers:
            place_shown = True
            table = TABLE_WAIT
        if moves:
            written = 0 if is_last else written + 1
        chunks_out += int(is_last)
        # Store.
        _clock_fifo(fifos, 1, start, job_taken)
        _clock_fifo(fifos, 2, arrives, moves)
        after = room - (job_records if start else 0) + record_gone
        has_room = after >= CHUNK_RECORDS
        room = after
        record_gone = int(moves)
        arrives, raw = raw, start or left > 0
        if start:
            chunk_records[chunks_in % 64] = job_records
            chunks_in += 1
            left = job_records - 1
        elif left > 0:
            left -= 1
        # Filler.
        if move:
            fills = False
            if valid[1]:
                length[bin_of[1]] += 1
                fills = length[bin_of[1]] % CHUNK_ENTRIES == 0
            valid[2], bin_of[2] = valid[1], bin_of[1]
            valid[1], bin_of[1] = valid[0], bin_of[0]
            valid[0] = taken
            if taken:
                bin_of[0] = row * across + column
        if state == COUNT:
            if total > max_bins or (rows == down and total == 0):
                state = REFUSE
            elif rows == down:
                state = CLEAR
            else:
                total += across
                rows += 1
        elif state == CLEAR:
            number += 1
            if number == total:
                state = FILL
        elif state == FILL:
            if still:
                number = 0
                state = READ
        elif state == READ:
            state = WAIT
        elif state == WAIT:
            state = LOOK
        elif state == LOOK:
            if slots == 0 or store_ready:
                number += 1
                state = NEXT
        elif state == NEXT:
            state = READ
            if number == total:
                finished = True
                state = REST
        elif state == REFUSE and idle and next_splat == count:
            finished = True
            state = REST
        # Expander.
        if loads:
            expands = entry_taken
            if entry_taken:
                entry = shown[next_entry]
                next_entry += 1
                column, row = rects[entry, 0], rects[entry, 1]
        elif expander_ready:
            column += 1
            if column == rects[entry, 2]:
                column = rects[entry, 0]
                row += 1
        # Encoder.
        _clock_fifo(fifos, 0, arrived_some, entry_taken)
        ready = pending < places - 1
        pending = pending + int(splat_taken) - int(arrived_none) - freed
        idle = pending == 0
        freed = int(entry_taken)
        taken_at[cycle % stages] = next_splat if splat_taken else -1
        next_splat += int(splat_taken)
        cycle += 1
        if quiet:
            return cycle
