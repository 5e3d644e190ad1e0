"""The room around the default scene, its glass front, and the garden behind the glass."""

from __future__ import annotations

import math

import numpy as np

from golden.default_scene.objects import FLOOR_Y, POT
from golden.default_scene.paint import (
    Group,
    Paint,
    Part,
    blend,
    books,
    cell_hash,
    landscape,
    mottled,
    planks,
    shade,
    shadowed,
    waves,
)
from golden.default_scene.shapes import Float64, Lathe, Rectangle, Samples, Vector, box, sphere

# Half width (x) and half depth (z) of the room; the front at -z is of glass.
HALF_X, HALF_Z = 9.5, 10.5
CEILING_Y = -6.5
HEIGHT = FLOOR_Y - CEILING_Y


def floor_group() -> Group:
    """Boards, darker under the table."""
    wood = planks((0.74, 0.56, 0.38), along=2, across=0, width=1.0, length=6.0)
    corner, u, v = (-HALF_X, FLOOR_Y, HALF_Z), (2 * HALF_X, 0.0, 0.0), (0.0, 0.0, -2 * HALF_Z)
    floor = Part(
        _facing_inwards(Rectangle(corner, u, v)), shadowed(wood, [(POT, 2.6)], 0.4), gloss=0.2
    )
    return Group(share=0.12, detail=0.03, opaque=0.34, parts=[floor])


def wall_group() -> Group:
    """Three walls with a dado, the ceiling, and the bars of the glass front."""
    x, z = HALF_X, HALF_Z
    down = (0.0, HEIGHT, 0.0)
    walls = [
        Rectangle((-x, CEILING_Y, -z), (0.0, 0.0, 2 * z), down),
        Rectangle((x, CEILING_Y, z), (0.0, 0.0, -2 * z), down),
        Rectangle((-x, CEILING_Y, z), (2 * x, 0.0, 0.0), down),
    ]
    parts = [Part(_facing_inwards(wall), _wallpaper(), gloss=0.02) for wall in walls]
    ceiling = Rectangle((-x, CEILING_Y, -z), (2 * x, 0.0, 0.0), (0.0, 0.0, 2 * z))
    white = mottled((0.9, 0.9, 0.88), 0.03, 1.0)
    parts.append(Part(_facing_inwards(ceiling), white, density=0.12))
    bar = mottled((0.25, 0.24, 0.23), 0.05)
    for i in range(7):
        post = box((-x + i * x / 3, (FLOOR_Y + CEILING_Y) / 2, -z), (0.22, HEIGHT, 0.2))
        parts.extend(Part(face, bar, gloss=0.2, density=1.5) for face in post[4:])
    for level in (FLOOR_Y - 0.15, FLOOR_Y - 3.2):
        rail = box((0.0, level, -z), (2 * x, 0.25, 0.2))
        parts.extend(Part(face, bar, gloss=0.2, density=1.5) for face in rail[2:])
    return Group(share=0.435, detail=0.03, opaque=0.34, parts=parts)


