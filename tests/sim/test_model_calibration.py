"""The preset gscore against what is published of GSCore, within the stated margins."""

import pytest

from golden.camera import select_views
from golden.camera_io import read_cameras
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.pack import build_pack
from golden.rules import GSPLAT, INRIA
from golden.scene_io import read_scene
from sim.model.calibration import (
    RESIMULATED_MARGIN,
    SPEEDUP_MARGIN,
    SPEEDUP_SIZE,
    calibrate,
    calibrations,
    table,
)
from sim.model.config import load_model_config
from tests.golden.pack_cases import packed


def test_the_preset_has_gscores_resources():
    config = load_model_config("gscore")
    assert (config.clock_mhz, config.memory.peak_gb_per_s) == (1000, pytest.approx(51.2))
    assert (config.cores, config.bin_px) == (4, 16)


def test_the_figures_by_hand():
    pack = packed(default_scene(20_000), "morton", 400, per_group=24)
    row = calibrate(pack, default_cameras(24)[:1], INRIA, (64, 32), 500.0)
    assert row.ratio == row.model_frames_per_s / 500
    assert row.lane_cycles_per_px[1] == pytest.approx(1e9 / 500 * 64 / (64 * 32))
    assert 0 < row.lane_cycles_per_px[0] < 64e9 / row.model_frames_per_s / (64 * 32)
    assert "64x32" in table([row])


@pytest.mark.slow
def test_bonsai_within_the_stated_margins(bonsai_dir):
    scene = read_scene(bonsai_dir / "bonsai.spz")
    pack = build_pack(scene, ClusterOptions("morton", None, "safe", 0), GSPLAT)
    cameras = select_views(read_cameras(bonsai_dir / "cameras.json"), None)[::146]
    rows = calibrations(pack, cameras, GSPLAT)
    print(table(rows))
    for row in rows:
        low, high = SPEEDUP_MARGIN if row.size_px == SPEEDUP_SIZE else RESIMULATED_MARGIN
        assert low < row.ratio < high
