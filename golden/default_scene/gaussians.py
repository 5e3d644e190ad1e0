"""Gaussians on the surfaces of the default scene: sizes, orientations, opacities, light.

Only whole and uniform random numbers are drawn, and what goes into the scene is rounded far above
the last bit of float64, where sin, exp and log differ between machines.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.default_scene.paint import Part
from golden.default_scene.shapes import Float64, unit
from golden.stages.color.reference import sh_basis

BASE_SIZE = 0.55  # standard deviation of an opaque disc over the spacing of their centres
LIGHT = unit(np.array([0.45, -0.75, -0.7]))  # from above and the glass front; y points down
LOBE = np.repeat([1.0, 0.75, 0.45, 0.2], [1, 3, 5, 7])  # weight of degrees 0..3 in a highlight
SH_STEPS = 4096  # colour coefficients are whole multiples of 1/4096

# Quantiles seen in a trained scene: (part of the Gaussians, value), log-linear in between.
# Size over its median; middle over largest and smallest over middle axis; faint opacities.
Quantiles = Sequence[tuple[float, float]]
SIZE = (
    (0, 0.1),
    (0.05, 0.37),
    (0.25, 0.65),
    (0.5, 1),
    (0.75, 1.5),
    (0.95, 3.7),
    (0.99, 9),
    (1, 40),
)
FLATNESS = ((0, 0.004), (0.05, 0.036), (0.25, 0.2), (0.5, 0.42), (0.75, 0.67), (1, 1))
OPACITY = ((0, 0.0036), (0.33, 0.02), (0.63, 0.1), (0.89, 0.5), (1, 0.92))


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Gaussians before rounding, float64.

    means (n, 3); scales (n, 3), largest, middle, smallest; quats (n, 4) wxyz; opacities (n,);
    colors (n, 3), R, G, B without the highlight; mirrors (n, 3), the direction of view at which
    the highlight is brightest, and highlights (n,), what it adds to the colour there.
    """

    means: Float64
    scales: Float64
    quats: Float64
    opacities: Float64
    colors: Float64
    mirrors: Float64
    highlights: Float64

    def taken(self, order: NDArray[np.int64]) -> Gaussians:
        """These Gaussians in another order."""
        return Gaussians(*(getattr(self, f.name)[order] for f in dataclasses.fields(self)))


def joined(pieces: Sequence[Gaussians]) -> Gaussians:
    """All pieces in their order."""
    names = [field.name for field in dataclasses.fields(Gaussians)]
    return Gaussians(*(np.concatenate([getattr(p, name) for p in pieces]) for name in names))


def quantile(table: Quantiles, u: Float64) -> Float64:
    """The value below which the part u of a distribution lies: log-linear in the table."""
    parts, values = zip(*table, strict=True)
    return np.exp(np.interp(u, parts, np.log(values)))


def on_surface(
    part: Part, n: int, detail: float, opaque_share: float, rng: np.random.Generator
) -> Gaussians:
    """`n` Gaussians of one part, flat on its surface.

    The first `opaque_share` of them are opaque discs, large enough to close the surface: with
    h^2 = area / count, largest times middle standard deviation = (0.55 h)^2. The others are small
    and mostly faint: the median of their largest standard deviation is `detail`, scene units.
    """
    s = part.shape.sample(rng, n)
    opaque = np.arange(n) < max(1, round(opaque_share * n))
    closing = BASE_SIZE * math.sqrt(part.shape.area / opaque.sum())
    flatness = quantile(FLATNESS, rng.random(n))
    wide = np.where(opaque, np.maximum(flatness, 0.6), flatness)
    size = quantile(SIZE, rng.random(n))
    largest = np.where(opaque, closing / np.sqrt(wide), detail * size)
    # On what is thinner than a disc the disc lies along it, no wider than it.
    feature = part.shape.feature
    middle = np.minimum(largest * wide, 0.45 * feature)
    along = opaque & (middle < largest * wide)
    longest = max(0.25 * part.shape.area / feature, feature)
    largest = np.where(along, np.minimum(closing**2 / middle, longest), largest)
    largest = np.where(opaque, largest, np.minimum(largest, 0.6 * feature))
    middle = np.minimum(middle, largest)
    smallest = middle * quantile(FLATNESS, rng.random(n)) * np.where(opaque, 0.4, 1.0)
    smallest = np.maximum(smallest, 0.0035 * detail)
    spin = np.where(along, 0.0, 2 * math.pi * rng.random(n))
    # Detail lies a little before or behind the surface, as training leaves it; large is faint.
    lift = np.where(opaque, 0.0, np.minimum(largest, 2 * detail)) * (rng.random(n) - 0.5)
    faint = quantile(OPACITY, rng.random(n)) * np.minimum(1.0, 2 / size)
    facing = (s.normals * LIGHT).sum(axis=1)
    front = np.maximum(facing, 0.0)
    light = 0.72 + 0.1 * facing + 0.4 * front if part.lit else np.ones(n)
    return Gaussians(
        s.points + lift[:, None] * s.normals,
        np.stack([largest, middle, smallest], axis=1),
        lying_quats(s.normals, s.tangents, spin),
        np.where(opaque, 0.93 + 0.2 * rng.random(n), faint).clip(0.0036, 1),
        part.paint(s) * (light * (1 + 0.1 * (rng.random(n) - 0.5)))[:, None],
        LIGHT - 2 * facing[:, None] * s.normals,
        0.5 * part.gloss * front,
    )


