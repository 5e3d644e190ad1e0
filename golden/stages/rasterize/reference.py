"""Stage 7, rasterize: blending the splats of each tile, front to back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.gaussians.covariance import Float64
from golden.jit import parallel_kernel, parallel_range, serial_kernel
from golden.rules import ALPHA_MIN, TILE_PX, Rules
from golden.scene import Float32
from golden.stages.depth_sort.reference import TileLists
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import Splats

Int64 = NDArray[np.int64]

TRANSMITTANCE_MIN = 1e-4
# below ln(1/(255 o)) by this much alpha < 1/255 for certain, whatever the rounding of ln and exp
POWER_MARGIN = 1e-9


@dataclass(frozen=True, eq=False)
class RasterCounts:
    """Work of the rasteriser, one number a tile, row after row, (T,) int64 each.

    Parameters
    ----------
    fetched_splats : splats read before every pixel of the tile was done, or the whole list.
    tested_pixel_splats : alpha evaluations: pixels of the image not yet done, over the fetched.
    blended_pixel_splats : of these, the ones added to a pixel.
    """

    fetched_splats: Int64
    tested_pixel_splats: Int64
    blended_pixel_splats: Int64


def rasterize_reference(
    splats: Splats,
    colors: Float64,
    lists: TileLists,
    camera: Camera,
    rules: Rules,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> tuple[Float32, RasterCounts]:
    """Picture (height, width, 3) float32, R, G, B, not cut at 1, and the work done.

    At a pixel centre at distance (dx, dy) from the mean, for each splat in order:
    power = -(a dx^2 + c dy^2)/2 - b dx dy;  alpha = min(alpha_max, opacity exp(power));
    skipped where power > 0 or alpha < 1/255; the pixel is done, without this splat, where
    T (1 - alpha) < 1e-4 (gsplat: <= 1e-4); else C += T alpha c, T *= 1 - alpha.
    At the end C += T background.

    Parameters
    ----------
    colors : (M, 3) float64, of the splats.
    lists : drawing order of each tile; its grid must be the camera's.
    background : R, G, B.

    float64, rounded to float32 once at the end; a pixel's value depends only on the splats
    that reach it and on their order. Raises InputError where the lists are of another grid.
    """
    if lists.grid != tile_grid(camera):
        raise InputError(
            f"lists of {lists.grid[0]}x{lists.grid[1]} tiles do not fit the view {camera.name} of "
            f"{camera.width}x{camera.height} px: bin the splats for this view."
        )
    tiles = lists.grid[0] * lists.grid[1]
    image = np.empty((camera.height, camera.width, 3), np.float32)
    counts = RasterCounts(*(np.zeros(tiles, np.int64) for _ in range(3)))
    with np.errstate(divide="ignore"):  # opacity 0: nothing is above the threshold
        threshold = np.log(ALPHA_MIN / splats.opacity) - POWER_MARGIN
    _blend(
        _Drawn(splats.mean2d, splats.conic, splats.opacity, threshold, colors),
        _Lists(lists.offsets, lists.splat, lists.grid[0]),
        _End(rules.alpha_max, ALPHA_MIN, TRANSMITTANCE_MIN, rules.t_min_is_done),
        np.asarray(background, np.float64),
        image,
        counts.fetched_splats,
        counts.tested_pixel_splats,
        counts.blended_pixel_splats,
    )
    return image, counts


class _Drawn(NamedTuple):
    """Splats, a row each; threshold: the power below which alpha is too small for certain."""

    mean2d: Float64
    conic: Float64
    opacity: Float64
    threshold: Float64
    colors: Float64


class _Lists(NamedTuple):
    """Drawing order of the tiles, `across` of them in a row."""

    offsets: Int64
    splat: NDArray[np.int32]
    across: int


class _End(NamedTuple):
    """What a rule set says of alpha, and of the T at which a pixel is done."""

    alpha_max: float
    alpha_min: float
    t_min: float
    t_min_is_done: bool


@serial_kernel
def _blend_tile(
    drawn: _Drawn,
    lists: NDArray[np.int32],
    place: tuple[int, int],
    end: _End,
    background: Float64,
    tile: Float32,
) -> tuple[int, int, int]:
    """Fills the pixels of a tile with its list; splats fetched, pixels tested and pixels blended.

    Parameters
    ----------
    lists : drawing order of the tile. place : x and y of its first pixel.
    tile : (rows, columns, 3) of the picture.
    """
    mean2d, conic, opacity, threshold, colors = drawn
    alpha_max, alpha_min, t_min, t_min_is_done = end
    (x0, y0), rows, columns = place, tile.shape[0], tile.shape[1]
    live = columns * rows
    open_ = np.ones((rows, columns), np.bool_)
    transmittance = np.ones((rows, columns))
    total = np.zeros((rows, columns, 3))
    powers = np.empty(columns)
    fetched, tested, blended = 0, 0, 0
    for s in lists:
        if live == 0:
            break
        fetched += 1
        tested += live
        u, v, limit, o = mean2d[s, 0], mean2d[s, 1], threshold[s], opacity[s]
        a, b, c = conic[s, 0], conic[s, 1], conic[s, 2]
        red, green, blue = colors[s, 0], colors[s, 1], colors[s, 2]
        for row in range(rows):
            dy = y0 + row + 0.5 - v
            for column in range(columns):  # a loop of its own, which the compiler vectorises
                dx = x0 + column + 0.5 - u
                powers[column] = -0.5 * (a * dx * dx + c * dy * dy) - b * dx * dy
            for column in range(columns):
                power = powers[column]
                if power < limit or power > 0.0 or not open_[row, column]:
                    continue
                alpha = min(alpha_max, o * math.exp(power))
                if alpha < alpha_min:
                    continue
                t = transmittance[row, column]
                t_next = t * (1.0 - alpha)
                if t_next < t_min or (t_min_is_done and t_next == t_min):
                    open_[row, column] = False
                    live -= 1
                    continue
                total[row, column, 0] += t * alpha * red
                total[row, column, 1] += t * alpha * green
                total[row, column, 2] += t * alpha * blue
                transmittance[row, column] = t_next
                blended += 1
    for row in range(rows):
        for column in range(columns):
            for channel in range(3):
                tile[row, column, channel] = np.float32(
                    total[row, column, channel] + transmittance[row, column] * background[channel]
                )
    return fetched, tested, blended


@parallel_kernel
def _blend(
    drawn: _Drawn,
    order: _Lists,
    end: _End,
    background: Float64,
    image: Float32,
    fetched: Int64,
    tested: Int64,
    blended: Int64,
) -> None:
    offsets, lists, across = order
    # What is written stays an argument: of a tuple the compiled loop fills a copy.
    for tile in parallel_range(len(fetched)):
        x0, y0 = (tile % across) * TILE_PX, (tile // across) * TILE_PX
        fetched[tile], tested[tile], blended[tile] = _blend_tile(
            drawn,
            lists[offsets[tile] : offsets[tile + 1]],
            (x0, y0),
            end,
            background,
            image[y0 : y0 + TILE_PX, x0 : x0 + TILE_PX],
        )
