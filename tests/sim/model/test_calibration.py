"""The preset gscore against what is published of GSCore, and what would make them equal."""

from dataclasses import replace

import pytest

from golden.camera import select_views
from golden.camera_io import read_cameras
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.pack import build_pack
from golden.rules import GSPLAT, INRIA
from golden.scene_io import read_scene
from sim.gpu.edge_gpu import edge_gpu
from sim.gpu.inria_times import inria_times
from sim.model.calibration import calibration_of, calibration_text, calibrations, in_step_cycles
from sim.model.config import load_model_config
from sim.model.counts import frame_counts, without_culling
from sim.model.frame import model_frame
from sim.model.published_gscore import PUBLISHED, TRAFFIC_UNCERTAINTY, Published
from sim.model.stages.rasterize import BIN_CYCLES
from tests.golden.pack.pack_cases import packed

GSCORE = load_model_config("gscore")


def counted():
    pack = packed(default_scene(20_000), "morton", 400, per_group=24)
    camera = default_cameras(24)[0].resized(96, 64)
    return without_culling(frame_counts(pack, camera, INRIA, GSCORE))


def test_the_preset_has_gscores_resources():
    assert (GSCORE.clock_mhz, GSCORE.memory.peak_gb_per_s) == (1000, pytest.approx(51.2))
    assert (GSCORE.cores, GSCORE.bin_px) == (4, 16)
    assert GSCORE.cores * GSCORE.blend_pixels_per_cycle == 64


def test_what_makes_them_equal_does():
    """A lane of so many cycles, or so many bytes at the rate achieved, gives the published rate."""
    counts = counted()
    one = model_frame(counts, GSCORE)
    published = Published((96, 64), 200.0, 400.0, "test", (0.1, 0.2), (20_000, 40_000))
    row = calibration_of([counts], GSCORE, published)
    assert row.frames_per_s == 1e9 / one.frame_cycles
    assert row.ratio == (row.frames_per_s / 400, row.frames_per_s / 200)
    blend = one.stage("rasterize").busy_cycles
    for rate, lanes, size in zip(
        (400, 200), row.lane_cycles_to_close, row.gb_to_close, strict=True
    ):
        assert one.stream_cycles + lanes * blend == pytest.approx(1e9 / rate)
        assert size / row.achieved_gb_per_s == pytest.approx(1 / rate)
    both_ns = one.dram["stream"].time_ns + one.dram["render"].time_ns
    assert row.achieved_gb_per_s == pytest.approx(one.bytes / both_ns)
    assert row.ratio_at_published_bytes == pytest.approx(
        (row.achieved_gb_per_s / 0.2 / 400, row.achieved_gb_per_s / 0.1 / 200)
    )
    text = calibration_text([row])
    assert text.startswith("96x64: model ")
    assert "published traffic 100 to 200 MB a frame" in text
    unknown = replace(row, published=replace(row.published, gb_per_frame=None))
    assert unknown.ratio_at_published_bytes is None
    assert "published traffic" not in calibration_text([unknown])


def test_cores_in_step_take_a_sub_tile_each():
    """Four cycles of a core for a splat that touches any of the four sub-tiles of a bin."""
    counts = counted()
    histogram, fetched = counts.bins.subtile_histogram, counts.bins.fetched_splats
    cycles = sum(
        BIN_CYCLES + max(int(fetched[bin_]), 4 * int(histogram[bin_, 1:].sum()))
        for bin_ in range(len(fetched))
        if fetched[bin_]
    )
    assert in_step_cycles(counts, GSCORE) == cycles
    alone = replace(GSCORE, cores=1)  # nothing to wait for: a core that does all, bin after bin
    assert (
        in_step_cycles(counts, alone) == model_frame(counts, alone).stage("rasterize").busy_cycles
    )
    one = model_frame(counts, GSCORE)
    row = calibration_of(
        [counts], GSCORE, Published((96, 64), 1, 1, "test", None, (10_000, 40_000))
    )
    drawn = max(cycles, one.dram_cycles["render"])
    assert row.in_step_frames_per_s == pytest.approx(1e9 / (one.stream_cycles + drawn))
    assert row.in_step_large_frames_per_s == (
        pytest.approx(1e9 / (2 * one.stream_cycles + drawn)),
        pytest.approx(1e9 / (0.5 * one.stream_cycles + drawn)),
    )
    assert "and 0.0 to 0.0 million Gaussians" in calibration_text([row])


def test_the_gpu_rates_are_those_derived():
    """4.9 and 5.7 frames/s: the quoted frame scaled whole, and its kernels each by its bound."""
    times, xavier = inria_times(1559, 1039), edge_gpu("xavier_nx")
    derived = times.derived_ms(xavier)
    with_gaps = derived * times.mean_frame_ms / (sum(times.kernels_us.values()) / 1e3)
    low, high = PUBLISHED[0].low_frames_per_s, PUBLISHED[0].high_frames_per_s
    assert high / 15.86 == pytest.approx(1e3 / derived, rel=0.01)
    assert low * 1.1 / 14.4 == pytest.approx(1e3 / with_gaps, rel=0.01)


@pytest.mark.slow
def test_bonsai_is_as_the_readme_says(bonsai_dir):
    scene = read_scene(bonsai_dir / "bonsai.spz")
    pack = build_pack(scene, ClusterOptions("morton", None, "safe", 0), GSPLAT)
    cameras = select_views(read_cameras(bonsai_dir / "cameras.json"), None)[::146]
    rows = calibrations(pack, cameras, GSPLAT)
    print(calibration_text(rows))
    for row in rows:
        traffic = row.ratio_at_published_bytes
        if traffic is not None:  # closed by the published bytes, to what those are sure to
            assert traffic[0] < TRAFFIC_UNCERTAINTY
            assert traffic[1] > 1 / TRAFFIC_UNCERTAINTY
        elif row.published.size_px != (1280, 720):  # between a bin a core and cores in step
            assert row.bound == "rasterize"
            in_step = row.in_step_large_frames_per_s or (row.in_step_frames_per_s,) * 2
            low, high = row.published.low_frames_per_s, row.published.high_frames_per_s
            assert low < in_step[0] <= in_step[1] < high < row.frames_per_s