def furniture_group() -> Group:
    """A wall of books, a sofa, pictures, a door, a floor lamp and a cupboard."""
    x, z = HALF_X, HALF_Z
    parts = _shelf(Rectangle((x - 0.5, -3.4, 5.5), (0.0, 0.0, -11.0), (0.0, FLOOR_Y + 3.4, 0.0)))
    for place, width, height, hill, phase in (
        (5.2, 3.0, 2.2, (0.16, 0.3, 0.14), 0.4),
        (0.6, 2.2, 2.8, (0.45, 0.25, 0.12), 2.0),
        (-4.2, 3.4, 2.4, (0.1, 0.2, 0.36), 3.7),
    ):
        picture = Rectangle((-x + 0.2, -2.9, place), (0.0, 0.0, -width), (0.0, height, 0.0))
        parts.append(Part(_facing_inwards(picture), landscape(hill, phase), gloss=0.1, density=2.0))
    door = Rectangle((6.9, FLOOR_Y - 5.2, z - 0.25), (-2.4, 0.0, 0.0), (0.0, 5.2, 0.0))
    parts.append(Part(_facing_inwards(door), _door(), gloss=0.2))
    parts += _sofa()
    cupboard = mottled((0.2, 0.36, 0.36), 0.06, 2.0)
    for face in box((-x + 0.8, FLOOR_Y - 0.9, 3.2), (1.5, 1.8, 4.4)):
        parts.append(Part(face, cupboard, gloss=0.2))
    lamp = (-7.9, FLOOR_Y, 8.6)
    pole = [(0.08, -4.0), (0.08, -0.1), (0.6, -0.05), (0.6, 0.0)]
    parts.append(Part(Lathe(lamp, pole), mottled((0.2, 0.2, 0.2)), gloss=0.3, density=1.5))
    cone = Lathe(lamp, [(0.5, -5.0), (0.95, -3.7)])
    parts.append(Part(cone, mottled((1.0, 0.86, 0.6), 0.05), density=2.0, lit=False))
    return Group(share=0.16, detail=0.028, opaque=0.34, parts=parts)


def outside_group() -> Group:
    """Lawn, hedge, trees and sky behind the glass front, 14 to 30 units away."""
    lawn = Rectangle((-22.0, FLOOR_Y + 0.3, -11.0), (44.0, 0.0, 0.0), (0.0, 0.0, -16.0))
    green = mottled((0.34, 0.5, 0.18), 0.25, 1.3)
    sky = Lathe((0.0, FLOOR_Y, 0.0), [(0.0, -26.0), (16.0, -21.0), (24.0, -12.0), (27.0, 0.5)])
    parts = [
        Part(_facing_inwards(lawn), green, density=0.5, lit=False),
        Part(_Front(sky), _sky(), gloss=0.0, density=1.0, lit=False),
    ]
    for place, depth, radius in ((-9.0, -21.0, 3.0), (-1.5, -23.0, 3.6), (7.5, -20.0, 2.7)):
        centre = (place, FLOOR_Y - 1.6 * radius, depth)
        parts.append(Part(sphere(centre, radius), _foliage(), density=1.2))
        stem = [(0.35, -0.9 * radius), (0.45, 0.3)]
        parts.append(Part(Lathe((place, FLOOR_Y, depth), stem), mottled((0.3, 0.22, 0.15))))
    return Group(share=0.055, detail=0.045, opaque=0.34, parts=parts)


class _Front:
    """The half of a body of revolution about the origin that lies at z < 0."""

    def __init__(self, whole: Lathe) -> None:
        self.whole = whole
        self.area = whole.area / 2
        self.feature = whole.feature

    def sample(self, rng: np.random.Generator, n: int) -> Samples:
        s = self.whole.sample(rng, n)
        flip = np.where(s.points[:, 2:] > 0, [1.0, 1.0, -1.0], 1.0)
        return Samples(s.points * flip, s.normals * flip, s.tangents * flip, s.uv)


def _facing_inwards(wall: Rectangle) -> Rectangle:
    """The same rectangle with its normal towards the table."""
    middle = np.array(wall.corner) + (np.array(wall.side_u) + np.array(wall.side_v)) / 2
    if (np.cross(wall.side_u, wall.side_v) * middle).sum() <= 0:
        return wall
    corner = np.array(wall.corner) + np.array(wall.side_u)
    back: Vector = (-wall.side_u[0], -wall.side_u[1], -wall.side_u[2])
    return Rectangle((float(corner[0]), float(corner[1]), float(corner[2])), back, wall.side_v)


