"""Stand-ins for PyTorch and gsplat on a GPU, on NumPy, with times that are known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.gpu import gpu_device

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
OPERATION_US = 2.0
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
    blind: bool = False

    def kernel(self, name: str, time_us: float) -> None:
        """A kernel on the timeline, where a profiler looks."""
        if self.recording is not None and not (self.lose and self.lose in name):
            self.recording.append(event(name, time_us, start=len(self.recording)))

    def rasterization(self, **options: Any) -> tuple[Any, Any, dict[str, Any]]:
        if self.out_of_memory:
            raise MemoryError("CUDA out of memory")
        self.calls.append(options)
        slow = self.slow_every and len(self.calls) % self.slow_every == 0
        self.now_ms += self.frame_ms * (3 if slow else 1)
        if self.recording is not None:
            self.profiled_frames += 1
            for name, time_us in KERNELS_US:
                self.kernel(name, time_us)
            self.recording += [
                event("Context Sync", 1e6),
                event("mine", 1e6, is_user_annotation=True),
                event("aten::add", 1e6, device_type=CPU),
            ]
        seen = in_view(options)
        blind = self.blind and len(options["means"]) < len(self.calls[0]["means"])
        picture = options["means"][seen][: -1 if blind else None]
        radii = np.array([[[3, 4], [0, 0], [2, 0], [1, 1]]])
        meta = {"radii": radii, "flatten_ids": np.zeros(7, np.int32)}
        return picture, options["opacities"][seen], meta


def in_view(options: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Gaussians whose mean is drawn, (N,) bool: what stands for a picture here."""
    view, intrinsics = options["viewmats"][0], options["Ks"][0]
    places = options["means"] @ view[:3, :3].T + view[:3, 3]
    near = places[:, 2] > options["near_plane"]
    u, v, w = intrinsics @ np.where(near[:, None], places, 1.0).T
    inside = (u >= 0) & (u < options["width"] * w) & (v >= 0) & (v < options["height"] * w)
    return np.asarray(near & inside & (options["opacities"] >= 1 / 255))


def event(
    name: str,
    time_us: float,
    device_type: str = CUDA,
    is_user_annotation: bool = False,
    start: float = 0.0,
) -> SimpleNamespace:
    return SimpleNamespace(
        name=name,
        device_type=device_type,
        is_user_annotation=is_user_annotation,
        time_range=SimpleNamespace(elapsed_us=lambda: time_us, start=start),
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

    def operation(name: str, compute: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            gpu.kernel(f"void at::native::{name}_kernel<x>(int)", OPERATION_US)
            return compute(*arguments, **options)

        return run

    operations: dict[str, Callable[..., Any]] = {
        "addmm": lambda bias, a, b: bias + a @ b,
        "nonzero": np.argwhere,
        "index_select": lambda values, axis, indices: values[indices],
        "cumsum": np.cumsum,
        "arange": lambda size, device: np.arange(size),
        "repeat_interleave": lambda values, counts, output_size: np.repeat(values, counts),
    }
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
        "equal": np.array_equal,
        "empty": lambda size, dtype, device: np.empty(size, dtype),
        "view_as_complex": lambda values: values.view(np.complex64)[..., 0],
        "view_as_real": lambda values: values.view(np.float32).reshape(*values.shape, 2),
        **{name: operation(name, compute) for name, compute in operations.items()},
        "cuda": SimpleNamespace(
            _sleep=lambda cycles: gpu.kernel(
                "at::cuda::(anonymous namespace)::spin_kernel(x)", 9.0
            ),
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
