"""Records a GPU trace by rendering with gsplat on a CUDA device."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack
from golden.rules import GSPLAT
from golden.scene import Scene
from sim.gpu.gpu_device import event_times_ms, read_device, require_gpu
from sim.gpu.gpu_frames import Frame, Frames, no_mark
from sim.gpu.trace_kernels import CULL_STAGES, merge_kernels, stage_of
from sim.gpu.trace_records import Trace, TraceView

# A view is measured again where its kernels add up to more than its frame, since the clocks
# changed between the passes, or where the profiler lost kernels; nothing is corrected.
ATTEMPTS = 3
# What CUPTI reports on the device's timeline beside kernels, copies and fills.
NOT_KERNELS = ("Context Sync", "Event Sync", "Stream Sync", "Stream Wait Event")
# The kernel of torch.cuda._sleep: launched between the parts of a profiled frame, it tells where on
# the timeline each begins, and is not counted.
MARKER = "spin_kernel"

Progress = Callable[[Sequence[Camera], str], Iterable[Camera]]


def _quiet(cameras: Sequence[Camera], description: str) -> Iterable[Camera]:
    return cameras


def record_trace(
    scene: Scene,
    cameras: Sequence[Camera],
    *,
    warmup: int = 5,
    repeats: int = 5,
    packed: bool = False,
    pack: Pack | None = None,
    levels: int = 2,
    progress: Progress = _quiet,
    command_line: str = "",
) -> Trace:
    """Times every view twice: between CUDA events, then kernel by kernel with torch.profiler.

    gsplat 1.5.3 renders what `golden.rules.GSPLAT` describes, against black, without gradients.
    For each view, `warmup` frames, `repeats` frames between events and without a profiler,
    one profiled frame that is thrown away, and `repeats` profiled frames.

    Parameters
    ----------
    scene : activated Gaussians.
    cameras : at least one, all of one size.
    warmup, repeats : frames.
    packed : gsplat's packed mode.
    pack : of the scene: each frame is culled by it on the GPU, and gsplat gets what is left.
    levels : of the culling: 2: groups, then clusters of groups that pass; 1: all clusters.
    progress : called with the cameras and a description, yields the cameras.
    command_line : written into the trace.

    Raises InputError on arguments out of range, cameras of different sizes, a pack of another
    scene, a missing library or device, too little GPU memory, and a profiler that does not report
    whole frames.
    """
    _check(cameras, warmup, repeats)
    gpu = require_gpu()
    torch = gpu.torch
    try:
        with torch.no_grad():
            frames = Frames(gpu, scene, packed, pack, levels)
            views = tuple(
                _measured_view(frames, camera, warmup, repeats)
                for camera in progress(cameras, "Tracing views")
            )
            last = frames.of(cameras[-1])
            device = read_device(torch, lambda: last(no_mark))
    except torch.cuda.OutOfMemoryError as error:
        raise InputError(
            f"{scene.name} does not fit the memory of the GPU: choose a smaller size or --packed."
        ) from error
    return Trace(
        device=device,
        torch=str(torch.__version__),
        cuda=str(torch.version.cuda),
        gsplat=gpu.gsplat_version,
        rules=GSPLAT.name,
        packed=packed,
        scene_name=PurePath(scene.name).name,
        scene_gaussians=len(scene),
        scene_sha256=scene.sha256(),
        scene_sh_degree=scene.sh_degree,
        width_px=cameras[0].width,
        height_px=cameras[0].height,
        warmup_frames=warmup,
        repeats=repeats,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        command_line=command_line,
        views=views,
        culling=None if frames.culler is None else frames.culler.record,
    )


def _measured_view(frames: Frames, camera: Camera, warmup: int, repeats: int) -> TraceView:
    for _ in range(ATTEMPTS - 1):
        try:
            return _measured_once(frames, camera, warmup, repeats)
        except InputError:
            continue
    return _measured_once(frames, camera, warmup, repeats)


def _measured_once(frames: Frames, camera: Camera, warmup: int, repeats: int) -> TraceView:
    torch = frames.gpu.torch
    frame = frames.of(camera)
    for _ in range(warmup):
        frame(no_mark)
    times_ms = event_times_ms(torch, lambda: frame(no_mark), repeats)
    _kernel_times_us(torch, frame, 1)
    kernels_us = _kernel_times_us(torch, frame, repeats)
    meta = frame(no_mark)
    return TraceView(
        name=camera.name,
        frame_median_ms=statistics.median(times_ms),
        frame_min_ms=min(times_ms),
        frame_max_ms=max(times_ms),
        kernels_us=kernels_us,
        gaussians=frames.gaussians,
        # radii holds one number an axis, both 0 where a Gaussian was dropped.
        visible=int((meta["radii"] > 0).all(-1).sum()),
        tile_pairs=len(meta["flatten_ids"]),
        culled=frames.culling(camera),
    )


def _kernel_times_us(torch: Any, frame: Frame, repeats: int) -> dict[str, float]:
    """Mean time a frame of each kernel, by short name, us; InputError where frames are missing."""
    activity = torch.profiler.ProfilerActivity
    parts: list[str] = []

    def mark(part: str) -> None:
        parts.append(part)
        torch.cuda._sleep(1)

    torch.cuda.synchronize()
    with warnings.catch_warnings():
        # PyTorch 2.11 warns of cycles that lose events, also where there is but one cycle.
        warnings.simplefilter("ignore", UserWarning)
        with torch.profiler.profile(activities=[activity.CPU, activity.CUDA]) as profiler:
            for _ in range(repeats):
                frame(mark)
            torch.cuda.synchronize()
    on_device = [
        event
        for event in profiler.events()
        if event.device_type == torch.autograd.DeviceType.CUDA
        and not getattr(event, "is_user_annotation", False)
        and event.name not in NOT_KERNELS
    ]
    merged: dict[str, float] = {}
    for part, events in _parts(on_device, parts).items():
        if part not in CULL_STAGES:
            _check_complete(events, repeats)
        stage = part if part in CULL_STAGES else None
        times_us = ((event.name, event.time_range.elapsed_us() / repeats) for event in events)
        merged |= merge_kernels(times_us, stage)
    return dict(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def _parts(on_device: list[Any], parts: Sequence[str]) -> dict[str, list[Any]]:
    """Events of the device under the part of the frame that they ran in, markers left out.

    Without parts all events are gsplat's. The i-th marker on the timeline begins parts[i].
    """
    if not parts:
        return {"gsplat": on_device}
    found: dict[str, list[Any]] = {part: [] for part in parts}
    begun = 0
    for event in sorted(on_device, key=lambda event: event.time_range.start):
        if MARKER in event.name:
            begun += 1
        elif 0 < begun <= len(parts):
            found[parts[begun - 1]].append(event)
    if begun != len(parts):
        raise InputError(
            f"the profiler reported {begun} of {len(parts)} marks between the parts of a frame: "
            "use gsplat 1.5.3 and no other profiler meanwhile."
        )
    return found


def _check_complete(events: Sequence[Any], repeats: int) -> None:
    for stage in ("gaussian_project", "rasterize"):
        launches = sum(stage_of(event.name) == stage for event in events)
        if launches == 0 or launches % repeats:
            raise InputError(
                f"the profiler reported {launches} kernels of stage {stage} in {repeats} frames, "
                "so it lost some or their names are not known: use gsplat 1.5.3 and no other "
                "profiler meanwhile."
            )


def _check(cameras: Sequence[Camera], warmup: int, repeats: int) -> None:
    if warmup < 0 or repeats < 1:
        raise InputError(
            f"warm-up {warmup} and repeats {repeats} cannot be measured with: choose a warm-up of "
            "0 or more frames and 1 or more repeats."
        )
    if not cameras:
        raise InputError("no views were chosen for the trace: choose at least one.")
    sizes = sorted({(camera.width, camera.height) for camera in cameras})
    if len(sizes) > 1:
        raise InputError(
            f"the cameras have {len(sizes)} sizes and a trace has one: choose it with --size."
        )
