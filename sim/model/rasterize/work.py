"""What each entry asks of each engine of rasterize, and what becomes of its pixels: no clock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.params import Parameters
from golden.stages.rasterize.arrangement import LANES_PER_ENGINE, Arrangement
from golden.stages.rasterize.blend import (
    OUTSIDE,
    Widths,
    alpha_of,
    squared,
    weight_of,
    widths_of,
)
from golden.stages.rasterize.constants import RasterizeConstants
from golden.stages.rasterize.entry_steps import SWAP, Steps, Tables, steps_of, tables_of
from golden.stages.rasterize.formats import TRANSMITTANCE_BITS, TRANSMITTANCE_MIN, RasterFormats
from golden.stages.rasterize.integer import bins_of_picture
from golden.stages.rasterize.lines import quad_span

Int64 = NDArray[np.int64]
# What becomes of a lane of a quad, in the order of the counters.
BLENDED, ENDED, OUTSIDE_LANE, DONE, BEYOND = range(5)
NEVER = 1 << 40  # an entry that ends no quad


class QuadTables(NamedTuple):
    """Where the quads of a bin are; q = y side + x, and a slot is 2 group + swap.

    Members
    -------
    side, lines : quads of a bin's side, lines of a group.
    engine : (side^2,) of quad q. slot, bit : (2, side^2) by swap: its slot, its bit of a mask.
    quad : (engines, slots, 64) q of each bit; -1 where there is none.
    """

    side: int
    lines: int
    engine: Int64
    slot: Int64
    bit: Int64
    quad: Int64


@cache
def quad_tables(params: Parameters) -> QuadTables:
    """QuadTables of golden.stages.rasterize.arrangement."""
    arrangement = Arrangement(params)
    side, lines, slots = arrangement.side, arrangement.lines, 2 * arrangement.groups
    engine = np.zeros(side * side, np.int64)
    slot, bit = np.zeros((2, side * side), np.int64), np.zeros((2, side * side), np.int64)
    quad = np.full((arrangement.engines, slots, 64), -1, np.int64)
    for k in range(arrangement.engines):
        for line in range(side):
            for swap in (False, True):
                for place in range(arrangement.places):
                    at = arrangement.quad(k, line, place, swap)
                    if at is None:
                        continue
                    q, own = at[1] * side + at[0], line // lines * 2 + swap
                    number = line % lines * arrangement.places + place
                    engine[q], slot[int(swap), q], bit[int(swap), q] = k, own, number
                    quad[k, own, number] = q
    return QuadTables(side, lines, engine, slot, bit, quad)


@dataclass(frozen=True, eq=False)
class RasterWork:
    """What the entries of a picture ask for, bin after bin.

    Parameters
    ----------
    bins : (B, 4) x, y, columns and rows of each, px.
    offsets : (B + 1,) of each bin's entries.
    groups : (E, 2) first and last group of an entry's lines; -1 where it has none.
    swaps : (E,) whether its lines are columns.
    masks : (E, groups, engines) its quads, bits as quad_tables has them.
    ends : (B, side^2) the entry that ends the last pixel of each quad, NEVER where none does.
    shown : (B, side^2) pixels of each quad in the picture.
    lanes : (B, 5) lanes by what becomes of them, BLENDED to BEYOND, of the quads that are worked
        on until they end.
    """

    bins: Int64
    offsets: Int64
    groups: Int64
    swaps: NDArray[np.uint8]
    masks: Int64
    ends: Int64
    shown: NDArray[np.uint8]
    lanes: Int64


def raster_work(
    fields: NDArray[np.int32],
    offsets: Int64,
    size: tuple[int, int],
    constants: RasterizeConstants,
    params: Parameters,
    top_px: int = 0,
) -> RasterWork:
    """RasterWork of ordered lists; the arguments are those of rasterize_entries."""
    arrangement, tables = Arrangement(params), quad_tables(params)
    bins, count = bins_of_picture(size, params.bin_px), len(fields)
    quads = arrangement.side**2
    work = RasterWork(
        bins,
        np.ascontiguousarray(offsets, dtype=np.int64),
        np.full((count, 2), -1, np.int64),
        np.ascontiguousarray(fields[:, SWAP], dtype=np.uint8),
        np.zeros((count, arrangement.groups, arrangement.engines), np.int64),
        np.full((len(bins), quads), NEVER, np.int64),
        np.zeros((len(bins), quads), np.uint8),
        np.zeros((len(bins), 5), np.int64),
    )
    formats = RasterFormats()
    _fill(
        np.ascontiguousarray(fields, dtype=np.int32),
        work.bins,
        work.offsets,
        np.array([top_px, constants.alpha_max], np.int64),
        tables,
        tables_of(formats),
        widths_of(formats),
        work.groups,
        work.masks,
        work.ends,
        work.shown,
        work.lanes,
    )
    return work


@parallel_kernel
def _fill(
    fields: NDArray[np.int32],
    bins: Int64,
    offsets: Int64,
    numbers: Int64,
    quads: QuadTables,
    tables: Tables,
    widths: Widths,
    groups: Int64,
    masks: Int64,
    ends: Int64,
    shown: NDArray[np.uint8],
    lanes: Int64,
) -> None:
    side = quads.side
    for b in parallel_range(len(bins)):
        x0, y0, columns, rows = bins[b]
        light = np.full((side * side, LANES_PER_ENGINE), (1 << TRANSMITTANCE_BITS) - 1, np.int64)
        # Pixels that are not done, of each quad and of the bin.
        left = np.zeros(side * side, np.int64)
        for row in range(rows):
            for column in range(columns):
                left[(row >> 1) * side + (column >> 1)] += 1
        for q in range(side * side):
            shown[b, q] = left[q]
            for lane in range(LANES_PER_ENGINE):
                x, y = 2 * (q % side) + (lane & 1), 2 * (q // side) + (lane >> 1)
                if x >= columns or y >= rows:
                    light[q, lane] = -1
        entry = np.empty(fields.shape[1], np.int64)
        for e in range(offsets[b], offsets[b + 1]):
            entry[:] = fields[e]
            steps = steps_of(entry, x0, numbers[0] + y0, tables)
            if steps.first > steps.last or steps.last < 0 or steps.first > 2 * side - 1:
                continue
            first, last = max(steps.first, 0) >> 1, min(steps.last, 2 * side - 1) >> 1
            groups[e, 0], groups[e, 1] = first // quads.lines, last // quads.lines
            swap = entry[SWAP]
            for line in range(first, last + 1):
                low, high = quad_span(steps, line, 2 * side - 1, tables)
                for place in range(low, high + 1):
                    q = place * side + line if swap else line * side + place
                    own = quads.engine[q]
                    masks[e, line // quads.lines, own] |= 1 << quads.bit[swap, q]
                    if left[q] == 0:
                        continue
                    left[q] -= _blend(
                        light[q], steps, line, place, swap, numbers[1], tables, widths, lanes[b]
                    )
                    if left[q] == 0:
                        ends[b, q] = e


@serial_kernel
def _blend(
    light: Int64,
    steps: Steps,
    line: int,
    place: int,
    swap: int,
    limit: int,
    tables: Tables,
    widths: Widths,
    lanes: Int64,
) -> int:
    """An entry's share of a quad's light, -1 of a pixel beyond, 0 of one done; pixels it ends."""
    ended = 0
    x = steps.x + 2 * place * steps.p + 2 * line * steps.q
    y = steps.y + 2 * line * steps.r
    for lane in range(LANES_PER_ENGINE):
        if light[lane] == -1:
            lanes[BEYOND] += 1
            continue
        if light[lane] == 0:
            lanes[DONE] += 1
            continue
        # Lanes are columns and rows of the picture, i and j along and across the lines.
        i, j = (lane >> 1, lane & 1) if swap else (lane & 1, lane >> 1)
        square = squared(x + i * steps.p + j * steps.q, widths) + squared(y + j * steps.r, widths)
        alpha = alpha_of(square, steps.opacity, limit, tables.power, widths)
        if alpha == OUTSIDE:
            lanes[OUTSIDE_LANE] += 1
            continue
        weight = weight_of(light[lane], alpha, widths)
        if light[lane] - weight < TRANSMITTANCE_MIN:
            light[lane] = 0
            ended += 1
            lanes[ENDED] += 1
        else:
            light[lane] -= weight
            lanes[BLENDED] += 1
    return ended
