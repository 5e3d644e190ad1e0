"""Stage 6, depth_sort: the lists of the bins, sorted one after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts
from sim.model.stage import Work
from sim.model.traffic import Traffic


def sort_cycles(counts: FrameCounts, config: ModelConfig) -> NDArray[np.int64]:
    """(B,) int64: sort_passes x ceil(entries / sort_keys_per_cycle) of each bin.

    Source: a radix sorter of 32-bit depths, 8 bits a pass; GSCore sorts in two levels of which only
    the needed part is done, so this is no less.
    """
    entries = np.diff(counts.lists.offsets)
    return np.asarray(config.sort_passes * -(-entries // config.sort_keys_per_cycle))


def depth_sort(counts: FrameCounts, traffic: Traffic, config: ModelConfig) -> Work:
    """Stage 6. Busy the sum of sort_cycles. Reads the chunks of the lists once; a list is sorted on
    the chip."""
    return Work("depth_sort", int(sort_cycles(counts, config).sum()), traffic.lists.bytes, 0)
