"""The GPU that a report compares with: a trace of the same scene, views and size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sim
from golden.errors import InputError
from reports.subject import Subject
from sim.trace import Trace, TraceView, load_trace

COMMITTED_TRACE = Path(sim.__file__).parent / "traces" / "h200_default.json"


@dataclass(frozen=True)
class GpuReference:
    """Measured times of every view of a report, in its order.

    Parameters
    ----------
    trace : the whole trace. file : its name.
    views : of the report.
    """

    trace: Trace
    file: str
    views: tuple[TraceView, ...]

    @property
    def front_end_ms(self) -> list[float]:
        """Kernels of gaussian_project, of each view, ms."""
        return [view.stages_us["gaussian_project"] / 1e3 for view in self.views]

    @property
    def frame_ms(self) -> list[float]:
        """Frame between two CUDA events, of each view, ms: kernels, and waiting for the host."""
        return [view.frame_median_ms for view in self.views]

    @property
    def kernels_ms(self) -> list[float]:
        """All kernels, without the gaps, of each view, ms."""
        return [view.kernels_total_us / 1e3 for view in self.views]


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
    return GpuReference(trace, path.name, views)


def committed_reference(
    subject: Subject, path: Path = COMMITTED_TRACE
) -> tuple[GpuReference | None, str]:
    """The trace of the default scene that is kept with the code, or None and the reason."""
    if not path.is_file():
        return None, "no GPU trace of the default scene is at hand; give one with --trace"
    try:
        return gpu_reference(path, subject), ""
    except InputError as error:
        return None, f"the GPU trace kept with the code does not fit: {error}"
