"""Bins that an entry's spans leave out: the rasteriser looks at no quad in any; some are left."""

from __future__ import annotations

import numpy as np
import pytest

from golden.jit import parallel_kernel, parallel_range
from golden.params import Parameters
from golden.rules import GSPLAT
from golden.stages.depth_sort.integer import depth_sort
from golden.stages.rasterize.constants import rasterize_constants
from golden.stages.rasterize.entry_steps import steps_of, tables_of
from golden.stages.rasterize.formats import RasterFormats
from golden.stages.rasterize.integer import ENTRY_NAMES, fields_of, rasterize_entries
from golden.stages.rasterize.lines import quad_span
from golden.stages.tile_bin.constants import TileBinConstants
from golden.stages.tile_bin.entry import pack_fields
from golden.stages.tile_bin.integer import fill_lists
from golden.stages.tile_bin.spans import (
    BAND_COUNT,
    BAND_ENTRY,
    BAND_FIRST,
    BAND_STEP,
    WHOLE,
    entry_spans,
    list_bands,
)
from tests.golden.tile_bin.random_entries import KINDS, random_fields

ACROSS, DOWN = 6, 5
COUNT = 8000
TABLES = tables_of(RasterFormats())
# Of the pairs of entry and bin, the share that is left out at least, and of those that the
# rasteriser looks into in vain. Rectangles are the whole grid, so that most pairs are such.
LEFT_OUT = {"usual": 0.5, "needles": 0.5, "tiny": 0.9, "faint": 0.5, "huge": 0.005,
            "ends of the ranges": 0.3}  # fmt: skip
FOUND = 0.85


@parallel_kernel
def looked_at(fields, first, side, looked):
    """looked[e, b] = 1 where golden's rasterize looks at a quad of entry e in bin b."""
    for e in parallel_range(len(fields)):
        for b in range(looked.shape[1]):
            x0, y0 = (first[0] + b % ACROSS) * side, (first[1] + b // ACROSS) * side
            steps = steps_of(fields[e], x0, y0, TABLES)
            for line in range(max(steps.first, 0) >> 1, (min(steps.last, side - 1) >> 1) + 1):
                low, high = quad_span(steps, line, side - 1, TABLES)
                if low <= high:
                    looked[e, b] = 1


def grid(count: int, first_column: int = 0) -> np.ndarray:
    """Rectangles of all bins, as bin_rects has them."""
    return np.tile(np.array([first_column, 0, first_column + ACROSS, DOWN], np.int32), (count, 1))


def pairs(bands: np.ndarray, count: int, first_column: int) -> np.ndarray:
    """(count, bins) how often each entry goes to each bin, in the columns from the first on."""
    found = np.zeros((count, DOWN * (ACROSS + first_column)), np.int64)
    for place in range(int(bands[:, BAND_COUNT].max())):
        some = bands[bands[:, BAND_COUNT] > place]
        number = some[:, BAND_FIRST] + place * some[:, BAND_STEP]
        np.add.at(found, (some[:, BAND_ENTRY], number), 1)
    whole = found.reshape(count, DOWN, -1)
    assert not whole[:, :, :first_column].any()
    return whole[:, :, first_column:].reshape(count, -1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("bin_px", "first"), [(64, (0, 0)), (64, (58, 59)), (32, (3, 40))])
def test_no_bin_that_is_left_out_has_a_quad(kind, bin_px, first):
    params = Parameters(bin_px=bin_px)
    column, row = first
    constants = TileBinConstants(0, row, ACROSS + column, DOWN, 0, 4096)
    box = (column, row, column + ACROSS, row + DOWN)
    fields = random_fields(kind, COUNT, sum(first), tuple(bin_px * n for n in box))
    entries = np.zeros((COUNT, len(ENTRY_NAMES)), np.int64)
    for name, values in fields.items():
        entries[:, ENTRY_NAMES.index(name)] = values
    looked = np.zeros((COUNT, ACROSS * DOWN), np.int64)
    looked_at(entries, np.array(first), bin_px, looked)
    rects = grid(COUNT, column)
    spans = entry_spans(fields, rects, constants, params)
    kept = pairs(list_bands(rects, spans, params), COUNT, column)
    assert kept.max() == 1
    assert not (looked & ~kept).any()
    assert kept[fields["far"] == 1].all()
    near = fields["far"] == 0
    in_vain = (looked[near] == 0).sum()
    left_out = (kept[near] == 0).sum()
    assert left_out >= LEFT_OUT[kind] * kept[near].size
    assert left_out >= FOUND * in_vain


@pytest.mark.parametrize("seed", range(2))
def test_the_picture_is_that_of_whole_rectangles(seed):
    params, size = Parameters(bin_px=32), (ACROSS * 32 - 5, DOWN * 32 - 9)
    constants = TileBinConstants(0, 0, ACROSS, DOWN, 0, 4096)
    rng, count = np.random.default_rng(seed), 1500
    fields = random_fields("usual", count, seed, (0, 0, *size))
    fields["w1"] = np.minimum(fields["w1"] + 128, 1023)  # quarters, so that many shine through
    fields["w2"] = np.minimum(fields["w2"] + 128, 1023)
    fields |= {name: rng.integers(0, 1024, count) for name in ("red", "green", "blue")}
    fields["key"] = rng.integers(0, 1 << 20, count)
    entries, rects = pack_fields(fields), grid(count)
    spans = entry_spans(fields, rects, constants, params)
    whole = spans.copy()
    whole[:, WHOLE] = 1
    drawn, lengths = [], []
    for chosen in (spans, whole):
        lists = fill_lists(entries, list_bands(rects, chosen, params), constants)
        ordered = depth_sort(lists, params)
        rastering = rasterize_constants(GSPLAT, size[0], (0.1, 0.9, 0.4))
        looked = fields_of(ordered.entries), ordered.offsets
        drawn.append(rasterize_entries(*looked, size, params.bin_px, rastering))
        lengths.append(lists.entries)
    np.testing.assert_array_equal(drawn[0].image, drawn[1].image)
    assert lengths[0] < 0.8 * lengths[1]
    assert len(np.unique(drawn[0].image[..., :3].reshape(-1, 3), axis=0)) > 1000
