"""Surfaces that the default scene samples: rectangles, bodies of revolution, leaves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Vector = tuple[float, float, float]

# 1/p and 1/p^2 of the plastic number p.
PLASTIC_STEPS = np.array([0.7548776662466927, 0.5698402909980532])
PROFILE_STEPS = 512


@dataclass(frozen=True, eq=False)
class Samples:
    """(n, 3) points of a surface, outward unit normals, unit tangents; (n, 2) uv in 0..1."""

    points: Float64
    normals: Float64
    tangents: Float64
    uv: Float64


class Shape(Protocol):
    """A surface that can be sampled."""

    @property
    def area(self) -> float:
        """Scene units^2."""

    @property
    def feature(self) -> float:
        """What a disc on it should not be wider than, scene units."""

    def sample(self, rng: np.random.Generator, n: int) -> Samples:
        """`n` points spread evenly over the area."""


def even_points(rng: np.random.Generator, n: int) -> Float64:
    """(n, 2) points in 0..1, more even than random ones, and so is any first part of them.

    Point i is the fractional part of a random start + i (1/p, 1/p^2), p^3 = p + 1.
    """
    points: Float64 = (rng.random(2) + np.arange(n)[:, None] * PLASTIC_STEPS) % 1.0
    return points


def unit(vectors: Float64) -> Float64:
    """Vectors along the last axis divided by their length."""
    directions: Float64 = vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return directions


@dataclass(frozen=True)
class Rectangle:
    """corner + u side_u + v side_v; normal side_u x side_v; the tangent follows the longer side."""

    corner: Vector
    side_u: Vector
    side_v: Vector

    @property
    def area(self) -> float:
        """Scene units^2."""
        return float(np.sqrt((np.cross(self.side_u, self.side_v) ** 2).sum()))

    @property
    def feature(self) -> float:
        """The shorter side."""
        return min(math.dist((0, 0, 0), side) for side in (self.side_u, self.side_v))

    def sample(self, rng: np.random.Generator, n: int) -> Samples:
        """`n` points spread evenly over the area."""
        uv = even_points(rng, n)
        u, v = np.array(self.side_u), np.array(self.side_v)
        points = np.array(self.corner) + uv[:, :1] * u + uv[:, 1:] * v
        longer = u if (u * u).sum() >= (v * v).sum() else v
        normals, tangents = (np.broadcast_to(unit(w), (n, 3)) for w in (np.cross(u, v), longer))
        return Samples(points, normals, tangents, uv)


@dataclass(frozen=True)
class Lathe:
    """Body of revolution about the axis from `base` along `axis`, of any length.

    `profile` lists (radius, height along the axis). A walk along it in the direction of the axis
    has the normal outside; the tangent follows the walk. uv is (turn, share of the area walked).
    """

    base: Vector
    profile: Sequence[tuple[float, float]]
    axis: Vector = (0.0, 1.0, 0.0)

    def _walk(self) -> tuple[Float64, Float64]:
        """(PROFILE_STEPS, 2) points of the profile at equal steps, and the area walked to each."""
        corners = np.array(self.profile, dtype=np.float64)
        steps = np.sqrt(((corners[1:] - corners[:-1]) ** 2).sum(axis=1))
        length = np.concatenate([[0.0], np.cumsum(steps)])
        at = np.linspace(0.0, length[-1], PROFILE_STEPS)
        fine = np.stack([np.interp(at, length, corners[:, i]) for i in (0, 1)], axis=1)
        rings = math.pi * (fine[1:, 0] + fine[:-1, 0]) * (at[1] - at[0])
        return fine, np.concatenate([[0.0], np.cumsum(rings)])

    @property
    def area(self) -> float:
        """Scene units^2."""
        return float(self._walk()[1][-1])

    @property
    def feature(self) -> float:
        """The largest radius."""
        return max(radius for radius, _ in self.profile)

    def sample(self, rng: np.random.Generator, n: int) -> Samples:
        """`n` points spread evenly over the area."""
        uv = even_points(rng, n)
        fine, walked = self._walk()
        at = np.interp(uv[:, 1] * walked[-1], walked, np.arange(PROFILE_STEPS))
        radius, height = (np.interp(at, np.arange(PROFILE_STEPS), fine[:, i]) for i in (0, 1))
        slope = unit(fine[1:] - fine[:-1])[np.minimum(at.astype(np.int64), PROFILE_STEPS - 2)]
        turn = 2 * math.pi * uv[:, 0]
        down = unit(np.array(self.axis))
        across = unit(np.cross(down, [0.31, 0.17, 0.93] if abs(down[1]) > 0.5 else [0.1, 1, 0.2]))
        out = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * np.cross(down, across)
        points = np.array(self.base) + radius[:, None] * out + height[:, None] * down
        normals = slope[:, 1:] * out - slope[:, :1] * down
        return Samples(points, normals, slope[:, :1] * out + slope[:, 1:] * down, uv)


@dataclass(frozen=True)
class Leaves:
    """Leaves of one size around the ends of twigs, within a flattened ball about each end.

    `ends` are the ball centres, `spread` their radius, `leaf` the length of a leaf.
    """

    ends: Sequence[Vector]
    spread: float
    leaf: float

    @property
    def area(self) -> float:
        """Scene units^2."""
        return len(self.ends) * 4.0 * self.spread**2

    @property
    def feature(self) -> float:
        """The length of a leaf."""
        return self.leaf

    def sample(self, rng: np.random.Generator, n: int) -> Samples:
        """`n` random points in the balls."""
        uv = rng.random((n, 2))
        centres = np.array(self.ends)[rng.integers(len(self.ends), size=n)]
        out = unit(rng.random((n, 3)) - 0.5)
        reach = self.spread * np.sqrt(rng.random((n, 1)))
        points = centres + reach * out * [1.0, 0.55, 1.0]
        # Leaves lean outwards and up (y is down), each its own way.
        normals = unit(out + [0.0, -0.8, 0.0] + (rng.random((n, 3)) - 0.5))
        tangents = unit(np.cross(normals, unit(rng.random((n, 3)) - 0.5)))
        return Samples(points, normals, tangents, uv)


def sphere(centre: Vector, radius: float) -> Lathe:
    """A sphere, walked from its -y pole to its +y pole."""
    angles = [math.pi * i / 48 for i in range(49)]
    return Lathe(centre, [(radius * math.sin(a), -radius * math.cos(a)) for a in angles])


def torus(centre: Vector, ring: float, tube: float) -> Lathe:
    """A torus about the y axis: `ring` to the middle of the tube, `tube` its radius."""
    angles = [2 * math.pi * i / 48 for i in range(49)]
    return Lathe(centre, [(ring + tube * math.sin(a), -tube * math.cos(a)) for a in angles])


def disc(centre: Vector, radius: float) -> Lathe:
    """A flat disc that faces -y, which is up."""
    return Lathe(centre, [(0.0, 0.0), (radius, 0.0)])


def box(centre: Vector, size: Vector, yaw_rad: float = 0.0) -> list[Rectangle]:
    """Six faces that look outwards; turned by `yaw_rad` about y."""
    cos, sin = math.cos(yaw_rad), math.sin(yaw_rad)
    axes = np.array([[cos, 0.0, sin], [0.0, 1.0, 0.0], [-sin, 0.0, cos]]) * np.array(size)[:, None]
    faces = []
    for i in range(3):
        u, v = axes[(i + 1) % 3], axes[(i + 2) % 3]
        for normal, first, second in ((axes[i], u, v), (-axes[i], v, u)):
            corner = np.array(centre) + (normal - first - second) / 2
            faces.append(Rectangle(*(_vector(side) for side in (corner, first, second))))
    return faces


def _vector(values: Float64) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])
