"""Cluster records and views that benches and harness tests share: random, directed, hostile."""

from __future__ import annotations

import itertools

import numpy as np

from golden.camera import Camera
from golden.grid import Grid
from golden.params import Parameters
from golden.records import CLUSTER_DTYPE
from golden.rules import RULES
from golden.stages.cluster_cull.constants import ClusterCullConstants, cluster_cull_constants

GRID = Grid(-18)


def random_clusters(count: int, seed: int, params: Parameters) -> np.ndarray:
    """Records over the whole range of every field, small and large values equally likely."""
    rng = np.random.default_rng(seed)
    clusters = np.zeros(count, dtype=CLUSTER_DTYPE)
    limit = 1 << (params.center_bits - 1)
    wide = rng.integers(-limit, limit, (count, 3))
    clusters["center"] = wide >> rng.integers(0, params.center_bits - 2, (count, 1))
    top = params.radius.max_int
    low = rng.integers(0, top + 1, count) >> rng.integers(0, params.radius_bits, count)
    clusters["radius_low"] = low
    clusters["radius_high"] = np.minimum(low + (low * rng.uniform(0, 0.4, count)).astype(int), top)
    clusters["radius_mean"] = (low * rng.random(count)).astype(int)
    clusters["base"] = rng.integers(0, params.base.max_int + 1, count)
    clusters["count"] = rng.integers(0, params.count.max_int + 1, count)
    clusters["member_exponent"] = rng.integers(-128, 128, count)
    # Units as a scene has them, next to the frame's, and any.
    near, any_unit = rng.integers(0, 40, count), rng.integers(0, 256, count)
    clusters["exponent"] = np.choose(rng.integers(0, 4, count), (0, 0, near, any_unit))
    return clusters


def random_levels(
    groups: int, per_group: int, seed: int, params: Parameters
) -> tuple[np.ndarray, np.ndarray]:
    """Groups of 1 to `per_group` clusters each, and all their clusters, in order."""
    rng = np.random.default_rng(seed)
    top = random_clusters(groups, seed + 1, params)
    top["count"] = rng.integers(1, per_group + 1, groups)
    top["base"] = np.concatenate([[0], np.cumsum(top["count"], dtype=np.int64)[:-1]])
    top["member_exponent"] = 0
    return top, random_clusters(int(top["count"].sum()), seed + 2, params)


def one_group(clusters: np.ndarray, params: Parameters) -> np.ndarray:
    """A single group of all those clusters that is never culled."""
    group = np.zeros(1, dtype=CLUSTER_DTYPE)
    group["radius_high"], group["count"] = params.radius.max_int, len(clusters)
    return group


def directed_clusters(params: Parameters) -> np.ndarray:
    """Every corner of the coordinate range with every extreme of the radii and of the unit."""
    low, top = params.center.min_int, params.center.max_int
    corners = [(x, y, z) for x in (low, 0, top) for y in (low, 0, top) for z in (low, 0, top)]
    big = params.radius.max_int
    radii = [(0, 0, 0), (1, 1, 1), (big - 1, big - 1, big - 1), (0, big, 0), (0, big - 1, big - 1)]
    exponents = (0, 1, 5, 30, 31, 63, 64, 255)
    rows = list(itertools.product(corners, radii, exponents))
    clusters = np.zeros(len(rows), dtype=CLUSTER_DTYPE)
    for row, (center, ball, exponent) in zip(clusters, rows, strict=True):
        row["center"], row["exponent"] = center, exponent
        row["radius_low"], row["radius_high"], row["radius_mean"] = ball
    clusters["base"] = np.arange(len(clusters))
    clusters["count"] = params.count.max_int
    return clusters


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    """A uniformly random rotation, (3, 3)."""
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.linalg.det(q)


def random_view(seed: int, params: Parameters) -> ClusterCullConstants:
    """Frame constants of a random camera: any pose, any rules, 0.25 to 8 widths of focal length.

    Every third one stands so far away that the frame's unit is coarser than the grid's.
    """
    rng = np.random.default_rng(seed)
    viewmat = np.eye(4)
    viewmat[:3, :3] = random_rotation(rng)
    farthest = 20 if seed % 3 == 2 else 1
    viewmat[:3, 3] = rng.normal(size=3) * 10.0 ** rng.uniform(-2, farthest)
    width, height = (int(side) for side in rng.integers(1, 4000, 2))
    camera = Camera(
        name=f"random {seed}",
        width=width,
        height=height,
        fx=width * 2.0 ** rng.uniform(-2, 3),
        fy=height * 2.0 ** rng.uniform(-2, 3),
        cx=width * rng.uniform(-0.5, 1.5),
        cy=height * rng.uniform(-0.5, 1.5),
        pose=viewmat,
    )
    rules = RULES[("inria", "gsplat")[seed % 2]]
    return cluster_cull_constants(camera, rules, GRID, params)
