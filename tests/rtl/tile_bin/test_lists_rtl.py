"""tile_bin and depth_sort, compiled, with a memory between them: every byte, entry and place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.params import Parameters
from golden.stages.tile_bin.constants import PAGE_BYTES, PAGE_ENTRIES, ListOutcome, TileBinConstants
from hw.stages.tile_bin.layouts import splat_cycles
from sim.rtl.lists_harness import ListsHarness, Pressure
from tests.rtl.tile_bin.lists_checks import check_frame, check_lists
from tests.rtl.tile_bin.stimulus import hostile_splats, random_colors, random_splats

pytestmark = pytest.mark.xdist_group("lists")  # one worker compiles its RTL

# Few bins, and lists that are longer than N at once.
PARAMS = Parameters(max_bins=64, list_pages=1024, sort_entries=256)
BUILDS = {
    "two_lanes": PARAMS,
    "one_lane": replace(PARAMS, color_cycles=4, raster_lanes=4, list_memories=1),
}
SIZE_PX = (380, 300)
CONSTANTS = TileBinConstants(depth_shift=12, first_row=0, across=6, down=5, list_page=3, pages=1000)
ONE_BIN = replace(CONSTANTS, across=1, down=1)
WIDE = -60  # exponent of a conic
N = PARAMS.sort_entries
HARD = Pressure(idle_256=60, stall_256=100, busy_256=90, latency_cycles=37)


@pytest.fixture(scope="module", params=BUILDS)
def harness(request) -> ListsHarness:
    built = ListsHarness(BUILDS[request.param])
    built.build()
    return built


def run_and_check(harness, splats, constants=CONSTANTS, pressure=None, params=PARAMS):
    colors = random_colors(len(splats), len(splats))
    run = harness.run(splats, colors, constants, pressure)
    return run, check_frame(run, splats, colors, constants, params)


def everywhere(count: int, keys: np.ndarray, seed: int = 0) -> np.ndarray:
    """Splats of all tiles, with those depth keys, so wide that they reach all bins."""
    splats = random_splats(count, seed, PARAMS, SIZE_PX)
    splats["conic"], splats["conic_exponent"] = (1 << 23, 0, 1 << 23), WIDE
    splats["opacity"] = np.maximum(splats["opacity"], 1 << 15)
    splats["tile_rect"] = (0, 0, 24, 20)
    splats["depth"] = keys.astype(np.int64) << CONSTANTS.depth_shift
    return splats


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 300, 3000])
@pytest.mark.parametrize("pressure", [None, HARD], ids=["free", "hard"])
def test_random_splats(harness, count, pressure):
    run_and_check(harness, random_splats(count, count, PARAMS, SIZE_PX), pressure=pressure)


@pytest.mark.parametrize("seed", range(6))
def test_any_pressure(harness, seed):
    rng = np.random.default_rng(seed)
    idle, stall, busy = (int(v) for v in rng.choice([0, 20, 128, 240], 3))
    pressure = Pressure(idle, stall, busy, int(rng.integers(0, 200)), seed=seed)
    splats = hostile_splats(1500, seed, PARAMS)
    splats["tile_rect"] = random_splats(1500, seed, PARAMS, SIZE_PX)["tile_rect"]
    splats["tile_rect"][::50] = (0, 0, 1024, 1024)
    run_and_check(harness, splats, pressure=pressure)


@pytest.mark.parametrize("count", [N - 1, N, N + 1, 2 * N, 2 * N + 1, 5000])
def test_lists_around_the_sorter_s_size(harness, count):
    keys = np.random.default_rng(count).integers(0, 1 << 20, count)
    run, lists = run_and_check(harness, everywhere(count, keys), ONE_BIN, HARD)
    assert lists.length.tolist() == [count]
    assert run.counters["ranged_lists"] == (count > N)


KEYS = {
    "all equal": lambda rng, n: np.full(n, 77777),
    "two keys": lambda rng, n: rng.choice([5, 1 << 19], n),
    "one upper half": lambda rng, n: (513 << 10) + rng.integers(0, 1024, n),
    "one upper half, a key of most": lambda rng, n: (
        (513 << 10) + np.where(rng.random(n) < 0.7, 9, rng.integers(0, 1024, n))
    ),
    "ascending": lambda rng, n: np.sort(rng.integers(0, 1 << 20, n)),
    "descending": lambda rng, n: np.sort(rng.integers(0, 1 << 20, n))[::-1],
    "ends of the range": lambda rng, n: rng.choice([0, 1023, 1024, (1 << 20) - 1], n),
    "the last bucket": lambda rng, n: (1 << 20) - 1 - rng.integers(0, 1024, n),
    "pages of near keys": lambda rng, n: (
        rng.integers(0, 1 << 20, n // 100 + 1).repeat(100)[:n] ^ rng.integers(0, 2048, n)
    ),
    "clustered": lambda rng, n: rng.normal(500_000, 900, n).astype(np.int64),
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("pressure", [None, HARD], ids=["free", "hard"])
def test_hostile_keys_beyond_the_sorter_s_size(harness, name, pressure):
    keys = KEYS[name](np.random.default_rng(3), 3001)
    run_and_check(harness, everywhere(len(keys), keys), ONE_BIN, pressure)


def test_every_splat_in_every_bin(harness):
    keys = np.random.default_rng(1).integers(0, 1 << 20, 700)
    run, lists = run_and_check(harness, everywhere(700, keys))
    assert (lists.length == 700).all()
    assert run.counters["ranged_lists"] == 30


def test_an_entry_as_often_as_a_splat_and_a_chunk_in_eight(harness):
    """Every splat in one bin: nothing stops the entries but the chunks' own 8 of 8 cycles."""
    count = 4000
    splats = everywhere(count, np.arange(count))
    run, _ = run_and_check(harness, splats, ONE_BIN)
    assert run.fill_cycles < count * splat_cycles(harness.params) + 100


