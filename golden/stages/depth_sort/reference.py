"""Stage 6, depth_sort: the splats of each tile, front to back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.gaussians.covariance import Float64
from golden.jit import serial_kernel
from golden.stages.gaussian_project.ewa import Int32
from golden.stages.tile_bin.reference import TilePairs


@dataclass(frozen=True, eq=False)
class TileLists:
    """Splats of each tile in drawing order.

    Parameters
    ----------
    grid : tiles across, tiles down; tile number = row * across + column.
    offsets : (T + 1,) int64, the list of tile t is splat[offsets[t] : offsets[t + 1]].
    splat : (P,) int32, index into the splats.
    """

    grid: tuple[int, int]
    offsets: NDArray[np.int64]
    splat: Int32

    def __len__(self) -> int:
        return len(self.splat)


def depth_sort_reference(pairs: TilePairs, depth: Float64) -> TileLists:
    """Pairs ordered by tile, then depth, then the scene's order.

    Depths are compared as float32, as renderers do: nearer ones that round to the same float32
    tie, and ties are drawn in the scene's order. One stable sort of the splats by depth, then
    one counting pass over the tiles.
    """
    tiles = pairs.grid[0] * pairs.grid[1]
    offsets = np.zeros(tiles + 1, np.int64)
    np.cumsum(np.bincount(pairs.tile, minlength=tiles), out=offsets[1:])
    order = depth_order(depth)
    splat = np.empty(len(pairs), np.int32)
    _scatter(order, pairs.first, pairs.tile, offsets[:-1].copy(), splat)
    return TileLists(pairs.grid, offsets, splat)


def depth_order(depth: Float64) -> NDArray[np.int64]:
    """Places by ascending depth as float32, equal ones in their order: a stable sort.

    Each is one whole number, the bits of its depth, in the order of the numbers that they stand
    for, before its place: no two are equal, and numbers are sorted several times as fast.
    """
    with np.errstate(over="ignore"):  # beyond float32 all are infinitely far, and tie
        bits = (depth.astype(np.float32) + np.float32(0)).view(np.uint32)  # no -0
    ascending = bits ^ np.where(bits >> 31, np.uint32(0xFFFFFFFF), np.uint32(0x80000000))
    keys = (ascending.astype(np.uint64) << np.uint64(32)) | np.arange(len(depth), dtype=np.uint64)
    keys.sort()
    return (keys & np.uint64(0xFFFFFFFF)).astype(np.int64)


@serial_kernel
def _scatter(
    order: NDArray[np.int64],
    first: NDArray[np.int64],
    tile: Int32,
    cursor: NDArray[np.int64],
    splat: Int32,
) -> None:
    for s in order:
        for pair in range(first[s], first[s + 1]):
            place = cursor[tile[pair]]
            splat[place] = s
            cursor[tile[pair]] = place + 1
