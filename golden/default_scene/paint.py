"""Paints of the default scene: colour as a function of place, from integer hashes and sines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from golden.default_scene.shapes import Float64, Samples, Shape, Vector

Paint = Callable[[Samples], Float64]
Color = tuple[float, float, float]

SPINES: tuple[Color, ...] = (
    *((0.62, 0.14, 0.12), (0.14, 0.24, 0.5), (0.13, 0.36, 0.24), (0.82, 0.64, 0.22)),
    *((0.84, 0.8, 0.7), (0.4, 0.16, 0.3), (0.2, 0.2, 0.24), (0.78, 0.4, 0.16)),
)


@dataclass(frozen=True)
class Part:
    """A painted surface.

    Parameters
    ----------
    shape : what is sampled.
    paint : colour R, G, B in 0..1 before light, at each sample.
    gloss : strength of the highlight, 0 (matte) to 1.
    density : Gaussians a unit of area, relative to the other parts of its group.
    lit : False for what shines by itself, as the sky.
    """

    shape: Shape
    paint: Paint
    gloss: float = 0.05
    density: float = 1.0
    lit: bool = True


@dataclass(frozen=True)
class Group:
    """Parts that share out a part of the scene.

    Parameters
    ----------
    share : part of the scene's Gaussians, 0..1.
    detail : median of the largest standard deviation of its small, faint Gaussians, scene units,
        in a scene of 1.6 million.
    opaque : part of its Gaussians that are opaque and close the surfaces, 0..1.
    parts : its surfaces; each gets Gaussians by area times density.
    """

    share: float
    detail: float
    opaque: float
    parts: Sequence[Part]


def cell_hash(*cells: Float64) -> Float64:
    """0..1 from whole numbers, the same on every machine: multiply, xor and shift mod 2^32."""
    value = np.zeros(np.shape(cells[0]), dtype=np.int64)
    for cell, prime in zip(cells, (73_856_093, 19_349_663, 83_492_791), strict=False):
        value = value ^ (np.floor(cell).astype(np.int64) * prime)
    for _ in range(2):
        value = ((value & 0xFFFFFFFF) ^ ((value & 0xFFFFFFFF) >> 15)) * 1_274_126_177
    top: Float64 = ((value >> 8) & 0xFFFFFF) / float(1 << 24)
    return top


def waves(points: Float64, scale: float) -> Float64:
    """A smooth field in -1..1: a mean of three bent sines of period 2 pi / scale and shorter."""
    x, y, z = (points * scale).T
    bent = np.sin(1.3 * x + 0.7 * z + 1.1 * np.sin(0.9 * y + 0.4 * x))
    field: Float64 = bent + np.sin(2.1 * y - 1.7 * z + bent) + np.sin(3.1 * z + 2.3 * x + 2 * bent)
    return field / 3


def shade(color: Color, factor: Float64) -> Float64:
    """(n, 3) the colour times a factor for each sample."""
    colors: Float64 = factor[:, None] * np.array(color)
    return colors


def blend(first: Float64, second: Float64, weight: Float64) -> Float64:
    """(n, 3) first where weight is 0, second where it is 1."""
    return first + (second - first) * np.clip(weight, 0.0, 1.0)[:, None]


def mottled(color: Color, amount: float = 0.08, scale: float = 3.0) -> Paint:
    """One colour, up to `amount` lighter and darker in soft patches."""
    return lambda s: shade(color, 1 + amount * waves(s.points, scale))


def planks(color: Color, along: int, across: int, width: float, length: float) -> Paint:
    """Boards along one world axis (0, 1, 2), each of its own brown, with grain and dark joints."""

    def paint(s: Samples) -> Float64:
        row = s.points[:, across] / width
        board = s.points[:, along] / length + 7.3 * cell_hash(row)
        grain = np.sin(9 * (row % 1) + 3 * waves(s.points, 0.5 / width))
        joint = np.where((row % 1 < 0.1) | (board % 1 < 0.03), 0.7, 1.0)
        return shade(color, joint * (0.84 + 0.3 * cell_hash(row, board) + 0.06 * grain))

    return paint


def books(width: float, height: float, across: int, top: float) -> Paint:
    """Rows of book spines of mixed colours along a world axis, over dark shelf boards."""

    def paint(s: Samples) -> Float64:
        shelf = (s.points[:, 1] - top) / height
        spine = s.points[:, across] / width + 3.1 * cell_hash(shelf)
        which = np.floor(len(SPINES) * cell_hash(spine, shelf)).astype(np.int64)
        round_back = 0.8 + 0.3 * np.sin(math.pi * (spine % 1))
        color = np.array(SPINES)[which] * round_back[:, None]
        gap = shelf % 1 < 0.08 + 0.2 * cell_hash(spine, shelf + 50)
        color = np.where(gap[:, None], 0.06, color)
        return np.where((shelf % 1 > 0.88)[:, None], [0.4, 0.26, 0.15], color)

    return paint


def landscape(hill: Color, phase: float) -> Paint:
    """A framed picture in uv: sky over two lines of hills, a dark frame around a pale mount."""

    def paint(s: Samples) -> Float64:
        u, v = s.uv.T
        sky = np.stack([0.45 + 0.5 * v, 0.6 + 0.3 * v, 0.95 - 0.15 * v], axis=1)
        far = v > 0.5 + 0.12 * np.sin(7 * u + phase)
        near = v > 0.68 + 0.1 * np.sin(11 * u + 2 * phase)
        image = np.where(far[:, None], 0.55 * np.array(hill) + 0.25, sky)
        image = np.where(near[:, None], np.array(hill), image)
        edge = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))[:, None]
        return np.where(edge < 0.06, [0.2, 0.12, 0.06], np.where(edge < 0.14, 0.92, image))

    return paint


def cloth(first: Color, second: Color, cell: float) -> Paint:
    """A gingham of two colours in the x, z plane: darker where both stripes cross."""

    def paint(s: Samples) -> Float64:
        stripes = (s.points[:, [0, 2]] / cell % 2 < 1).mean(axis=1)
        white = np.broadcast_to(np.array(second), (len(stripes), 3))
        return blend(white, np.broadcast_to(np.array(first), white.shape), stripes)

    return paint


def rings(colors: Sequence[Color], width: float) -> Paint:
    """Rings of colour about the y axis, with a scalloped edge, as on a round rug."""

    def paint(s: Samples) -> Float64:
        x, z = s.points[:, 0], s.points[:, 2]
        radius = np.sqrt(x * x + z * z) + 0.12 * np.cos(12 * np.arctan2(z, x))
        index = np.minimum(np.floor(radius / width).astype(np.int64), len(colors) - 1)
        color: Float64 = np.array(colors)[index]
        return color * (1 + 0.08 * waves(s.points, 9.0))[:, None]

    return paint


def shadowed(paint: Paint, spots: Sequence[tuple[Vector, float]], depth: float = 0.55) -> Paint:
    """The same paint under soft round shadows of (centre, radius) in the x, z plane."""

    def darker(s: Samples) -> Float64:
        light = np.ones(len(s.points))
        for (x, _, z), radius in spots:
            away = ((s.points[:, 0] - x) ** 2 + (s.points[:, 2] - z) ** 2) / radius**2
            light *= 1 - depth * np.exp(-away * away)
        return paint(s) * light[:, None]

    return darker
