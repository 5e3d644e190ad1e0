"""The compiled rasterize RTL against the integer model: every pixel, stalls, lanes, counters."""

import numpy as np
import pytest

from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.rasterize.constants import rasterize_constants
from golden.stages.rasterize.integer import bins_of_picture, fields_of, rasterize_entries
from golden.stages.tile_bin.entry import null_entry, pack_fields
from hw.stages.rasterize.rasterize import LANE_COUNTERS
from sim.model.rasterize.cycles import raster_cycles
from sim.model.rasterize.work import raster_work
from sim.rtl.rasterize_harness import RasterizeHarness
from tests.rtl.rasterize.raster_stimulus import KINDS, PX, random_entries

pytestmark = pytest.mark.xdist_group("rasterize")  # one worker compiles its RTL

# Small bins keep the builds short; others are built where slow tests are wanted.
BUILDS = {
    "lanes_4_bins_32": Parameters(color_cycles=1, raster_lanes=4, bin_px=32, data_bits=64),
    "lanes_16_bins_32": Parameters(color_cycles=1, raster_lanes=16, bin_px=32, data_bits=128),
    "lanes_16_bins_64": Parameters(color_cycles=1, raster_lanes=16, bin_px=64, data_bits=256),
    "setup_4": Parameters(color_cycles=1, raster_lanes=4, bin_px=32, data_bits=64, setup_cycles=4),
    "setup_2": Parameters(
        color_cycles=1, raster_lanes=16, bin_px=32, data_bits=128, setup_cycles=2
    ),
    "lanes_64_bins_64": Parameters(color_cycles=1, raster_lanes=64, bin_px=64, data_bits=512),
}
FAST = ["lanes_16_bins_32", "setup_4"]  # of one engine are the pictures of tests/rtl/accelerator
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in BUILDS if name not in FAST]
SIZES = [(1, 1), (17, 1), (33, 65), (64, 64), (150, 90)]
BACKGROUND = (0.25, 1.0, 1.5)


@pytest.fixture(scope="module", params=[*FAST, *SLOW])
def harness(request) -> RasterizeHarness:
    built = RasterizeHarness(BUILDS[request.param])
    built.build()
    return built


def lists(size, bin_px, per_bin, seed, kind):
    """Entries of each bin, `per_bin` of one kind around it; the null entry where it has none."""
    random = np.random.default_rng(seed)
    parts, offsets = [], [0]
    for n, (x, y, _, _) in enumerate(bins_of_picture(size, bin_px)):
        count = int(random.integers(0, 2 * per_bin + 1))
        fields = random_entries(count, 1000 * seed + n, kind, (int(x), int(y)))
        parts.append(pack_fields(fields) if count else null_entry())
        offsets.append(offsets[-1] + len(parts[-1]))
    return np.concatenate(parts), np.array(offsets)


def check(harness, size, entries, offsets, rules=INRIA, background=(0.0, 0.0, 0.0), **options):
    """Draws by both and compares every byte, and where nothing holds it up every cycle."""
    constants = rasterize_constants(rules, size[0], background)
    bin_px = harness.params.bin_px
    model = rasterize_entries(fields_of(entries), offsets, size, bin_px, constants)
    run = harness.run(entries, offsets, size, constants, **options)
    differs = np.argwhere((run.image != model.image).any(axis=2))
    assert not len(differs), (
        f"{len(differs)} px differ, the first {differs[0]}: {run.image[tuple(differs[0])]} "
        f"where {model.image[tuple(differs[0])]} is due"
    )
    if not options:
        work = raster_work(fields_of(entries), offsets, size, constants, harness.params)
        clocked = raster_cycles(work, constants, harness.params)
        assert clocked.cycles == run.cycles
        # The harness lets the counters follow some cycles late.
        idle = "starved_lane_cycles"
        others = {name: count for name, count in run.counters.items() if name != idle}
        assert {name: clocked.counters[name] for name in others} == others
        assert 0 <= run.counters[idle] - clocked.counters[idle] <= 8 * harness.params.raster_lanes
    if not options.get("reset_cycle"):
        assert run.counters["blended_lane_cycles"] == model.blended.sum()
        assert run.counters["entries"] == run.entries
        assert run.counters["bins"] == len(offsets) - 1
    return model, run


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
def test_entries_of_every_kind(harness, kind, rules):
    size = (70, 90)
    entries, offsets = lists(size, harness.params.bin_px, 60, KINDS.index(kind), kind)
    check(harness, size, entries, offsets, rules)


