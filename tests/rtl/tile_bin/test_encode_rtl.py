"""The entry's pipeline against the integer model, bit for bit, splats 1 to 8 cycles apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.tile_bin.bands import bin_rects
from golden.stages.tile_bin.constants import TileBinConstants
from golden.stages.tile_bin.encode import encode
from golden.stages.tile_bin.entry import ENTRY_FIELDS, unpack_fields
from golden.stages.tile_bin.spans import SPAN_NAMES, WHOLE, entry_spans
from hw.stages.tile_bin.encode import Encode
from hw.stages.tile_bin.layouts import ENTRY_PARTS, SPAN_PARTS
from hw.stages.tile_bin.layouts import entry_spans as entry_spans_layout
from sim.rtl.block_harness import BlockHarness
from tests.rtl.tile_bin.stimulus import hostile_splats, random_colors, random_splats

pytestmark = pytest.mark.xdist_group("encode")  # one worker compiles its RTL

PARAMS = Parameters()
PADDING = 64
OTHERS = {
    "bins of 32 px": Parameters(bin_px=32, max_bins=4096),
    "fewest fraction bits": Parameters(screen_fraction_bits=4),
    "narrow conics, few fraction bits": Parameters(conic_bits=14, screen_fraction_bits=5),
}


@pytest.fixture(scope="module")
def harness() -> BlockHarness:
    built = BlockHarness(Encode(PARAMS))
    built.build()
    return built


def inputs(splats, colors, constants: TileBinConstants) -> dict[str, np.ndarray]:
    """Columns of the block's ports."""
    columns = {
        f"constants_{name}": np.full(len(splats), value)
        for name, value in constants.as_ports().items()
    }
    for n, part in enumerate("uv"):
        columns[f"colored_splat_mean2d_{part}"] = splats["mean2d"][:, n].astype(np.int64)
    for n, part in enumerate("abc"):
        columns[f"colored_splat_conic_{part}"] = splats["conic"][:, n].astype(np.int64)
    for n, part in enumerate(("x0", "y0", "x1", "y1")):
        columns[f"colored_splat_tile_rect_{part}"] = splats["tile_rect"][:, n].astype(np.int64)
    for n, part in enumerate("xy"):
        columns[f"colored_splat_extent_{part}"] = splats["extent"][:, n].astype(np.int64)
    for name in ("depth", "index", "opacity", "conic_exponent"):
        columns[f"colored_splat_{name}"] = splats[name].astype(np.int64)
    for n, part in enumerate(("red", "green", "blue")):
        columns[f"colored_color_{part}"] = colors[:, n].astype(np.int64)
    return columns


class HeldHarness:
    """Encode for splats `gap` cycles apart: others are there while one need not be held.

    Its parts are looked at each in its own cycle.
    """

    def __init__(self, params: Parameters):
        self._built = BlockHarness(Encode(params))
        self._cycles, self.gap = params.color_cycles, params.color_cycles

    def run(self, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        block, gap, inputs = self._built.block, self.gap, {}
        for name, values in columns.items():
            held = np.repeat(values, gap).reshape(-1, gap)
            if not name.startswith("constants"):
                held[:, self._cycles :] = values[::-1, None]
            inputs[name] = held.reshape(-1)
        starts = np.arange(len(values)) * gap
        inputs["start"] = np.zeros(len(inputs[name]), np.int64)
        inputs["start"][starts] = 1
        found = self._built.run(inputs)
        due = {"none": block.none_cycle}
        for view, parts, cycles in (
            ("entry", ENTRY_PARTS, block.entry_cycles),
            ("spans", SPAN_PARTS, block.span_cycles),
        ):
            for names, cycle in zip(parts, cycles, strict=True):
                due |= {f"{view}_{name}": cycle for name in names}
        assert due.keys() == found.keys()
        # The harness gives what is there the block's latency after an item: here before it.
        return {
            name: values[np.maximum(starts - (block.latency_cycles - due[name]), 0)]
            for name, values in found.items()
        }


def assert_equal(harness, splats, colors, constants, params):
    # The harness inverts its inputs around the items, but constants are held: others go before and
    # after those that are looked at.
    around = np.pad(np.arange(len(splats)), PADDING, mode="edge")
    found = harness.run(inputs(splats[around], colors[around], constants))
    found = {name: values[PADDING:-PADDING] for name, values in found.items()}
    expected = unpack_fields(encode(splats, colors, constants.depth_shift, params))
    for name in ENTRY_FIELDS:
        np.testing.assert_array_equal(found[f"entry_{name}"], expected[name], name)
    rects = bin_rects(splats, constants, params)
    none = (rects[:, 2] <= rects[:, 0]) | (rects[:, 3] <= rects[:, 1])
    np.testing.assert_array_equal(found["none"], none)
    spans = entry_spans(expected, rects, constants, params)
    whole = spans[:, WHOLE] == 1
    np.testing.assert_array_equal(found["spans_whole"][~none], whole[~none])
    np.testing.assert_array_equal(found["spans_swap"], expected["swap"])
    for name in entry_spans_layout(params).members:
        if name in SPAN_NAMES:  # where all bins count, the test's numbers do not
            looked = ~none & ~(whole & (SPAN_NAMES.index(name) > WHOLE))
            column = spans[looked, SPAN_NAMES.index(name)]
            np.testing.assert_array_equal(found[f"spans_{name}"][looked], column, name)
    return none


@pytest.mark.parametrize("seed", range(3))
def test_random_splats(harness, seed):
    splats = random_splats(100_000, seed, PARAMS)
    constants = TileBinConstants(seed + 6, 0, 25, 17, 0, 4096)
    none = assert_equal(harness, splats, random_colors(100_000, seed), constants, PARAMS)
    assert not none.all()


def test_hostile_splats_in_a_strip(harness):
    splats = hostile_splats(100_000, 9, PARAMS)
    constants = TileBinConstants(4, 3, 13, 2, 0, 4096)
    none = assert_equal(harness, splats, random_colors(100_000, 1), constants, PARAMS)
    assert none.any()


@pytest.mark.parametrize("name", [None, *OTHERS])
@pytest.mark.parametrize("cycles", [2, 4, 8])
def test_splats_some_cycles_apart(cycles, name):
    params = replace(OTHERS[name] if name else PARAMS, color_cycles=cycles)
    harness = HeldHarness(params)
    for harness.gap in (cycles, cycles + 3):
        for splats in (random_splats(10_000, 3, params), hostile_splats(10_000, 4, params)):
            constants = TileBinConstants(5, 2, 49, 30, 0, 4096)
            assert_equal(harness, splats, random_colors(10_000, 2), constants, params)


@pytest.mark.parametrize("name", OTHERS)
def test_other_parameters(name):
    params = OTHERS[name]
    harness = BlockHarness(Encode(params))
    constants = TileBinConstants(5, 2, 49, 30, 0, 4096)
    for splats in (random_splats(40_000, 3, params), hostile_splats(40_000, 4, params)):
        assert_equal(harness, splats, random_colors(40_000, 2), constants, params)
