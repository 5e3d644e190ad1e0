"""Lists of bins: every entry once, in its bin, in order; pages, chunks, and memory that is full."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from golden.stages.tile_bin.bands import bin_rects
from golden.stages.tile_bin.constants import PAGE_ENTRIES, ListOutcome, TileBinConstants
from golden.stages.tile_bin.encode import encode
from golden.stages.tile_bin.integer import PAGE_WORDS, tile_bin

PARAMS = Parameters()
CONSTANTS = TileBinConstants(depth_shift=4, first_row=0, across=7, down=5, list_page=0, pages=4096)


def splats_of(rects: np.ndarray, seed: int = 0) -> np.ndarray:
    """Splats with those rectangles of tiles, and other numbers that tell them apart."""
    rng = np.random.default_rng(seed)
    splats = np.zeros(len(rects), SPLAT_DTYPE)
    splats["tile_rect"] = rects
    splats["depth"] = rng.integers(0, 1 << 24, len(rects))
    splats["mean2d"] = rng.integers(-(1 << 18), 1 << 18, (len(rects), 2))
    splats["conic"] = (1 << 23, 0, 1 << 22)
    splats["conic_exponent"] = -60  # so wide that they reach all bins of their tiles
    splats["opacity"] = 40_000
    return splats


def random_rects(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    first = rng.integers(0, (28, 20), (count, 2))
    size = rng.geometric(0.3, (count, 2))
    return np.concatenate((first, np.minimum(first + size, (28, 20))), axis=1)


def filled(rects: np.ndarray, constants: TileBinConstants = CONSTANTS):
    splats = splats_of(rects)
    colors = np.random.default_rng(1).integers(0, 1024, (len(rects), 3))
    entries = encode(splats, colors, constants.depth_shift, PARAMS)
    return (
        entries,
        bin_rects(splats, constants, PARAMS),
        tile_bin(splats, colors, constants, PARAMS),
    )


@pytest.mark.parametrize("count", [0, 1, 40, 5000])
def test_each_bin_has_the_splats_that_touch_it_in_order(count):
    """Touches as plain loops over tiles say: a bin is 4 x 4 tiles."""
    tiles = random_rects(count, count)
    entries, _, lists = filled(tiles)
    total = 0
    for number in range(CONSTANTS.bins):
        row, column = divmod(number, CONSTANTS.across)
        touches = (
            (tiles[:, 0] < 4 * column + 4)
            & (tiles[:, 2] > 4 * column)
            & (tiles[:, 1] < 4 * row + 4)
            & (tiles[:, 3] > 4 * row)
        )
        np.testing.assert_array_equal(lists.read(number), entries[touches])
        total += int(touches.sum())
    assert lists.outcome == ListOutcome.COMPLETE
    assert lists.entries == total == lists.length.sum()
    assert lists.chunks == -(-lists.length // 8).sum()
    assert lists.pages == (-(-lists.length // PAGE_ENTRIES)).sum()


def test_every_page_is_in_one_list():
    _, _, lists = filled(random_rects(20_000, 3))
    seen = []
    for number in np.flatnonzero(lists.length):
        page = int(lists.first_page[number])
        for _ in range(-(-int(lists.length[number]) // PAGE_ENTRIES)):
            seen.append(page)
            page = int(lists.next_page[page])
    assert sorted(seen) == list(range(lists.pages))


@pytest.mark.parametrize("pages", [1, 10, 36])
def test_full_memory_is_an_outcome(pages):
    _, _, lists = filled(random_rects(20_000, 3), replace(CONSTANTS, pages=pages))
    assert lists.outcome == ListOutcome.FULL
    assert lists.pages == pages
    assert len(lists.memory) == pages * PAGE_WORDS


@pytest.mark.parametrize(("across", "down"), [(33, 32), (1025, 1), (0, 3)])
def test_more_bins_than_the_build_has_are_an_outcome(across, down):
    lists = filled(random_rects(9, 1), replace(CONSTANTS, across=across, down=down))[2]
    assert lists.outcome == ListOutcome.TOO_MANY_BINS
    assert lists.chunks == lists.pages == 0


def test_strips_together_are_the_picture():
    rects = random_rects(4000, 5)
    _, _, whole = filled(rects)
    for first in range(CONSTANTS.down):
        _, _, strip = filled(rects, replace(CONSTANTS, first_row=first, down=1))
        for column in range(CONSTANTS.across):
            np.testing.assert_array_equal(
                strip.read(column), whole.read(first * CONSTANTS.across + column)
            )