@pytest.mark.parametrize("size", SIZES)
def test_sizes_that_cut_the_bins(harness, size):
    entries, offsets = lists(size, harness.params.bin_px, 40, 7, "small")
    check(harness, size, entries, offsets, background=BACKGROUND)


def test_nothing_is_the_background(harness):
    size = (100, 40)
    bins = len(bins_of_picture(size, harness.params.bin_px))
    entries, offsets = np.concatenate([null_entry()] * bins), np.arange(bins + 1)
    model, run = check(harness, size, entries, offsets, background=BACKGROUND)
    assert (run.image == model.image[0, 0]).all()
    assert model.image[0, 0].tolist() == [64, 255, 255, 0]


def test_one_gaussian(harness):
    entries = pack_fields(random_entries(1, 3, "large"))
    model, _ = check(harness, (32, 32), entries, np.array([0, 1]))
    assert model.blended.sum() > 0


def test_equal_entries_one_after_another(harness):
    """The same quad again and again: nothing of what is under way is lost."""
    fields = random_entries(1, 5, "small")
    only = {"u": 8, "v": 8, "w1": 1020, "w2": 1020, "slope": 0, "opacity": 200}
    fields |= {name: np.array([value]) for name, value in only.items()}
    entries = np.concatenate([pack_fields(fields)] * 200)
    _, run = check(harness, (2, 2), entries, np.array([0, 200]))
    assert run.counters["stalled_lane_cycles"] > 0


def test_a_waiting_quad_lets_the_next_one_pass(harness):
    """Two quads of one engine, each twice in a row: none waits."""
    far_px = harness.params.bin_px // 2
    only = {"v": PX, "w1": 1020, "w2": 1020, "slope": 0, "opacity": 200}
    fields = random_entries(200, 5, "small")
    fields |= {name: np.full(200, value) for name, value in only.items()}
    fields["u"] = PX + PX * far_px * (np.arange(200) // 2 % 2)
    size = (harness.params.bin_px, 2)
    model, run = check(harness, size, pack_fields(fields), np.array([0, 200]))
    assert model.blended.sum() >= 200
    assert run.counters["stalled_lane_cycles"] <= 4 * 4


@pytest.mark.parametrize("uses_drain", [False, True])
def test_an_opaque_bin_stops(harness, uses_drain):
    size = (64, 64)
    bins = bins_of_picture(size, harness.params.bin_px)
    count = 400
    parts = [
        pack_fields(random_entries(count, n, "walls", (int(x), int(y))))
        for n, (x, y, _, _) in enumerate(bins)
    ]
    entries, offsets = np.concatenate(parts), count * np.arange(len(parts) + 1)
    model, run = check(harness, size, entries, offsets, uses_drain=uses_drain)
    assert (model.read_entries < 60).all()
    assert run.counters["dropped_entries"] > 0
    if uses_drain:
        assert run.entries < len(entries) / 2


@pytest.mark.parametrize("stall_256", [0, 100, 230])
@pytest.mark.parametrize("idle_256", [0, 100, 230])
def test_any_stall_pattern(harness, idle_256, stall_256):
    size = (70, 70)
    entries, offsets = lists(size, harness.params.bin_px, 50, idle_256 + stall_256, "small")
    options = {"idle_256": idle_256, "idle_bin_256": idle_256, "stall_256": stall_256}
    check(harness, size, entries, offsets, background=BACKGROUND, seed=stall_256, **options)


@pytest.mark.parametrize("reset_cycle", [3, 700, 2100, 2700, 4000])
def test_reset_in_mid_flight(harness, reset_cycle):
    size = (70, 40)
    entries, offsets = lists(size, harness.params.bin_px, 60, reset_cycle, "large")
    check(harness, size, entries, offsets, reset_cycle=reset_cycle)


def test_lane_cycles_add_up(harness):
    """Every lane of every cycle counts once; a few cycles pass before the counters."""
    size = (100, 70)
    entries, offsets = lists(size, harness.params.bin_px, 60, 11, "small")
    _, run = check(harness, size, entries, offsets)
    total = sum(run.counters[name] for name in LANE_COUNTERS)
    cycles = total / harness.params.raster_lanes
    assert run.cycles - 40 <= cycles <= run.cycles + 12
