"""Small scenes that clustering and packing must survive, by name."""

from __future__ import annotations

import numpy as np

from golden.scene import Scene


def make_scene(means, scales=None, opacities=None, seed=0, name="scene", degree=0) -> Scene:
    """A scene at those means; sizes, opacities, rotations and colours at random where not given."""
    rng = np.random.default_rng(seed)
    means = np.asarray(means, dtype=np.float32)
    n = len(means)
    if scales is None:
        scales = np.exp(rng.normal(-3, 1, (n, 3)))
    if opacities is None:
        opacities = rng.uniform(0, 1, n)
    quats = rng.normal(size=(n, 4))
    quats /= np.linalg.norm(quats, axis=1, keepdims=True)
    return Scene(
        name,
        means=means,
        scales=np.broadcast_to(np.asarray(scales, np.float32), (n, 3)).copy(),
        quats=quats.astype(np.float32),
        opacities=np.broadcast_to(np.asarray(opacities, np.float32), (n,)).copy(),
        sh=rng.normal(size=(n, (degree + 1) ** 2, 3)).astype(np.float32),
    )


def hostile_scenes() -> dict[str, Scene]:
    """Scenes of 1 to 400 Gaussians."""
    rng = np.random.default_rng(7)
    points = rng.normal(size=(300, 3))
    outliers = np.vstack((points, [[1e6, 0, 0], [0, -3e7, 1e3], [1e30, 0, 0]]))
    giant = np.exp(rng.normal(-6, 1, (300, 3)))
    giant[17] = 500
    edges = np.array([0, 1 / 255, 1.0039 / 255, 0.999 / 255, 1], np.float32)
    thirds = np.repeat(rng.normal(size=(20, 3)), 20, axis=0)
    needles = np.exp(rng.normal(-4, 1, (300, 3))) * [1000, 1, 0.001]
    return {
        "random": make_scene(points),
        "flat": make_scene(points * [1, 1, 0]),
        "one": make_scene([[0.3, -2, 5]]),
        "one at the origin": make_scene([[0, 0, 0]], scales=1e-3),
        "two": make_scene([[0, 0, 0], [1, 1, 1]]),
        "all equal": make_scene(np.full((50, 3), 0.1)),
        "duplicates": make_scene(thirds),
        "outliers": make_scene(outliers),
        "one giant among many tiny": make_scene(points, scales=giant),
        "tiny and far from the origin": make_scene([5e5, -7e5, 3e5] + points * 1e-1, scales=1e-4),
        "tiny and near the origin": make_scene(points * 1e-20, scales=1e-25),
        "smallest numbers": make_scene(points * 1e-44, scales=np.finfo(np.float32).tiny),
        "largest numbers": make_scene(np.clip(points, -3, 3) * 1e38, scales=1e38),
        "beyond every radius": make_scene(points, scales=1e30),
        "needles": make_scene(points * 10, scales=needles),
        "opacities at the edge": make_scene(points, opacities=np.resize(edges, 300)),
        "nothing shows": make_scene(points, opacities=0),
    }
