"""Runs the cluster test of many views by a chosen engine, and counts what came of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.cluster_cull import cluster_cull, cluster_cull_float
from golden.covariance import covariance3d
from golden.errors import InputError
from golden.frame import frame_constants, view_planes
from golden.pack import Pack, check_parameters, check_scene, scene_mask
from golden.params import Parameters
from golden.records import VISIBLE_DTYPE
from golden.rules import Rules
from golden.scene import Scene
from golden.visibility import visibility
from sim.cull_harness import CullHarness, CullRun

Engine = Literal["float", "integer", "rtl"]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CullFrame:
    """The cluster test of one view.

    Parameters
    ----------
    view : name of the camera.
    visible : (M,) bool, clusters passed on.
    visible_gaussians : Gaussians in them.
    excluded_fraction : share of all Gaussians that no later stage reads.
    seconds : wall time of the engine alone.
    cycles : of the RTL, from the first offered cluster to an empty pipeline; None otherwise.
    mismatches : outputs of the RTL that differ from the integer model; None for other engines.
    """

    view: str
    visible: Bool
    visible_gaussians: int
    excluded_fraction: float
    seconds: float
    cycles: int | None = None
    mismatches: int | None = None


def cull_views(
    pack: Pack, cameras: Iterable[Camera], rules: Rules, engine: Engine
) -> Iterator[CullFrame]:
    """The cluster test of each camera, in turn, by the default parameters.

    Raises InputError on an unknown engine, a pack made for other parameters, a camera out of
    reach of the pack's grid, or a missing tool (`rtl`).
    """
    if engine not in get_args(Engine):
        raise InputError(f"engine {engine!r} is not known: choose float, integer or rtl.")
    params = Parameters()
    check_parameters(pack, params)
    harness = CullHarness(params)
    if engine == "rtl":
        harness.build()
    grid = pack.meta.grid_exponent
    for camera in cameras:
        cycles = mismatches = None
        constants = frame_constants(camera, rules, grid, params)
        start = time.perf_counter()
        if engine == "float":
            visible = cluster_cull_float(
                pack.clusters, grid, camera, view_planes(camera, rules), params
            )
            shown, seconds = visible.visible, time.perf_counter() - start
        elif engine == "integer":
            shown = cluster_cull(pack.clusters, constants, params).visible
            seconds = time.perf_counter() - start
        else:
            run = harness.run(pack.clusters, constants)
            seconds, cycles = time.perf_counter() - start, run.cycles
            shown = np.zeros(len(pack.clusters), dtype=np.bool_)
            shown[np.searchsorted(pack.clusters["base"], run.visible["base"])] = True
            model = cluster_cull(pack.clusters, constants, params)
            mismatches = count_mismatches(pack, run, model.visible, model.center_camera)
        gaussians = int(pack.clusters["count"][shown].sum(dtype=np.int64))
        yield CullFrame(
            view=camera.name,
            visible=shown,
            visible_gaussians=gaussians,
            excluded_fraction=1 - gaussians / len(pack),
            seconds=seconds,
            cycles=cycles,
            mismatches=mismatches,
        )


def count_mismatches(
    pack: Pack, run: CullRun, visible: Bool, center_camera: NDArray[np.generic]
) -> int:
    """Records in which the RTL's stream differs from the model's: missing, extra or other bits."""
    expected = np.zeros(int(visible.sum()), dtype=VISIBLE_DTYPE)
    expected["center_camera"] = center_camera[visible]
    for name in ("base", "count", "member_exponent"):
        expected[name] = pack.clusters[name][visible]
    common = min(len(expected), len(run.visible))
    return int((run.visible[:common] != expected[:common]).sum()) + abs(
        len(expected) - len(run.visible)
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
