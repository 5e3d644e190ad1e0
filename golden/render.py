"""The reference renderer: the stages in order, one call a picture."""

from __future__ import annotations

from dataclasses import dataclass

from golden.camera import Camera
from golden.gaussians.covariance import Covariances
from golden.maps import Maps, maps_of_splats
from golden.rules import Rules
from golden.scene import Float32, Scene
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import depth_sort_reference
from golden.stages.gaussian_project.ewa import Mask, tile_grid
from golden.stages.gaussian_project.reference import gaussian_project_reference
from golden.stages.rasterize.reference import RasterCounts, rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference


@dataclass(frozen=True, eq=False)
class RenderCounts:
    """Items that pass between the stages of one picture.

    Parameters
    ----------
    gaussians : Gaussians given to gaussian_project.
    emitted : splats that it emitted.
    pairs : pairs of tile and splat that were sorted.
    raster : work of the rasteriser, per tile.
    """

    gaussians: int
    emitted: int
    pairs: int
    raster: RasterCounts


@dataclass(frozen=True, eq=False)
class Rendered:
    """A picture, (height, width, 3) float32 R, G, B not cut at 1, and what it took.

    Parameters
    ----------
    maps : alpha and depth; None where they were not asked for.
    """

    image: Float32
    counts: RenderCounts
    maps: Maps | None = None


def render(
    scene: Scene,
    camera: Camera,
    rules: Rules,
    keep: Mask | None = None,
    background: tuple[float, float, float] = (0.0, 0.0, 0.0),
    covariances: Covariances | None = None,
    with_maps: bool = False,
) -> Rendered:
    """Draws the scene, or those of its Gaussians where `keep` is True.

    No stage lets one Gaussian touch another's numbers, and depth ties are drawn in the scene's
    order, so two pictures whose `keep` differs only in Gaussians that reach no pixel are equal
    bit for bit.

    Parameters
    ----------
    keep : (N,) bool; None for all.
    background : R, G, B behind the scene.
    covariances : covariance3d(scene) where it is at hand; computed here where not.
    with_maps : gives alpha and depth, too.

    Raises InputError where keep or covariances do not fit the scene, or where the view has more
    tile pairs than can be held.
    """
    splats = gaussian_project_reference(scene, camera, rules, keep, covariances)
    colors = color_reference(scene, camera, splats)
    pairs = tile_bin_reference(splats, tile_grid(camera))
    lists = depth_sort_reference(pairs, splats.depth)
    image, raster = rasterize_reference(splats, colors, lists, camera, rules, background)
    gaussians = len(scene) if keep is None else int(keep.sum())
    maps = maps_of_splats(splats, lists, camera, rules) if with_maps else None
    return Rendered(image, RenderCounts(gaussians, len(splats), len(pairs), raster), maps)
