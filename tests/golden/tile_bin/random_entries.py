"""Fields of list entries of every kind, about a picture."""

from __future__ import annotations

import numpy as np

from golden.numbers.fixed import Int64
from golden.stages.tile_bin.entry import CENTER_FRACTION_BITS, ENTRY_FIELDS

KINDS = ("usual", "needles", "tiny", "faint", "huge", "ends of the ranges")
TOP = ENTRY_FIELDS["slope"][1].max_int
ONE = 960  # code of 1 px^-2
CODES_A_PX = 64  # that a weight falls by where a length doubles


def random_fields(kind: str, count: int, seed: int, box_px: tuple[int, ...]) -> dict[str, Int64]:
    """Fields of `count` entries, without colours and keys; of all one in 50 is far.

    Parameters
    ----------
    kind : of KINDS. box_px : x0, y0, x1, y1 of the bins; centres lie within, at bins' corners and
        up to a side beyond.
    """
    rng = np.random.default_rng(seed)
    low, high = np.array(box_px[:2]), np.array(box_px[2:])
    side = high - low
    place = rng.uniform(low - side * 0.3, high + side * 0.3, (count, 2))
    corner = np.round(place / 32) * 32 + rng.integers(-2, 3, (count, 2)) / 32
    place = np.where(rng.random((count, 1)) < 0.3, corner, place)
    size = {  # log2 of the least and the largest 1 / p and 1 / r, px
        "usual": ((-1, 5), (0, 7)),
        "needles": ((-1, 1), (5, 12)),
        "tiny": ((-1, -0.5), (-1, -0.5)),
        "faint": ((0, 6), (0, 8)),
        "huge": ((6, 15), (6, 15)),
        "ends of the ranges": ((-1, 15), (-1, 15)),
    }[kind]
    w1, w2 = (np.rint(ONE - CODES_A_PX * rng.uniform(*ends, count)) for ends in size)
    slope = rng.integers(-TOP, TOP + 1, count)
    ends = rng.choice([-TOP, -TOP + 1, -1, 0, 1, TOP], count)
    opacity = rng.integers(0, 256, count)
    faint = rng.integers(236, 256, count)
    if kind == "ends of the ranges":
        w1, w2 = (np.where(rng.random(count) < 0.5, rng.choice([0, 1023], count), w)
                  for w in (w1, w2))  # fmt: skip
        limit = ENTRY_FIELDS["u"][1]
        far_away = rng.choice([limit.min_int, limit.max_int], (count, 2)) / 32
        place = np.where(rng.random((count, 2)) < 0.1, far_away, place)
    center = np.rint(np.ldexp(place, CENTER_FRACTION_BITS))
    fields = {
        "u": center[:, 0],
        "v": center[:, 1],
        "swap": rng.integers(0, 2, count),
        "slope": np.where(rng.random(count) < 0.3, ends, slope),
        "w1": np.clip(w1, 0, 1023),
        "w2": np.clip(w2, 0, 1023),
        "opacity": faint if kind == "faint" else opacity,
        "far": rng.random(count) < 0.02,
    }
    return {
        name: np.clip(values, ENTRY_FIELDS[name][1].min_int, ENTRY_FIELDS[name][1].max_int).astype(
            np.int64
        )
        for name, values in fields.items()
    }
