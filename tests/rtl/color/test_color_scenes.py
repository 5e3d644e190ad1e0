"""Every splat of five views of each real scene through the compiled RTL: the same bits."""

from __future__ import annotations

import numpy as np
import pytest

from golden.camera import select_views
from golden.camera_io import read_cameras
from golden.clustering.cluster import ClusterOptions
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import INRIA
from golden.scene_io import read_scene
from golden.stages.cluster_cull.constants import cluster_cull_constants
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.color.constants import color_constants
from golden.stages.color.integer import color
from golden.stages.gaussian_fetch.integer import gaussian_fetch
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.gaussian_project.integer import gaussian_project
from sim.rtl.color_harness import ColorHarness, ColorStalls
from tests.conftest import SHARED_DATA

PARAMS = Parameters(color_cycles=4)
VIEWS = 5
SIZES = {"bonsai": (1559, 1039), "south": (980, 732)}


@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_every_splat_of_five_views(name):
    folder = SHARED_DATA / name
    if not (folder / f"{name}.spz").is_file():
        pytest.skip(f"the real scene is not at hand: {folder / f'{name}.spz'} is missing")
    scene = read_scene(folder / f"{name}.spz")
    pack = build_pack(scene, ClusterOptions(method="morton"), INRIA, colors="narrow")
    cameras = select_views(read_cameras(folder / "cameras.json"), "::8")
    grid, harness = pack.meta.grid, ColorHarness(PARAMS)
    for camera in cameras[:: len(cameras) // VIEWS][:VIEWS]:
        view = camera.resized(*SIZES[name])
        culling = cluster_cull_constants(view, INRIA, grid, PARAMS)
        members = gaussian_fetch(pack, cluster_cull(pack.groups, pack.clusters, culling, PARAMS))
        projecting = gaussian_project_constants(view, INRIA, grid, PARAMS)
        splats = gaussian_project(members, projecting, PARAMS).splats
        assert len(splats) > 100_000
        constants = color_constants(view, PARAMS)
        run = harness.run(splats, pack.colors, constants, ColorStalls(100))
        np.testing.assert_array_equal(run.colored["splat"], splats)
        np.testing.assert_array_equal(
            run.colored["color"], color(splats, pack.colors, constants, PARAMS)
        )
        print(
            f"{view.name}: {len(splats):,} splats, {run.cycles:,} cycles, "
            f"{run.counters['runs']:,} runs"
        )
