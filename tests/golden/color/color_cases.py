"""Cameras, places and records for the integer model of color."""

from __future__ import annotations

import numpy as np

from golden.camera import Camera
from golden.params import Parameters
from golden.records import SPLAT_DTYPE

PARAMS = Parameters()
UNIT = 1 << PARAMS.screen_fraction_bits


def turned(seed: int) -> np.ndarray:
    """A random rotation."""
    q, r = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    q *= np.sign(np.diag(r))
    q[0] *= np.linalg.det(q)
    return q


def camera_of(seed: int, focal_px: float = 900.0, aspect: float = 1.0) -> Camera:
    """A camera of any pose."""
    viewmat = np.eye(4)
    viewmat[:3, :3] = turned(seed)
    viewmat[:3, 3] = np.random.default_rng(seed + 99).normal(size=3)
    return Camera(f"camera {seed}", 1600, 1000, focal_px, focal_px * aspect, 812.25, 490.5, viewmat)


def splats_at(places: np.ndarray, index: np.ndarray | None = None) -> np.ndarray:
    """SPLAT_DTYPE at (N, 2) u, v, integers of the format."""
    splats = np.zeros(len(places), dtype=SPLAT_DTYPE)
    splats["mean2d"] = places
    splats["index"] = np.arange(len(places)) if index is None else index
    return splats


def exact_directions(places: np.ndarray, camera: Camera) -> np.ndarray:
    """(N, 3) float64 unit vectors R^T K^-1 (u, v, 1)."""
    u, v = (places / UNIT).T
    rays = np.column_stack(((u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, 1 + 0 * u))
    world = rays @ camera.viewmat[:3, :3]
    return world / np.linalg.norm(world, axis=1, keepdims=True)
