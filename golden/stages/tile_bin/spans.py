"""Which bins of its rectangle an entry goes to: those that a parallelogram around it meets.

The entry's lines are rows, or columns where `swap` is 1. A band is a row of bins, or a column of
them where the lines are columns. The rasteriser finds the entry within H across and W along of

    abs(dc) <= H,  abs(da + s dc) <= W

so in a band from c0 to c1 across, the bins from A + m(c) - W to A + m(c) + W count, m(c) = -s c at
both ends of the part within +-H. README.md beside this file has what the margins hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.numbers.fixed import Int64
from golden.params import Parameters
from golden.stages.rasterize.entry_steps import ONE
from golden.stages.rasterize.formats import TABLE_BITS, mantissa_table, reach_log_table
from golden.stages.tile_bin.constants import MAX_SIDE_PX, TileBinConstants
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, SLOPE_FRACTION_BITS

PLACE_FRACTION_BITS = 4  # of H, W and places along the lines, px
MIDDLE_FRACTION_BITS = 6  # of m: its step from band to band is exact
REACH_LOG2_MAX = 14  # pixels lie less than 16,383 px from a centre, along and across
REACH_MAX = ((1 << REACH_LOG2_MAX) - 1) << PLACE_FRACTION_BITS
REACH_MANTISSA_BITS = 11
REACH_UP = REACH_LOG2_MAX + PLACE_FRACTION_BITS - REACH_MANTISSA_BITS
HEIGHT_MARGIN = 5  # H is the reach and 5/16 px
WIDTH_MARGIN = 4  # W is the reach and 1/4 px
HALF_PLACE = 1 << (PLACE_FRACTION_BITS - 1)
# Pixels' centres are half a pixel within a bin, so edges are compared with half a pixel less.
EDGE_MARGIN = HEIGHT_MARGIN - HALF_PLACE
PLACE_MARGIN = WIDTH_MARGIN - HALF_PLACE
EDGE_SHIFT = CENTER_FRACTION_BITS - PLACE_FRACTION_BITS
MIDDLE_SHIFT = MIDDLE_FRACTION_BITS - PLACE_FRACTION_BITS

# Columns of an entry's spans. WHOLE: all bins of the rectangle, whatever the others say.
(FIRST, BANDS, PLACES, ACROSS_STEP, ALONG_STEP, WHOLE, EDGE, MIDDLE, SLOPE, HEIGHT, CLIP, LOW,
 HIGH) = range(13)  # fmt: skip
SPAN_NAMES = ("first", "bands", "places", "across_step", "along_step", "whole", "edge", "middle",
              "slope", "height", "clip", "low", "high")  # fmt: skip
# Columns of a band: its entry, its first bin, how many there are, from each to the next.
BAND_ENTRY, BAND_FIRST, BAND_COUNT, BAND_STEP = range(4)


def band_bits(params: Parameters) -> int:
    """Width of a bin's row or column in a picture."""
    return (MAX_SIDE_PX // params.bin_px - 1).bit_length()


def side_bits(params: Parameters) -> int:
    """log2 of a bin's side, px."""
    return params.bin_px.bit_length() - 1


def reach(log: Int64) -> Int64:
    """2^((log + 1) / 64) px with PLACE_FRACTION_BITS, down, cut to REACH_MAX.

    Of the code after the one that is looked up, so it is 1.08% too much.
    """
    after = log + 1
    mantissa = mantissa_table(REACH_MANTISSA_BITS, up=True)[after & ((1 << TABLE_BITS) - 1)]
    down = REACH_LOG2_MAX - np.minimum(after >> TABLE_BITS, REACH_LOG2_MAX)
    reached: Int64 = np.minimum((mantissa << REACH_UP) >> down, REACH_MAX)
    return reached


def entry_spans(
    fields: dict[str, Int64],
    rects: NDArray[np.int32],
    constants: TileBinConstants,
    params: Parameters,
) -> Int64:
    """(N, 13) columns FIRST to HIGH of entries, integers as Encode has them.

    Parameters
    ----------
    fields : of the entries, as unpack_fields gives them. rects : (N, 4) of bin_rects.

    FIRST : number of the rectangle's first bin. BANDS, PLACES : bands and bins of one, less 1.
    ACROSS_STEP, ALONG_STEP : of numbers, from band to band and from bin to bin.
    EDGE : from the centre to the first band, CENTER_FRACTION_BITS. MIDDLE : m there.
    HEIGHT : H less half a pixel. CLIP : s H, MIDDLE_FRACTION_BITS.
    LOW, HIGH : A - W and A + W from the rectangle's first pixel on, half a pixel less.
    """
    swap, side = fields["swap"] == 1, side_bits(params)
    x0, y0, x1, y1 = rects.astype(np.int64).T
    columns, rows = x1 - x0 - 1, y1 - y0 - 1
    row = y0 + constants.first_row
    along = np.where(swap, fields["v"], fields["u"])
    across = np.where(swap, fields["u"], fields["v"])
    first_along, first_across = np.where(swap, row, x0), np.where(swap, x0, row)
    reach_log = reach_log_table()[fields["opacity"]]
    height = reach(reach_log - (fields["w2"] - ONE))
    width = reach(reach_log - (fields["w1"] - ONE))
    edge = (first_across << (side + CENTER_FRACTION_BITS)) - across
    slope = fields["slope"]
    middle_down = CENTER_FRACTION_BITS + SLOPE_FRACTION_BITS - MIDDLE_FRACTION_BITS
    clip_down = PLACE_FRACTION_BITS + SLOPE_FRACTION_BITS - MIDDLE_FRACTION_BITS
    center = (along >> EDGE_SHIFT) - (first_along << (side + PLACE_FRACTION_BITS))
    ones = np.ones(len(swap), np.int64)
    spans = {
        "first": y0 * constants.across + x0,
        "bands": np.where(swap, columns, rows),
        "places": np.where(swap, rows, columns),
        "across_step": np.where(swap, 1, constants.across * ones),
        "along_step": np.where(swap, constants.across * ones, 1),
        "whole": fields["far"],
        "edge": edge,
        "middle": (-slope * edge) >> middle_down,
        "slope": slope,
        "height": height + EDGE_MARGIN,
        "clip": (slope * (height + HEIGHT_MARGIN)) >> clip_down,
        "low": center - (width + PLACE_MARGIN),
        "high": center + (width + PLACE_MARGIN),
    }
    return np.stack([spans[name] for name in SPAN_NAMES], axis=1)


def list_bands(rects: NDArray[np.int32], spans: Int64, params: Parameters) -> Int64:
    """(B, 4) every band of entries in order: entry, first bin, count (0: none), step.

    Parameters
    ----------
    rects : (N, 4) of bin_rects; those without a bin have no band. spans : of entry_spans.
    """
    some = (rects[:, 2] > rects[:, 0]) & (rects[:, 3] > rects[:, 1])
    shown = np.flatnonzero(some)
    bands = np.zeros((int((spans[shown, BANDS] + 1).sum()), 4), np.int64)
    _walk(shown, spans, side_bits(params), bands)
    return bands


@serial_kernel
def _walk(shown: Int64, spans: Int64, side: int, bands: Int64) -> None:
    n = 0
    for entry in shown:
        span = spans[entry]
        edge, middle, first = span[EDGE], span[MIDDLE], span[FIRST]
        step = (span[SLOPE] << side) >> (SLOPE_FRACTION_BITS - MIDDLE_FRACTION_BITS)
        for _ in range(span[BANDS] + 1):
            edge_1, middle_1 = edge + (1 << (side + CENTER_FRACTION_BITS)), middle - step
            low, high = _places(span, edge, edge_1, middle, middle_1, side)
            bands[n, BAND_ENTRY] = entry
            bands[n, BAND_STEP] = span[ALONG_STEP]
            bands[n, BAND_FIRST] = first
            if low <= high:
                bands[n, BAND_FIRST] = first + low * span[ALONG_STEP]
                bands[n, BAND_COUNT] = high - low + 1
            edge, middle = edge_1, middle_1
            first += span[ACROSS_STEP]
            n += 1


@serial_kernel
def _places(
    span: Int64, edge: int, edge_1: int, middle: int, middle_1: int, side: int
) -> tuple[int, int]:
    """First and last bin of a band, from the rectangle's first on; 1, 0 where there is none."""
    if span[WHOLE]:
        return 0, span[PLACES]
    limit = span[HEIGHT] << EDGE_SHIFT
    if edge > limit or edge_1 < -limit:
        return 1, 0
    near = span[CLIP] if edge < -limit else middle
    end = ~span[CLIP] if edge_1 > limit else middle_1  # a last place less than -CLIP
    low, high = (near, end) if span[SLOPE] < 0 else (end, near)
    down = side + PLACE_FRACTION_BITS
    first = max((span[LOW] + (low >> MIDDLE_SHIFT)) >> down, 0)
    last = min((span[HIGH] + (high >> MIDDLE_SHIFT)) >> down, span[PLACES])
    return (first, last) if first <= last else (1, 0)
