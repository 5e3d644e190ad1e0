"""Splats of a pack against the float64 reference of the whole scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.camera import Camera
from golden.gaussians.covariance import covariance3d
from golden.pack import Pack, check_scene
from golden.rules import Rules
from golden.scene import Scene
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.gaussian_project.visibility import visibility
from sim.views.gaussian_project import ProjectFrame, count_pairs

# What a splat may be off by and still count as right.
CENTER_BOUND_PX = 2.0**-5
DEPTH_BOUND = 2.0**-14


@dataclass(frozen=True)
class ProjectCheck:
    """A view's splats against the float64 reference of the whole scene.

    Parameters
    ----------
    unnecessary : Gaussians with radii == 0. radii_positive : the others, the reference's splats.
    found : of the unnecessary ones, not kept.
    cannot_reach : Gaussians that cannot reach alpha 1/255 at a pixel (more than unnecessary).
    lost : Gaussians that can reach it and were not kept: must be 0.
    more_kept : kept although radii == 0.
    compared : kept, with radii > 0: the splats that both have.
    center_off : of these, the pixel centre is off by more than CENTER_BOUND_PX along an axis.
    depth_off : of these, the depth is off by more than DEPTH_BOUND of it.
    reference_pairs : pairs of tile and splat of the reference.
    """

    unnecessary: int
    radii_positive: int
    found: int
    cannot_reach: int
    lost: int
    more_kept: int
    compared: int
    center_off: int
    depth_off: int
    reference_pairs: int

    @property
    def fractions(self) -> dict[str, float]:
        """found of the unnecessary, more kept of radii > 0, off by more of the compared."""
        return {
            "found_fraction": self.found / max(self.unnecessary, 1),
            "more_kept_fraction": self.more_kept / max(self.radii_positive, 1),
            "center_off_fraction": self.center_off / max(self.compared, 1),
            "depth_off_fraction": self.depth_off / max(self.compared, 1),
        }


class ProjectChecker:
    """Compares splats of a pack with the float64 reference; the scene must be the pack's own."""

    def __init__(self, pack: Pack, scene: Scene, rules: Rules):
        check_scene(pack, scene)
        self._scene, self._rules = scene, rules
        self._covariances = covariance3d(scene)

    def check(self, camera: Camera, frame: ProjectFrame) -> ProjectCheck:
        """Counts of one view."""
        needs = visibility(self._scene, camera, self._rules, self._covariances)
        exact = gaussian_project_reference(
            self._scene, camera, self._rules, None, self._covariances
        )
        _, ours, theirs = np.intersect1d(
            frame.splats.index, exact.index, assume_unique=True, return_indices=True
        )
        center = np.abs(frame.splats.mean2d[ours] - exact.mean2d[theirs]).max(axis=1, initial=0)
        depth = np.abs(frame.splats.depth[ours] / exact.depth[theirs] - 1)
        return ProjectCheck(
            unnecessary=int((~needs.radii_positive).sum()),
            radii_positive=len(exact),
            found=int((~needs.radii_positive & ~frame.kept).sum()),
            cannot_reach=int((~needs.can_reach).sum()),
            lost=int((needs.can_reach & ~frame.kept).sum()),
            more_kept=int((frame.kept & ~needs.radii_positive).sum()),
            compared=len(ours),
            center_off=int((center > CENTER_BOUND_PX).sum()),
            depth_off=int((depth > DEPTH_BOUND).sum()),
            reference_pairs=count_pairs(exact),
        )
