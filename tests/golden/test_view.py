"""A view by the integer models: each part is found once, on first use, from those before it."""

from __future__ import annotations

import numpy as np
import pytest

import golden.view
from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.cluster_cull.constants import cluster_cull_constants
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.gaussian_fetch.integer import gaussian_fetch
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.gaussian_project.formats import DROPS
from golden.stages.gaussian_project.integer import gaussian_project
from golden.view import view_frame
from hw.host.register_map import frame_counters

COUNTERS = frame_counters(Parameters())
CAMERA = default_cameras(3, 160, 100)[0]
STEPS = (
    "cluster_cull_constants",
    "cluster_cull",
    "members_of",
    "gaussian_project_constants",
    "gaussian_project",
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return build_pack(default_scene(5000), ClusterOptions("morton", None, "safe", 0), INRIA)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the steps that are taken from here on."""
    taken: list[str] = []

    def noted(name, step):
        def call(*arguments):
            taken.append(name)
            return step(*arguments)

        return call

    for name in STEPS:
        monkeypatch.setattr(golden.view, name, noted(name, getattr(golden.view, name)))
    return taken


@pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
def test_it_is_what_the_stages_give_one_after_another(pack, rules):
    params, grid = Parameters(lanes=2), pack.meta.grid
    culling = cluster_cull_constants(CAMERA, rules, grid, params)
    projecting = gaussian_project_constants(CAMERA, rules, grid, params)
    levels = cluster_cull(pack.groups, pack.clusters, culling, params)
    members = gaussian_fetch(pack, levels)
    projected = gaussian_project(members, projecting, params)

    frame = view_frame(pack, CAMERA, rules, params)
    assert frame.ports == culling.as_ports() | projecting.as_ports()
    np.testing.assert_array_equal(frame.levels.group_visible, levels.group_visible)
    np.testing.assert_array_equal(frame.levels.visible, levels.visible)
    assert frame.members.tobytes() == members.tobytes()
    assert frame.splats.tobytes() == projected.splats.tobytes()
    np.testing.assert_array_equal(frame.projected.kept, projected.kept)
    assert sorted(pack.order[frame.splats["index"]]) == frame.decoded.index.tolist()


def test_the_culling_alone_takes_no_other_step(pack, calls):
    frame = view_frame(pack, CAMERA, INRIA)
    assert calls == []
    assert frame.visible["count"].sum() > 0
    assert frame.cull_counters["clusters_visible"] == len(frame.visible)
    assert calls == ["cluster_cull_constants", "cluster_cull"]


def test_no_step_is_taken_twice(pack, calls):
    frame = view_frame(pack, CAMERA, INRIA)
    for _ in range(2):
        assert frame.cull_counters["groups_tested"] == len(pack.groups)
        assert len(frame.visible) == frame.counters["clusters_visible"]
        assert len(frame.decoded) == len(frame.splats)
        assert frame.ports
    assert sorted(calls) == sorted(STEPS)


def test_counters_have_the_names_of_the_registers(pack):
    counters = view_frame(pack, CAMERA, INRIA).counters
    clocked = {
        name
        for name in frame_counters(Parameters())
        if name.endswith("_cycles") or name.startswith("bus_")
    }
    assert set(counters) == set(frame_counters(Parameters())) - clocked
    dropped = sum(counters[f"dropped_{reason}"] for reason in DROPS)
    assert counters["members"] == counters["splats"] + dropped > dropped > 0
    assert counters["clusters_tested"] > counters["clusters_visible"] > 0


def test_a_view_out_of_reach_of_the_projection_can_still_be_culled(pack):
    near = Camera("near", 160, 100, 2.0**40, 2.0**40, 80, 50, CAMERA.viewmat)
    frame = view_frame(pack, near, INRIA)
    assert frame.cull_counters["clusters_tested"] > 0
    with pytest.raises(InputError, match="choose a smaller --size"):
        _ = frame.splats
