"""A view of a scene through the integer model: pack, cull, project, and what is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.camera import Camera
from golden.clustering.cluster import ClusterOptions
from golden.pack import Pack, build_pack
from golden.params import Parameters
from golden.rules import Rules
from golden.scene import Scene
from golden.stages.gaussian_project.constants import GaussianProjectConstants
from golden.stages.gaussian_project.integer import ProjectedMembers
from golden.stages.gaussian_project.reference import Splats, gaussian_project_reference
from golden.stages.gaussian_project.visibility import visibility
from golden.view import ViewFrame, view_frame

PARAMS = Parameters()


@dataclass(frozen=True, eq=False)
class Run:
    """A frame of the integer model; masks are (N,) bool in the order of the scene."""

    frame: ViewFrame
    fetched: np.ndarray
    kept: np.ndarray
    needed: np.ndarray

    @property
    def pack(self) -> Pack:
        return self.frame.pack

    @property
    def members(self) -> np.ndarray:
        """(N,) MEMBER_DTYPE."""
        return self.frame.members

    @property
    def constants(self) -> GaussianProjectConstants:
        """Of gaussian_project."""
        return self.frame.projecting

    @property
    def projected(self) -> ProjectedMembers:
        return self.frame.projected

    @property
    def splats(self) -> Splats:
        """In the scene's order."""
        return self.frame.decoded

    @property
    def lost(self) -> np.ndarray:
        """Gaussians that can reach a pixel and did not become splats, in the scene's order."""
        return np.flatnonzero(self.needed & ~self.kept)


def run_view(
    scene: Scene,
    camera: Camera,
    rules: Rules,
    options: ClusterOptions | None = None,
    pack: Pack | None = None,
    params: Parameters = PARAMS,
) -> Run:
    """All of it; raises InputError where the camera does not fit the formats."""
    if pack is None:
        pack = build_pack(scene, options or ClusterOptions("morton", 1), rules, params)
    frame = view_frame(pack, camera, rules, params)
    fetched, kept = np.zeros(len(scene), np.bool_), np.zeros(len(scene), np.bool_)
    fetched[pack.order[frame.members["index"]]] = True
    kept[frame.decoded.index] = True
    needed = visibility(scene, camera, rules).can_reach
    return Run(frame, fetched, kept, needed)


def tiles_missed(run: Run, scene: Scene, camera: Camera, rules: Rules) -> np.ndarray:
    """Rows of run.splats whose tiles miss one of the box of alpha >= 1/255 in the picture.

    The box is k sqrt(cov), float64, and a tile counts where a pixel centre of it is inside.
    """
    true = gaussian_project_reference(scene, camera, rules, keep=run.needed)
    _, mine, theirs = np.intersect1d(run.splats.index, true.index, return_indices=True)
    a, b, c = true.conic[theirs].T
    det = a * c - b * b
    k = np.sqrt(2 * np.log(np.maximum(255 * true.opacity[theirs], 1)))
    half = k[:, None] * np.sqrt(np.column_stack((c, a)) / det[:, None]) * (1 - 1e-9)
    mean = true.mean2d[theirs]
    size = np.array([camera.width, camera.height])
    first = np.maximum(np.ceil(mean - half - 0.5), 0)
    last = np.minimum(np.floor(mean + half - 0.5), size - 1)
    rect = run.splats.tile_rect[mine]
    missed = (first <= last).all(axis=1) & (
        (first // 16 < rect[:, :2]).any(axis=1) | (last // 16 + 1 > rect[:, 2:]).any(axis=1)
    )
    return mine[missed]
