"""What each bit of gaussian_project buys: one width varied, all others at their default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from golden.camera import Camera
from golden.clustering.cluster import Clustering, ClusterOptions, cluster_gaussians
from golden.gaussians.covariance import Covariances, covariance3d
from golden.pack import Pack, pack_clusters
from golden.params import Parameters
from golden.rules import Rules
from golden.scene import Float32, Scene
from golden.stages.gaussian_project.reference import Splats, gaussian_project_reference
from golden.stages.gaussian_project.visibility import Visibility, visibility
from golden.view import view_frame
from reports.measure.projection import picture_distance_db
from reports.measure.subject import Subject, Track, silent
from sim.views.draw import draw_splats
from sim.views.gaussian_project import count_pairs
from sim.views.gaussian_project_check import CENTER_BOUND_PX, DEPTH_BOUND

# The parameters of the projection, and the legal widths that are measured of each.
RANGES = {
    "offset_bits": tuple(range(8, 17)),
    "factor_bits": tuple(range(8, 17)),
    "mantissa_bits": tuple(range(12, 19)),
    "screen_fraction_bits": tuple(range(4, 9)),
    "conic_bits": (12, 14, 16, 17, 18, 20, 22, 24),
    "rotation_fraction_bits": tuple(range(15, 19)),
}
# mantissa_bits must exceed factor_bits: a second curve at factors that leave it its whole range.
LOW_FACTOR_BITS = 10
LOW_FACTOR_WIDTHS = (12, 14, 16, 18)


@dataclass(frozen=True)
class Variation:
    """One point of a curve.

    Parameters
    ----------
    parameter : the one that is varied. curve : what else is not at its default, in words, or "".
    width : its bits. params : all parameters of the point.
    """

    parameter: str
    curve: str
    width: int
    params: Parameters

    @property
    def changed(self) -> dict[str, int]:
        """The parameters that are not at their default."""
        usual = asdict(Parameters())
        return {name: v for name, v in asdict(self.params).items() if v != usual[name]}


@dataclass(frozen=True)
class ViewWidths:
    """One view projected with some widths, against the float64 reference of the whole scene.

    Parameters
    ----------
    psnr_db : picture of the integer splats against that of float64 splats, both blended in float64.
    kept : splats. radii_positive : the reference's. more_kept : kept although radii == 0.
    compared : splats that both have; center_off, depth_off : of these, off by more than
        sim.views.gaussian_project_check.CENTER_BOUND_PX and DEPTH_BOUND.
    lost : Gaussians that can reach alpha 1/255 at a pixel and were not kept.
    tile_pairs : pairs of tile and splat.
    """

    psnr_db: float
    kept: int
    radii_positive: int
    more_kept: int
    compared: int
    center_off: int
    depth_off: int
    lost: int
    tile_pairs: int


@dataclass(frozen=True, eq=False)
class _Reference:
    """What one view is held against: masks, splats and picture in float64."""

    camera: Camera
    needs: Visibility
    exact: Splats
    image: Float32


def variations(names: Iterable[str] = tuple(RANGES)) -> list[Variation]:
    """Every point of the curves of these parameters.

    mantissa_bits has two curves: factor_bits as large as it allows, up to its default, and
    factor_bits at LOW_FACTOR_BITS, for LOW_FACTOR_WIDTHS.
    """
    usual = Parameters()
    points = []
    for name in names:
        for width in RANGES[name]:
            if name != "mantissa_bits":
                points.append(Variation(name, "", width, replace(usual, **{name: width})))
                continue
            factor_bits = min(usual.factor_bits, width - 1)
            curves = {"factor_bits as large as it allows": factor_bits}
            if width in LOW_FACTOR_WIDTHS:
                curves[f"factor_bits {LOW_FACTOR_BITS}"] = LOW_FACTOR_BITS
            for curve, bits in curves.items():
                params = replace(usual, mantissa_bits=width, factor_bits=bits)
                points.append(Variation(name, curve, width, params))
    return points


def measure_widths(
    subject: Subject,
    points: Sequence[Variation],
    clustering: Clustering | None = None,
    track: Track = silent,
) -> list[dict[str, Any]]:
    """Figures of every point over all views of the subject, rows of the JSON document.

    The scene is clustered once, packed once for each pair of offset_bits and factor_bits.

    Parameters
    ----------
    clustering : of the subject's scene, by the default options; made here where not given.
    """
    options = ClusterOptions()
    clustering = clustering or cluster_gaussians(subject.scene, options)
    # Without colours, which no pack's tables need.
    bare = replace(subject.scene, sh=np.ascontiguousarray(subject.scene.sh[:, :1]))
    covariances = covariance3d(subject.scene)
    references = [
        _reference(subject.scene, camera, subject.rules, covariances)
        for camera in track(subject.cameras, f"float64 views, {subject.rules.name}")
    ]
    # Points that share a pack follow one another, and equal ones are measured once.
    distinct = sorted({point.params for point in points}, key=_pack_widths)
    found: dict[Parameters, list[ViewWidths]] = {}
    pack: Pack | None = None
    packed: tuple[int, int] | None = None
    for params in track(distinct, f"widths, {subject.rules.name}"):
        if pack is None or packed != _pack_widths(params):
            pack = pack_clusters(bare, clustering, options, subject.rules, params)
            packed = _pack_widths(params)
        found[params] = [_view(subject, pack, one, params) for one in references]
    return [_row(subject.rules, point, found[point.params]) for point in points]


def _pack_widths(params: Parameters) -> tuple[int, int]:
    """The widths that a pack's tables depend on."""
    return params.offset_bits, params.factor_bits


