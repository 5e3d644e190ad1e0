"""Runs views through both stages, cluster test and projection, by a chosen engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import tee
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack, scene_mask
from golden.pack.unpack import stored_gaussians
from golden.params import Parameters
from golden.rules import Rules
from golden.stages.gaussian_fetch.integer import members_of
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.integer import DROPS, ProjectedMembers, gaussian_project
from golden.stages.gaussian_project.reference import Splats
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from sim.views.cluster_cull import CullFrame, Engine, cull_views

if TYPE_CHECKING:
    from sim.views.frame import FrameRun

Stage = Literal["cluster", "gaussian"]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ProjectFrame:
    """Both stages of one view.

    Parameters
    ----------
    view : name of the camera.
    culled : the cluster test, by the same engine.
    members : Gaussians of the visible clusters, which the projection was given.
    kept : (N,) bool in the scene's order, the members that became splats.
    splats : these, decoded, in the scene's order; by the rtl engine those of `accelerator`.
    dropped : the other members, by the first reason of golden.stages.gaussian_project.integer.DROPS
        that holds.
    tile_pairs : pairs of tile and splat.
    seconds : wall time of the engine of the projection alone.
    model_cycles : of the RTL by project_cycles; None for other engines.
    cycles : of the RTL, nothing held back; None for other engines.
    mismatches : splat records of the RTL that differ from the integer model's for the same
        members: missing, extra or of other bits; None for other engines.
    accelerator : the frame by the whole accelerator behind its driver, from the pack in memory;
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


def stage_named(name: str) -> Stage:
    """The stage of that name; raises InputError."""
    for stage in get_args(Stage):
        if stage == name:
            return stage  # type: ignore[no-any-return]
    raise InputError(f"stage {name!r} is not known: choose cluster or gaussian.")


Project = Callable[[Camera, CullFrame], ProjectFrame]


def project_views(
    pack: Pack, cameras: Iterable[Camera], rules: Rules, engine: Engine
) -> Iterator[ProjectFrame]:
    """Both stages of each camera, in turn, by the default parameters.

    float projects the values that the pack stores by golden.stages.gaussian_project.reference,
    integer is the bit-exact model, rtl the hardware: the splats come from the whole accelerator
    behind its driver; each stage runs alone too, for its cycles, and the model beside them.

    Raises InputError as sim.views.cluster_cull.cull_views does, and where a picture or focal length
    is too large for the formats of the projection.
    """
    views, culled_views = tee(cameras)
    frames = cull_views(pack, culled_views, rules, engine)
    project: Project | None = None
    for camera, culled in zip(views, frames, strict=True):
        project = project or _projector(pack, rules, engine)
        yield project(camera, culled)


def project_cycles(kept: Bool, latency_cycles: int, lanes: int) -> int:
    """Cycles of gaussian_project for members offered one a cycle and lane, nothing held back.

    Until it is not busy: a splat is taken `latency_cycles` after its member and counted
    QUIET_CYCLES later, and a member that is dropped is known to be so 2 cycles before it would be
    taken.

    Parameters
    ----------
    kept : (N,) bool, members that become splats; member i goes through lane i modulo lanes.
    """
    places = np.flatnonzero(kept)
    last = (len(kept) - 1) // lanes + latency_cycles - 1 if len(kept) else 0
    taken = latency_cycles + 1 + GaussianProject.QUIET_CYCLES
    return max(last, int(places[-1]) // lanes + taken if len(places) else 0)


def count_differing(found: NDArray[np.void], expected: NDArray[np.void]) -> int:
    """Records in which two streams differ: missing, extra, or of other bits.

    Streams of one length are compared in order; of others, what is in no order the same counts.
    """
    if len(found) == len(expected):
        return int((found != expected).sum())
    kinds, places = np.unique(np.concatenate((found, expected)), return_inverse=True)
    ours, theirs = (
        np.bincount(part, minlength=len(kinds)) for part in np.split(places, [len(found)])
    )
    return max(len(found), len(expected)) - int(np.minimum(ours, theirs).sum())


def _projector(pack: Pack, rules: Rules, engine: Engine) -> Project:
    """The projection by an engine; what no view changes is made here, once."""
    if engine == "float":
        return _float_projector(pack, rules)
    params = Parameters()

    def run_model(camera: Camera, culled: CullFrame) -> ProjectFrame:
        assert culled.passed is not None
        members = members_of(pack, culled.passed)
        constants = gaussian_project_constants(camera, rules, pack.meta.grid, params)
        start = time.perf_counter()
        result = gaussian_project(members, constants, params)
        return _frame(pack, camera, culled, result, time.perf_counter() - start, params)

    if engine == "integer":
        return run_model

    from sim.rtl.gaussian_project_harness import GaussianProjectHarness
    from sim.views.frame import FrameRunner

    harness = GaussianProjectHarness(params)
    harness.build()
    runner = FrameRunner(pack, "rtl")

    def run_hardware(camera: Camera, culled: CullFrame) -> ProjectFrame:
        assert culled.passed is not None
        members = members_of(pack, culled.passed)
        constants = gaussian_project_constants(camera, rules, pack.meta.grid, params)
        model = gaussian_project(members, constants, params)
        start = time.perf_counter()
        run = harness.run(members, constants)
        seconds = time.perf_counter() - start
        accelerator = runner.run(camera, rules)
        if accelerator.status is not None:
            accelerator.status.check()
        result = replace(model, splats=accelerator.splats)
        frame = _frame(pack, camera, culled, result, seconds, params)
        return replace(
            frame,
            model_cycles=project_cycles(model.kept, harness.latency_cycles, params.lanes),
            cycles=run.cycles,
            mismatches=count_differing(run.splats, model.splats),
            accelerator=accelerator,
        )

    return run_hardware


def _float_projector(pack: Pack, rules: Rules) -> Project:
    stored = stored_gaussians(pack)

    def run_float(camera: Camera, culled: CullFrame) -> ProjectFrame:
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


def _frame(
    pack: Pack,
    camera: Camera,
    culled: CullFrame,
    result: ProjectedMembers,
    seconds: float,
    params: Parameters,
) -> ProjectFrame:
    splats = decode_splats(result.splats, pack, camera, params)
    return ProjectFrame(
        view=camera.name,
        culled=culled,
        members=len(result.kept),
        kept=_mask(len(pack), splats),
        splats=splats,
        dropped=result.dropped,
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
