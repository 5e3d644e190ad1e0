"""The account of sim.cost.accounting, carried on to the end of the frame: lists, sorting, blending.

With w the work of the stages taken into the account without culling, and the back end the same
with culling as without (the pictures are equal):

    cost of the tests = BALL * tests / w
    saved, net        = (w - BALL * tests - w with culling) / w

An operation is a multiplication of two numbers of the run or a comparison of two keys; additions,
squares, exponentials and addresses are free, as in sim.cost.accounting. What a claim says of the
share f of the computation that falls away with excluded Gaussians: saved + cost = excluded * f.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from golden.errors import InputError
from golden.rules import Rules
from sim.cost.accounting import FrameWork, ball_test_steps, color_steps, projection_steps, total

# What each scope takes into the account; every one also holds those before it.
SCOPES = ("projection", "color", "depth_sort", "rasterize")


@dataclass(frozen=True)
class BackEndWork:
    """Counts of one view behind the colours, the same with culling and without.

    Parameters
    ----------
    tile_pairs : pairs of tile and splat. tiles : of the image.
    tested_pixel_splats, blended_pixel_splats : as in
        golden.stages.rasterize.reference.RasterCounts, summed.

    Raises InputError on counts that contradict each other.
    """

    tile_pairs: int
    tiles: int
    tested_pixel_splats: int
    blended_pixel_splats: int

    def __post_init__(self) -> None:
        ordered = 0 <= self.blended_pixel_splats <= self.tested_pixel_splats
        if not ordered or self.tiles < 1 or self.tile_pairs < 0:
            raise InputError(f"the back end's work contradicts itself ({self}): count it again.")


@dataclass(frozen=True)
class WholeFrameCost:
    """Account of one view in one scope; every value is a share of the scope without culling.

    Parameters
    ----------
    operations : of the scope without culling.
    projection_share : projecting all Gaussians, of these.
    tests_share : ball tests. saved : net of the tests.
    """

    operations: int
    projection_share: float
    tests_share: float
    saved: float


def tile_bin_operations(tile_pairs: int) -> int:
    """One comparison a pair, that of the walk over the rectangle; its corners are shifts."""
    return tile_pairs


def depth_sort_operations(tile_pairs: int, tiles: int) -> int:
    """n ceil(log2(n / tiles)) comparisons: merge sort of lists of the mean length, n = pairs.

    Source: Knuth, The Art of Computer Programming 3, 5.2.4.
    """
    if tile_pairs <= tiles:
        return 0
    return tile_pairs * math.ceil(math.log2(tile_pairs / tiles))


def rasterize_operations(tested_pixel_splats: int, blended_pixel_splats: int) -> int:
    """4 multiplications a tested, 5 more a blended pixel-splat, as in
    golden.stages.rasterize.reference.

    power = -(a dx^2 + c dy^2)/2 - b (dx dy): 4 and two squares. Where it is above the threshold:
    alpha = o exp(power): 1; w = T alpha: 1; C += w c: 3; T -= w: 0.
    """
    return 4 * tested_pixel_splats + 5 * blended_pixel_splats


def whole_frame_cost(
    work: FrameWork, back_end: BackEndWork, rules: Rules, sh_degree: int
) -> dict[str, WholeFrameCost]:
    """The equations above for one view, in each of SCOPES."""
    ball = total(ball_test_steps()).multiplications * work.tests
    project = total(projection_steps(rules)).multiplications
    color = total(color_steps(sh_degree)).multiplications
    pairs = back_end.tile_pairs
    lists = tile_bin_operations(pairs) + depth_sort_operations(pairs, back_end.tiles)
    blend = rasterize_operations(back_end.tested_pixel_splats, back_end.blended_pixel_splats)
    stages = (
        (project * work.gaussians, project * work.gaussians_read),
        (color * work.splats_off, color * work.splats),
        (lists, lists),
        (blend, blend),
    )
    costs, off, on = {}, 0, ball
    for scope, (without, with_) in zip(SCOPES, stages, strict=True):
        off, on = off + without, on + with_
        costs[scope] = WholeFrameCost(off, stages[0][0] / off, ball / off, 1 - on / off)
    return costs


def implied_share(saved: float, cost: float, excluded: float) -> float:
    """f of the docstring above: 0.706 for the paper's 38.3%, 6.2% and 63%."""
    return (saved + cost) / excluded
