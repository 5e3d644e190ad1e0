"""Scenes and cameras that try to make culling lose something."""

from __future__ import annotations

import numpy as np

from golden.camera import Camera
from golden.scene import Scene


def hostile_scene(seed: int, count: int = 3000) -> Scene:
    """Needles, discs, giants among tiny ones, opacities around 1/255, spans of 1 to 1000 units."""
    rng = np.random.default_rng(seed)
    span = 10.0 ** rng.uniform(0, 3)
    base = 10.0 ** rng.uniform(-4, -0.5, (count, 1)) * span
    stretch = 10.0 ** rng.uniform(-4, 0, (count, 3)) if seed % 3 else np.ones((count, 3))
    stretch[::7, 1:] = 1.0  # discs
    scales = base * stretch
    scales[rng.integers(0, count, 5)] = span * rng.uniform(0.1, 2)
    quats = rng.normal(size=(count, 4))
    near_limit = (1 / 255) * (1 + rng.normal(0, 1e-3, count))
    opacities = np.where(rng.random(count) < 0.4, near_limit, rng.random(count))
    opacities[::11] = 1.0
    return Scene(
        name=f"hostile {seed}",
        means=(rng.normal(size=(count, 3)) * span * rng.uniform(0.01, 1, (count, 1))).astype("f4"),
        scales=scales.astype("f4"),
        quats=(quats / np.linalg.norm(quats, axis=1, keepdims=True)).astype("f4"),
        opacities=np.clip(opacities, 0, 1).astype("f4"),
        sh=np.zeros((count, 1, 3), dtype="f4"),
    )


def hostile_camera(seed: int, scene: Scene) -> Camera:
    """Anywhere in or near the scene; 0.25 to 8 widths of focal length; off-centre too."""
    rng = np.random.default_rng(seed)
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation = q * np.sign(np.diag(r))
    rotation *= np.linalg.det(rotation)
    position = scene.means[rng.integers(len(scene))] * rng.choice([0.5, 1.0, 1.001, 1.5])
    viewmat = np.eye(4)
    viewmat[:3, :3], viewmat[:3, 3] = rotation, -rotation @ position
    width, height = (int(side) for side in rng.integers(1, 2000, 2))
    off = rng.uniform(-0.2, 1.2, 2) if seed % 2 else np.array([0.5, 0.5])
    return Camera(
        name=f"hostile {seed}",
        width=width,
        height=height,
        fx=width * 2.0 ** rng.uniform(-2, 3),
        fy=height * 2.0 ** rng.uniform(-2, 3),
        cx=width * off[0],
        cy=height * off[1],
        pose=viewmat,
    )
