"""The default scene: a room made by rules, with the statistics of a trained capture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from golden.camera import Camera
from golden.default_scene.gaussians import (
    Gaussians,
    floating,
    harmonics,
    joined,
    multiply,
    on_grid,
    on_surface,
    snapped,
)
from golden.default_scene.objects import FLOOR_Y, near_group, table_group
from golden.default_scene.paint import Group
from golden.default_scene.room import (
    CEILING_Y,
    HALF_X,
    HALF_Z,
    floor_group,
    furniture_group,
    outside_group,
    wall_group,
)
from golden.default_scene.shapes import unit
from golden.errors import InputError
from golden.scene import Scene

NAME = "default scene"
TRAINED_COUNT = 1_600_000
MAX_COUNT = 10_000_000  # about 13 GB while it is made
MAX_VIEWS = 10_000
FLOATER_SIZE = 0.12  # median of the largest standard deviation, scene units, at 1.6 million


def default_scene(count: int = 300_000, seed: int = 7) -> Scene:
    """A table with a small tree, fruit, a cake ring, books and a vase in a furnished room.

    Made from `seed` alone, the same on every machine: values are rounded far above the last bit
    of float64, where machines differ. Spherical harmonics of degree 3, y down, the objects at the
    origin. About 36% of the Gaussians are opaque discs that close the surfaces, the others small
    and faint detail on them; 0.5% float in the room. Their order is random.

    Aim, within a factor of 2 for 300,000 Gaussians: percentiles of a scene of 1.6 million trained
    from photographs, sizes (standard deviations, scene units) times sqrt(1.6 million / 300,000).

    ================== ====== ====== ====== ====== ====== ====== ====== ======
    as trained             p1     p5    p25    p50    p75    p95    p99  p99.9
    ================== ====== ====== ====== ====== ====== ====== ====== ======
    smallest axis       5e-05  7e-05 .00097  .0036  .0087  .0235   .056    .16
    middle axis        .00012 .00046  .0036  .0104  .0195    .05   .127    .35
    largest axis        .0015  .0038   .017   .028   .044    .12   .305    .83
    opacity                     .004  .0275    .22    1.0
    ================== ====== ====== ====== ====== ====== ====== ====== ======

    Also: median largest axis .005 within 4 units of the origin and .03 at 8 to 16; 15% and 75% of
    the Gaussians lie there; on the path of default_cameras 60 to 80% of the centres are outside
    the image.

    Parameters
    ----------
    count : Gaussians; sizes grow as sqrt(1.6 million / count), so surfaces stay closed.
    seed : of numpy's default generator, 0 or more.

    Raises InputError on a count outside 1..10 million or a negative seed.
    """
    if not 1 <= count <= MAX_COUNT:
        raise InputError(
            f"{count} Gaussians for the default scene are outside 1..{MAX_COUNT}: choose "
            "another number."
        )
    if seed < 0:
        raise InputError(f"seed {seed} is negative: choose a seed of 0 or more.")
    rng = np.random.default_rng(seed)
    larger = min(math.sqrt(TRAINED_COUNT / count), 20.0)
    groups = [table_group(), near_group(), floor_group(), wall_group(), furniture_group()]
    groups.append(outside_group())
    parts = [(part, group) for group in groups for part in group.parts]
    weights = [weight for group in groups for weight in _weights(group)]
    *counts, floaters = _split(count, [*weights, 1 - sum(weights)])
    pieces = [
        on_surface(part, n, larger * group.detail, group.opaque, rng)
        for n, (part, group) in zip(counts, parts, strict=True)
        if n
    ]
    low, high = (np.array([s * HALF_X, y, s * HALF_Z]) for s, y in ((-1, CEILING_Y), (1, FLOOR_Y)))
    pieces.append(floating(floaters, larger * FLOATER_SIZE, low, high, rng))
    return _finished(joined(pieces), rng)


def _weights(group: Group) -> list[float]:
    """Share of the scene of each part: by area times density within the group's share."""
    areas = [part.shape.area * part.density for part in group.parts]
    return [group.share * area / sum(areas) for area in areas]


def _split(count: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers with sum `count`, in proportion: differences of the rounded running sum."""
    running = np.cumsum(weights) / sum(weights)
    edges = [0, *(round(count * float(part)) for part in running[:-1]), count]
    return [high - low for low, high in pairwise(edges)]


def _finished(g: Gaussians, rng: np.random.Generator) -> Scene:
    """Random order of Gaussians and of their axes, as in a trained scene; rounded values."""
    n = len(g.means)
    g = g.taken(rng.permutation(n))
    # A turn by 120 degrees about (1, 1, 1) passes each axis on to the next.
    third = np.full((n, 4), 0.5)
    turns = rng.integers(3, size=(n, 1))
    scales, quats = g.scales, g.quats
    for turn in (1, 2):
        scales = np.where(turns >= turn, scales[:, [1, 2, 0]], scales)
        quats = np.where(turns >= turn, multiply(quats, third), quats)
    return Scene(
        name=NAME,
        means=on_grid(g.means, 14),
        scales=snapped(scales, 12),
        quats=on_grid(quats, 20),
        opacities=snapped(g.opacities, 12),
        sh=harmonics(g, rng),
    )


def default_cameras(views: int = 24, width: int = 800, height: int = 533) -> list[Camera]:
    """A closed path of cameras around the table, all looking at it.

    View i of n stands at turn t = 2 pi i / n, distance 4.1 + 0.6 cos 2t scene units and
    elevation 24 + 9 sin 3t degrees, and looks at (0, 0.1, 0); fx = fy = 1.03 width, principal
    point at the centre. Poses are rounded to multiples of 2^-32, so that every machine makes the
    same cameras.

    Raises InputError on fewer than 1 or more than 10,000 views, or a size outside 1..16384 px.
    """
    if not 1 <= views <= MAX_VIEWS:
        raise InputError(f"{views} views are outside 1..{MAX_VIEWS}: choose another number.")
    return [_camera(i, 2 * math.pi * i / views, width, height) for i in range(views)]


def _camera(index: int, turn: float, width: int, height: int) -> Camera:
    elevation = math.radians(24 + 9 * math.sin(3 * turn))
    level, out_y = math.cos(elevation), -math.sin(elevation)
    out = np.array([level * math.cos(turn), out_y, level * math.sin(turn)])
    position = np.array([0.0, 0.1, 0.0]) + (4.1 + 0.6 * math.cos(2 * turn)) * out
    right = unit(np.cross([0.0, 1.0, 0.0], -out))
    rotation = np.stack([right, np.cross(-out, right), -out])
    pose = np.concatenate([rotation, -(rotation * position).sum(axis=1)[:, None]], axis=1)
    viewmat = np.eye(4)
    viewmat[:3] = (np.round(pose * 2.0**32) + 0.0) / 2.0**32  # no -0
    focal = 1.03 * width
    return Camera(f"view_{index:04}", width, height, focal, focal, width / 2, height / 2, viewmat)