def floating(
    n: int, size: float, low: Float64, high: Float64, rng: np.random.Generator
) -> Gaussians:
    """`n` large and faint Gaussians that belong to no surface, anywhere in a box low..high."""
    normals = unit(rng.random((n, 3)) - 0.5)
    tangents = unit(np.cross(normals, unit(rng.random((n, 3)) - 0.5)))
    largest = size * quantile(((0, 0.3), (0.5, 1), (1, 6)), rng.random(n))
    middle = largest * quantile(((0, 0.1), (1, 1)), rng.random(n))
    smallest = middle * quantile(((0, 0.1), (1, 1)), rng.random(n))
    return Gaussians(
        low + (high - low) * rng.random((n, 3)),
        np.stack([largest, middle, smallest], axis=1),
        lying_quats(normals, tangents, np.zeros(n)),
        quantile(((0, 0.004), (1, 0.12)), rng.random(n)),
        np.broadcast_to(0.3 + 0.4 * rng.random((n, 1)), (n, 3)),
        normals,
        np.zeros(n),
    )


def lying_quats(normals: Float64, tangents: Float64, spin_rad: Float64) -> Float64:
    """(n, 4) unit quaternions wxyz whose local z is the normal and local x the tangent, spun.

    q = (1 + n_z, -n_y, n_x, 0) / |.| turns z to n; then a turn about z by the angle of the
    tangent seen from there, plus `spin_rad`.
    """
    x, y, z = normals.T
    down = z < -1 + 1e-9
    lean = np.stack([1 + z, -y, x, np.zeros(len(z))], axis=1)
    lean = unit(np.where(down[:, None], [0.0, 1.0, 0.0, 0.0], lean))
    w, vector = lean[:, :1], -lean[:, 1:]
    twice = 2 * np.cross(vector, tangents)
    seen = tangents + w * twice + np.cross(vector, twice)
    half = (np.arctan2(seen[:, 1], seen[:, 0]) + spin_rad) / 2
    return multiply(lean, np.stack([np.cos(half), 0 * half, 0 * half, np.sin(half)], axis=1))


def multiply(p: Float64, q: Float64) -> Float64:
    """(n, 4) products p q of quaternions wxyz."""
    a, b, c, d = p.T
    e, f, g, h = q.T
    return np.stack(
        [
            a * e - b * f - c * g - d * h,
            a * f + b * e + c * h - d * g,
            a * g - b * h + c * e + d * f,
            a * h + b * g - c * f + d * e,
        ],
        axis=1,
    )


def harmonics(g: Gaussians, rng: np.random.Generator) -> NDArray[np.float32]:
    """(n, 16, 3) spherical harmonics: the colour, a highlight, and the noise that training leaves.

    A mirror shows the light L to who looks along d = L - 2 (n.L) n. The highlight there is the
    sum over k of Y_k(d') sh_k with sh_k = 4 pi w_l Y_k(d) / sum_l w_l (2 l + 1), which is 1 at
    d' = d. The noise has a standard deviation of 0.04 in each coefficient of degree 1 to 3, most
    of it grey. All is rounded to multiples of 1/4096.
    """
    n = len(g.means)
    noise = 2 * rng.integers(-128, 128, size=(n, 15, 1), dtype=np.int8).astype(np.int32)
    noise = noise + rng.integers(-128, 128, size=(n, 15, 3), dtype=np.int8)
    lobe = sh_basis(g.mirrors, 3) * LOBE * (4 * math.pi / LOBE.sum() * g.highlights)[:, None]
    direct = (g.colors - 0.5) * math.sqrt(4 * math.pi)
    sh = np.empty((n, 16, 3), dtype=np.float32)
    sh[:, 0] = np.round(direct * SH_STEPS) + 0.0
    sh[:, 1:] = noise
    sh += np.round(lobe * SH_STEPS)[:, :, None] + 0.0
    return sh / np.float32(SH_STEPS)


def on_grid(values: Float64, bits: int) -> NDArray[np.float32]:
    """float32 with `bits` bits after the point, rounded to nearest; -0 becomes 0."""
    return ((np.round(values * 2.0**bits) + 0.0) / 2.0**bits).astype(np.float32)


def snapped(values: Float64, bits: int) -> NDArray[np.float32]:
    """float32 with `bits` significant bits, rounded to nearest."""
    mantissa, exponent = np.frexp(values)
    rounded: Float64 = np.ldexp(np.round(mantissa * 2.0**bits), exponent - bits)
    return rounded.astype(np.float32)
