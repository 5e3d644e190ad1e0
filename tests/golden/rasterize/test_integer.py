"""The integer picture against float64, both of the very same list entries."""

from __future__ import annotations

import numpy as np
import pytest

from golden.rules import ALPHA_MIN, INRIA
from golden.stages.rasterize.constants import rasterize_constants
from golden.stages.rasterize.integer import ENTRY_NAMES, rasterize_entries
from golden.stages.rasterize.reference import TRANSMITTANCE_MIN
from golden.stages.tile_bin.entry import (
    CENTER_FRACTION_BITS,
    FAR_FRACTION_BITS,
    FAR_WEIGHT_MIN_LOG2,
    LOG_FRACTION_BITS,
    WEIGHT_MIN_LOG2,
    DecodedEntries,
    decode,
    pack_fields,
)

BIN_PX = 64
# Kind -> log2 of w1 and of w2, px^-2, from and to; far: px of the centre to the left of the bin.
KINDS = {
    "specks": ((-1, 1.9), (-1, 1.9)),
    "small": ((-6, 0), (-6, 0)),
    "large": ((-12, -6), (-12, -6)),
    "needles": ((-4, 0), (-14, -8)),
}
FAR_PX = (4500, 9000)


def random_entries(count, seed, kind, corner=(0, 0), spread=BIN_PX):
    """(N,) ENTRY_DTYPE with centres in a square of `spread` px, from `corner` on.

    Parameters
    ----------
    corner : px, or (N, 2), one each.
    """
    random = np.random.default_rng(seed)
    far = kind == "far"
    corner = np.broadcast_to(corner, (count, 2))
    place = corner + random.uniform(0, spread, (count, 2))
    if far:
        place[:, 0] -= random.uniform(*FAR_PX, count)
        ranges = ((-24, -21), (-24, -21))
    else:
        ranges = KINDS[kind]
    unit = 1 << (FAR_FRACTION_BITS if far else CENTER_FRACTION_BITS)
    least = FAR_WEIGHT_MIN_LOG2 if far else WEIGHT_MIN_LOG2
    steps = 1 << (LOG_FRACTION_BITS - far)
    u, v = np.rint(place * unit).astype(np.int64).T
    w1, w2 = (
        np.rint((random.uniform(*limits, count) - least) * steps).astype(np.int64)
        for limits in ranges
    )
    fields = {"u": u, "v": v, "w1": w1, "w2": w2, "far": np.full(count, int(far))}
    fields |= {
        "swap": random.integers(0, 2, count),
        "slope": random.integers(-2047, 2048, count),
        "opacity": random.integers(0, 128, count),
    }
    fields |= {name: random.integers(0, 600, count) for name in ("red", "green", "blue")}
    return fields, pack_fields(fields)


def drawn(fields, offsets, size):
    """The integer picture, (height, width, 4), and its counts."""
    table = np.stack([fields[name] for name in ENTRY_NAMES], axis=1)
    constants = rasterize_constants(INRIA, size[0])
    return rasterize_entries(table, np.asarray(offsets), size, BIN_PX, constants)


def alphas(entries: DecodedEntries, n, x0, y0, columns, rows):
    """alpha of an entry at every pixel, 0 where it is below 1/255: the equations, nothing else."""
    dx = x0 + np.arange(columns) + 0.5 - entries.mean2d[n, 0]
    dy = (y0 + np.arange(rows) + 0.5 - entries.mean2d[n, 1])[:, None]
    along, across = (dy, dx) if entries.swap[n] else (dx, dy)
    x = along + entries.slope[n] * across
    power = (entries.p2[n] * x**2 + entries.r2[n] * across**2) / 2
    alpha = np.minimum(entries.opacity[n] * np.exp(-power), INRIA.alpha_max)
    return np.where(alpha >= ALPHA_MIN, alpha, 0.0)


def blended(entries: DecodedEntries, x0, y0, columns, rows):
    """Colours of a bin in float64, all entries front to back."""
    total, t = np.zeros((rows, columns, 3)), np.ones((rows, columns))
    open_ = np.ones((rows, columns), np.bool_)
    for n in range(len(entries.opacity)):
        alpha = alphas(entries, n, x0, y0, columns, rows) * open_
        after = t * (1 - alpha)
        open_ &= after >= TRANSMITTANCE_MIN
        alpha = np.where(open_, alpha, 0.0)
        total += (t * alpha)[:, :, None] * entries.color[n]
        t = t * (1 - alpha)
    return total


@pytest.mark.parametrize("kind", [*KINDS, "far"])
@pytest.mark.parametrize("first", [0, 1536], ids=["at the corner", "at 1536 px"])
def test_an_entry_alone_covers_every_pixel_of_its_ellipse(kind, first):
    side = 24
    count = side * side
    # Each in a bin of its own; of a wide picture the columns of bins before `first` are empty.
    before, across = first // BIN_PX, first // BIN_PX + side
    column, row = before + np.arange(count) % side, np.arange(count) // side
    corner = np.stack((column, row), axis=1) * BIN_PX
    fields, entries = random_entries(count, 7, kind, corner)
    length = np.zeros((side, across), np.int64)
    length[:, before:] = 1
    offsets = np.concatenate(([0], np.cumsum(length.ravel())))
    image = drawn(fields, offsets, (across * BIN_PX, side * BIN_PX)).image[:, :, 3]
    floats = decode(entries)
    touched = 0
    for n in range(count):
        x0, y0 = corner[n]
        exact = alphas(floats, n, x0, y0, BIN_PX, BIN_PX)
        error = image[y0 : y0 + BIN_PX, x0 : x0 + BIN_PX] - 255 * exact
        assert np.abs(error).max() < 5, (n, {name: int(fields[name][n]) for name in fields})
        touched += int((exact > 0).sum())
    assert touched > count


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_list_loses_no_light(kind):
    size, count = (150, 90), 1500
    fields, entries = random_entries(count, 3, kind, spread=160)
    across, down = 3, 2
    everywhere = {name: np.tile(fields[name], across * down) for name in fields}
    run = drawn(everywhere, count * np.arange(across * down + 1), size)
    exact = blended(decode(entries), 0, 0, *size)
    error = run.image[:, :, :3] / 255 - np.minimum(exact, 1)
    assert np.abs(error).max() < 8 / 255
    assert abs(error.mean()) < 0.25 / 255
    assert -10 * np.log10(np.mean(error**2)) > 52
