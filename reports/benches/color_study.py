"""What the widths of color's datapath change in pictures: integer colours against float64."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.gaussians.covariance import Float64
from golden.image import psnr_db
from golden.pack import Pack
from golden.pack.unpack import stored_colors
from golden.params import Parameters
from golden.rules import Rules
from golden.scene import Float32, Scene
from golden.stages.cluster_cull.constants import cluster_cull_constants
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.color.constants import color_constants
from golden.stages.color.formats import LARGEST_COLOR, ColorFormats
from golden.stages.color.integer import color, colors_of
from golden.stages.color.reference import color_reference
from golden.stages.depth_sort.reference import TileLists, depth_sort_reference
from golden.stages.gaussian_fetch.integer import gaussian_fetch
from golden.stages.gaussian_project.constants import gaussian_project_constants
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.ewa import tile_grid
from golden.stages.gaussian_project.integer import gaussian_project
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.reference import rasterize_reference
from golden.stages.tile_bin.reference import tile_bin_reference
from reports.measure.projection import picture_distance_db

# The widths that are varied, one at a time, beside the one that the hardware has.
RANGES = {
    "direction_fraction_bits": (7, 8, 9, 10, 11, 12),
    "square_fraction_bits": (9, 10, 11, 12, 14),
    "basis_fraction_bits": (6, 7, 8, 9, 10, 12),
    "sum_fraction_bits": (10, 11, 13, 15),
    "factor_bits": (6, 8, 10, 12),
    "constant_term_bits": (8, 10, 12, 14),
}


@dataclass(frozen=True)
class Point:
    """One width, all others as built."""

    name: str
    bits: int
    formats: ColorFormats


@dataclass(frozen=True)
class ViewColors:
    """One view with some widths, against float64 colours of the same records.

    Parameters
    ----------
    picture_db : of the two pictures, blended in float64 from the same integer splats.
    photo_change_db : PSNR against the photograph, integer colours less float64's; None without one.
    error_rms, error_largest : of the colours of all splats, float64's cut as the integers are.
    """

    picture_db: float
    photo_change_db: float | None
    error_rms: float
    error_largest: float


@dataclass(frozen=True)
class ViewCuts:
    """What is cut off the float64 colours of a view.

    Parameters
    ----------
    splats : of the view. above : with a channel beyond LARGEST_COLOR. below : with one below 0.
    largest : channel. picture_db : with colours cut at LARGEST_COLOR, against those that are not.
    """

    splats: int
    above: int
    below: int
    largest: float
    picture_db: float


@dataclass(frozen=True, eq=False)
class _View:
    """What all points of a view share."""

    camera: Camera
    rows: NDArray[np.void]
    splats: Splats
    lists: TileLists
    exact: Float64
    image: Float32


def points(names: Iterable[str] = tuple(RANGES)) -> list[Point]:
    """The formats as built, and every width of RANGES."""
    usual = ColorFormats(Parameters())
    found = [Point("as built", 0, usual)]
    for name in names:
        for bits in RANGES[name]:
            changed: dict[str, Any] = {name: bits}
            if bits != getattr(usual, name):
                found.append(Point(name, bits, replace(usual, **changed)))
    return found


def widths_of(formats: ColorFormats) -> dict[str, int]:
    """The widths by name."""
    return {f.name: getattr(formats, f.name) for f in fields(formats) if f.name != "params"}


def measure_view(
    scene: Scene,
    pack: Pack,
    camera: Camera,
    rules: Rules,
    chosen: Sequence[Point],
    photo: Float32 | None = None,
) -> tuple[list[ViewColors], ViewCuts]:
    """Each point of one view, and what is cut.

    Parameters
    ----------
    scene : with the colours that the pack holds (with_stored_colors).
    """
    view = _prepared(scene, pack, camera, rules)
    before_db = None if photo is None else psnr_db(view.image, photo)
    results = []
    constants = color_constants(camera, Parameters())
    for point in chosen:
        integers = color(view.rows, pack.colors, constants, Parameters(), point.formats)
        colors = colors_of(integers)
        image = _drawn(view, colors, rules)
        error = colors - np.minimum(view.exact, LARGEST_COLOR)
        change = None if photo is None or before_db is None else psnr_db(image, photo) - before_db
        results.append(
            ViewColors(
                picture_db=picture_distance_db(view.image, image),
                photo_change_db=change,
                error_rms=float(np.sqrt(np.mean(error**2))),
                error_largest=float(np.abs(error).max()),
            )
        )
    cut = _drawn(view, np.minimum(view.exact, LARGEST_COLOR), rules)
    return results, ViewCuts(
        splats=len(view.rows),
        above=int((view.exact > LARGEST_COLOR).any(axis=1).sum()),
        below=int((view.exact <= 0).any(axis=1).sum()),
        largest=float(view.exact.max()),
        picture_db=picture_distance_db(view.image, cut),
    )


def with_stored_colors(scene: Scene, pack: Pack) -> Scene:
    """The scene with the colours of the pack's records."""
    return replace(scene, sh=stored_colors(pack))


def row_of(point: Point, views: Sequence[ViewColors]) -> dict[str, Any]:
    """A point over its views, for the JSON document."""
    changes = np.array([v.photo_change_db for v in views if v.photo_change_db is not None])
    worst = float(changes[np.abs(changes).argmax()]) if len(changes) else None
    return {
        "width": point.name,
        "bits": point.bits,
        "widths": widths_of(point.formats),
        "picture_db_views": [round(v.picture_db, 2) for v in views],
        "picture_db_worst": round(min(v.picture_db for v in views), 2),
        "photo_change_db_mean": None if worst is None else round(float(changes.mean()), 5),
        "photo_change_db_worst": None if worst is None else round(worst, 5),
        "error_rms": round(float(np.sqrt(np.mean([v.error_rms**2 for v in views]))), 7),
        "error_largest": round(max(v.error_largest for v in views), 6),
    }


def cuts_of(views: Sequence[ViewCuts]) -> dict[str, Any]:
    """Cuts over the views, for the JSON document."""
    total = {name: sum(asdict(v)[name] for v in views) for name in ("splats", "above", "below")}
    return total | {
        "largest": round(max(v.largest for v in views), 4),
        "picture_db_worst": round(min(v.picture_db for v in views), 2),
    }


def _prepared(scene: Scene, pack: Pack, camera: Camera, rules: Rules) -> _View:
    """The integer splats of a view, in the scene's order, and its picture with float64 colours."""
    params, grid = Parameters(), pack.meta.grid
    culling = cluster_cull_constants(camera, rules, grid, params)
    members = gaussian_fetch(pack, cluster_cull(pack.groups, pack.clusters, culling, params))
    projecting = gaussian_project_constants(camera, rules, grid, params)
    rows = gaussian_project(members, projecting, params).splats
    rows = rows[np.argsort(pack.order[rows["index"]], kind="stable")]
    splats = decode_splats(rows, pack, camera, params)
    lists = depth_sort_reference(tile_bin_reference(splats, tile_grid(camera)), splats.depth)
    exact = color_reference(scene, camera, splats)
    image = rasterize_reference(splats, exact, lists, camera, rules)[0]
    return _View(camera, rows, splats, lists, exact, image)


def _drawn(view: _View, colors: Float64, rules: Rules) -> Float32:
    return rasterize_reference(view.splats, colors, view.lists, view.camera, rules)[0]
