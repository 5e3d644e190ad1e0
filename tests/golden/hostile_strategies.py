"""Hypothesis strategies for views and Gaussians that sit where culling would lose them first.

A Gaussian is a kind and ten numbers from 0 to 1, its dice: hypothesis chooses a few of them, and
shrinks them; a seeded crowd of the same kinds fills the clusters up. It is placed in camera space,
against the sides, the near plane or the tiles of its own view.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.rules import GSPLAT, INRIA, Rules
from golden.scene import Scene

SIDES = ("left", "right", "top", "bottom")
KINDS = (
    *SIDES,  # reaches the outermost pixel centres of that side by a hair, or nearly
    "near",  # mean on the near plane, or up to 2 units of float32 beside it
    "around",  # anywhere around the camera, behind it too
    "behind",  # behind the camera, and large
    "tile",  # mean on a corner of tiles, or of the image
    "inside",  # anywhere in view
    "giant",  # in view, and far larger than its distance
    "far",  # a thousand to a billion units away, in view or in any direction
    "same",  # equal to the one before it
)
DICE = 10
DIES = st.floats(0, 1, width=32)

EDGE_OPACITY = np.float32(1 / 255)
OPACITIES = np.array(
    [1, 0.5, 0.05, *(EDGE_OPACITY + i * np.spacing(EDGE_OPACITY) for i in (-2, -1, 0, 1, 2))],
    np.float32,
)
OPACITIES = np.append(OPACITIES, EDGE_OPACITY * np.float32([0.999, 1.00001, 1.001, 1.1]))


@dataclass(frozen=True, eq=False)
class Case:
    """A scene, how to cluster it, and a view of it."""

    scene: Scene
    options: ClusterOptions
    camera: Camera
    rules: Rules
    kinds: tuple[str, ...]


def log_between(low: float, high: float, die):
    """low to high, evenly in the logarithm, as the die goes from 0 to 1."""
    return low * (high / low) ** np.asarray(die, np.float64)


def pick(values, die):
    """One of the values, evenly."""
    index = np.minimum((np.asarray(die, np.float64) * len(values)).astype(int), len(values) - 1)
    return np.asarray(values)[index]


@st.composite
def cameras(draw) -> Camera:
    """1x1 to 4000 px, 0.1 to 20 sides of focal length, principal points outside the image too."""
    side = st.one_of(st.sampled_from([1, 2, 15, 16, 17, 640, 1559, 4000]), st.integers(1, 4000))
    lens = DIES.map(lambda die: float(log_between(0.1, 20, die)))
    centre = st.one_of(st.sampled_from([0.5, 0.0, 1.0]), st.floats(-2, 3, width=32))
    width, height = draw(side), draw(side)
    viewmat = np.eye(4)
    viewmat[:3, :3] = _rotation(draw(st.sampled_from(["none", "axes", "any"])), draw)
    # Where the camera stands, and with it the scene: also where float32 is coarse.
    distance = draw(st.sampled_from([0.0, 0.0, 1.0, 30.0, 3e3, 1e6]))
    direction = np.array(draw(st.tuples(*[st.floats(-1, 1, width=32)] * 3)))
    viewmat[:3, 3] = -viewmat[:3, :3] @ (distance * direction)
    fx = draw(lens) * width
    return Camera(
        name="hostile",
        width=width,
        height=height,
        fx=fx,
        fy=fx if draw(st.booleans()) else draw(lens) * height,
        cx=draw(centre) * width,
        cy=draw(centre) * height,
        pose=viewmat,
    )


@st.composite
def cases(draw, max_chosen: int = 8, crowd: tuple[int, int] = (0, 60)) -> Case:
    """Some chosen Gaussians and a crowd; one cluster for all, one for each, and between."""
    camera = draw(cameras())
    rules = draw(st.sampled_from([INRIA, GSPLAT]))
    die = st.tuples(st.sampled_from(KINDS), st.tuples(*[DIES] * DICE))
    chosen = draw(st.lists(die, min_size=1, max_size=max_chosen))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    crowd_kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))
    size = draw(st.integers(*crowd))
    kinds = [kind for kind, _ in chosen] + list(rng.choice(crowd_kinds, size))
    dice = np.vstack([[dice for _, dice in chosen], rng.random((size, DICE))])
    count = len(kinds)
    options = ClusterOptions(
        method=draw(st.sampled_from(["morton", "reach", "paper"])),
        clusters=draw(st.sampled_from([1, 2, max(count // 4, 1), count])),
        seed=0,
        per_group=draw(st.sampled_from([0, 1, 2, 5])),
    )
    scene = placed(camera, rules, np.array(kinds), dice)
    return Case(scene, options, camera, rules, tuple(kinds))


def placed(camera: Camera, rules: Rules, kinds: np.ndarray, dice: np.ndarray) -> Scene:
    """The Gaussians of those kinds, (N,), and dice, (N, 10), as a scene of float32 numbers."""
    n = len(kinds)
    opacity = np.where(dice[:, 0] < 0.5, pick(OPACITIES, 2 * dice[:, 0]), 2 * dice[:, 0] - 1)
    opacity = opacity.astype(np.float32)
    z = log_between(0.005, 1000, dice[:, 1])
    size = np.array([camera.width, camera.height])
    focal, centre = np.array([camera.fx, camera.fy]), np.array([camera.cx, camera.cy])
    pixel = 0.5 + dice[:, 2:4] * (size - 1)
    pixel[kinds == "tile"] = np.round(dice[kinds == "tile", 2:4] * size / 16) * 16
    z = np.where(kinds == "near", np.float32(rules.near) + _ulps(rules.near, dice[:, 4]), z)
    z = np.where(kinds == "far", log_between(1e3, 1e9, dice[:, 1]), z)
    aspect = log_between(1, 1e5, dice[:, 5])
    largest = z * log_between(1e-6, 10, dice[:, 6])
    largest[kinds == "giant"] *= 1000
    axes = _axes(dice[:, 7:10])

    for side, name in enumerate(SIDES):
        rows = kinds == name
        axis, outer = side // 2, side % 2
        pixel[rows, axis], largest[rows], axes[rows] = _beyond(
            camera, rules, axis, outer, dice[rows], opacity[rows], z[rows]
        )
    q = np.column_stack(((pixel - centre) / focal * z[:, None], z))
    around = kinds == "around"
    q[around] = axes[around, :, 1] * log_between(1e-3, 30, dice[around, 1])[:, None]
    aside = (kinds == "far") & (dice[:, 4] < 0.5)
    q[aside] = axes[aside, :, 1] * z[aside, None]
    behind = kinds == "behind"
    q[behind, 2] *= -1
    largest[behind] = np.maximum(largest, z * log_between(0.1, 100, dice[:, 6]))[behind]

    # Needles, discs, and balls where the aspect is 1.
    second = np.where(dice[:, 4] < 0.5, largest / aspect, largest)
    scales = np.column_stack((largest, second, largest / aspect))
    world = camera.viewmat[:3, :3].T
    means = q @ world.T + camera.position
    quats = _quaternions(world @ axes)
    same = np.flatnonzero(kinds == "same")
    for i in same[same > 0]:
        means[i], scales[i], quats[i], opacity[i] = (
            array[i - 1] for array in (means, scales, quats, opacity)
        )
    return Scene(
        name="hostile",
        means=means.astype(np.float32),
        scales=np.clip(scales, 1e-30, 1e30).astype(np.float32),
        quats=quats.astype(np.float32),
        opacities=np.clip(opacity, 0, 1),
        sh=np.zeros((n, 1, 3), dtype=np.float32),
    )


def _beyond(camera, rules, axis, outer, dice, opacity, z):
    """Pixel coordinate, size and axes of Gaussians off one side of the image.

    k sqrt((f/z)^2 s^2 (1 + t^2) + 0.3) is the distance to the outermost pixel centre, or a little
    more, with the longest axis where the clamped slope t makes the image of it longest.
    """
    focal, centre, side = (
        (camera.fx, camera.cx, camera.width),
        (camera.fy, camera.cy, camera.height),
    )[axis]
    limits = rules.clamp_limits(camera)[2 * axis : 2 * axis + 2]
    k = np.sqrt(2 * np.log(np.maximum(opacity.astype(np.float64) * 255, 1)))
    low_pass = k * 0.3**0.5
    # Half of them within reach of the low pass alone, half up to four images away.
    far = log_between(0.1, 4 * side + 4, dice[:, 4])
    distance = np.where(dice[:, 4] < 0.3, low_pass * (1 - 1e-6 - 0.2 * dice[:, 6]), far)
    pixel = side - 0.5 + distance if outer else 0.5 - distance
    slope = np.clip((pixel - centre) / focal, *limits)
    needed = np.sqrt(np.maximum((distance / np.maximum(k, 1e-3)) ** 2 - 0.3, 0) / (1 + slope**2))
    size = np.maximum(z / focal * needed, 1e-6 * z)
    size = size * (1 + pick([1e-7, 1e-5, 1e-3, 1e-2], dice[:, 6]))
    first = np.zeros((len(z), 3))
    first[:, axis], first[:, 2] = 1, -slope
    return pixel, size, _frames(first)


def _ulps(value: float, die) -> np.ndarray:
    """-2 to 2 units in the last place of float32."""
    return pick([0, 1, -1, 2, -2], die) * float(np.spacing(np.float32(value)))


def _rotation(kind: str, draw) -> np.ndarray:
    """Of the camera: none, one that only exchanges axes, or any."""
    if kind == "none":
        return np.eye(3)
    if kind == "axes":
        return np.roll(np.eye(3), draw(st.integers(1, 2)), axis=0)
    return _axes(np.array([draw(st.tuples(*[DIES] * 3))]))[0]


def _axes(dice: np.ndarray) -> np.ndarray:
    """Rotation matrices, (N, 3, 3): Euler angles of up to one turn."""
    (ca, sa), (cb, sb), (cc, sc) = (
        (np.cos(2 * np.pi * die), np.sin(2 * np.pi * die)) for die in dice.T
    )
    return np.array(
        [
            [ca * cb, ca * sb * sc - sa * cc, ca * sb * cc + sa * sc],
            [sa * cb, sa * sb * sc + ca * cc, sa * sb * cc - ca * sc],
            [-sb, cb * sc, cb * cc],
        ]
    ).transpose(2, 0, 1)


def _frames(first: np.ndarray) -> np.ndarray:
    """Rotation matrices, (N, 3, 3), whose first column has the direction of `first`."""
    a = first / np.linalg.norm(first, axis=1, keepdims=True)
    aid = np.where(np.abs(a[:, :1]) < 0.5, [[1.0, 0, 0]], [[0, 1.0, 0]])
    b = np.cross(a, aid)
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    return np.stack((a, b, np.cross(a, b)), axis=2)


def _quaternions(rotations: np.ndarray) -> np.ndarray:
    """Unit quaternions w, x, y, z of rotation matrices, (N, 4)."""
    return Rotation.from_matrix(rotations).as_quat()[:, [3, 0, 1, 2]]
