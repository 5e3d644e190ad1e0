"""Found fraction over ball tests: every clustering at several sizes, in some of the views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from golden.clustering.cluster import ClusterOptions
from golden.gaussians.covariance import covariance3d
from golden.pack import Pack, build_pack, scene_mask
from golden.scene import Scene
from golden.stages.gaussian_project.visibility import Visibility, visibility
from reports.measure.culling import Culling
from reports.measure.cycles import front_end_cycles
from reports.measure.subject import Subject, Track, silent
from sim.model.config import ModelConfig
from sim.model.views import ModelledView
from sim.views.cluster_cull import cull_views

Method = Literal["paper", "reach", "morton"]

# Gaussians a cluster, beside the sizes that the report culls all views with.
MEMBERS: dict[Method, tuple[int, ...]] = {
    "paper": (400,),
    "reach": (400, 98),
    "morton": (400, 98, 32),
}
# Views times Gaussians, so that a big scene is measured in fewer views.
BUDGET = 4_000_000
MIN_VIEWS, MAX_VIEWS = 3, 12


@dataclass(frozen=True)
class ParetoPoint:
    """One clustering, mean over the views.

    Parameters
    ----------
    method : of the clustering. clusters, groups : how many.
    tests : ball tests a view, mean.
    found_fraction : unnecessary Gaussians (radii == 0) that are excluded, of the unnecessary
        ones, mean; found_fraction_worst : in the worst view.
    lost : excluded Gaussians that can reach alpha 1/255, in all these views.
    front_end_cycles : of the cycle model, mean; None where it was not asked.
    """

    method: str
    clusters: int
    groups: int
    tests: float
    found_fraction: float
    found_fraction_worst: float
    lost: int
    front_end_cycles: float | None = None


@dataclass(frozen=True)
class Pareto:
    """All points. views : names of the views that they were measured in."""

    views: tuple[str, ...]
    points: tuple[ParetoPoint, ...]


def chosen_views(subject: Subject) -> list[int]:
    """Evenly spaced views, fewer for more Gaussians: BUDGET / N, but 3 to 12 where there are."""
    number = min(max(BUDGET // len(subject.scene), MIN_VIEWS), MAX_VIEWS, len(subject.cameras))
    places = np.arange(number) * len(subject.cameras) // number
    return [int(place) for place in places]


def measure_pareto(
    subject: Subject,
    cullings: Sequence[Culling],
    modelled: Mapping[str, Sequence[ModelledView]],
    config: ModelConfig,
    track: Track = silent,
) -> Pareto:
    """Points of `cullings`, which hold all views, and of further clusterings of the scene.

    Parameters
    ----------
    modelled : views by the cycle model, by method, of those cullings.
    """
    indices = chosen_views(subject)
    cameras = [subject.cameras[index] for index in indices]
    covariances = covariance3d(subject.scene)
    needs = [visibility(subject.scene, c, subject.rules, covariances) for c in cameras]
    points = [
        _of_culling(culling, indices, [modelled[culling.method][i] for i in indices])
        for culling in cullings
    ]
    # Without colours, which no cluster test reads.
    bare = replace(subject.scene, sh=np.ascontiguousarray(subject.scene.sh[:, :1]))
    some = replace(subject, scene=bare, cameras=cameras)
    for pack in track(_packs(some), "Pareto front"):
        cycles = [front_end_cycles(pack, camera, subject.rules, config) for camera in cameras]
        points.append(replace(pack_point(some, pack, needs), front_end_cycles=_mean(cycles)))
    points.sort(key=lambda point: (point.method, point.tests))
    return Pareto(tuple(camera.name for camera in cameras), tuple(points))


def pareto_part(pareto: Pareto) -> dict[str, Any]:
    """The points for the document."""
    return {"views": list(pareto.views), "points": [asdict(point) for point in pareto.points]}


def _options(scene: Scene) -> Iterator[ClusterOptions]:
    for method, sizes in MEMBERS.items():
        for members in sizes:
            options = ClusterOptions(method, max(round(len(scene) / members), 1))
            yield replace(options, per_group=0) if method == "paper" else options


def _packs(subject: Subject) -> Iterator[Pack]:
    for options in _options(subject.scene):
        yield build_pack(subject.scene, options, subject.rules)


def _of_culling(
    culling: Culling, indices: Sequence[int], modelled: Sequence[ModelledView]
) -> ParetoPoint:
    views = [culling.views[index] for index in indices]
    found = [(view.found, view.unnecessary) for view in views]
    lost = sum(view.lost for view in views)
    sizes = culling.clusters, culling.groups
    point = _point(culling.method, sizes, [v.tests for v in views], found, lost)
    cycles = [view.frame.front_end_cycles for view in modelled]
    return replace(point, front_end_cycles=_mean(cycles))


def _mean(values: Sequence[int]) -> float:
    return round(sum(values) / len(values), 3)


def pack_point(subject: Subject, pack: Pack, needs: Iterable[Visibility]) -> ParetoPoint:
    """A pack's point by the integer model; `needs` are those of the subject's views, in order."""
    tests, found, lost = [], [], 0
    frames = cull_views(pack, subject.cameras, subject.rules, "integer")
    for frame, need in zip(frames, needs, strict=True):
        kept = scene_mask(pack, frame.visible)
        tests.append(frame.tests)
        found.append((_count(~need.radii_positive & ~kept), _count(~need.radii_positive)))
        lost += _count(need.can_reach & ~kept)
    return _point(pack.meta.method, (pack.meta.clusters, pack.meta.groups), tests, found, lost)


def _count(mask: NDArray[np.bool_]) -> int:
    return int(mask.sum())


def _point(
    method: str, sizes: tuple[int, int], tests: list[int], found: list[tuple[int, int]], lost: int
) -> ParetoPoint:
    shares = [part / whole if whole else 1.0 for part, whole in found]
    return ParetoPoint(
        method=method,
        clusters=sizes[0],
        groups=sizes[1],
        tests=round(sum(tests) / len(tests), 3),
        found_fraction=round(sum(shares) / len(shares), 6),
        found_fraction_worst=round(min(shares), 6),
        lost=lost,
    )
