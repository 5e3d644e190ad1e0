"""The recorder, against stand-ins for PyTorch and gsplat with times that are known."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from golden.camera import Camera
from golden.errors import InputError
from golden.scene import Scene
from sim import gpu_device, record_trace
from sim.trace import load_trace, save_trace

KERNELS_US = [
    ("void gsplat::projection_ewa_3dgs_fused_fwd_kernel<float>(unsigned int)", 60.0),
    ("void gsplat::spherical_harmonics_fwd_kernel<float>(unsigned int)", 64.0),
    ("void gsplat::intersect_tile_kernel<float>(bool)", 40.0),
    ("void at_cuda_detail::cub::detail::scan::DeviceScanKernel<x>(int)", 10.0),
    ("void gsplat::intersect_tile_kernel<float>(bool)", 60.0),
    ("void cub::detail::radix_sort::DeviceRadixSortOnesweepKernel<x>(int)", 50.0),
    ("void cub::detail::radix_sort::DeviceRadixSortOnesweepKernel<x>(int)", 50.0),
    ("gsplat::intersect_offset_kernel(unsigned int)", 5.0),
    ("void gsplat::rasterize_to_pixels_3dgs_fwd_kernel<3u, float>(unsigned int)", 500.0),
    ("Memset (Device)", 1.0),
]
KERNELS_TOTAL_US = 840.0
CPU, CUDA = "cpu", "cuda"


@dataclass
class FakeGpu:
    """Counts frames, keeps a clock in ms that a frame moves on, and hands out kernel events."""

    frame_ms: float = 1.0
    slow_every: int = 0
    lose: str = ""
    out_of_memory: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)
    now_ms: float = 0.0
    recording: list[Any] | None = None
    profiled_frames: int = 0

    def rasterization(self, **options: Any) -> tuple[None, None, dict[str, Any]]:
        if self.out_of_memory:
            raise MemoryError("CUDA out of memory")
        self.calls.append(options)
        slow = self.slow_every and len(self.calls) % self.slow_every == 0
        self.now_ms += self.frame_ms * (3 if slow else 1)
        if self.recording is not None:
            self.profiled_frames += 1
            self.recording += [
                event(name, time_us)
                for name, time_us in KERNELS_US
                if not (self.lose and self.lose in name)
            ]
            self.recording += [
                event("Context Sync", 1e6),
                event("mine", 1e6, is_user_annotation=True),
                event("aten::add", 1e6, device_type=CPU),
            ]
        radii = np.array([[[3, 4], [0, 0], [2, 0], [1, 1]]])
        return None, None, {"radii": radii, "flatten_ids": np.zeros(7, np.int32)}


def event(
    name: str, time_us: float, device_type: str = CUDA, is_user_annotation: bool = False
) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        device_type=device_type,
        is_user_annotation=is_user_annotation,
        time_range=SimpleNamespace(elapsed_us=lambda: time_us),
    )


class FakeBuffer:
    def __init__(self, gpu: FakeGpu, size_bytes: int) -> None:
        self.gpu, self.size_bytes = gpu, size_bytes

    def copy_(self, other: FakeBuffer) -> None:
        self.gpu.now_ms += 2e-9 * self.size_bytes  # 1000 GB/s, counting both directions


def fake_torch(gpu: FakeGpu, available: bool) -> ModuleType:
    @contextmanager
    def nothing() -> Iterator[None]:
        yield

    @contextmanager
    def profile(activities: Sequence[str]) -> Iterator[SimpleNamespace]:
        assert "cuda-activity" in activities
        gpu.recording = events = []
        yield SimpleNamespace(events=lambda: events)
        gpu.recording = None

    class Event:
        def __init__(self, enable_timing: bool) -> None:
            assert enable_timing

        def record(self) -> None:
            assert gpu.recording is None, "frames are timed without a profiler"
            self.at_ms = gpu.now_ms

        def elapsed_time(self, end: Event) -> float:
            return end.at_ms - self.at_ms

    torch = ModuleType("torch")
    torch.__version__ = "2.11.0+test"  # type: ignore[attr-defined]
    members: dict[str, Any] = {
        "no_grad": nothing,
        "float32": np.float32,
        "uint8": np.uint8,
        "version": SimpleNamespace(cuda="13.0"),
        "tensor": lambda values, dtype, device: np.asarray(values, dtype=dtype),
        "zeros": lambda size, dtype, device: FakeBuffer(gpu, size),
        "zeros_like": lambda other: FakeBuffer(gpu, other.size_bytes),
        "autograd": SimpleNamespace(DeviceType=SimpleNamespace(CPU=CPU, CUDA=CUDA)),
        "profiler": SimpleNamespace(
            profile=profile,
            ProfilerActivity=SimpleNamespace(CPU="cpu-activity", CUDA="cuda-activity"),
        ),
        "cuda": SimpleNamespace(
            is_available=lambda: available,
            current_device=lambda: 0,
            synchronize=lambda: None,
            mem_get_info=lambda: (8 << 30, 16 << 30),
            Event=Event,
            OutOfMemoryError=MemoryError,
            get_device_properties=lambda index: SimpleNamespace(
                name="NVIDIA Test", major=9, minor=0, multi_processor_count=132, uuid="12-34"
            ),
        ),
    }
    for name, value in members.items():
        setattr(torch, name, value)
    return torch


def fake_gsplat(gpu: FakeGpu, compiled: bool) -> dict[str, ModuleType]:
    gsplat, cuda = ModuleType("gsplat"), ModuleType("gsplat.cuda")
    backend = ModuleType("gsplat.cuda._backend")
    backend._C = object() if compiled else None  # type: ignore[attr-defined]
    cuda._backend = backend  # type: ignore[attr-defined]
    gsplat.cuda = cuda  # type: ignore[attr-defined]
    gsplat.rasterization = gpu.rasterization  # type: ignore[attr-defined]
    gsplat.__version__ = "1.5.3"  # type: ignore[attr-defined]
    return {"gsplat": gsplat, "gsplat.cuda": cuda, "gsplat.cuda._backend": backend}


def install(
    monkeypatch: pytest.MonkeyPatch, gpu: FakeGpu, available: bool = True, compiled: bool = True
) -> FakeGpu:
    monkeypatch.setitem(sys.modules, "torch", fake_torch(gpu, available))
    for name, module in fake_gsplat(gpu, compiled).items():
        monkeypatch.setitem(sys.modules, name, module)
    attributes = {13: 1_980_000, 36: 3_201_000, 37: 6144}
    monkeypatch.setattr(
        gpu_device, "driver_attribute", lambda attribute, index: attributes.get(attribute, 0)
    )
    monkeypatch.setattr(
        gpu_device,
        "query_smi",
        lambda uuid, index, busy: dict(
            zip(gpu_device.SMI_FIELDS, ["580.0", "1755", "[N/A]"], strict=True)
        ),
    )
    return gpu


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
