"""Splats, colours and rectangles that tile_bin is fed with: random ones, and ends of ranges."""

from __future__ import annotations

import numpy as np

from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from tests.golden.tile_bin.random_conics import turn_ellipses


def random_colors(count: int, seed: int) -> np.ndarray:
    """(count, 3) R, G, B, 0 to 1023."""
    return np.random.default_rng(seed).integers(0, 1024, (count, 3))


def random_splats(
    count: int, seed: int, params: Parameters, size_px: tuple[int, int] = (1559, 1039)
) -> np.ndarray:
    """Splats of a picture of that size, their tiles around their centres."""
    rng = np.random.default_rng(seed)
    splats = np.zeros(count, SPLAT_DTYPE)
    unit = 1 << params.screen_fraction_bits
    place = rng.uniform(-0.1, 1.1, (count, 2)) * size_px
    splats["mean2d"] = np.rint(place * unit)
    low = np.exp2(rng.uniform(-0.86, 7, count))
    high = low * np.exp2(rng.uniform(0, 8, count))
    turn_ellipses(rng, splats, low, high, params.conic_bits)
    splats["depth"] = np.exp2(rng.uniform(10, 31.9, count)).astype(np.int64)
    splats["index"] = np.arange(count)
    splats["opacity"] = rng.integers(1, 65536, count)
    _set_tiles(splats, place, rng.geometric(0.03, (count, 2)), size_px)
    return splats


def hostile_splats(count: int, seed: int, params: Parameters) -> np.ndarray:
    """Splats of whose numbers many are at an end of their range."""
    rng = np.random.default_rng(seed)
    splats = random_splats(count, seed, params)
    top = (1 << 31) - 1
    far = rng.integers(-(1 << 31), 1 << 31, (count, 2)) >> rng.integers(0, 24, (count, 1))
    ends = rng.choice([-top - 1, -top, -1, 0, 1, top], (count, 2))
    splats["mean2d"] = np.where(rng.random((count, 1)) < 0.5, far, ends)
    mantissa = 1 << params.conic_bits
    for n in (0, 2):
        chosen = rng.choice([0, 1, 2, mantissa // 2, mantissa - 1, mantissa], count)
        splats["conic"][:, n] = np.where(rng.random(count) < 0.5, chosen, splats["conic"][:, n])
    chosen = rng.choice([-mantissa, 1 - mantissa, -1, 0, 1, mantissa], count)
    splats["conic"][:, 1] = np.where(rng.random(count) < 0.3, chosen, splats["conic"][:, 1])
    splats["conic_exponent"] = np.where(
        rng.random(count) < 0.5, rng.choice([-128, -60, 0, 127], count), splats["conic_exponent"]
    )
    splats["opacity"] = rng.choice([0, 1, 255, 256, 257, 65534, 65535], count)
    splats["depth"] = rng.choice([0, 1, (1 << 20) - 1, 1 << 24, (1 << 32) - 1], count)
    splats["tile_rect"][::7] = (0, 0, 1024, 1024)
    return splats


def _set_tiles(splats, place, reach_px, size_px) -> None:
    """Tiles of 16 px within the reach, at least one of the picture."""
    last = np.array([-(-side // 16) - 1 for side in size_px])
    first = np.clip((place - reach_px) // 16, 0, last).astype(np.int64)
    end = np.clip((place + reach_px) // 16, first, last).astype(np.int64) + 1
    splats["tile_rect"] = np.concatenate((first, end), axis=1)
    splats["extent"] = np.minimum(reach_px, 65535)
