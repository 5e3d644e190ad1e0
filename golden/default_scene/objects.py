"""The middle of the default scene: a round table with a small tree, fruit, a cake ring, books."""

from __future__ import annotations

import math

import numpy as np

from golden.default_scene.paint import (
    Group,
    Paint,
    Part,
    blend,
    cell_hash,
    cloth,
    mottled,
    planks,
    rings,
    shade,
    shadowed,
    waves,
)
from golden.default_scene.shapes import (
    Float64,
    Lathe,
    Leaves,
    Samples,
    Vector,
    box,
    disc,
    sphere,
    torus,
    unit,
)

TABLE_Y = 0.62  # y points down
FLOOR_Y = 2.7
OAK = (0.62, 0.42, 0.24)
POT = (0.0, TABLE_Y, 0.0)
BOWL = (0.98, TABLE_Y, 0.42)
CAKE = (-0.88, TABLE_Y, 0.62)
BOOKS = (-0.62, TABLE_Y, -0.95)
VASE = (0.82, TABLE_Y, -0.86)


def table_group() -> Group:
    """Table and what stands on it, within 2 units of the origin."""
    spots = [(POT, 0.62), (BOWL, 0.5), (CAKE, 0.52), (BOOKS, 0.62), (VASE, 0.36)]
    rim = [(1.75, 0.0), (1.78, 0.03), (1.78, 0.1), (1.72, 0.13), (0.0, 0.13)]
    leg = [(0.22, 0.13), (0.16, 0.4), (0.16, 1.5), (0.3, 1.85), (0.85, 2.02), (0.85, 2.08)]
    foot = (0.0, TABLE_Y, 0.0)
    parts = [
        Part(disc(foot, 1.75), shadowed(_table_top(), spots), gloss=0.2, density=1.6),
        Part(Lathe(foot, rim), mottled(OAK), density=0.2),
        Part(Lathe(foot, leg), mottled(OAK), density=0.2),
    ]
    for objects in (_tree(), _fruit_bowl(), _cake(), _books(), _vase()):
        parts.extend(objects)
    return Group(share=0.175, detail=0.004, opaque=0.44, parts=parts)


def near_group() -> Group:
    """Rug and two chairs, between the table and the room."""
    red, cream, blue = (0.66, 0.17, 0.14), (0.86, 0.74, 0.52), (0.17, 0.24, 0.4)
    rug = shadowed(rings([blue, cream, red, cream, blue, cream, red], 0.5), [(POT, 2.0)])
    parts = [Part(disc((0.0, FLOOR_Y - 0.02, 0.0), 3.4), rug, gloss=0.0)]
    for x, z, yaw in ((-2.6, -1.2, 0.43), (2.6, 1.4, 2.65)):
        parts.extend(_chair(x, z, yaw))
    return Group(share=0.05, detail=0.01, opaque=0.34, parts=parts)


def _table_top() -> Paint:
    """Boards, with a gingham runner across the middle."""
    wood = planks(OAK, along=0, across=2, width=0.35, length=9.0)
    check = cloth((0.72, 0.12, 0.12), (0.95, 0.93, 0.88), 0.17)

    def paint(s: Samples) -> Float64:
        inside = np.abs(s.points[:, 0] + 0.1 * s.points[:, 2]) < 0.5
        return np.where(inside[:, None], check(s), wood(s))

    return paint


def _tree() -> list[Part]:
    """A bonsai: a glazed pot, moss, a bent trunk that forks four times, leaves at the ends."""
    x, y, z = POT
    glaze = mottled((0.16, 0.32, 0.42), 0.15, 8.0)
    profile = [(0.3, -0.26), (0.46, -0.32), (0.5, -0.29), (0.42, -0.06), (0.36, 0.0)]
    parts = [
        Part(Lathe((x, y, z), profile), glaze, gloss=0.5, density=2.4),
        Part(disc((x, y - 0.27, z), 0.43), mottled((0.24, 0.34, 0.1), 0.3, 25.0), density=2.0),
    ]
    rng = np.random.default_rng(11)  # the shape of the tree is part of the scene, not of the seed
    ends: list[Vector] = []
    bark = mottled((0.36, 0.25, 0.17), 0.3, 20.0)

    def grow(base: Float64, way: Float64, length: float, radius: float, forks: int) -> None:
        tip = base + length * way
        axis = (float(way[0]), float(way[1]), float(way[2]))
        start = (float(base[0]), float(base[1]), float(base[2]))
        shape = Lathe(start, [(radius, 0.0), (0.72 * radius, length)], axis)
        parts.append(Part(shape, bark, density=2.0))
        if forks <= 1:
            ends.append((float(tip[0]), float(tip[1]), float(tip[2])))
        if forks == 0:
            return
        for turn in range(3 if forks > 2 else 2):
            angle = 2.1 * turn + 6.3 * rng.random()
            side = np.array([math.cos(angle), 0.15 - 0.5 * rng.random(), math.sin(angle)])
            grow(tip, unit(0.65 * way + side), length * 0.68, radius * 0.68, forks - 1)

    grow(np.array([x, y - 0.27, z]), unit(np.array([0.35, -1.0, 0.1])), 0.46, 0.085, 4)
    parts.append(Part(Leaves(ends, 0.2, 0.05), _leaf_paint(), gloss=0.15, density=1.6))
    return parts


def _leaf_paint() -> Paint:
    """Greens that are lighter at the top of the crown and yellow here and there."""

    def paint(s: Samples) -> Float64:
        height = (-s.points[:, 1] - 0.2) / 0.9
        green = blend(
            np.broadcast_to(np.array([0.1, 0.24, 0.05]), (len(height), 3)),
            np.broadcast_to(np.array([0.42, 0.6, 0.16]), (len(height), 3)),
            height + 0.3 * waves(s.points, 7.0),
        )
        yellow = cell_hash(*(s.points * 40).T) > 0.95
        return np.where(yellow[:, None], [0.75, 0.66, 0.18], green)

    return paint


