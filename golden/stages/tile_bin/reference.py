"""Stage 5, tile_bin: which splat falls on which tile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.jit import serial_kernel
from golden.stages.gaussian_project.ewa import Int32
from golden.stages.gaussian_project.reference import Splats

MAX_PAIRS = 2**28


@dataclass(frozen=True, eq=False)
class TilePairs:
    """All pairs (tile, splat), splat after splat, tiles of one splat in rows.

    Parameters
    ----------
    grid : tiles across, tiles down; tile number = row * across + column.
    first : (M + 1,) int64, pairs of splat s are first[s] to first[s + 1].
    tile : (P,) int32, the tile of each pair.
    """

    grid: tuple[int, int]
    first: NDArray[np.int64]
    tile: Int32

    def __len__(self) -> int:
        return len(self.tile)


def tile_bin_reference(splats: Splats, grid: tuple[int, int]) -> TilePairs:
    """Every tile of every splat's rectangle, `grid` tiles across and down.

    Raises InputError where there are more than 2^28 pairs, which would need over 2 GiB.
    """
    rect = splats.tile_rect.astype(np.int64)
    first = np.zeros(len(splats) + 1, np.int64)
    np.cumsum((rect[:, 2] - rect[:, 0]) * (rect[:, 3] - rect[:, 1]), out=first[1:])
    if first[-1] > MAX_PAIRS:
        raise InputError(
            f"the view has {int(first[-1])} pairs of splat and tile where {MAX_PAIRS} can be "
            "held: choose a smaller picture or a scene of smaller Gaussians."
        )
    tile = np.empty(int(first[-1]), np.int32)
    _fill(splats.tile_rect, grid[0], tile)
    return TilePairs(grid, first, tile)


@serial_kernel
def _fill(rect: Int32, across: int, tile: Int32) -> None:
    pair = 0
    for s in range(len(rect)):
        for row in range(rect[s, 1], rect[s, 3]):
            for column in range(rect[s, 0], rect[s, 2]):
                tile[pair] = row * across + column
                pair += 1
