"""Packs that the tests of the pack share, and their content as exact numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import INRIA
from tests.golden.hostile_scenes import hostile_scenes, make_scene

SCENES = hostile_scenes()
METHODS = ("paper", "reach", "morton")
PARAMS = Parameters()
NEVER = PARAMS.radius.max_int


def packed(scene, method="reach", clusters=None, params=PARAMS, radius="safe", per_group=4):
    options = ClusterOptions(method, clusters, radius, per_group=per_group)
    return build_pack(scene, options, INRIA, params)


def balls_of(pack):
    """Each ball of both tables with the pack order of its Gaussians."""
    clusters = pack.clusters
    for cluster in clusters:
        first = int(cluster["base"])
        yield cluster, range(first, first + int(cluster["count"]))
    for group in pack.groups:
        of = clusters[int(group["base"]) :][: int(group["count"])]
        first = int(of["base"][0])
        yield group, range(first, first + int(of["count"].sum()))


def plain_scene(n=400, seed=0, degree=0):
    return make_scene(np.random.default_rng(seed).normal(size=(n, 3)), seed=seed, degree=degree)


def ball_unit(pack, ball):
    """Scene units of a ball's unit, a Fraction."""
    return Fraction(2) ** (pack.meta.grid.exponent + int(ball["exponent"]))


def ball_center(pack, ball):
    """Centre of a ball, scene units, exactly."""
    unit, origin = ball_unit(pack, ball), exact(pack.meta.grid.origin)
    return [start + int(c) * unit for start, c in zip(origin, ball["center"], strict=True)]


def stored_means(pack):
    """(N, 3) Fractions, scene units, pack order: origin + (centre + offset 2^m) 2^(e + g)."""
    origin, rows = exact(pack.meta.grid.origin), []
    for cluster in pack.clusters:
        ball, unit = ball_unit(pack, cluster), Fraction(2) ** int(cluster["member_exponent"])
        base, count = int(cluster["base"]), int(cluster["count"])
        center = [int(c) for c in cluster["center"]]
        for offset in pack.geometry["offset"][base : base + count]:
            places = zip(origin, center, offset, strict=True)
            rows.append([start + (c + int(o) * unit) * ball for start, c, o in places])
    return rows


def exact(values):
    return [Fraction(float(v)) for v in values]
