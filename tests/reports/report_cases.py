"""A tiny subject of a report, and GPU traces that belong to it."""

from __future__ import annotations

from dataclasses import replace

from golden.default_scene import default_cameras, default_scene
from golden.rules import INRIA
from reports.measure.subject import Subject
from sim.gpu.trace import Trace, TraceDevice, TraceView

WIDTH_PX, HEIGHT_PX = 96, 64
DEVICE = TraceDevice(
    name="NVIDIA Test",
    driver="580.0",
    compute_capability="9.0",
    sm_count=16,  # 8.1 TFLOP/s: blending is compute-bound, as on the GPUs that are derived
    fp32_lanes_per_sm=128,
    sm_clock_max_mhz=1980.0,
    sm_clock_mhz=None,
    memory_clock_mhz=None,
    memory_peak_gb_per_s=512.0,  # ten times the preset base
    memory_peak_source="device_copy",
    memory_copy_gb_per_s=400.0,
)
KERNELS_US = {
    "projection_ewa_kernel": 100.0,
    "spherical_harmonics_kernel": 50.0,
    "rasterize_to_pixels_kernel": 250.0,
}


def tiny_subject(gaussians: int = 2500, views: int = 3) -> Subject:
    """The default scene with few Gaussians, seen in few pixels."""
    cameras = default_cameras(views, WIDTH_PX, HEIGHT_PX)
    return Subject(default_scene(gaussians), cameras, INRIA)


def trace_of(subject: Subject, **changes: object) -> Trace:
    """A trace of the subject: projection 100 us, colour 50, blending 250, frame (1 + view) ms."""
    width_px, height_px = subject.size_px
    views = tuple(
        TraceView(
            name=camera.name,
            frame_median_ms=1.0 + index,
            frame_min_ms=1.0,
            frame_max_ms=9.0,
            kernels_us=KERNELS_US,
            gaussians=len(subject.scene),
            visible=50,
            tile_pairs=60,
        )
        for index, camera in enumerate(subject.cameras)
    )
    trace = Trace(
        device=DEVICE,
        torch="2.11",
        cuda="13.0",
        gsplat="1.5.3",
        rules="gsplat",
        packed=False,
        scene_name="default scene",
        scene_gaussians=len(subject.scene),
        scene_sha256=subject.scene.sha256(),
        scene_sh_degree=subject.scene.sh_degree,
        width_px=width_px,
        height_px=height_px,
        warmup_frames=1,
        repeats=1,
        date="2025-01-02",
        command_line="splatsieve trace -o test.json",
        views=views,
    )
    return replace(trace, **changes)  # type: ignore[arg-type]