def _fruit_bowl() -> list[Part]:
    x, y, z = BOWL
    bowl = [(0.37, -0.25), (0.41, -0.27), (0.42, -0.25), (0.33, -0.1), (0.16, 0.0), (0.0, 0.0)]
    inner = [(0.0, -0.04), (0.16, -0.04), (0.31, -0.12), (0.39, -0.26)]
    white = mottled((0.88, 0.87, 0.84), 0.04)
    parts = [
        Part(Lathe((x, y, z), shape), white, gloss=0.5, density=2.2) for shape in (bowl, inner)
    ]
    fruit = [(0.95, 0.5, 0.08), (0.8, 0.13, 0.1), (0.95, 0.58, 0.1), (0.45, 0.62, 0.14)]
    for i, color in enumerate(fruit):
        turn = 1.57 * i + 0.4
        centre = (x + 0.18 * math.cos(turn), y - 0.2 - 0.02 * i, z + 0.18 * math.sin(turn))
        parts.append(Part(sphere(centre, 0.15), mottled(color, 0.1, 30.0), gloss=0.6, density=3.0))
    top = sphere((x, y - 0.38, z), 0.145)
    parts.append(Part(top, mottled((0.97, 0.52, 0.07), 0.1, 30.0), gloss=0.6, density=3.0))
    return parts


def _cake() -> list[Part]:
    """A ring cake: brown below, pink icing with a wavy edge and coloured sprinkles on top."""
    x, y, z = CAKE

    def paint(s: Samples) -> Float64:
        along = np.arctan2(s.points[:, 2] - z, s.points[:, 0] - x)
        icing = s.points[:, 1] < y - 0.12 + 0.035 * np.sin(9 * along)
        grain = shade((0.66, 0.42, 0.2), 1 + 0.15 * waves(s.points, 25.0))
        pink = shade((0.94, 0.52, 0.66), 1 + 0.05 * waves(s.points, 8.0))
        cell = np.floor(s.points * 26)
        dots = (cell_hash(*cell.T) > 0.8)[:, None]
        hue = np.stack([cell_hash(*(cell + 17 * i).T) for i in range(3)], axis=1)
        return np.where(icing[:, None], np.where(dots, 0.25 + 0.75 * hue, pink), grain)

    plate = [(0.0, -0.01), (0.42, -0.02), (0.52, -0.05), (0.53, -0.03), (0.3, 0.0)]
    return [
        Part(torus((x, y - 0.16, z), 0.27, 0.13), paint, gloss=0.4, density=3.0),
        Part(Lathe((x, y, z), plate), mottled((0.82, 0.86, 0.9), 0.03), gloss=0.5),
    ]


def _books() -> list[Part]:
    x, y, z = BOOKS
    stack = [
        ((0.85, 0.13, 0.6), (0.13, 0.28, 0.22), 0.2),
        ((0.76, 0.1, 0.54), (0.7, 0.24, 0.12), 0.55),
        ((0.64, 0.12, 0.46), (0.86, 0.7, 0.24), 0.1),
    ]
    parts: list[Part] = []
    for (width, height, depth), color, yaw in stack:
        pages = box((x, y - height / 2, z), (width - 0.05, height - 0.04, depth - 0.05), yaw)
        parts.extend(Part(face, mottled((0.9, 0.87, 0.78), 0.06, 60.0)) for face in pages)
        for level in (0.01, height - 0.01):
            cover = box((x, y - level, z), (width, 0.02, depth), yaw)
            parts.extend(Part(face, mottled(color, 0.05), gloss=0.2, density=1.5) for face in cover)
        y -= height
    return parts


def _vase() -> list[Part]:
    """A blue and white vase with bands."""
    profile = [(0.09, -0.62), (0.12, -0.64), (0.1, -0.56), (0.09, -0.5), (0.2, -0.38)]
    profile += [(0.25, -0.27), (0.22, -0.14), (0.13, -0.03), (0.15, 0.0)]

    def paint(s: Samples) -> Float64:
        band = np.sin(34 * s.points[:, 1] + 1.6 * np.sin(12.566 * s.uv[:, 0])) > 0.2
        return np.where(band[:, None], [0.13, 0.22, 0.6], [0.9, 0.92, 0.95])

    return [Part(Lathe(VASE, profile), paint, gloss=0.8, density=4.0)]


def _chair(x: float, z: float, yaw_rad: float) -> list[Part]:
    """Seat, back and four legs; the back stands on the side away from the table."""
    paint = mottled((0.5, 0.32, 0.18), 0.12, 6.0)
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)

    def block(at: Vector, size: Vector) -> list[Part]:
        # The local frame of box(): its first axis is (cos, 0, sin), its third (-sin, 0, cos).
        centre = (x + at[0] * cos - at[2] * sin, FLOOR_Y + at[1], z + at[0] * sin + at[2] * cos)
        return [Part(face, paint, gloss=0.15) for face in box(centre, size, yaw_rad)]

    parts = block((0.0, -1.15, 0.0), (1.0, 0.1, 1.0))
    parts += block((-0.46, -1.95, 0.0), (0.08, 0.5, 1.0))
    for side in (-0.43, 0.43):
        parts += block((0.43, -0.55, side), (0.1, 1.1, 0.1))
        parts += block((-0.45, -1.1, side), (0.1, 2.2, 0.1))
    return parts
