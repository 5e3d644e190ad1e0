"""Runs views through both stages, cluster test and projection, by a chosen engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import tee

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.pack import Pack, scene_mask
from golden.pack.unpack import stored_gaussians
from golden.params import Parameters
from golden.records import splats_of
from golden.rules import Rules
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.formats import DROPS
from golden.stages.gaussian_project.reference import Splats
from golden.view import ViewFrame, view_frame
from sim.model.stages.gaussian_project import project_cycles
from sim.views.cluster_cull import CullFrame, Engine, cull_frames
from sim.views.differing import count_differing
from sim.views.frame import FrameRun, FrameRunner

Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ProjectFrame:
    """Both stages of one view.

    Parameters
    ----------
    view : name of the camera.
    culled : the cluster test, by the same engine.
    members : Gaussians of the visible clusters by the engine's test (float) or the integer model's,
        which the projection was given.
    kept : (N,) bool in the scene's order, the members that became splats.
    splats : these, decoded, in the scene's order; by the rtl engine those of `accelerator`.
    dropped : the other members, by the first reason of golden.stages.gaussian_project.formats.DROPS
        that holds.
    tile_pairs : pairs of tile and splat.
    seconds : wall time of the engine of the projection alone.
    model_cycles : of the RTL by project_cycles; None for other engines.
    cycles : of the RTL, nothing held back; None for other engines.
    mismatches : splat records of the RTL that differ from the integer model's for the same
        members: missing, extra or of other bits; None for other engines.
    accelerator : the frame by the whole build behind its driver, from the pack in memory;
        None for other engines. The figures above are those of the projection's RTL alone.
    """

    view: str
    culled: CullFrame
    members: int
    kept: Bool
    splats: Splats
    dropped: Mapping[str, int]
    tile_pairs: int
    seconds: float
    model_cycles: int | None = None
    cycles: int | None = None
    mismatches: int | None = None
    accelerator: FrameRun | None = None

    @property
    def all_mismatches(self) -> int | None:
        """Records of both stages' RTL, and of the accelerator, that differ; None otherwise."""
        accelerator = self.accelerator.mismatches if self.accelerator is not None else None
        if self.mismatches is None or self.culled.mismatches is None or accelerator is None:
            return None
        return self.mismatches + self.culled.mismatches + accelerator


Project = Callable[[ViewFrame, CullFrame], ProjectFrame]


def project_views(
    pack: Pack, cameras: Iterable[Camera], rules: Rules, engine: Engine
) -> Iterator[ProjectFrame]:
    """Both stages of each camera, in turn, by the default parameters, antialiased as the rules are.

    float projects the values that the pack stores by golden.stages.gaussian_project.reference,
    integer is the bit-exact model, rtl the hardware: the splats come from the whole accelerator
    behind its driver; each stage runs alone too, for its cycles, and the model beside them.

    Raises InputError as sim.views.cluster_cull.cull_views does, and where a picture or focal length
    is too large for the formats of the projection.
    """
    params = Parameters().with_antialiasing(rules.antialiased)
    frames = (view_frame(pack, camera, rules, params) for camera in cameras)
    return project_frames(pack, frames, rules, engine, params)


def project_frames(
    pack: Pack, frames: Iterable[ViewFrame], rules: Rules, engine: Engine, params: Parameters
) -> Iterator[ProjectFrame]:
    """The same for views of that pack and those rules; what they hold is computed once.

    Parameters
    ----------
    frames : of the build that rtl runs behind its driver.
    params : of the stages that rtl runs alone.
    """
    frames, to_cull = tee(frames)
    project: Project | None = None
    for frame, culled in zip(frames, cull_frames(pack, to_cull, engine, params), strict=True):
        project = project or _projector(pack, rules, engine, params, frame.params)
        yield project(frame, culled)


def _projector(
    pack: Pack, rules: Rules, engine: Engine, params: Parameters, build: Parameters
) -> Project:
    """The projection by an engine; what no view changes is made here, once."""
    if engine == "float":
        return _float_projector(pack, rules)

    def run_model(frame: ViewFrame, culled: CullFrame) -> ProjectFrame:
        seconds = _seconds_of_projection(frame)
        return _frame(frame, culled, frame.decoded, seconds)

    if engine == "integer":
        return run_model

    from sim.rtl.gaussian_project_harness import GaussianProjectHarness

    harness = GaussianProjectHarness(params)
    harness.build()
    runner = FrameRunner(pack, "rtl", params=build)

    def run_hardware(frame: ViewFrame, culled: CullFrame) -> ProjectFrame:
        start = time.perf_counter()
        run = harness.run(frame.members, frame.projecting)
        seconds = time.perf_counter() - start
        accelerator = runner.run_view(frame)
        if accelerator.status is not None:
            accelerator.status.check()
        records = splats_of(accelerator.splats)
        splats = decode_splats(records, pack, frame.camera, params)
        kept = frame.projected.kept
        return replace(
            _frame(frame, culled, splats, seconds),
            model_cycles=project_cycles(kept, harness.latency_cycles, params.lanes),
            cycles=run.cycles,
            mismatches=count_differing(run.splats, frame.splats),
            accelerator=accelerator,
        )

    return run_hardware


def _float_projector(pack: Pack, rules: Rules) -> Project:
    stored = stored_gaussians(pack)

    def run_float(frame: ViewFrame, culled: CullFrame) -> ProjectFrame:
        camera = frame.camera
        given = scene_mask(pack, culled.visible)
        start = time.perf_counter()
        splats = stored.project(camera, rules, given)
        seconds = time.perf_counter() - start
        kept = _mask(len(pack), splats)
        depth = stored.means @ camera.viewmat[2, :3] + camera.viewmat[2, 3]
        before = depth <= rules.near if rules.near_is_out else depth < rules.near
        reason = np.select([~given | kept, stored.hidden, before], [0, 1, 2], 3)
        counts = np.bincount(reason, minlength=len(DROPS) + 1)[1:]
        return ProjectFrame(
            view=camera.name,
            culled=culled,
            members=int(given.sum()),
            kept=kept,
            splats=splats,
            dropped={name: int(count) for name, count in zip(DROPS, counts, strict=True)},
            tile_pairs=count_pairs(splats),
            seconds=seconds,
        )

    return run_float


def _seconds_of_projection(frame: ViewFrame) -> float:
    """Wall time of the integer projection alone: what it is given is there before."""
    _ = frame.members, frame.projecting
    start = time.perf_counter()
    _ = frame.projected
    return time.perf_counter() - start


def _frame(frame: ViewFrame, culled: CullFrame, splats: Splats, seconds: float) -> ProjectFrame:
    return ProjectFrame(
        view=frame.camera.name,
        culled=culled,
        members=len(frame.members),
        kept=_mask(len(frame.pack), splats),
        splats=splats,
        dropped=frame.projected.dropped,
        tile_pairs=count_pairs(splats),
        seconds=seconds,
    )


def count_pairs(splats: Splats) -> int:
    """Pairs of tile and splat."""
    x0, y0, x1, y1 = splats.tile_rect.astype(np.int64).T
    return int(((x1 - x0) * (y1 - y0)).sum())


def _mask(gaussians: int, splats: Splats) -> Bool:
    kept = np.zeros(gaussians, dtype=np.bool_)
    kept[splats.index] = True
    return kept
