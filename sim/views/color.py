"""Runs views through stages 1 to 4, splats and their colours, by a chosen engine."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import tee
from typing import cast

import numpy as np

from golden.camera import Camera
from golden.gaussians.covariance import Float64
from golden.pack import Pack
from golden.pack.unpack import stored_colors, stored_means
from golden.params import Parameters
from golden.records import COLORED_DTYPE
from golden.rules import Rules
from golden.scene import Float32, Scene
from golden.stages.color.constants import need_narrow_colors
from golden.stages.color.formats import LARGEST_COLOR
from golden.stages.color.integer import colors_of
from golden.stages.color.reference import color_reference
from golden.view import ViewFrame, view_frame
from sim.model.stages.color_timing import color_cycles
from sim.rtl.color_harness import ColorHarness, ColorStalls
from sim.views.cluster_cull import Engine
from sim.views.differing import count_differing
from sim.views.gaussian_project import ProjectFrame, project_frames

BUILD = Parameters(color_cycles=4)  # with color, as of an FPGA
MEMORY_CYCLES = 100  # of latency, behind color alone


@dataclass(frozen=True)
class ColorRtl:
    """The RTL of color alone on the splats of a view, all offered at once and its output free.

    Parameters
    ----------
    cycles : from the first splat offered until it is not busy.
    model_cycles : by sim.model.stages.color_timing; the same where model_is_exact, and otherwise no
        more.
    runs : of colour records that it asked the memory for.
    mismatches : splats that differ from the integer model's, or are missing, or too many.
    seconds : wall time.
    """

    cycles: int
    model_cycles: int
    model_is_exact: bool
    runs: int
    mismatches: int
    seconds: float


@dataclass(frozen=True, eq=False)
class ColorFrame:
    """Stages 1 to 4 of one view.

    Parameters
    ----------
    projected : stages 1 to 3 by the same engine; `accelerator` is a build with color.
    colors : (S, 3) R, G, B of its splats; by float not cut at LARGEST_COLOR.
    cut_above, cut_below : splats with a channel beyond LARGEST_COLOR, and below 0.
    seconds : wall time of the engine of color alone.
    rtl : the RTL of color alone; None by other engines.
    """

    projected: ProjectFrame
    colors: Float64
    cut_above: int
    cut_below: int
    seconds: float
    rtl: ColorRtl | None = None

    @property
    def all_mismatches(self) -> int | None:
        """Records of the RTL of all stages, and of the accelerator, that differ; None otherwise."""
        before = self.projected.all_mismatches
        return None if before is None or self.rtl is None else before + self.rtl.mismatches


def color_views(
    pack: Pack, cameras: Iterable[Camera], rules: Rules, engine: Engine
) -> Iterator[ColorFrame]:
    """Stages 1 to 4 of each camera, in turn, by the default parameters and those of BUILD.

    Both are antialiased as the rules are. float evaluates what the pack stores by
    golden.stages.color.reference, integer is the bit-exact model, rtl the hardware: splats and
    colours come from the whole build behind its driver; each stage runs alone too, for its cycles.

    Raises InputError as sim.views.gaussian_project.project_views does, and, but by float, where the
    pack's colours are not narrow records.
    """
    build = BUILD.with_antialiasing(rules.antialiased)
    frames = (view_frame(pack, camera, rules, build) for camera in cameras)
    return color_frames(pack, frames, rules, engine)


def color_frames(
    pack: Pack, frames: Iterable[ViewFrame], rules: Rules, engine: Engine
) -> Iterator[ColorFrame]:
    """The same for views of that pack, those rules and BUILD; what they hold is computed once."""
    if engine != "float":
        need_narrow_colors(pack)
    frames, given = tee(frames)
    stored = _StoredColors(pack)
    alone = ColorAlone(pack) if engine == "rtl" else None
    params = Parameters().with_antialiasing(rules.antialiased)
    projections = project_frames(pack, given, rules, engine, params)
    for frame, projected in zip(frames, projections, strict=True):
        if engine == "float":
            yield stored.frame(frame.camera, projected)
        else:
            yield _of_integers(frame, projected, alone)


class ColorAlone:
    """The RTL of color alone, on views of a pack with narrow colours."""

    def __init__(self, pack: Pack):
        self._records, self._harness = pack.colors, ColorHarness(BUILD)
        self._harness.build()

    def run(self, frame: ViewFrame) -> ColorRtl:
        """The splats of a view."""
        splats, stalls = frame.splats, ColorStalls(MEMORY_CYCLES)
        start = time.perf_counter()
        run = self._harness.run(splats, self._records, frame.coloring, stalls)
        seconds = time.perf_counter() - start
        model = color_cycles(splats["index"], BUILD, MEMORY_CYCLES)
        return ColorRtl(
            cycles=run.cycles,
            model_cycles=model.cycles,
            model_is_exact=model.is_exact,
            runs=run.counters["runs"],
            mismatches=count_differing(run.colored, frame.colored),
            seconds=seconds,
        )


class _StoredColors:
    """Colours by float64 of what a pack stores; has what color_reference reads of a Scene."""

    def __init__(self, pack: Pack):
        self._pack = pack
        self.sh_degree = pack.meta.sh_degree

    @cached_property
    def sh(self) -> Float32:
        """As the pack's records hold them, in the scene's order."""
        return stored_colors(self._pack)

    @cached_property
    def means(self) -> Float32:
        """The nearest to the stored positions, in the scene's order."""
        means = np.empty((len(self._pack), 3), dtype=np.float32)
        means[self._pack.order] = stored_means(self._pack)
        return means

    def frame(self, camera: Camera, projected: ProjectFrame) -> ColorFrame:
        """The colours of a view's splats."""
        start = time.perf_counter()
        colors = color_reference(cast(Scene, self), camera, projected.splats)
        seconds = time.perf_counter() - start
        above, below = ((colors > LARGEST_COLOR).any(axis=1), (colors <= 0).any(axis=1))
        return ColorFrame(projected, colors, int(above.sum()), int(below.sum()), seconds)


def _of_integers(frame: ViewFrame, projected: ProjectFrame, alone: ColorAlone | None) -> ColorFrame:
    """The colours of a view by the integer model, or by the build that ran and color alone."""
    _ = frame.splats, frame.coloring
    start = time.perf_counter()
    records = frame.colored
    seconds = time.perf_counter() - start
    run = alone.run(frame) if alone is not None else None
    if projected.accelerator is not None:
        records = projected.accelerator.splats
        assert records.dtype == COLORED_DTYPE
    in_scene = np.argsort(frame.pack.order[records["splat"]["index"]], kind="stable")
    return ColorFrame(
        projected=projected,
        colors=colors_of(records["color"][in_scene]),
        **frame.color_cuts,
        seconds=run.seconds if run is not None else seconds,
        rtl=run,
    )
