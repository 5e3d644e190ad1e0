"""Times of a GPU trace, view by view, as reports compare with: stages, front end, frame."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sim.gpu.trace_kernels import CULL_STAGES
from sim.gpu.trace_records import Trace

FRONT_END = (*CULL_STAGES, "gaussian_project")


@dataclass(frozen=True)
class GpuTimes:
    """Times of one view on a GPU, measured or derived, us.

    Parameters
    ----------
    view : name of the camera.
    variant : Trace.variant: "unpacked", "packed", "culled" or "culled packed".
    stages_us : Trace.stages to the time of all kernels of the stage.
    frame_us : median time between two CUDA events, without a profiler: kernels and gaps. None
        where it was derived, since gaps do not scale with a machine.
    """

    view: str
    variant: str
    stages_us: Mapping[str, float]
    frame_us: float | None

    @property
    def front_end_us(self) -> float:
        """Culling and projection: cluster_cull, compaction, gaussian_fetch, gaussian_project."""
        return math.fsum(self.stages_us.get(stage, 0.0) for stage in FRONT_END)

    @property
    def front_end_color_us(self) -> float:
        """The same and the evaluation of the spherical harmonics; see stage_of for the rest."""
        return self.front_end_us + self.stages_us["color"]

    @property
    def kernels_us(self) -> float:
        """All kernels of the frame: the sum of the stages."""
        return math.fsum(self.stages_us.values())

    @property
    def gap_us(self) -> float | None:
        """Frame less kernels: launches, and waiting for the host; None where it was derived."""
        return None if self.frame_us is None else self.frame_us - self.kernels_us


def gpu_times(trace: Trace) -> tuple[GpuTimes, ...]:
    """Measured times of every view of a trace, in its order."""
    return tuple(
        GpuTimes(view.name, trace.variant, view.stages_us, 1e3 * view.frame_median_ms)
        for view in trace.views
    )
