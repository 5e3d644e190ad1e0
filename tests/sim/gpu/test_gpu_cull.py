"""Culling on the GPU, against stand-ins on NumPy and the float64 reference."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import GSPLAT
from golden.scene import Scene
from golden.stages.cluster_cull.constants import view_planes
from golden.stages.cluster_cull.reference import cluster_cull_reference
from sim.gpu import record_trace
from sim.gpu.gpu_cull import GpuCuller, ball_rows, tables_sha256
from sim.gpu.gpu_gather import RowGather
from sim.gpu.trace import load_trace, save_trace
from sim.gpu.trace_times import gpu_times
from tests.sim.gpu.gpu_stand_in import KERNELS_TOTAL_US, OPERATION_US, FakeGpu, fake_torch, install

CAMERAS = default_cameras(6, 96, 64)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return default_scene(3000)


@pytest.fixture(scope="module")
def pack(scene: Scene) -> Pack:
    return build_pack(scene, ClusterOptions(clusters=120, per_group=8), GSPLAT)


def kept_by(pack: Pack, levels: int) -> list[np.ndarray[Any, Any]]:
    culler = GpuCuller(fake_torch(FakeGpu(), True), pack, levels)
    return [culler.cull(culler.planes(c, GSPLAT), lambda part: None).indices for c in CAMERAS]


@pytest.mark.parametrize("levels", [1, 2])
def test_keeps_what_the_reference_keeps_and_little_more(pack: Pack, levels: int) -> None:
    more = least = 0
    for camera, indices in zip(CAMERAS, kept_by(pack, levels), strict=True):
        assert np.all(np.diff(indices) > 0), "each Gaussian once, in pack order"
        reference = cluster_cull_reference(
            pack.groups,
            pack.clusters,
            pack.meta.grid,
            camera,
            view_planes(camera, GSPLAT),
            Parameters(),
        )
        needed = np.flatnonzero(np.repeat(reference.visible, pack.clusters["count"]))
        assert np.isin(needed, indices).all()
        more += len(indices) - len(needed)
        least += len(needed)
    assert more <= 0.01 * least
    assert least < 0.8 * len(pack) * len(CAMERAS), "something was culled"


def test_a_ball_too_large_for_the_table_is_never_culled(pack: Pack) -> None:
    clusters, groups = pack.clusters.copy(), pack.groups.copy()
    clusters["radius_high"][0] = groups["radius_high"][0] = (1 << pack.meta.radius_bits) - 1
    changed = replace(pack, clusters=clusters, groups=groups)
    assert np.isfinite(ball_rows(clusters, changed)).all()
    members = np.arange(pack.clusters["count"][0])
    for levels in (1, 2):
        assert all(np.isin(members, kept).all() for kept in kept_by(changed, levels))


def test_levels_are_checked(pack: Pack) -> None:
    torch = fake_torch(FakeGpu(), True)
    with pytest.raises(InputError, match="culling in 3 levels is not known"):
        GpuCuller(torch, pack, 3)
    with pytest.raises(InputError, match="has one group, so two levels test nothing more"):
        GpuCuller(torch, replace(pack, groups=pack.groups[:1]), 2)


def test_hash_of_the_tables_follows_what_culling_reads(pack: Pack) -> None:
    clusters = pack.clusters.copy()
    clusters["radius_low"][3] += 1
    assert tables_sha256(pack) != tables_sha256(replace(pack, clusters=clusters))
    assert tables_sha256(pack) == tables_sha256(replace(pack, colors=pack.colors[:0]))


@pytest.mark.parametrize(
    ("levels", "tests", "compactions"), [(1, 1, 6), (2, 3, 9)], ids=["one level", "two levels"]
)
def test_culled_trace(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    scene: Scene,
    pack: Pack,
    levels: int,
    tests: int,
    compactions: int,
) -> None:
    gpu = install(monkeypatch, FakeGpu())
    trace = record_trace.record_trace(scene, CAMERAS, warmup=1, repeats=3, pack=pack, levels=levels)
    save_trace(trace, tmp_path / "trace.json")
    trace = load_trace(tmp_path / "trace.json")
    assert trace.variant == "culled"
    assert trace.pictures_equal == len(CAMERAS)
    assert trace.culling is not None
    assert (trace.culling.levels, trace.culling.clusters) == (levels, len(pack.clusters))
    for view, times, indices in zip(
        trace.views, gpu_times(trace), kept_by(pack, levels), strict=True
    ):
        assert view.stages_us["cluster_cull"] == pytest.approx(tests * OPERATION_US)
        assert view.stages_us["compaction"] == pytest.approx(compactions * OPERATION_US)
        assert view.stages_us["gaussian_fetch"] == pytest.approx(5 * OPERATION_US)
        culling_us = (tests + compactions + 5) * OPERATION_US
        assert times.front_end_us == pytest.approx(culling_us + 60)
        assert times.front_end_color_us == pytest.approx(culling_us + 60 + 64)
        assert times.kernels_us == pytest.approx(KERNELS_TOTAL_US + culling_us)
        assert times.gap_us == pytest.approx(1000 - times.kernels_us)
        assert view.culled is not None
        assert view.culled.gaussians_kept == len(indices)
        assert view.gaussians == len(scene)
    given = gpu.calls[0]["means"]
    kept = np.isin(np.arange(len(pack)), kept_by(pack, levels)[0])
    np.testing.assert_array_equal(given, scene.means[pack.order][kept])


def test_a_picture_that_differs_is_told(
    monkeypatch: pytest.MonkeyPatch, scene: Scene, pack: Pack
) -> None:
    install(monkeypatch, FakeGpu())
    clusters = pack.clusters.copy()
    for radius in ("low", "high", "mean"):
        clusters[f"radius_{radius}"] = 0
    trace = record_trace.record_trace(
        scene, CAMERAS, pack=replace(pack, clusters=clusters), levels=1
    )
    assert trace.pictures_equal is not None
    assert trace.pictures_equal < len(CAMERAS)


def test_lost_marks_are_refused(monkeypatch: pytest.MonkeyPatch, scene: Scene, pack: Pack) -> None:
    install(monkeypatch, FakeGpu(lose="spin"))
    with pytest.raises(InputError, match="reported 0 of 6 marks between the parts of a frame"):
        record_trace.record_trace(scene, CAMERAS, repeats=1, pack=pack)


def test_a_view_of_nothing_and_a_pack_of_another_scene(
    monkeypatch: pytest.MonkeyPatch, scene: Scene, pack: Pack
) -> None:
    install(monkeypatch, FakeGpu())
    away = CAMERAS[0].viewmat.copy()
    away[2, 3] -= 1e4
    with pytest.raises(InputError, match="sees no Gaussian, so there is no frame to time"):
        record_trace.record_trace(scene, [replace(CAMERAS[0], pose=away)], pack=pack)
    with pytest.raises(InputError, match="pack the scene again"):
        record_trace.record_trace(default_scene(2999), CAMERAS, pack=pack)


@pytest.mark.parametrize("shape", [(4,), (3,), (), (16, 3), (9, 3)])
def test_gather_gives_the_rows_bit_for_bit(shape: tuple[int, ...]) -> None:
    rows = np.random.default_rng(3).normal(size=(20, *shape)).astype(np.float32)
    indices = np.array([3, 4, 5, 11, 19])
    gathered = RowGather(fake_torch(FakeGpu(), True), rows)(indices)
    assert gathered.dtype == np.float32
    np.testing.assert_array_equal(gathered, rows[indices])
