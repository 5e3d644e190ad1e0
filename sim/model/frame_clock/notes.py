"""What is taken down of a frame while it is clocked: bursts of the bus, and how far stages are."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Int64 = NDArray[np.int64]

# Totals of a moment, up to its cycle: balls tested; beats of Gaussians that came from memory, that
# went into the projection; splats coloured; entries of lists made, put in order; cycles of engines
# that work; beats read and written on the bus.
TOTALS = (
    *("balls", "fetched_beats", "projected_beats", "colored_splats", "list_entries"),
    *("sorted_entries", "engine_cycles", "read_beats", "written_beats"),
)


class Notes(NamedTuple):
    """Arrays that a clock fills.

    Members
    -------
    bursts : (R, 3) address, beats, is written: of the first R on the bus of a DRAM.
    moments : (M, 1 + TOTALS) cycle and totals: of the first M moments, so many cycles apart.
    apart_cycles : 1 or more.
    """

    bursts: Int64
    moments: Int64
    apart_cycles: int


def no_notes() -> Notes:
    """Nothing is taken down."""
    return of_bursts(np.zeros((0, 3), np.int64))


def of_bursts(bursts: Int64) -> Notes:
    """Bursts alone are."""
    return Notes(bursts, np.zeros((0, 1 + len(TOTALS)), np.int64), 1)


def of_moments(count: int, apart_cycles: int) -> Notes:
    """So many moments are, so far apart."""
    moments = np.zeros((count, 1 + len(TOTALS)), np.int64)
    return Notes(np.zeros((0, 3), np.int64), moments, apart_cycles)


@serial_kernel
def note_burst(frame: Any, bursts: Int64, address: int, beats: int, written: int) -> None:
    """Takes down a burst whose address is taken, where there is room."""
    if beats != 0 and frame.noted < len(bursts):
        row = bursts[frame.noted]
        row[0], row[1], row[2] = address, beats, written
        frame.noted += 1


@serial_kernel
def note_moment(frame: Any, raster: Any, notes: Notes, fetched: int, ordered: int) -> None:
    """Takes down the totals of a moment, or of the end after the last one, where there is room.

    Parameters
    ----------
    frame, raster : FRAME, RASTER. fetched, ordered : beats of Gaussians from memory, entries that
        rasterize took.
    """
    number = -(-frame.cycle // notes.apart_cycles)
    if number >= len(notes.moments):
        return
    row, cull = notes.moments[number], frame.front.cull
    works = 0
    for engine in range(raster.engine_count):
        works += raster.engines[engine].works
    row[0] = frame.cycle
    row[1], row[2], row[3] = cull.group + cull.cluster, fetched, frame.project.beats
    row[4], row[5], row[6] = frame.color.passed, frame.lists.entries, ordered
    row[7], row[8], row[9] = works, frame.bus.beats, frame.writes.beats
