"""Pictures in strips: the same bits as in one piece, and which rows a strip has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.stages.tile_bin.constants import PAGE_BYTES, ListOutcome
from golden.stages.tile_bin.strips import halves, strips
from golden.view import ListMemory, view_frame

CAMERA = default_cameras(3, 300, 290)[0]  # 5 by 5 bins of 64 px
PARAMS = Parameters(color_cycles=4, raster_lanes=4)


@pytest.fixture(scope="module")
def pack() -> Pack:
    options = ClusterOptions("morton", None, "safe", 0)
    return build_pack(default_scene(5000), options, INRIA, colors="narrow")


def test_a_small_list_memory_or_few_bins_give_the_same_picture(pack):
    whole = view_frame(pack, CAMERA, INRIA, PARAMS)
    assert whole.lists.outcome == ListOutcome.COMPLETE
    assert whole.picture.any()
    small = replace(whole, memory=ListMemory(0x8000_0000, (whole.lists.pages // 2) * PAGE_BYTES))
    assert small.lists.outcome == ListOutcome.FULL
    np.testing.assert_array_equal(small.picture, whole.picture)
    few = view_frame(pack, CAMERA, INRIA, replace(PARAMS, max_bins=16))
    assert few.lists.outcome == ListOutcome.TOO_MANY_BINS
    np.testing.assert_array_equal(few.picture, whole.picture)


def test_a_memory_that_holds_no_row_is_refused(pack):
    one_page = replace(
        view_frame(pack, CAMERA, INRIA, PARAMS), memory=ListMemory(0x8000_0000, PAGE_BYTES)
    )
    with pytest.raises(InputError, match="do not fit 1 pages of 2 KiB: give them more memory"):
        _ = one_page.picture


def test_rows_of_strips():
    assert strips(CAMERA, PARAMS) == [range(5)]
    assert strips(CAMERA, replace(PARAMS, max_bins=16)) == [range(3), range(3, 5)]
    # 10 by 10 bins of 32 px: 3 rows have room, and an even number keeps addresses aligned.
    assert strips(CAMERA, replace(PARAMS, max_bins=32, bin_px=32)) == [
        range(first, first + 2) for first in range(0, 10, 2)
    ]


def test_a_picture_too_wide_for_a_strip_is_refused():
    wide = CAMERA.resized(1100, 1063)  # 35 bins of 32 px across: two rows are 70
    with pytest.raises(InputError, match="is 1100 px wide: 2 rows of bins of 32 px"):
        strips(wide, replace(PARAMS, max_bins=64, bin_px=32))


@pytest.mark.parametrize("bin_px", [32, 64])
def test_halves_cover_a_strip_until_it_cannot_be_cut(bin_px):
    params, pending, single = replace(PARAMS, bin_px=bin_px), [range(3, 20)], []
    if bin_px == 32:
        pending = [range(4, 21)]
    first, end = pending[0].start, pending[0].stop
    while pending:
        rows = pending.pop(0)
        cut = halves(rows, params)
        if len(cut) == 1:
            single.append(rows)
        pending[:0] = cut if len(cut) > 1 else []
    assert [row for rows in single for row in rows] == list(range(first, end))
    assert all(rows.start * bin_px * 64 % 4096 == 0 for rows in single)
