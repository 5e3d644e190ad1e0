"""Pictures of a report: what the back end does for each view, and that culling changes no bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.gaussians.covariance import Covariances, covariance3d
from golden.pack import Pack
from golden.render import render
from golden.scene import Float32
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import TileLists, depth_sort_reference
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.reference import Splats, gaussian_project_reference
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference
from reports.measure.coloring import color_pictures
from reports.measure.culling import Culling
from reports.measure.projection import picture_distance_db, splat_pictures, spread
from reports.measure.subject import Subject, Track, silent

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class BackEndCounts:
    """Items of one picture.

    Parameters
    ----------
    splats, tile_pairs : emitted by the projection, and their pairs with tiles.
    fetched_splats : splats that the rasteriser reads, over all tiles, until a tile is done.
    """

    splats: int
    tile_pairs: int
    fetched_splats: int


@dataclass(frozen=True)
class ViewCounts:
    """One view, drawn whole.

    Parameters
    ----------
    tested_pixel_splats, blended_pixel_splats : of golden.stages.rasterize.reference.RasterCounts,
        summed.
    back_end : counts of the whole picture ("off"), and of what each culling leaves, by method.
    splat_psnr_db : of the picture of the integer splats against the whole one; None where that was
        not drawn.
    color_psnr_db : the same with integer colours. exact_color_psnr_db : against the picture of
        these splats with float64 colours of the same records.
    """

    tested_pixel_splats: int
    blended_pixel_splats: int
    back_end: Mapping[str, BackEndCounts]
    splat_psnr_db: float | None = None
    color_psnr_db: float | None = None
    exact_color_psnr_db: float | None = None


@dataclass(frozen=True, eq=False)
class Pictures:
    """The first view drawn whole and with what each culling left.

    Parameters
    ----------
    view : name of the camera.
    image : the whole picture.
    differing_pixels : of each culled picture against the whole one, bit by bit, by method.
    back_end : counts of the whole picture ("off") and of each culled one, by method.
    """

    view: str
    image: Float32
    differing_pixels: Mapping[str, int]
    back_end: Mapping[str, BackEndCounts]


def compare_pictures(subject: Subject, cullings: tuple[Culling, ...]) -> Pictures:
    """Draws the first view whole and with what each culling leaves, and compares bit for bit."""
    camera, covariances = subject.cameras[0], covariance3d(subject.scene)

    def draw(keep: Mask | None) -> tuple[Float32, BackEndCounts]:
        drawn = render(subject.scene, camera, subject.rules, keep, covariances=covariances)
        fetched = int(drawn.counts.raster.fetched_splats.sum())
        return drawn.image, BackEndCounts(drawn.counts.emitted, drawn.counts.pairs, fetched)

    whole, counts = draw(None)
    back_end, differing = {"off": counts}, {}
    for culling in cullings:
        image, back_end[culling.method] = draw(culling.keep(0))
        bits = image.view(np.uint32) != whole.view(np.uint32)
        differing[culling.method] = int(bits.any(axis=2).sum())
    return Pictures(camera.name, whole, differing, back_end)


def count_views(
    subject: Subject,
    cullings: tuple[Culling, ...],
    pack: Pack,
    narrow: Pack | None = None,
    *,
    splat_views: int,
    track: Track = silent,
) -> tuple[ViewCounts, ...]:
    """Draws every view whole, and counts what each culling leaves of it.

    A Gaussian that was not lost and yet is gone reaches no pixel. Without it every pixel is done
    at the same splat, so what is fetched is what is left of the splats that were fetched.

    Parameters
    ----------
    narrow : the pack with narrow colours; None where the scene's do not fit.
    splat_views : number of views, evenly spaced, that are drawn from the pack's integer splats too,
        with the scene's colours and with integer ones.
    """
    covariances = covariance3d(subject.scene)
    chosen = spread(len(subject.cameras), splat_views)
    pictures = splat_pictures(subject, pack, chosen, covariances)
    colored = color_pictures(subject, narrow, chosen) if narrow is not None else iter(())
    counts = []
    for index, camera in enumerate(track(subject.cameras, "drawing")):
        keeps = {culling.method: culling.keep(index) for culling in cullings}
        other, painted = None, None
        if index in chosen:
            other, painted = next(pictures), next(colored, None)
        counts.append(_view_counts(subject, camera, covariances, keeps, other, painted))
    return tuple(counts)


def _view_counts(
    subject: Subject,
    camera: Camera,
    covariances: Covariances,
    keeps: Mapping[str, Mask],
    other: Float32 | None,
    painted: tuple[Float32, Float32] | None,
) -> ViewCounts:
    scene, rules = subject.scene, subject.rules
    splats = gaussian_project_reference(scene, camera, rules, covariances=covariances)
    lists = depth_sort_reference(tile_bin_reference(splats, tile_grid(camera)), splats.depth)
    image, raster = rasterize_reference(
        splats, color_reference(scene, camera, splats), lists, camera, rules
    )
    fetched = _first_of_each_tile(lists, raster.fetched_splats)
    everything = np.ones(len(scene), dtype=np.bool_)
    return ViewCounts(
        tested_pixel_splats=int(raster.tested_pixel_splats.sum()),
        blended_pixel_splats=int(raster.blended_pixel_splats.sum()),
        back_end={
            name: _left(splats, lists, fetched, keep)
            for name, keep in {"off": everything, **keeps}.items()
        },
        splat_psnr_db=picture_distance_db(image, other) if other is not None else None,
        color_psnr_db=picture_distance_db(image, painted[0]) if painted else None,
        exact_color_psnr_db=picture_distance_db(painted[1], painted[0]) if painted else None,
    )


def _first_of_each_tile(lists: TileLists, numbers: NDArray[np.int64]) -> Mask:
    """(P,) bool: the first `numbers[t]` entries of the list of each tile t."""
    lengths = np.diff(lists.offsets)
    place = np.arange(len(lists)) - np.repeat(lists.offsets[:-1], lengths)
    return np.asarray(place < np.repeat(numbers, lengths), dtype=np.bool_)


def _left(splats: Splats, lists: TileLists, fetched: Mask, keep: Mask) -> BackEndCounts:
    kept = keep[splats.index]
    pairs = kept[lists.splat]
    return BackEndCounts(int(kept.sum()), int(pairs.sum()), int((pairs & fetched).sum()))
