"""Scenes and cameras that the projection, visibility and raster tests share."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from golden.camera import Camera
from golden.scene import Scene


def scene_of(means, scales, quats=None, opacities=0.8, dc=0.3, name="test") -> Scene:
    """Scene of degree 0 from lists; quats w, x, y, z; one opacity or colour may serve all."""
    means = np.atleast_2d(np.asarray(means, np.float32))
    n = len(means)
    quats = np.tile([1.0, 0, 0, 0], (n, 1)) if quats is None else np.asarray(quats)
    return Scene(
        name,
        means,
        np.broadcast_to(np.asarray(scales, np.float32), (n, 3)).copy(),
        quats.astype(np.float32),
        np.broadcast_to(np.asarray(opacities, np.float32), n).copy(),
        np.broadcast_to(np.asarray(dc, np.float32).reshape(-1, 1, 1), (n, 1, 3)).copy()
        if np.ndim(dc) < 2
        else np.asarray(dc, np.float32)[:, None, :],
    )


def hostile_scene(n: int, seed: int, spread: float = 4.0, faint: bool = True) -> Scene:
    """Balls, needles and discs of all sizes around the origin, opacities down to nothing."""
    rng = np.random.default_rng(seed)
    scales = np.exp(rng.normal(-3, 1, (n, 1)) + np.zeros((1, 3)))
    kind = rng.integers(0, 3, n)
    scales[kind == 1, 0] *= 300  # needles
    scales[kind == 2, :2] *= 50  # discs
    quats = Rotation.random(n, rng=rng).as_quat()[:, [3, 0, 1, 2]]
    opacities = rng.random(n).astype(np.float32)
    if faint:
        opacities[::5] = rng.uniform(0.5, 3, len(opacities[::5])) / 255
        opacities[:3] = 0, np.float32(1 / 255), 1
    return scene_of(
        rng.normal(size=(n, 3)) * spread, scales, quats, opacities, rng.normal(size=(n, 3))
    )


def looking(
    seed: int | None = None,
    width: int = 70,
    height: int = 45,
    fx: float = 60.0,
    fy: float = 55.0,
    cx: float | None = None,
    cy: float | None = None,
) -> Camera:
    """Camera at the origin along z, or anywhere near it when seeded."""
    viewmat = np.eye(4)
    if seed is not None:
        rng = np.random.default_rng(seed)
        viewmat[:3, :3] = Rotation.random(rng=rng).as_matrix()
        viewmat[:3, 3] = rng.normal(size=3)
    return Camera(
        "test",
        width,
        height,
        fx,
        fy,
        width / 2 if cx is None else cx,
        height / 2 if cy is None else cy,
        viewmat,
    )
