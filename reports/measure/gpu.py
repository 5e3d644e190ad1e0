"""The GPU that a report compares with: a trace of the same scene, views and size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sim
from golden.errors import InputError
from reports.measure.subject import Subject
from sim.gpu.edge_gpu import Machine, derived_times, edge_gpu
from sim.gpu.trace import Trace, TraceView, load_trace
from sim.gpu.trace_times import GpuTimes, gpu_times

COMMITTED_TRACE = Path(sim.__file__).parent / "traces" / "h100_default.json"
EDGE = "xavier_nx"


@dataclass(frozen=True)
class GpuReference:
    """Times of every view of a report on a GPU, in its order.

    Parameters
    ----------
    trace : the whole trace. file : its name.
    views : of the report, as the trace has them. times : the same, measured.
    edge : the same on the derived edge GPU. edge_machine : which.
    """

    trace: Trace
    file: str
    views: tuple[TraceView, ...]
    times: tuple[GpuTimes, ...]
    edge: tuple[GpuTimes, ...]
    edge_machine: Machine

    @property
    def peak_gb_per_s(self) -> float:
        """Of the measured GPU's memory."""
        return self.trace.device.memory_peak_gb_per_s


def gpu_reference(path: Path, subject: Subject) -> GpuReference:
    """The trace in that file; raises InputError where it is not of the scene, views and size."""
    trace = load_trace(path)
    if trace.scene_sha256 != subject.scene.sha256():
        raise InputError(
            f"{path} was recorded of another scene ({trace.scene_name}, {trace.scene_gaussians} "
            f"Gaussians) than {subject.scene.name} ({len(subject.scene)}): record the trace again."
        )
    width_px, height_px = subject.size_px
    if (trace.width_px, trace.height_px) != (width_px, height_px):
        raise InputError(
            f"{path} was recorded at {trace.width_px}x{trace.height_px} px and the views are "
            f"{width_px}x{height_px}: choose --size {trace.width_px}x{trace.height_px} or record "
            "the trace again."
        )
    by_name = {view.name: view for view in trace.views}
    missing = [camera.name for camera in subject.cameras if camera.name not in by_name]
    if missing:
        shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise InputError(
            f"{path} lacks {len(missing)} of the {len(subject.cameras)} views ({shown}): choose "
            "its views with --views or record the trace again."
        )
    views = tuple(by_name[camera.name] for camera in subject.cameras)
    for view in views:
        if view.stages_us["gaussian_project"] <= 0:
            raise InputError(f"{path} holds no projection kernel of {view.name}: record it again.")
    machine = edge_gpu(EDGE)
    return GpuReference(
        trace=trace,
        file=path.name,
        views=views,
        times=_of_views(gpu_times(trace), subject),
        edge=_of_views(derived_times(trace, machine), subject),
        edge_machine=machine,
    )


def _of_views(times: tuple[GpuTimes, ...], subject: Subject) -> tuple[GpuTimes, ...]:
    by_name = {one.view: one for one in times}
    return tuple(by_name[camera.name] for camera in subject.cameras)


def committed_reference(
    subject: Subject, path: Path = COMMITTED_TRACE
) -> tuple[tuple[GpuReference, ...], str]:
    """The trace of the default scene that is kept with the code, or none and the reason."""
    if not path.is_file():
        return (), "no GPU trace of the default scene is at hand; give one with --trace"
    try:
        return (gpu_reference(path, subject),), ""
    except InputError as error:
        return (), f"the GPU trace kept with the code does not fit: {error}"
