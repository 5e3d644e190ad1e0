"""The cycle model: worked examples, phases, and cluster_cull against the RTL."""

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.frame import frame_constants
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import INRIA
from sim.config import load_config
from sim.cull import cull_views
from sim.cull_harness import CullHarness
from sim.cycle_model import (
    FRONT_END,
    STAGES,
    STREAM,
    FrameCounts,
    accounting,
    cluster_cull,
    frame_cycles,
    overlapped,
)

BASE = load_config("base")
COUNTS = FrameCounts(
    groups_tested=100,
    clusters_tested=900,
    clusters_visible=300,
    cull_fill_cycles=7,
    gaussians_read=10_000,
    splats=8_000,
    color_record_bytes=96,
    tile_pairs=40_000,
    fetched_splats=30_000,
    pixels=320 * 200,
)
OFF = replace(
    COUNTS,
    groups_tested=0,
    clusters_tested=0,
    clusters_visible=0,
    cull_fill_cycles=0,
    gaussians_read=32_000,
)

# stage: compute cycles, bytes, memory cycles; base moves 51.2 bytes a cycle
WORKED = {
    "cluster_cull": (1000 + 7, 1000 * 32, 625),
    "gaussian_fetch": (10_000, 10_000 * 32, 6_250),
    "gaussian_project": (10_000, 8_000 * 24, 3_750),
    "color": (8_000, 8_000 * (96 + 8), 16_250),
    "tile_bin": (40_000 // 4, 40_000 * 8, 6_250),
    "depth_sort": (40_000 * 4 // 4, 2 * 40_000 * 8, 12_500),
    "rasterize": (30_000 * 256 // 64, 30_000 * 40 + 320 * 200 * 4, 28_438),  # 28437.5, up
}


@pytest.mark.parametrize("name", STAGES)
def test_worked_example_of_each_stage(name):
    stage = frame_cycles(COUNTS, BASE).stage(name)
    assert stage.name == name
    assert (stage.compute_cycles, stage.memory_bytes, stage.memory_cycles) == WORKED[name]
    assert stage.bound == ("memory" if name == "color" else "compute")
    assert stage.cycles == max(stage.compute_cycles, stage.memory_cycles)


def test_worked_example_of_the_frame():
    frame = frame_cycles(COUNTS, BASE)
    # 32,000 + 320,000 + 192,000 bytes of the front end are 10,625 cycles: more than 10,007
    assert frame.front_end_cycles == 10_625
    # and 832,000 + 320,000 of colour and pairs
    assert frame.stream_cycles == 33_125
    assert (frame.sort_cycles, frame.blend_cycles) == (40_000, 120_000)
    assert frame.frame_cycles == 33_125 + 40_000 + 120_000


def test_with_memory_to_spare_the_slowest_unit_counts():
    frame = frame_cycles(COUNTS, replace(BASE, memory_gb_per_s=5120.0))
    assert frame.front_end_cycles == 10_000
    assert frame.stream_cycles == 10_000
    assert all(stage.bound == "compute" for stage in frame.stages)


def test_many_small_clusters_make_the_cluster_test_the_slowest():
    counts = replace(COUNTS, clusters_tested=59_900)
    assert frame_cycles(counts, replace(BASE, memory_gb_per_s=5120.0)).front_end_cycles == 60_007


def test_without_culling_there_is_no_cluster_stage():
    frame = frame_cycles(OFF, BASE)
    cull = frame.stage("cluster_cull")
    assert (cull.compute_cycles, cull.memory_bytes, cull.memory_cycles) == (0, 0, 0)
    assert frame.stage("gaussian_project").compute_cycles == 32_000
    assert frame.front_end_cycles == 32_000
    for name in STAGES[3:]:
        assert frame.stage(name) == frame_cycles(COUNTS, BASE).stage(name)


@pytest.mark.parametrize(
    ("rate", "stages"),
    [
        ("cluster_tests_per_cycle", {"cluster_cull"}),
        ("project_lanes", {"gaussian_fetch", "gaussian_project"}),
        ("color_lanes", {"color"}),
        ("bin_pairs_per_cycle", {"tile_bin"}),
        ("sort_keys_per_cycle", {"depth_sort"}),
        ("sort_passes", {"depth_sort"}),
        ("blend_pixels_per_cycle", {"rasterize"}),
    ],
)
def test_each_rate_changes_its_own_stages_only(rate, stages):
    wider = frame_cycles(COUNTS, replace(BASE, **{rate: 3 * getattr(BASE, rate)}))
    before = frame_cycles(COUNTS, BASE)
    changed = {s.name for s, t in zip(wider.stages, before.stages, strict=True) if s != t}
    assert changed == stages


def test_part_of_a_cycle_counts_whole():
    config = replace(BASE, project_lanes=3, cluster_tests_per_cycle=3)
    frame = frame_cycles(COUNTS, config)
    assert frame.stage("gaussian_fetch").compute_cycles == 3334
    assert frame.stage("cluster_cull").compute_cycles == 334 + 7


def test_memory_cycles_are_exact_where_bytes_divide():
    # 51.2 is no binary fraction; 512 n bytes take 10 n cycles and not one more
    for n in (1, 3, 7, 1001, 123_457):
        counts = replace(COUNTS, gaussians_read=16 * n, splats=0, tile_pairs=0, fetched_splats=0)
        assert frame_cycles(counts, BASE).stage("gaussian_fetch").memory_cycles == 10 * n


def test_a_faster_clock_makes_memory_cost_more_cycles():
    slow, fast = (frame_cycles(COUNTS, replace(BASE, clock_mhz=mhz)) for mhz in (500, 2000))
    assert fast.stage("color").memory_cycles == 4 * slow.stage("color").memory_cycles
    assert fast.stage("color").compute_cycles == slow.stage("color").compute_cycles


def test_phases_are_between_the_largest_and_the_sum_of_their_stages():
    rng = np.random.default_rng(3)
    for _ in range(200):
        read, pairs = (int(n) for n in rng.integers(1, 1 << 22, 2))
        tested = int(rng.integers(0, 1 << 16))
        counts = FrameCounts(
            groups_tested=tested // 8,
            clusters_tested=tested,
            clusters_visible=int(rng.integers(0, tested + 1)),
            cull_fill_cycles=100,
            gaussians_read=read,
            splats=int(rng.integers(0, read + 1)),
            color_record_bytes=96,
            tile_pairs=pairs,
            fetched_splats=int(rng.integers(0, pairs + 1)),
            pixels=1559 * 1039,
        )
        frame = frame_cycles(counts, replace(BASE, memory_gb_per_s=10.0 ** rng.uniform(0, 4)))
        for names, cycles in ((FRONT_END, frame.front_end_cycles), (STREAM, frame.stream_cycles)):
            each = [frame.stage(name).cycles for name in names]
            assert max(each) <= cycles <= sum(each)
        assert frame.front_end_cycles <= frame.stream_cycles
        assert frame.frame_cycles == frame.stream_cycles + frame.sort_cycles + frame.blend_cycles


def test_overlapped_stages_share_the_bus():
    stages = frame_cycles(COUNTS, BASE).stages
    together = overlapped([stages[1], stages[3]], BASE)
    assert together == stages[1].memory_cycles + stages[3].memory_cycles == 22_500


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splats": -1}, "splats is -1"),
        ({"clusters_visible": 1001}, "1001 clusters_visible of 900 clusters_tested"),
        ({"splats": 10_001}, "10001 splats of 10000 gaussians_read"),
        ({"fetched_splats": 40_001}, "40001 fetched_splats of 40000 tile_pairs"),
    ],
)
def test_contradicting_counts_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(COUNTS, **changes)


def test_accounting_says_the_rates_and_bytes_of_every_stage():
    texts = accounting()
    assert tuple(texts) == STAGES
    for number, text in enumerate(texts.values(), start=1):
        assert text.startswith(f"Stage {number}. ceil(")
        assert "byte" in text
        assert "\n" not in text


@pytest.fixture(scope="module")
def pack():
    return build_pack(default_scene(4000), ClusterOptions("paper", 333), INRIA)


def counts_of(frame):
    """Counts of a frame that sim.cull gives, with the back end of COUNTS."""
    return replace(
        COUNTS,
        groups_tested=frame.groups_tested,
        clusters_tested=frame.clusters_tested,
        clusters_visible=0,
        cull_fill_cycles=frame.model_cycles - frame.tests,
    )


def test_cluster_cull_cycles_equal_the_rtl(pack):
    cameras = default_cameras(4, 160, 107)
    for frame in cull_views(pack, cameras, INRIA, "rtl"):
        assert cluster_cull(counts_of(frame), BASE).compute_cycles == frame.cycles


def test_stalls_cost_the_rtl_more_than_the_model_says(pack):
    camera, harness = default_cameras(1)[0], CullHarness(Parameters())
    frame = next(cull_views(pack, [camera], INRIA, "integer"))
    constants = frame_constants(camera, INRIA, pack.meta.grid_exponent, harness.params)
    run = harness.run(pack.groups, pack.clusters, constants, stall_256=128)
    assert run.cycles > cluster_cull(counts_of(frame), BASE).compute_cycles
