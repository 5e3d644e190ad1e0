"""Whole views of the real scenes through the RTL of tile_bin and depth_sort, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from golden.camera import select_views
from golden.camera_io import read_cameras
from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.scene_io import read_scene
from golden.stages.tile_bin.constants import tile_bin_constants
from golden.view import view_frame
from reports.measure.projection import spread
from sim.model.stages.depth_sort_cycles import depth_sort_cycles
from sim.model.stages.tile_bin_cycles import tile_bin_cycles
from sim.rtl.lists_harness import ListsHarness, Pressure
from tests.conftest import SHARED_DATA
from tests.rtl.tile_bin.lists_checks import check_frame
from tests.rtl.tile_bin.stimulus import random_colors

PARAMS = Parameters()
LIST_ADDRESS, LIST_BYTES = 1 << 20, 16 << 20
VIEWS = 5
SIZES = {"bonsai": (1559, 1039), "south": (980, 732)}


@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_real_views(name):
    """Lists, order and cycles. Colours are random: they pass as they are."""
    folder: Path = SHARED_DATA / name
    if not (folder / f"{name}.spz").is_file():
        pytest.skip(f"the real scene is not at hand: {folder / f'{name}.spz'} is missing")
    scene = read_scene(folder / f"{name}.spz")
    pack = build_pack(scene, ClusterOptions(method="morton"), INRIA)
    cameras = select_views(read_cameras(folder / "cameras.json"), "::8")
    chosen = [cameras[n].resized(*SIZES[name]) for n in spread(len(cameras), VIEWS)]
    harness = ListsHarness(PARAMS)
    for camera in chosen:
        splats = view_frame(pack, camera, INRIA, PARAMS).splats
        constants = tile_bin_constants(camera, pack, PARAMS, LIST_ADDRESS, LIST_BYTES)
        colors = random_colors(len(splats), 1)
        run = harness.run(splats, colors, constants, Pressure(latency_cycles=100))
        lists = check_frame(run, splats, colors, constants, PARAMS)
        assert run.fill_cycles == tile_bin_cycles(splats, constants, PARAMS)
        assert run.sort_cycles == depth_sort_cycles(lists, PARAMS, 100)
        assert run.beats == np.sum((lists.length + 1) // 2)
        print(
            f"{camera.name}: {run.fill_cycles:,} and {run.sort_cycles:,} cycles, {lists.entries:,} "
            f"entries, {run.counters['read_entries']:,} read"
        )
