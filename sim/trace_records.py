"""GPU traces: measured kernel times and counts of each view, as committed to the repository."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from golden.camera import MAX_SIZE_PX
from golden.errors import InputError
from golden.rules import TILE_PX, rules_named
from golden.scene import MAX_GAUSSIANS, SH_COEFFICIENTS
from sim.trace_kernels import STAGES, fold_stages

# Two passes over the same frame are compared: sums of rounded numbers differ by less than this.
ROUNDING_US = 0.5
PEAK_SOURCES = ("clock_and_bus_width", "device_copy")


def _refuse(bad: bool, what: str) -> None:
    if bad:
        raise InputError(f"{what}: record the trace again.")


def _check_time(value: float, what: str) -> None:
    _refuse(not math.isfinite(value), f"{what} is not a finite number")
    _refuse(value < 0, f"{what} is negative ({value})")


@dataclass(frozen=True)
class TraceDevice:
    """The GPU of a trace, and the figures that scaling to another GPU needs.

    Parameters
    ----------
    name, driver : as the driver reports them.
    compute_capability : "major.minor".
    sm_count : streaming multiprocessors.
    fp32_lanes_per_sm : float32 multiply-adds a cycle and multiprocessor.
    sm_clock_max_mhz : highest clock of the multiprocessors, MHz.
    sm_clock_mhz, memory_clock_mhz : clocks read right after the last view, with frames still
        running, MHz; None where nvidia-smi does not tell.
    memory_peak_gb_per_s : 2 x memory clock x bus width, GB/s of 10^9 bytes, or the next figure
        where the driver does not tell; `memory_peak_source` says which.
    memory_copy_gb_per_s : measured copy from device to device, bytes read and written, GB/s.

    Raises InputError on an empty text or a figure that is not positive and finite.
    """

    name: str
    driver: str
    compute_capability: str
    sm_count: int
    fp32_lanes_per_sm: int
    sm_clock_max_mhz: float
    sm_clock_mhz: float | None
    memory_clock_mhz: float | None
    memory_peak_gb_per_s: float
    memory_peak_source: str
    memory_copy_gb_per_s: float

    def __post_init__(self) -> None:
        for field, value in vars(self).items():
            if isinstance(value, str):
                _refuse(not value, f"device {field} is empty")
            elif value is not None:
                _refuse(not (math.isfinite(value) and value > 0), f"device {field} is {value}")
        _refuse(
            self.memory_peak_source not in PEAK_SOURCES,
            f"device memory_peak_source is {self.memory_peak_source!r}, "
            f"not {' or '.join(PEAK_SOURCES)}",
        )

    @property
    def fp32_peak_tflops(self) -> float:
        """2 x lanes x multiprocessors x highest clock, 10^12 float32 operations/s."""
        return 2e-6 * self.fp32_lanes_per_sm * self.sm_count * self.sm_clock_max_mhz


@dataclass(frozen=True)
class TraceView:
    """One measured view.

    Parameters
    ----------
    name : name of the camera.
    frame_median_ms, frame_min_ms, frame_max_ms : time of a frame between two CUDA events, over
        the repeats, ms, without a profiler, frames following one another without a pause.
    kernels_us : short kernel name to its time in a frame, us, mean over the repeats of a second
        pass, with a profiler.
    gaussians, visible : Gaussians in the scene, and those with both radii > 0.
    tile_pairs : pairs of a Gaussian and a tile that its extent touches.

    Raises InputError on a negative time or one that is not finite, on no kernel at all, on
    min > median > max, on kernels that take longer than the frame, and on counts that contradict
    each other.
    """

    name: str
    frame_median_ms: float
    frame_min_ms: float
    frame_max_ms: float
    kernels_us: Mapping[str, float]
    gaussians: int
    visible: int
    tile_pairs: int

    def __post_init__(self) -> None:
        _refuse(not (self.name and self.name.isprintable()), "a view's name is not printable text")
        view = f"view {self.name}"
        for part in ("median", "min", "max"):
            _check_time(getattr(self, f"frame_{part}_ms"), f"{view}: frame_{part}_ms")
        for kernel, time_us in self.kernels_us.items():
            _check_time(time_us, f"{view}: kernels_us of {kernel}")
        _refuse(not self.kernels_us, f"{view} holds no kernel")
        _refuse(
            not self.frame_min_ms <= self.frame_median_ms <= self.frame_max_ms,
            f"{view}: frame_median_ms {self.frame_median_ms} is not between frame_min_ms "
            f"{self.frame_min_ms} and frame_max_ms {self.frame_max_ms}",
        )
        _refuse(
            not 0 <= self.visible <= self.gaussians <= MAX_GAUSSIANS,
            f"{view}: {self.visible} visible of {self.gaussians} gaussians is impossible",
        )
        _refuse(
            self.tile_pairs < self.visible or (self.visible == 0 and self.tile_pairs > 0),
            f"{view}: {self.tile_pairs} tile_pairs contradict {self.visible} visible gaussians, "
            "which touch one tile or more each",
        )
        _refuse(
            self.other_gap_us < -ROUNDING_US,
            f"{view}: the kernels take {self.kernels_total_us:.1f} us, longer than the frame of "
            f"{self.frame_median_ms} ms, so the clocks differed between the two passes",
        )

    @property
    def kernels_total_us(self) -> float:
        """Sum of all kernel times, us."""
        return math.fsum(self.kernels_us.values())

    @property
    def stages_us(self) -> dict[str, float]:
        """Time of each of STAGES, us; adds up to kernels_total_us."""
        return fold_stages(self.kernels_us)

    @property
    def other_gap_us(self) -> float:
        """frame_median_ms less the kernels, us: launches, and waiting for the host."""
        return 1e3 * self.frame_median_ms - self.kernels_total_us


@dataclass(frozen=True)
class Trace:
    """Views of one scene at one size on one GPU.

    Parameters
    ----------
    device : the GPU.
    torch, cuda, gsplat : versions of PyTorch, of the CUDA it was built with, and of gsplat.
    rules : name of the rendering rules, of golden.rules.
    packed : gsplat's packed mode.
    scene_name, scene_gaussians, scene_sha256, scene_sh_degree : the scene; Scene.sha256().
    width_px, height_px : size of every view.
    warmup_frames, repeats : frames of each view before and during each of the two passes.
    date : ISO 8601, UTC.
    command_line : the command that recorded the trace.
    views : at least one, with different names.

    Raises InputError where one of these does not hold.
    """

    device: TraceDevice
    torch: str
    cuda: str
    gsplat: str
    rules: str
    packed: bool
    scene_name: str
    scene_gaussians: int
    scene_sha256: str
    scene_sh_degree: int
    width_px: int
    height_px: int
    warmup_frames: int
    repeats: int
    date: str
    command_line: str
    views: tuple[TraceView, ...]

    def __post_init__(self) -> None:
        rules_named(self.rules)
        for field in ("torch", "cuda", "gsplat", "scene_name"):
            _refuse(not getattr(self, field), f"{field} is empty")
        _refuse(
            re.fullmatch("[0-9a-f]{64}", self.scene_sha256) is None,
            f"scene sha256 {self.scene_sha256[:80]!r} is not 64 hexadecimal digits",
        )
        _refuse(
            self.scene_sh_degree not in SH_COEFFICIENTS,
            f"scene sh_degree {self.scene_sh_degree} is not from 0 to 4",
        )
        for side_px in (self.width_px, self.height_px):
            _refuse(not 1 <= side_px <= MAX_SIZE_PX, f"an image side of {side_px} px is impossible")
        _refuse(self.warmup_frames < 0, f"warmup_frames is negative ({self.warmup_frames})")
        _refuse(self.repeats < 1, f"repeats is {self.repeats}, less than one")
        try:
            datetime.fromisoformat(self.date)
        except ValueError as error:
            raise InputError(f"date {self.date!r} is not ISO 8601: record it again.") from error
        _refuse(not self.views, "the trace holds no views")
        names = [view.name for view in self.views]
        _refuse(len(set(names)) < len(names), "two views share a name")
        tiles = math.ceil(self.width_px / TILE_PX) * math.ceil(self.height_px / TILE_PX)
        for view in self.views:
            _refuse(
                view.gaussians != self.scene_gaussians,
                f"view {view.name} counts {view.gaussians} gaussians and the scene "
                f"{self.scene_gaussians}",
            )
            _refuse(
                view.tile_pairs > view.visible * tiles,
                f"view {view.name}: {view.tile_pairs} tile_pairs are more than {view.visible} "
                f"visible gaussians in {tiles} tiles can make",
            )

    def _mean(self, values: list[float]) -> float:
        return math.fsum(values) / len(self.views)

    @property
    def mean_frame_ms(self) -> float:
        """Mean over the views of the median frame time, ms."""
        return self._mean([view.frame_median_ms for view in self.views])

    @property
    def slowest_view(self) -> TraceView:
        """The view of the longest median frame time."""
        return max(self.views, key=lambda view: view.frame_median_ms)

    def mean_stage_us(self, stage: str) -> float:
        """Mean time of a stage over the views, us; raises InputError on an unknown stage."""
        if stage not in STAGES:
            raise InputError(f"stage {stage!r} is not known: choose of {', '.join(STAGES)}.")
        return self._mean([view.stages_us[stage] for view in self.views])

    @property
    def mean_gap_us(self) -> float:
        """Mean over the views of the frame time that no kernel fills, us."""
        return self._mean([view.other_gap_us for view in self.views])

    @property
    def mean_visible(self) -> float:
        """Mean number of visible Gaussians."""
        return self._mean([view.visible for view in self.views])

    @property
    def mean_tile_pairs(self) -> float:
        """Mean number of pairs of Gaussian and tile."""
        return self._mean([view.tile_pairs for view in self.views])
