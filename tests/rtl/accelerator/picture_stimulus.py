"""Scenes, packs and views for an accelerator that draws: small pictures, hard for its back end."""

from __future__ import annotations

import numpy as np

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.scene import Scene
from golden.view import ViewFrame
from tests.golden.hostile_scenes import make_scene

# The smallest of everything, so that lists are long, bins many and pages few in small pictures.
SMALL = Parameters(
    data_bits=64,
    burst_beats=16,
    color_cycles=4,
    raster_lanes=4,
    bin_px=32,
    max_bins=64,
    list_pages=64,
    sort_entries=256,
)
BACKGROUNDS = ((0.0, 0.0, 0.0), (0.25, 1.0, 1.5))


def drawn_pack(scene: Scene, clusters: int | None = None) -> Pack:
    """With the colour records that a build with color reads."""
    options = ClusterOptions("reach", clusters, "safe", per_group=4)
    return build_pack(scene, options, INRIA, colors="narrow")


def cloud(gaussians: int = 300, seed: int = 0) -> Scene:
    """All sizes and opacities, around the origin."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(gaussians, 3)) * rng.choice((0.2, 1.0, 2.0), (gaussians, 1))
    return make_scene(means, np.exp(rng.normal(-3, 0.7, (gaussians, 3))), seed=seed, degree=3)


def scenes(gaussians: int = 400) -> dict[str, Scene]:
    """By name; all are seen from (0, 0, -6).

    Parameters
    ----------
    gaussians : of the largest; a multiple of 5.
    """
    rng = np.random.default_rng(3)
    points = rng.normal(size=(gaussians, 3))
    flat = points * [0.05, 0.05, 0]
    layers = np.repeat(np.linspace(-1, 1, 5), gaussians // 5)[:, None] * [0, 0, 1]
    needles = np.exp(rng.normal(-3, 0.5, (200, 3))) * [60, 1, 0.02]
    return {
        "one": make_scene([[0.1, -0.2, 0]], scales=0.4, opacities=0.8, degree=3),
        "cloud": cloud(),
        "needles": make_scene(points[:200], needles, seed=5, degree=2),
        "walls": make_scene(points[:150] * [2, 2, 1], 3.0, 1.0, seed=6),
        "many in a bin": make_scene(points * [0.05, 0.05, 1], 0.004, seed=7),
        "of one depth in a bin": make_scene(flat, 0.004, seed=8),
        "of five depths in a bin": make_scene(flat + layers, 0.004, seed=9),
        "faint": make_scene(points, 0.1, 1.1 / 255, seed=10),
    }


def camera(
    width: int,
    height: int,
    place: tuple[float, float, float] = (0, 0, -6),
    principal: tuple[float, float] = (0.5, 0.5),
    turn: float = 0.0,
) -> Camera:
    """Looks along z, turned about y by `turn` radians; its focal length is that of 100 px.

    Parameters
    ----------
    principal : the principal point in shares of the picture's sides.
    """
    viewmat = np.eye(4)
    viewmat[:3, :3] = [
        [np.cos(turn), 0, -np.sin(turn)],
        [0, 1, 0],
        [np.sin(turn), 0, np.cos(turn)],
    ]
    viewmat[:3, 3] = -viewmat[:3, :3] @ np.asarray(place, dtype=float)
    x, y = width * principal[0], height * principal[1]
    return Camera("view", width, height, 100.0, 100.0, x, y, viewmat)


def view(pack: Pack, seen_by: Camera, n: int = 0, params: Parameters = SMALL) -> ViewFrame:
    """Of the n-th of both rules and backgrounds in turn."""
    rules = (INRIA, GSPLAT)[n % 2]
    return ViewFrame(pack, seen_by, rules, params, background=BACKGROUNDS[n // 2 % 2])


def random_view(pack: Pack, rng: np.random.Generator, params: Parameters = SMALL) -> ViewFrame:
    """From anywhere before the scene, of any small size; one in eight looks away from it."""
    width, height = (int(side) for side in rng.integers(1, 121, 2))
    place = (rng.normal(), rng.normal(), -rng.uniform(2, 9))
    turn = np.pi if rng.integers(8) == 0 else rng.normal() * 0.2
    principal = tuple(rng.uniform(0.2, 0.8, 2))
    seen_by = camera(width, height, place, principal, turn)
    return view(pack, seen_by, int(rng.integers(4)), params)
