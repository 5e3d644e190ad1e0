"""Frames that gsplat renders on the device, of a whole scene or of what culling leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack, check_scene
from golden.rules import GSPLAT, LOW_PASS_PX2, TILE_PX
from golden.scene import Scene
from sim.gpu.gpu_cull import GpuCuller, Mark, Survivors
from sim.gpu.gpu_device import Gpu
from sim.gpu.gpu_gather import RowGather
from sim.gpu.trace_culling import ViewCulling

GATHERED = ("means", "quats", "scales", "opacities", "colors")

Frame = Callable[[Mark], dict[str, Any]]


def no_mark(part: str) -> None:
    """Marks nothing: frames that are timed as a whole."""


class Frames:
    """Holds the scene on the device and makes, for a camera, a function that renders a frame.

    With a pack the Gaussians lie in its order, so that those of a cluster are read in one run, and
    ties of depth are drawn in that order, whether culled or not.

    Parameters
    ----------
    gpu : PyTorch and gsplat. scene : activated Gaussians. packed : gsplat's packed mode.
    pack : of that scene, to cull by, or None. levels : of the culling, 1 or 2.
    """

    def __init__(
        self, gpu: Gpu, scene: Scene, packed: bool, pack: Pack | None = None, levels: int = 2
    ) -> None:
        self.gpu = gpu
        self.gaussians = len(scene)
        self.culler: GpuCuller | None = None
        order: Any = slice(None)
        if pack is not None:
            check_scene(pack, scene)
            self.culler = GpuCuller(gpu.torch, pack, levels)
            order = pack.order
        self._options = {
            "means": self._to_device(scene.means[order]),
            "quats": self._to_device(scene.quats[order]),
            "scales": self._to_device(scene.scales[order]),
            "opacities": self._to_device(scene.opacities[order]),
            "colors": self._to_device(scene.sh[order]),
            "sh_degree": scene.sh_degree,
            "near_plane": GSPLAT.near,
            "eps2d": LOW_PASS_PX2,
            "tile_size": TILE_PX,
            "packed": packed,
            "backgrounds": None,  # black
        }
        self._gathers = {
            name: RowGather(gpu.torch, self._options[name])
            for name in (GATHERED if self.culler is not None else ())
        }

    def _to_device(self, array: np.ndarray[Any, Any]) -> Any:
        torch = self.gpu.torch
        return torch.tensor(np.ascontiguousarray(array), dtype=torch.float32, device="cuda")

    def _whole(self, camera: Camera) -> dict[str, Any]:
        intrinsics = [[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]]
        return self._options | {
            "viewmats": self._to_device(camera.viewmat[None]),
            "Ks": self._to_device(np.array([intrinsics])),
            "width": camera.width,
            "height": camera.height,
        }

    def of(self, camera: Camera) -> Frame:
        """Renders one frame at each call and returns gsplat's intermediate results.

        Where the scene is culled, the frame tells its `mark` as each part begins, gsplat's under
        "gsplat". Raises InputError, when called, where culling leaves nothing.
        """
        options = self._whole(camera)
        if self.culler is None:
            return lambda mark: dict(self.gpu.rasterization(**options)[2])
        planes = self.culler.planes(camera, GSPLAT)

        def frame(mark: Mark) -> dict[str, Any]:
            gathered = self._gather(options, self._cull(planes, mark, camera.name), mark)
            mark("gsplat")
            return dict(self.gpu.rasterization(**gathered)[2])

        return frame

    def _cull(self, planes: tuple[Any, Any], mark: Mark, view: str) -> Survivors:
        assert self.culler is not None
        left = self.culler.cull(planes, mark)
        if not left.clusters_visible:
            raise InputError(
                f"view {view} sees no Gaussian, so there is no frame to time: leave it out with "
                "--views."
            )
        return left

    def _gather(self, options: dict[str, Any], left: Survivors, mark: Mark) -> dict[str, Any]:
        mark("gaussian_fetch")
        return options | {name: rows(left.indices) for name, rows in self._gathers.items()}

    def culling(self, camera: Camera) -> ViewCulling | None:
        """Counts of a view, and whether its picture equals the whole scene's; None if not culled.

        Both pictures are rendered anew and compared on the device, colours and alpha.
        """
        if self.culler is None:
            return None
        options = self._whole(camera)
        left = self._cull(self.culler.planes(camera, GSPLAT), no_mark, camera.name)
        whole = self.gpu.rasterization(**options)[:2]
        culled = self.gpu.rasterization(**self._gather(options, left, no_mark))[:2]
        equal = self.gpu.torch.equal
        return ViewCulling(
            groups_tested=left.groups_tested,
            clusters_tested=left.clusters_tested,
            clusters_visible=left.clusters_visible,
            gaussians_kept=len(left.indices),
            picture_equal=all(equal(a, b) for a, b in zip(whole, culled, strict=True)),
        )
