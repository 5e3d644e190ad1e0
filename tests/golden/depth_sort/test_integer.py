"""Order of (key, arrival), and the ranges in which a long list is read."""

from __future__ import annotations

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.depth_sort.integer import depth_order, depth_sort, sort_plan
from golden.stages.tile_bin.constants import TileBinConstants
from golden.stages.tile_bin.entry import depth_keys, null_entry, pack_fields
from golden.stages.tile_bin.integer import fill_lists

PARAMS = Parameters(sort_entries=256)
N = PARAMS.sort_entries
TOP = (1 << 20) - 1
KEYS = {
    "random": lambda rng, n: rng.integers(0, TOP + 1, n),
    "all equal": lambda rng, n: np.full(n, 4711),
    "two": lambda rng, n: rng.choice([0, TOP], n),
    "one upper half": lambda rng, n: 1023 * 1024 + rng.integers(0, 1024, n),
    "a few keys of most": lambda rng, n: np.where(
        rng.random(n) < 0.8, rng.choice([5, 6, 70_000], n), rng.integers(0, TOP + 1, n)
    ),
    "descending": lambda rng, n: np.sort(rng.integers(0, TOP + 1, n))[::-1],
}


def test_order_is_key_then_arrival():
    keys = np.array([5, 3, 5, 0, 3, TOP, 0])
    assert depth_order(keys).tolist() == [3, 6, 1, 4, 0, 2, 5]


@pytest.mark.parametrize("count", [0, 1, N, N + 1, 3 * N, 20 * N + 7])
@pytest.mark.parametrize("name", KEYS)
def test_ranges_hold_every_entry_once_in_order(name, count):
    keys = KEYS[name](np.random.default_rng(count), count)
    plan = sort_plan(keys, PARAMS)
    before, total = -1, 0
    for part in plan.ranges:
        assert before < part.low <= part.high
        inside = (keys >= part.low) & (keys <= part.high)
        assert inside.sum() == part.count > 0
        assert part.count <= N or part.low == part.high
        before, total = part.high, total + part.count
    assert total == count
    # Bounded: two neighbours of one level together exceed N, and so does each bucket refined.
    if count > N:
        refined = plan.histograms - 1
        assert refined <= count // (N + 1)
        assert len(plan.ranges) <= 2 * count // N + 1 + 2 * refined
    else:
        assert plan.reads == (count > 0)


def test_lists_come_in_the_order_of_the_bins():
    rng = np.random.default_rng(2)
    entries = pack_fields({"key": rng.integers(0, 1 << 12, 3000), "u": rng.integers(0, 999, 3000)})
    first = rng.integers(0, (4, 3), (3000, 2))
    first[first[:, 0] == 2] = (0, 0)  # bins of column 2 stay empty where nothing reaches over
    rects = np.concatenate((first, first + 1), axis=1).astype(np.int32)
    constants = TileBinConstants(0, 0, 4, 3, 0, 1000)
    number = first[:, 1] * 4 + first[:, 0]
    bands = np.stack([np.arange(3000), number, np.ones(3000), np.ones(3000)], axis=1)
    ordered = depth_sort(fill_lists(entries, bands.astype(np.int64), constants), PARAMS)
    for number in range(12):
        row, column = divmod(number, 4)
        own = entries[(rects[:, 0] == column) & (rects[:, 1] == row)]
        found = ordered.entries[ordered.offsets[number] : ordered.offsets[number + 1]]
        if column == 2:
            np.testing.assert_array_equal(found["words"], null_entry()["words"])
        else:
            keys = depth_keys(own)
            expected = own[np.lexsort((np.arange(len(own)), keys))]
            np.testing.assert_array_equal(found["words"], expected["words"])
