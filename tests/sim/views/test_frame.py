"""Whole frames through the driver: the RTL is the integer model, and failures are told."""

from dataclasses import replace

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import build_pack
from golden.params import Parameters
from golden.rules import GSPLAT, INRIA
from golden.stages.gaussian_project.decode import decode_splats
from hw.host.register_map import frame_counters
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from sim.views import frame as frame_module
from sim.views.frame import FrameRunner, frame_engine_named, run_frame
from sim.views.gaussian_project import project_views

CAMERAS = default_cameras(3, 160, 100)
RULES = pytest.mark.parametrize("rules", [INRIA, GSPLAT], ids=["inria", "gsplat"])
DROPPED = ("dropped_opacity", "dropped_near", "dropped_outside")


@pytest.fixture(scope="module")
def pack():
    return build_pack(default_scene(5000), ClusterOptions("morton", None, "safe", 0), INRIA)


@RULES
def test_the_rtl_is_the_model(pack, rules):
    models, frames = FrameRunner(pack, "integer"), FrameRunner(pack, "rtl")
    for camera in CAMERAS:
        model, rtl = models.run(camera, rules), frames.run(camera, rules)
        assert (model.view, rtl.view) == (camera.name, camera.name)
        assert (model.engine, rtl.engine) == ("integer", "rtl")
        assert rtl.status.code is StatusCode.DONE
        assert rtl.mismatches == 0
        np.testing.assert_array_equal(rtl.splats, model.splats)
        assert tuple(rtl.counters) == tuple(frame_counters(Parameters()))
        assert model.counters == {name: rtl.counters[name] for name in model.counters}
        assert model.cycles is model.status is model.mismatches is model.bus_utilisation is None
        assert 0 < rtl.bus_utilisation <= 1


def test_the_model_is_that_of_both_stages(pack):
    frames = project_views(pack, CAMERAS, INRIA, "integer")
    for camera, frame in zip(CAMERAS, frames, strict=True):
        run = run_frame(pack, camera, INRIA, "integer")
        counted = run.counters
        assert counted["groups_tested"] == pack.meta.groups
        assert counted["clusters_tested"] == frame.culled.clusters_tested
        assert counted["clusters_visible"] == frame.culled.visible.sum()
        assert counted["members"] == frame.members
        assert [counted[name] for name in DROPPED] == list(frame.dropped.values())
        assert counted["splats"] == len(run.splats) == len(frame.splats) > 0
        splats = decode_splats(run.splats, pack, camera, Parameters())
        np.testing.assert_array_equal(splats.mean2d, frame.splats.mean2d)


def test_counts_alone_are_expected_where_no_clock_is_asked_for(pack):
    run = run_frame(pack, CAMERAS[0], INRIA, "rtl", clocked=False)
    assert run.mismatches == 0
    assert run.expected == run_frame(pack, CAMERAS[0], INRIA, "integer").counters
    assert "frame_cycles" not in run.expected


def test_counters_add_up_and_say_what_was_read(pack):
    run = run_frame(pack, CAMERAS[0], INRIA, "rtl")
    c = run.counters
    assert run.cycles == c["frame_cycles"]
    bus = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
    assert sum(c[name] for name in bus) == c["frame_cycles"]
    assert c["members"] == c["splats"] + sum(c[name] for name in DROPPED)
    # Header, groups, clusters of visible groups, members of visible clusters; a record a beat.
    assert c["bus_beats"] == 5 + c["groups_tested"] + c["clusters_tested"] + c["members"]


def test_latency_costs_cycles_and_changes_nothing_else(pack):
    quick, slow = (
        run_frame(pack, CAMERAS[0], INRIA, "rtl", MemoryModel(latency_cycles=cycles))
        for cycles in (1, 400)
    )
    assert slow.cycles > quick.cycles + 3 * 390  # three reads one after another at least
    assert slow.bus_utilisation < quick.bus_utilisation
    assert slow.mismatches == quick.mismatches == 0
    np.testing.assert_array_equal(slow.splats, quick.splats)


def test_nothing_depends_on_who_waits(pack):
    memory = MemoryModel(busy_256=90, address_stall_256=60, output_stall_256=120, seed=5)
    run = run_frame(pack, CAMERAS[1], GSPLAT, "rtl", memory)
    assert (run.mismatches, run.status.code) == (0, StatusCode.DONE)
    assert run.counters["output_stalled_cycles"] > 0


def test_a_bus_error_is_told_and_counted(pack):
    run = run_frame(pack, CAMERAS[0], INRIA, "rtl", MemoryModel(fail_beat=200))
    assert run.status.code is StatusCode.BUS_SLAVE_ERROR
    assert run.mismatches > 0
    with pytest.raises(InputError, match="code 2"):
        run.status.check()


def test_a_memory_that_never_answers_is_a_standstill(pack, monkeypatch):
    monkeypatch.setattr(frame_module, "STANDSTILL_CYCLES", 500)
    with pytest.raises(RuntimeError, match="stands still for 600 cycles"):
        run_frame(pack, CAMERAS[0], INRIA, "rtl", MemoryModel(busy_256=256))


def test_differences_are_counted(pack, monkeypatch):
    original = frame_module._model

    def model(frame):
        run = original(frame)
        splats = run.splats.copy()
        splats["depth"][[3, 7]] ^= 1
        return replace(run, splats=splats, counters=run.counters | {"members": 1})

    monkeypatch.setattr(frame_module, "_model", model)
    assert run_frame(pack, CAMERAS[0], INRIA, "rtl").mismatches == 3


def test_refusals(pack):
    with pytest.raises(InputError, match="engine 'float' runs no frames: choose integer or rtl"):
        frame_engine_named("float")
    assert frame_engine_named("rtl") == "rtl"
    other = replace(pack, meta=replace(pack.meta, center_bits=20))
    with pytest.raises(InputError, match="has 20 bits a centre"):
        run_frame(other, CAMERAS[0], INRIA, "rtl")


@pytest.mark.slow
def test_bonsai(bonsai_dir, tmp_path):
    """Views of the real scene: no bit differs, and the bus is never without data for long."""
    from golden.camera_io import read_cameras
    from golden.scene_io import read_scene

    scene = read_scene(bonsai_dir / "bonsai.spz")
    pack = build_pack(scene, ClusterOptions("morton", None, "safe", 0), INRIA)
    cameras = sorted(read_cameras(bonsai_dir / "cameras.json"), key=lambda camera: camera.name)
    runner = FrameRunner(pack, "rtl")
    for view, rules in ((0, INRIA), (100, GSPLAT), (200, INRIA)):
        run = runner.run(cameras[view].resized(1559, 1039), rules)
        assert (run.mismatches, run.status.code) == (0, StatusCode.DONE)
        assert run.bus_utilisation > 0.95
        assert run.seconds < 30
