"""How many records of two streams differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def count_differing(found: NDArray[np.void], expected: NDArray[np.void]) -> int:
    """Records in which two streams differ: missing, extra, or of other bits.

    Streams of one length are compared in order; of others, what is in no order the same counts.
    """
    if len(found) == len(expected):
        return int((found != expected).sum())
    kinds, places = np.unique(np.concatenate((found, expected)), return_inverse=True)
    ours, theirs = (
        np.bincount(part, minlength=len(kinds)) for part in np.split(places, [len(found)])
    )
    return max(len(found), len(expected)) - int(np.minimum(ours, theirs).sum())
