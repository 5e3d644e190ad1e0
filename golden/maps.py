"""Alpha and depth of a picture, by the float64 reference and by the integer model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from golden.camera import Camera
from golden.files import atomic_path
from golden.image import BLACK
from golden.rules import Rules
from golden.scene import Float32
from golden.stages.color.formats import COLOR
from golden.stages.depth_sort.reference import TileLists
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.reference import rasterize_reference
from golden.view import ViewFrame


@dataclass(frozen=True, eq=False)
class Maps:
    """What a picture has beside its colours.

    Parameters
    ----------
    alpha : (height, width) float32, 1 - T: the share of the background that is covered, 0 to 1.
    depth : (height, width) float32, scene units: camera-space z of the splats' means, in the mean
        over what each adds, sum(w z) / sum(w), w = T alpha; 0 where nothing is drawn.
    """

    alpha: Float32
    depth: Float32


def maps_of_splats(splats: Splats, lists: TileLists, camera: Camera, rules: Rules) -> Maps:
    """By the float64 rasteriser, which blends 1 and z in place of colours.

    Parameters
    ----------
    lists : drawing order of each tile; their grid must be the camera's.
    """
    values = np.stack([np.ones(len(splats)), splats.depth, np.zeros(len(splats))], axis=1)
    image, _ = rasterize_reference(splats, values, lists, camera, rules)
    alpha, total = image[..., 0], image[..., 1]
    return Maps(alpha, np.where(alpha > 0, total / np.where(alpha > 0, alpha, 1), 0))


def maps_of_frame(frame: ViewFrame) -> Maps:
    """By the integer model of a build that draws.

    Alpha is that of the picture, in steps of 1/255. For the depth the model blends codes in place
    of colours: 1 and z, linear from the nearest splat to the farthest in 1,023 steps.
    """
    order = np.argsort(frame.pack.order[frame.splats["index"]])  # `decoded` is in scene order
    depth = np.empty(len(order))
    depth[order] = frame.decoded.depth
    near, far = (depth.min(), depth.max()) if len(depth) else (0.0, 0.0)
    most, span = COLOR.max_int, max(far - near, np.finfo(np.float64).tiny)
    colored = frame.colored.copy()
    colored["color"][:, 0] = most
    colored["color"][:, 1] = np.rint((depth - near) / span * most)
    colored["color"][:, 2] = 0
    twin = replace(frame, background=BLACK)
    for name in ("culling", "projecting", "levels", "members", "projected"):
        twin.__dict__[name] = getattr(frame, name)
    twin.__dict__["colored"] = colored
    sums = np.concatenate([part.color_sums for part in twin.parts])
    whole = np.where(sums[..., 0] > 0, sums[..., 0], 1)
    mean = near + span * (sums[..., 1] / whole)
    return Maps(
        (frame.picture[..., 3] / np.float32(255)).astype(np.float32),
        np.where(sums[..., 0] > 0, mean, 0).astype(np.float32),
    )


def write_maps(path: Path, maps: Maps) -> None:
    """Writes `alpha` and `depth` as arrays of an .npz file, whole or not at all."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, alpha=maps.alpha, depth=maps.depth)