@pytest.mark.parametrize("pages", [1, 2, 29, 30, 31, 59])
def test_full_memory_ends_the_frame_and_writes_nothing_outside(harness, pages):
    """The harness fails where a byte outside the window is written."""
    splats = random_splats(3000, 4, PARAMS, SIZE_PX)
    constants = replace(CONSTANTS, pages=pages)
    run, lists = run_and_check(harness, splats, constants, HARD)
    assert run.outcome == lists.outcome == ListOutcome.FULL
    assert run.counters["pages"] == pages
    window = run.memory[3 * PAGE_BYTES : (3 + pages) * PAGE_BYTES]
    whole = tile_bin_image(splats, constants)
    np.testing.assert_array_equal(window, whole)


def tile_bin_image(splats, constants) -> np.ndarray:
    """What the model's memory holds where the memory ran full."""
    from golden.stages.tile_bin.integer import tile_bin

    colors = random_colors(len(splats), len(splats))
    lists = tile_bin(splats, colors, constants, PARAMS)
    written = lists.memory.view(np.uint8)
    # The model's unwritten bytes are 0, the harness' 0xA5: entries are never all 0.
    words = written.reshape(-1, 16)
    empty = ~words.any(axis=1)
    image = words.copy()
    image[empty] = 0xA5
    return image.ravel()


def test_strips_give_the_lists_of_the_whole_picture(harness):
    """With a small memory the picture is drawn in strips of whole rows of bins: the same lists."""
    splats = random_splats(2500, 8, PARAMS, SIZE_PX)
    whole, lists = run_and_check(harness, splats)
    found = []
    for row in range(CONSTANTS.down):
        strip = replace(CONSTANTS, first_row=row, down=1, pages=40)
        run, _ = run_and_check(harness, splats, strip)
        assert run.outcome == ListOutcome.COMPLETE
        found.append(run.entries["words"])
    assert lists.pages > 40
    np.testing.assert_array_equal(np.concatenate(found), whole.entries["words"])


@pytest.mark.parametrize(("across", "down"), [(13, 5), (65, 1), (1, 65), (1023, 1023), (0, 5)])
def test_too_many_bins_are_refused(harness, across, down):
    splats = random_splats(200, 9, PARAMS, SIZE_PX)
    colors = random_colors(200, 0)
    constants = replace(CONSTANTS, across=across, down=down)
    run = harness.run(splats, colors, constants, HARD)
    assert run.outcome == ListOutcome.TOO_MANY_BINS
    assert run.beats == run.counters["chunks"] == run.counters["pages"] == 0
    assert (run.memory == 0xA5).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_reset_at_any_time_forgets_the_frame(harness, seed):
    rng = np.random.default_rng(seed)
    stops = {
        "stop_cycle": int(rng.integers(1, 3000)),
        "sort_stop_cycle": int(rng.integers(1, 4000)),
    }
    pressure = replace(HARD, **stops, seed=seed)
    splats = random_splats(900, seed, PARAMS, SIZE_PX)
    splats["tile_rect"][::3] = (0, 0, 8, 8)
    run_and_check(harness, splats, pressure=pressure)


@pytest.mark.parametrize("pages", [1000, 40])
def test_frames_one_after_another_without_a_reset(harness, pages):
    """Nothing of a frame is left for the next one: of a complete one, of one that ran full."""
    splats = random_splats(1200, 6, PARAMS, SIZE_PX)
    splats["tile_rect"][::9] = (0, 0, 8, 8)
    constants = replace(CONSTANTS, pages=pages)
    run_and_check(harness, splats, constants, replace(HARD, frames_before=3))


def test_a_list_of_all_pages(harness):
    """One bin takes the whole memory, to its last entry."""
    constants = replace(ONE_BIN, pages=64)
    keys = np.random.default_rng(2).integers(0, 1 << 20, 64 * PAGE_ENTRIES)
    run, lists = run_and_check(harness, everywhere(len(keys), keys), constants)
    assert lists.outcome == ListOutcome.COMPLETE
    assert lists.pages == 64
    splats = everywhere(len(keys) + 1, np.append(keys, 0))
    run, _ = run_and_check(harness, splats, constants)
    assert run.outcome == ListOutcome.FULL


OTHERS = {
    "128 bits": replace(PARAMS, data_bits=128),
    "64 bits": replace(PARAMS, data_bits=64),
    "512 bits": replace(PARAMS, data_bits=512),
    "bins of 32 px, N = 512": replace(PARAMS, bin_px=32, max_bins=256, sort_entries=512),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_parameters(name):
    params = OTHERS[name]
    harness = ListsHarness(params)
    side = 12 if params.bin_px == 32 else 6
    constants = replace(CONSTANTS, across=side, down=side - 1)
    for seed, pressure in enumerate((Pressure(), HARD)):
        splats = random_splats(2500, seed, params, SIZE_PX)
        splats["tile_rect"][::40] = (0, 0, 24, 20)
        run, lists = run_and_check(harness, splats, constants, pressure, params)
        check_lists(run, lists, constants)