def _reference(scene: Scene, camera: Camera, rules: Rules, covariances: Covariances) -> _Reference:
    exact = gaussian_project_reference(scene, camera, rules, None, covariances)
    return _Reference(
        camera=camera,
        needs=visibility(scene, camera, rules, covariances),
        exact=exact,
        image=draw_splats(scene, camera, rules, exact, len(scene)).image,
    )


def _view(subject: Subject, pack: Pack, against: _Reference, params: Parameters) -> ViewWidths:
    """One view by the integer models of both stages, blended in float64, and held against."""
    camera, rules = against.camera, subject.rules
    frame = view_frame(pack, camera, rules, params)
    splats = frame.decoded
    drawn = draw_splats(subject.scene, camera, rules, splats, len(frame.members))

    exact = against.exact
    kept = np.zeros(len(subject.scene), dtype=np.bool_)
    kept[splats.index] = True
    _, ours, theirs = np.intersect1d(
        splats.index, exact.index, assume_unique=True, return_indices=True
    )
    center_px = np.abs(splats.mean2d[ours] - exact.mean2d[theirs]).max(axis=1, initial=0)
    depth = np.abs(splats.depth[ours] / exact.depth[theirs] - 1)
    return ViewWidths(
        psnr_db=picture_distance_db(against.image, drawn.image),
        kept=len(splats),
        radii_positive=len(exact),
        more_kept=int((kept & ~against.needs.radii_positive).sum()),
        compared=len(ours),
        center_off=int((center_px > CENTER_BOUND_PX).sum()),
        depth_off=int((depth > DEPTH_BOUND).sum()),
        lost=int((against.needs.can_reach & ~kept).sum()),
        tile_pairs=count_pairs(splats),
    )


def _row(rules: Rules, point: Variation, views: Sequence[ViewWidths]) -> dict[str, Any]:
    """A point over its views: shares of all of them together, the worst picture and the mean."""
    total = {name: sum(asdict(view)[name] for view in views) for name in ViewWidths.__annotations__}
    psnr_db = [round(view.psnr_db, 3) for view in views]
    return {
        "rules": rules.name,
        "parameter": point.parameter,
        "curve": point.curve,
        "width": point.width,
        "changed": point.changed,
        "psnr_db": min(psnr_db),
        "psnr_db_mean": round(float(np.mean(psnr_db)), 3),
        "psnr_db_views": psnr_db,
        "center_off_fraction": total["center_off"] / max(total["compared"], 1),
        "depth_off_fraction": total["depth_off"] / max(total["compared"], 1),
        "kept_over_radii_positive": total["kept"] / max(total["radii_positive"], 1),
        "more_kept_fraction": total["more_kept"] / max(total["radii_positive"], 1),
        "tile_pairs": total["tile_pairs"] / len(views),
        "tile_pairs_worst": max(view.tile_pairs for view in views),
        "lost": total["lost"],
    }
