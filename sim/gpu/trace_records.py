"""GPU traces: measured kernel times and counts of each view, as committed to the repository."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from golden.camera import MAX_SIZE_PX
from golden.errors import InputError
from golden.rules import TILE_PX, rules_named
from golden.scene import MAX_GAUSSIANS, SH_COEFFICIENTS
from sim.gpu.trace_checks import check_time, refuse, refuse_hash
from sim.gpu.trace_culling import TraceCulling, ViewCulling
from sim.gpu.trace_device import TraceDevice
from sim.gpu.trace_kernels import CULL_STAGES, STAGES, fold_stages

# Two passes over the same frame are compared: sums of rounded numbers differ by less than this.
ROUNDING_US = 0.5


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
    culled : what culling on the GPU did, or None where the whole scene was rendered.

    Raises InputError on a negative time or one that is not finite, on no kernel at all, on
    min > median > max, on kernels that take longer than the frame, on counts that contradict each
    other, and on kernels of culling in a view that was not culled, or none in one that was.
    """

    name: str
    frame_median_ms: float
    frame_min_ms: float
    frame_max_ms: float
    kernels_us: Mapping[str, float]
    gaussians: int
    visible: int
    tile_pairs: int
    culled: ViewCulling | None = None

    def __post_init__(self) -> None:
        refuse(not (self.name and self.name.isprintable()), "a view's name is not printable text")
        view = f"view {self.name}"
        for part in ("median", "min", "max"):
            check_time(getattr(self, f"frame_{part}_ms"), f"{view}: frame_{part}_ms")
        for kernel, time_us in self.kernels_us.items():
            check_time(time_us, f"{view}: kernels_us of {kernel}")
        refuse(not self.kernels_us, f"{view} holds no kernel")
        refuse(
            not self.frame_min_ms <= self.frame_median_ms <= self.frame_max_ms,
            f"{view}: frame_median_ms {self.frame_median_ms} is not between frame_min_ms "
            f"{self.frame_min_ms} and frame_max_ms {self.frame_max_ms}",
        )
        refuse(
            not 0 <= self.visible <= self.gaussians <= MAX_GAUSSIANS,
            f"{view}: {self.visible} visible of {self.gaussians} gaussians is impossible",
        )
        if self.culled is not None:
            kept = self.culled.gaussians_kept
            refuse(
                not self.visible <= kept <= self.gaussians,
                f"{view}: {kept} gaussians_kept, {self.visible} visible, of {self.gaussians} "
                "gaussians is impossible",
            )
        tests_us = self.stages_us.get("cluster_cull")
        refuse(
            self.culled is None and tests_us is not None,
            f"{view} holds kernels of culling and the trace was not culled",
        )
        refuse(
            self.culled is not None and not tests_us,
            f"{view} was culled and holds no kernel of stage cluster_cull",
        )
        refuse(
            self.tile_pairs < self.visible or (self.visible == 0 and self.tile_pairs > 0),
            f"{view}: {self.tile_pairs} tile_pairs contradict {self.visible} visible gaussians, "
            "which touch one tile or more each",
        )
        refuse(
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
        """Time of each of STAGES, us, and of CULL_STAGES before them in a view that was culled.

        They add up to kernels_total_us.
        """
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
    culling : the culling of all views, or None where the whole scene was rendered.

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
    culling: TraceCulling | None = None

    def __post_init__(self) -> None:
        rules_named(self.rules)
        for field in ("torch", "cuda", "gsplat", "scene_name"):
            refuse(not getattr(self, field), f"{field} is empty")
        refuse_hash(self.scene_sha256, "scene sha256")
        refuse(
            self.scene_sh_degree not in SH_COEFFICIENTS,
            f"scene sh_degree {self.scene_sh_degree} is not from 0 to 4",
        )
        for side_px in (self.width_px, self.height_px):
            refuse(not 1 <= side_px <= MAX_SIZE_PX, f"an image side of {side_px} px is impossible")
        refuse(self.warmup_frames < 0, f"warmup_frames is negative ({self.warmup_frames})")
        refuse(self.repeats < 1, f"repeats is {self.repeats}, less than one")
        try:
            datetime.fromisoformat(self.date)
        except ValueError as error:
            raise InputError(f"date {self.date!r} is not ISO 8601: record it again.") from error
        refuse(not self.views, "the trace holds no views")
        names = [view.name for view in self.views]
        refuse(len(set(names)) < len(names), "two views share a name")
        tiles = math.ceil(self.width_px / TILE_PX) * math.ceil(self.height_px / TILE_PX)
        for view in self.views:
            self._check_culled(view)
            refuse(
                view.gaussians != self.scene_gaussians,
                f"view {view.name} counts {view.gaussians} gaussians and the scene "
                f"{self.scene_gaussians}",
            )
            refuse(
                view.tile_pairs > view.visible * tiles,
                f"view {view.name}: {view.tile_pairs} tile_pairs are more than {view.visible} "
                f"visible gaussians in {tiles} tiles can make",
            )

    def _check_culled(self, view: TraceView) -> None:
        culling, culled = self.culling, view.culled
        refuse(
            (culling is None) != (culled is None),
            f"view {view.name} and the trace differ in whether they were culled",
        )
        if culling is None or culled is None:
            return
        groups = culling.groups if culling.levels == 2 else 0
        refuse(
            culled.groups_tested != groups,
            f"view {view.name}: {culled.groups_tested} groups_tested where {groups} are tested in "
            f"{culling.levels} levels",
        )
        refuse(
            culled.clusters_tested > culling.clusters
            or (culling.levels == 1 and culled.clusters_tested != culling.clusters),
            f"view {view.name}: {culled.clusters_tested} clusters_tested of {culling.clusters} in "
            f"{culling.levels} levels is impossible",
        )

    @property
    def variant(self) -> str:
        """What gsplat was asked to do, "unpacked" or "packed", and "culled" before it.

        "culled" is gsplat unpacked behind culling on the GPU, "culled packed" the packed mode.
        """
        mode = "packed" if self.packed else "unpacked"
        if self.culling is None:
            return mode
        return "culled packed" if self.packed else "culled"

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages of every view, in the order of a frame."""
        return STAGES if self.culling is None else (*CULL_STAGES, *STAGES)

    @property
    def pictures_equal(self) -> int | None:
        """Views whose culled picture equals the whole scene's bit for bit; None if not culled."""
        if self.culling is None:
            return None
        return sum(view.culled is not None and view.culled.picture_equal for view in self.views)

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
        if stage not in self.stages:
            raise InputError(f"stage {stage!r} is not known: choose of {', '.join(self.stages)}.")
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
