"""Runs the cluster test of many views by a chosen engine, and counts the outcome."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.gaussians.covariance import covariance3d
from golden.pack import Pack, check_parameters, check_scene, scene_mask
from golden.params import Parameters
from golden.rules import Rules
from golden.scene import Scene
from golden.stages.cluster_cull.constants import view_planes
from golden.stages.cluster_cull.reference import cluster_cull_reference
from golden.stages.cluster_cull.result import LevelsResult
from golden.stages.gaussian_fetch.integer import visible_records
from golden.stages.gaussian_project.visibility import visibility
from golden.view import ViewFrame, view_frame
from sim.model.stages.cluster_cull import cull_cycles
from sim.rtl.cluster_cull_harness import MEMORY_CYCLES, ClusterCullHarness, CullRun

Engine = Literal["float", "integer", "rtl"]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CullFrame:
    """The cluster test of one view.

    Parameters
    ----------
    view : name of the camera.
    visible : (M,) bool, clusters passed on.
    groups_tested, clusters_tested : ball tests: all groups, and clusters of those that passed.
    visible_gaussians : Gaussians in the visible clusters.
    excluded_fraction : share of all Gaussians that no later stage reads.
    model_cycles : by sim.model.stages.cluster_cull, with a memory of MEMORY_CYCLES and nothing held
        back.
    seconds : wall time of the engine alone.
    cycles : of the RTL under the same conditions; None for other engines.
    mismatches : outputs of the RTL that differ from the integer model; None for other engines.
    """

    view: str
    visible: Bool
    groups_tested: int
    clusters_tested: int
    visible_gaussians: int
    excluded_fraction: float
    model_cycles: int
    seconds: float
    cycles: int | None = None
    mismatches: int | None = None

    @property
    def tests(self) -> int:
        """Ball tests of both levels."""
        return self.groups_tested + self.clusters_tested


def engine_named(name: str) -> Engine:
    """The engine of that name; raises InputError."""
    for engine in get_args(Engine):
        if engine == name:
            return engine  # type: ignore[no-any-return]
    raise InputError(f"engine {name!r} is not known: choose float, integer or rtl.")


def cull_views(
    pack: Pack, cameras: Iterable[Camera], rules: Rules, engine: Engine
) -> Iterator[CullFrame]:
    """The cluster test of each camera, in turn, by the default parameters.

    Raises InputError on an unknown engine, a pack made for other parameters, a camera out of
    reach of the pack's grid, or a missing tool (`rtl`).
    """
    params = Parameters()
    frames = (view_frame(pack, camera, rules, params) for camera in cameras)
    return cull_frames(pack, frames, engine, params)


def cull_frames(
    pack: Pack, frames: Iterable[ViewFrame], engine: Engine, params: Parameters
) -> Iterator[CullFrame]:
    """The same for views of that pack and those parameters; their culling is computed once."""
    engine_named(engine)
    check_parameters(pack, params)
    harness = ClusterCullHarness(params)
    if engine == "rtl":
        harness.build()
    for frame in frames:
        constants, camera = frame.culling, frame.camera
        start = time.perf_counter()
        if engine == "float":
            planes = view_planes(camera, frame.rules)
            result = cluster_cull_reference(
                pack.groups, pack.clusters, pack.meta.grid, camera, planes, params
            )
        else:
            result = frame.levels
        culled = _culled(pack, camera, result, params, time.perf_counter() - start)
        if engine == "rtl":
            start = time.perf_counter()
            run = harness.run(pack.groups, pack.clusters, constants)
            culled = replace(
                culled,
                visible=_visible(pack, run),
                seconds=time.perf_counter() - start,
                cycles=run.cycles,
                mismatches=count_mismatches(pack, run, result),
            )
        yield culled


def _culled(
    pack: Pack, camera: Camera, result: LevelsResult, params: Parameters, seconds: float
) -> CullFrame:
    gaussians = int(pack.clusters["count"][result.visible].sum(dtype=np.int64))
    seen, counts = result.visible[result.tested], pack.groups["count"]
    return CullFrame(
        view=camera.name,
        visible=result.visible,
        groups_tested=len(result.group_visible),
        clusters_tested=int(result.tested.sum()),
        visible_gaussians=gaussians,
        excluded_fraction=1 - gaussians / len(pack),
        model_cycles=cull_cycles(
            result.group_visible, counts, seen, MEMORY_CYCLES, params.cull_cycles
        ),
        seconds=seconds,
    )


def _visible(pack: Pack, run: CullRun) -> Bool:
    """(M,) bool of the clusters in the RTL's stream."""
    visible = np.zeros(len(pack.clusters), dtype=np.bool_)
    visible[np.searchsorted(pack.clusters["base"], run.visible["base"])] = True
    return visible


def count_mismatches(pack: Pack, run: CullRun, model: LevelsResult) -> int:
    """Records in which the RTL's stream differs from the model's: missing, extra or other bits.

    The numbers of groups and clusters tested count as records too.
    """
    expected = visible_records(pack.clusters, model)
    common = min(len(expected), len(run.visible))
    return (
        int((run.visible[:common] != expected[:common]).sum())
        + abs(len(expected) - len(run.visible))
        + abs(run.counters["groups_tested"] - len(model.group_visible))
        + abs(run.counters["clusters_tested"] - int(model.tested.sum()))
    )


@dataclass(frozen=True)
class CullCheck:
    """A view's culling against the float64 reference of the whole scene.

    Parameters
    ----------
    unnecessary : Gaussians with radii == 0.
    found : of these, excluded by the culling.
    cannot_reach : Gaussians that cannot reach alpha 1/255 at a pixel (more than unnecessary).
    lost : excluded Gaussians that can reach alpha 1/255 at a pixel: must be 0.
    """

    unnecessary: int
    found: int
    cannot_reach: int
    lost: int


class CullChecker:
    """Counts what the culling of a pack lost and found; the scene must be the pack's own."""

    def __init__(self, pack: Pack, scene: Scene, rules: Rules):
        check_scene(pack, scene)
        self._pack, self._scene, self._rules = pack, scene, rules
        self._covariances = covariance3d(scene)

    def check(self, camera: Camera, frame: CullFrame) -> CullCheck:
        """Counts of one view."""
        needs = visibility(self._scene, camera, self._rules, self._covariances)
        kept = scene_mask(self._pack, frame.visible)
        return CullCheck(
            unnecessary=int((~needs.radii_positive).sum()),
            found=int((~needs.radii_positive & ~kept).sum()),
            cannot_reach=int((~needs.can_reach).sum()),
            lost=int((needs.can_reach & ~kept).sum()),
        )
