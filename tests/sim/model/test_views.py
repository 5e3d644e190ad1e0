"""Many views by the cycle model: one after another, over processes, on many machines: the same."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest

from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.rules import INRIA
from sim.model import views
from sim.model.clocked_frame import clocked_frames
from sim.model.config import load_model_config
from sim.model.counts import frame_counts, without_culling
from sim.model.frame import model_frame
from sim.model.processes import spread_over, workers_for
from sim.model.shared_runs import SharedRuns
from sim.model.views import frames_of_machines, modelled_views
from sim.views.variation import with_channels, with_cores, with_lanes
from tests.golden.pack.pack_cases import packed

CLOCKED = load_model_config("edge")
EDGE = replace(CLOCKED, build="none")  # by formula


@pytest.fixture(scope="module")
def pack():
    return packed(default_scene(5_000), "morton", 200, per_group=24)


@pytest.fixture(scope="module")
def cameras():
    return [camera.resized(160, 120) for camera in default_cameras(24)[::8]]


def test_views_are_those_of_single_frames(pack, cameras):
    found = list(modelled_views(pack, cameras, INRIA, EDGE, without=True))
    assert len(found) == len(cameras)
    for camera, (on, off) in zip(cameras, found, strict=True):
        counts = frame_counts(pack, camera, INRIA, EDGE)
        assert on.frame == model_frame(counts, EDGE)
        assert off.frame == model_frame(without_culling(counts), EDGE)
        assert (on.splats, on.bin_pairs) == (counts.splats, counts.bin_pairs)
    alone = list(modelled_views(pack, cameras, INRIA, EDGE, without=False))
    assert alone == [(on,) for on, _ in found]


def test_a_build_is_clocked(pack, cameras):
    found = list(modelled_views(pack, cameras[:2], INRIA, CLOCKED, without=True))
    for camera, modelled in zip(cameras, found, strict=False):
        frames = clocked_frames(pack, camera, INRIA, CLOCKED, without=True)
        assert [view.frame for view in modelled] == [clocked.frame for clocked in frames]
        assert [view.gaussians_read for view in modelled] == [
            clocked.counters["members"] for clocked in frames
        ]
        assert modelled[0].blended_pixel_splats == modelled[1].blended_pixel_splats > 0


@pytest.mark.parametrize("config", [EDGE, CLOCKED], ids=["formula", "clocked"])
def test_processes_give_the_same(pack, cameras, monkeypatch, config):
    here = list(modelled_views(pack, cameras, INRIA, config, without=True))
    monkeypatch.setattr(views, "workers_for", lambda *_: 2)
    assert list(modelled_views(pack, cameras, INRIA, config, without=True)) == here


def test_machines_share_what_they_have_in_common(pack, cameras, monkeypatch):
    """One count a shape, one run of the DRAM a memory; every frame as if nothing were shared."""
    machines = [EDGE, with_cores(EDGE, 8), with_lanes(EDGE, 1), with_channels(EDGE, 4),
                replace(EDGE, clock_mhz=500), load_model_config("gscore")]  # fmt: skip
    expected = [
        tuple(model_frame(frame_counts(pack, cameras[0], INRIA, m), m) for m in machines),
        (model_frame(without_culling(frame_counts(pack, cameras[0], INRIA, EDGE)), EDGE),),
    ]
    binned = []
    count = views.binned_counts
    monkeypatch.setattr(views, "binned_counts", lambda *a: binned.append(a[1].name) or count(*a))
    found = list(frames_of_machines(pack, cameras[:1], INRIA, machines, [0]))
    assert found == [tuple(expected)]
    assert len(binned) == 2


def test_of_many_machines_builds_are_clocked(pack, cameras):
    machines = [EDGE, CLOCKED]
    ((on, off),) = frames_of_machines(pack, cameras[:1], INRIA, machines, [1])
    clocked = clocked_frames(pack, cameras[0], INRIA, CLOCKED, without=True)
    assert on[1] == clocked[0].frame
    assert off == (clocked[1].frame,)
    assert on[0] == model_frame(frame_counts(pack, cameras[0], INRIA, EDGE), EDGE)


def test_a_run_is_shared_only_where_it_is_the_same(pack, cameras):
    counts, shared = frame_counts(pack, cameras[0], INRIA, EDGE), SharedRuns()
    for number, (machine, runs, timings) in enumerate(
        [
            (EDGE, 1, 1),
            (with_cores(EDGE, 2), 1, 1),
            (with_lanes(EDGE, 1), 1, 2),
            (replace(EDGE, clock_mhz=500), 1, 3),
            (with_channels(EDGE, 2), 2, 4),
            (replace(EDGE, reorder_window=4), 3, 5),
            (replace(EDGE, color_record_bytes=96), 4, 6),
        ]
    ):
        assert model_frame(counts, machine, shared) == model_frame(counts, machine), number
        assert (len(shared.runs), len(shared.timings)) == (runs, timings), number


def test_small_jobs_need_no_processes():
    assert workers_for(5_000, 24) == workers_for(300_000, 24) == 1
    cores = len(os.sched_getaffinity(0))
    assert workers_for(1_600_000, 292) == cores
    assert workers_for(10_000_000, 2) == min(2, cores)
    assert workers_for(1_600_000, 3) == 1
    assert workers_for(1_600_000, 3, 20) == min(3, cores)


def test_an_error_of_a_worker_is_raised_here():
    with pytest.raises(InputError, match="item 2 of shared is wrong"):
        list(spread_over(_refuse_two, "shared", [0, 1, 2, 3], 2))


def test_a_killed_worker_is_told():
    with pytest.raises(InputError, match="a worker process was killed"):
        list(spread_over(_die, None, [0, 1], 2))


def _refuse_two(shared: str, item: int) -> int:
    if item == 2:
        raise InputError(f"item {item} of {shared} is wrong: choose another.")
    return item


def _die(_: None, item: int) -> int:
    os._exit(9)


def _blocked(_: None, item: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_workers_do_not_see_ctrl_c():
    assert list(spread_over(_blocked, None, [1, 2], 2)) == [True, True]
    assert not _blocked(None, 0)
