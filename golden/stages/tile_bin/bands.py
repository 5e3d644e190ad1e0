"""From splats to the bands of bins that their entries go to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.numbers.fixed import Int64
from golden.params import Parameters
from golden.stages.tile_bin.constants import TileBinConstants, tiles_per_bin_shift
from golden.stages.tile_bin.encode import encode
from golden.stages.tile_bin.entry import unpack_fields
from golden.stages.tile_bin.spans import entry_spans, list_bands


def bin_rects(
    splats: NDArray[np.void], constants: TileBinConstants, params: Parameters
) -> NDArray[np.int32]:
    """(N, 4) columns and rows x0, y0, x1, y1 of bins in the strip, the last two not included.

    Cut to the strip: y1 <= y0 where none is touched.
    """
    shift, rect = tiles_per_bin_shift(params), splats["tile_rect"].astype(np.int32)
    bins = np.empty_like(rect)
    bins[:, :2] = rect[:, :2] >> shift
    bins[:, 2:] = (rect[:, 2:] + (1 << shift) - 1) >> shift
    bins[:, 2] = np.minimum(bins[:, 2], constants.across)
    bins[:, 1] = np.maximum(bins[:, 1] - constants.first_row, 0)
    bins[:, 3] = np.clip(bins[:, 3] - constants.first_row, 0, constants.down)
    return bins


def entry_bands(
    entries: NDArray[np.void],
    splats: NDArray[np.void],
    constants: TileBinConstants,
    params: Parameters,
) -> Int64:
    """(B, 4) the bands of entries, as golden.stages.tile_bin.spans.list_bands has them.

    Parameters
    ----------
    entries : (N,) ENTRY_DTYPE. splats : (N,) SPLAT_DTYPE, those that they were made of.
    """
    rects = bin_rects(splats, constants, params)
    spans = entry_spans(unpack_fields(entries), rects, constants, params)
    return list_bands(rects, spans, params)


def splat_bands(splats: NDArray[np.void], constants: TileBinConstants, params: Parameters) -> Int64:
    """(B, 4) the bands of splats whose colours are not known: they are no matter."""
    colors = np.zeros((len(splats), 3), np.int64)
    entries = encode(splats, colors, constants.depth_shift, params)
    return entry_bands(entries, splats, constants, params)
