"""Random and hostile list entries for the tests of rasterize."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.stages.rasterize.integer import ENTRY_NAMES
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, ENTRY_FIELDS

KINDS = ("any bits", "small", "large", "needles", "walls", "at corners", "far")
PX = 1 << CENTER_FRACTION_BITS  # of u and v


def random_entries(count: int, seed: int, kind: str, place: tuple[int, int] = (0, 0)):
    """(N,) integers of each field of ENTRY_NAMES; near the bin at `place` but for "any bits".

    Parameters
    ----------
    kind : one of KINDS.
    """
    random = np.random.default_rng(seed)
    fields = {}
    for name in ENTRY_NAMES:
        fixed = ENTRY_FIELDS[name][1]
        fields[name] = random.integers(fixed.min_int, fixed.max_int + 1, count)
    if kind == "any bits":
        return fields
    fields["far"] = np.zeros(count, np.int64)
    for name, origin in zip(("u", "v"), place, strict=True):
        fields[name] = PX * origin + random.integers(-PX * 40, PX * 104, count)
    sizes = {"small": (-1, 2), "large": (-13, -5), "needles": (-4, 2), "at corners": (-6, 2)}
    low, high = sizes.get(kind, (-26, -14))
    one = 30 * 32
    fields["w1"] = one + random.integers(32 * low, 32 * high, count).clip(-one, 63)
    fields["w2"] = one + random.integers(32 * low, 32 * high, count).clip(-one, 63)
    if kind == "needles":
        fields["w2"] = one + random.integers(-32 * 24, -32 * 10, count)
    if kind == "walls":
        fields["opacity"] = random.integers(0, 3, count)
    elif kind != "at corners":
        fields["opacity"] = random.integers(0, 256, count)
    if kind == "at corners":
        for n, name in enumerate(("u", "v")):
            corners = [-1, 0, PX // 2, 64 * PX - PX // 2, 64 * PX - 1, 64 * PX]
            fields[name] = PX * place[n] + random.choice(corners, count)
    if kind == "far":
        fields["far"] = np.ones(count, np.int64)
        for name in ("u", "v"):
            fields[name] = random.integers(-(1 << 17), 1 << 17, count)
        fields["w1"] = random.integers(400, 992, count)
        fields["w2"] = random.integers(400, 992, count)
    return fields


def matrix(fields: dict[str, NDArray[np.int64]]) -> NDArray[np.int32]:
    """The fields as the integer model takes them, (N, 11)."""
    return np.stack([fields[name] for name in ENTRY_NAMES], axis=1).astype(np.int32)