def _wallpaper() -> Paint:
    """Cream above with pale diamonds, panelled green below, a rail between and a skirting board."""

    def paint(s: Samples) -> Float64:
        along = s.points[:, 0] + s.points[:, 2]
        up = FLOOR_Y - s.points[:, 1]
        diamond = (np.abs(along % 2.4 - 1.2) + np.abs(up % 2.4 - 1.2)) < 0.5
        cream = shade((0.87, 0.8, 0.66), 1 + 0.05 * waves(s.points, 0.7))
        upper = np.where(diamond[:, None], [0.74, 0.6, 0.44], cream)
        panel = np.where((along % 1.6 < 0.12) | (np.abs(up - 1.3) > 0.85), 0.85, 1.0)
        lower = shade((0.36, 0.44, 0.36), panel)
        white = (np.abs(up - 2.4) < 0.12) | (up < 0.3)
        return np.where(white[:, None], 0.93, np.where((up > 2.4)[:, None], upper, lower))

    return paint


def _door() -> Paint:
    def paint(s: Samples) -> Float64:
        u, v = s.uv.T
        inset = (np.abs(u - 0.5) < 0.32) & (np.abs(v * 2 % 1 - 0.5) < 0.36)
        knob = (u - 0.9) ** 2 * 0.21 + (v - 0.5) ** 2 < 0.0009
        color = np.where(inset[:, None], [0.5, 0.33, 0.2], [0.6, 0.42, 0.27])
        return np.where(knob[:, None], [0.85, 0.72, 0.35], color)

    return paint


def _foliage() -> Paint:
    return lambda s: shade((0.22, 0.4, 0.14), 1 + 0.5 * waves(s.points, 2.5))


def _sky() -> Paint:
    """Blue to white down to a hedge with a ragged top; clouds."""

    def paint(s: Samples) -> Float64:
        height = (FLOOR_Y - s.points[:, 1]) / 20.0
        white = np.broadcast_to(np.array([0.93, 0.95, 0.97]), (len(height), 3))
        blue = blend(white, np.broadcast_to(np.array([0.4, 0.62, 0.92]), white.shape), 1.5 * height)
        sky = blend(blue, white, 1.2 * waves(s.points, 0.35))
        hedge = height < 0.14 + 0.03 * waves(s.points, 1.1)
        leaf = shade((0.2, 0.34, 0.15), 0.8 + 0.5 * cell_hash(*(s.points * 2).T))
        return np.where(hedge[:, None], leaf, sky)

    return paint


def _shelf(front: Rectangle) -> list[Part]:
    """A wall of books behind posts."""
    spines = books(width=0.34, height=1.02, across=2, top=front.corner[1])
    parts = [Part(_facing_inwards(front), spines, gloss=0.1, density=1.6)]
    wood = mottled((0.33, 0.2, 0.11), 0.08)
    for i in range(5):
        at = (front.corner[0], (FLOOR_Y + front.corner[1]) / 2, front.corner[2] - i * 2.75)
        for face in box(at, (0.5, front.side_v[1], 0.2))[:4]:
            parts.append(Part(face, wood, gloss=0.15))
    return parts


def _sofa() -> list[Part]:
    fabric = mottled((0.55, 0.2, 0.16), 0.12, 5.0)
    parts: list[Part] = []
    for at, size in (
        ((-1.5, FLOOR_Y - 0.6, 8.6), (6.0, 1.0, 2.4)),
        ((-1.5, FLOOR_Y - 1.6, 9.6), (6.0, 1.4, 0.7)),
        ((-4.7, FLOOR_Y - 0.9, 8.7), (0.6, 1.6, 2.6)),
        ((1.7, FLOOR_Y - 0.9, 8.7), (0.6, 1.6, 2.6)),
    ):
        parts.extend(Part(face, fabric, gloss=0.03, density=1.2) for face in box(at, size))
    for i in range(3):
        turn = 0.15 * math.sin(3.0 * i)
        cushion = box((-3.4 + 1.9 * i, FLOOR_Y - 1.55, 9.1), (1.1, 0.9, 0.35), turn)
        color = mottled(((0.86, 0.7, 0.3), (0.3, 0.42, 0.5), (0.85, 0.8, 0.7))[i], 0.08, 6.0)
        parts.extend(Part(face, color, density=1.5) for face in cushion)
    return parts
