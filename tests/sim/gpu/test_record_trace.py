"""The recorder, against stand-ins for PyTorch and gsplat with times that are known."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from golden.camera import Camera
from golden.errors import InputError
from golden.scene import Scene
from sim.gpu import gpu_device, record_trace
from sim.gpu.trace import load_trace, save_trace
from tests.sim.gpu.gpu_stand_in import KERNELS_TOTAL_US, FakeGpu, install


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    return install(monkeypatch, FakeGpu())


@pytest.fixture
def scene() -> Scene:
    rng = np.random.default_rng(7)
    quats = rng.normal(size=(4, 4))
    return Scene(
        name="somewhere/four.ply",
        means=rng.normal(size=(4, 3)).astype(np.float32),
        scales=rng.uniform(0.1, 1, size=(4, 3)).astype(np.float32),
        quats=(quats / np.linalg.norm(quats, axis=1, keepdims=True)).astype(np.float32),
        opacities=rng.uniform(size=4).astype(np.float32),
        sh=rng.normal(size=(4, 9, 3)).astype(np.float32),
    )


def cameras(*names: str, width: int = 64) -> list[Camera]:
    return [Camera(name, width, 48, 50.0, 51.0, 32.5, 24.0, np.eye(4)) for name in names]


def test_trace_holds_what_the_device_did(gpu: FakeGpu, scene: Scene, tmp_path: Path) -> None:
    trace = record_trace.record_trace(
        scene, cameras("a", "b"), warmup=2, repeats=3, command_line="splatsieve trace"
    )
    view = trace.views[1]
    assert [v.name for v in trace.views] == ["a", "b"]
    assert (view.frame_min_ms, view.frame_median_ms, view.frame_max_ms) == pytest.approx((1, 1, 1))
    assert (view.gaussians, view.visible, view.tile_pairs) == (4, 2, 7)
    assert view.kernels_us["intersect_tile_kernel"] == pytest.approx(100)
    assert view.kernels_us["DeviceRadixSortOnesweepKernel"] == pytest.approx(100)
    assert "Context Sync" not in view.kernels_us
    assert view.stages_us == pytest.approx(
        {
            "gaussian_project": 60,
            "color": 64,
            "tile_bin": 115,
            "depth_sort": 100,
            "rasterize": 500,
            "other": 1,
        }
    )
    assert view.other_gap_us == pytest.approx(1000 - KERNELS_TOTAL_US)
    assert (trace.torch, trace.cuda, trace.gsplat) == ("2.11.0+test", "13.0", "1.5.3")
    assert (trace.rules, trace.packed, trace.warmup_frames, trace.repeats) == (
        "gsplat",
        False,
        2,
        3,
    )
    assert (trace.scene_name, trace.scene_sha256) == ("four.ply", scene.sha256())
    assert (trace.scene_gaussians, trace.scene_sh_degree) == (4, 2)
    assert (trace.width_px, trace.height_px) == (64, 48)
    save_trace(trace, tmp_path / "trace.json")
    assert load_trace(tmp_path / "trace.json").views[1].stages_us == pytest.approx(view.stages_us)


def test_device_figures(gpu: FakeGpu, scene: Scene) -> None:
    device = record_trace.record_trace(scene, cameras("a")).device
    assert (device.name, device.driver, device.compute_capability) == (
        "NVIDIA Test",
        "580.0",
        "9.0",
    )
    assert (device.sm_count, device.fp32_lanes_per_sm) == (132, 128)
    assert (device.sm_clock_max_mhz, device.sm_clock_mhz) == (1980, 1755)
    assert device.memory_clock_mhz is None
    assert device.memory_peak_gb_per_s == pytest.approx(4916.7, abs=0.1)
    assert device.memory_peak_source == "clock_and_bus_width"
    assert device.memory_copy_gb_per_s == pytest.approx(1000)
    assert device.fp32_peak_tflops == pytest.approx(66.9, abs=0.1)


def test_gsplat_is_called_with_the_scene_and_the_rules(gpu: FakeGpu, scene: Scene) -> None:
    record_trace.record_trace(scene, cameras("a"), warmup=0, repeats=1, packed=True)
    options = gpu.calls[0]
    for key, array in (("means", scene.means), ("quats", scene.quats), ("colors", scene.sh)):
        np.testing.assert_array_equal(options[key], array)
    assert options["viewmats"].shape == (1, 4, 4)
    np.testing.assert_array_equal(options["Ks"], [[[50, 0, 32.5], [0, 51, 24], [0, 0, 1]]])
    assert (options["width"], options["height"], options["sh_degree"]) == (64, 48, 2)
    assert (options["near_plane"], options["eps2d"], options["tile_size"]) == (0.01, 0.3, 16)
    assert options["packed"] is True
    assert options["backgrounds"] is None


def test_number_of_frames(gpu: FakeGpu, scene: Scene) -> None:
    record_trace.record_trace(scene, cameras("a", "b"), warmup=4, repeats=3)
    assert gpu.profiled_frames == 2 * (1 + 3)
    # Warm-up, between events, profiled once for nothing, profiled, and once for the counts.
    assert len(gpu.calls) == 2 * (4 + 3 + 1 + 3 + 1)


def test_median_and_range_over_repeats(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    install(monkeypatch, FakeGpu(slow_every=4))
    view = record_trace.record_trace(scene, cameras("a"), warmup=0, repeats=5).views[0]
    assert (view.frame_min_ms, view.frame_median_ms, view.frame_max_ms) == pytest.approx((1, 1, 3))


def test_progress_sees_every_camera(gpu: FakeGpu, scene: Scene) -> None:
    seen: list[str] = []

    def progress(views: Sequence[Camera], description: str) -> Iterator[Camera]:
        for camera in views:
            seen.append(camera.name)
            yield camera

    record_trace.record_trace(scene, cameras("a", "b"), progress=progress)
    assert seen == ["a", "b"]


def test_kernels_longer_than_the_frame_are_measured_again_then_refused(
    monkeypatch: pytest.MonkeyPatch, scene: Scene
) -> None:
    gpu = install(monkeypatch, FakeGpu(frame_ms=0.5))
    with pytest.raises(InputError, match=r"the kernels take 840\.0 us, longer than the frame"):
        record_trace.record_trace(scene, cameras("a"), warmup=0, repeats=1)
    assert len(gpu.calls) == record_trace.ATTEMPTS * 4


@pytest.mark.parametrize(
    ("lost", "stage"), [("rasterize", "rasterize"), ("projection", "gaussian_project")]
)
def test_lost_kernels_are_refused(
    monkeypatch: pytest.MonkeyPatch, scene: Scene, lost: str, stage: str
) -> None:
    install(monkeypatch, FakeGpu(lose=lost))
    with pytest.raises(InputError, match=f"reported 0 kernels of stage {stage} in 1 frames"):
        record_trace.record_trace(scene, cameras("a"))


@pytest.mark.parametrize(
    ("views", "changes", "sentence"),
    [
        ([], {}, "no views were chosen"),
        (cameras("a") + cameras("b", width=65), {}, "2 sizes and a trace has one.*--size"),
        (cameras("a"), {"repeats": 0}, "repeats 0 cannot be measured"),
        (cameras("a"), {"warmup": -1}, "warm-up -1 and"),
    ],
    ids=["no views", "two sizes", "no repeats", "negative warm-up"],
)
def test_bad_arguments(
    gpu: FakeGpu, scene: Scene, views: list[Camera], changes: dict[str, int], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        record_trace.record_trace(scene, views, **changes)
    assert gpu.calls == []


def test_too_little_memory(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> None:
    install(monkeypatch, FakeGpu(out_of_memory=True))
    with pytest.raises(InputError, match=r"four\.ply does not fit the memory of the GPU"):
        record_trace.record_trace(scene, cameras("a"))


def test_missing_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"needs PyTorch .*uv run --extra gpu splatsieve trace"):
        gpu_device.require_gpu()


def test_missing_gsplat(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeGpu())
    monkeypatch.setitem(sys.modules, "gsplat", None)
    with pytest.raises(InputError, match=r"needs gsplat .*uv run --extra gpu splatsieve trace"):
        gpu_device.require_gpu()


def test_no_device_and_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeGpu(), available=False)
    with pytest.raises(InputError, match="needs a CUDA device and there is none: run `uv run"):
        gpu_device.require_gpu()
    install(monkeypatch, FakeGpu(), compiled=False)
    with pytest.raises(InputError, match="gsplat found no CUDA compiler"):
        gpu_device.require_gpu()


def test_memory_peak_falls_back_to_the_copy(
    monkeypatch: pytest.MonkeyPatch, gpu: FakeGpu, scene: Scene
) -> None:
    monkeypatch.setattr(
        gpu_device, "driver_attribute", lambda attribute, index: 1000 * (attribute == 13)
    )
    device = record_trace.record_trace(scene, cameras("a")).device
    assert device.memory_peak_source == "device_copy"
    assert device.memory_peak_gb_per_s == device.memory_copy_gb_per_s


def test_unknown_clock_is_refused(
    monkeypatch: pytest.MonkeyPatch, gpu: FakeGpu, scene: Scene
) -> None:
    monkeypatch.setattr(gpu_device, "driver_attribute", lambda attribute, index: 0)
    with pytest.raises(InputError, match="NVIDIA Test does not tell its clock rate"):
        record_trace.record_trace(scene, cameras("a"))


@pytest.mark.parametrize(
    ("capability", "lanes"),
    {"6.0": 64, "6.1": 128, "7.2": 64, "7.5": 64, "8.0": 64, "8.6": 128, "9.0": 128}.items(),
)
def test_fp32_lanes(capability: str, lanes: int) -> None:
    major, minor = map(int, capability.split("."))
    assert gpu_device.fp32_lanes_per_sm(major, minor) == lanes


def _smi(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_smi_is_asked_by_uuid_then_by_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = f'echo "$@" >> {tmp_path}/asked; case "$*" in *GPU-*) exit 6;; esac; echo "580, 1, 2"'
    _smi(tmp_path, script, monkeypatch)
    answer = gpu_device.query_smi("12-34", 3, lambda: None)
    assert answer == {"driver_version": "580", "clocks.sm": "1", "clocks.mem": "2"}
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.rpartition("--id=")[2] for line in asked] == ["GPU-12-34", "3"]
    assert all("--query-gpu=" in line for line in asked)


def test_smi_keeps_the_device_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _smi(tmp_path, 'sleep 0.2; echo "580, 1, 2"', monkeypatch)
    frames: list[int] = []
    assert gpu_device.query_smi("GPU-1", 0, lambda: frames.append(1))["clocks.mem"] == "2"
    assert frames


def test_smi_missing_broken_or_hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _smi(tmp_path, "echo No devices were found; exit 0", monkeypatch)
    assert gpu_device.query_smi("1", 0, lambda: None) == {}
    monkeypatch.setattr(gpu_device, "SMI_SECONDS", 0.05)
    _smi(tmp_path, "exec sleep 60", monkeypatch)
    assert gpu_device.query_smi("1", 0, lambda: None) == {}
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    assert gpu_device.query_smi("1", 0, lambda: None) == {}
