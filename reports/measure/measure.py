"""Everything that a report measures, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from golden.clustering.cluster import ClusterOptions, cluster_gaussians
from golden.pack import Pack, pack_clusters
from golden.params import Parameters
from reports.measure.above import ClustersAbove, clusters_above
from reports.measure.culling import Culling, measure_culling
from reports.measure.cycles import Cycles, model_views
from reports.measure.explore import Exploration, explore
from reports.measure.pareto import Pareto, measure_pareto
from reports.measure.pictures import Pictures, ViewCounts, compare_pictures, count_views
from reports.measure.projection import Projection, measure_projection
from reports.measure.subject import Subject, Track, silent
from sim.model.config import ModelConfig
from sim.model.views import ModelledView


@dataclass(frozen=True, eq=False)
class Measurements:
    """All that was measured of a subject.

    Parameters
    ----------
    cullings : by the paper's clustering and by reach, both with safe radii.
    three_sigma : by the paper's clustering and the paper's radius.
    pictures : of one view, with and without culling.
    counts : of each view, whole and with what each culling leaves.
    projection : of every view's reach clusters, by the integer model.
    above : reach clusters of the first view, seen from above.
    pareto : found fraction over ball tests, of all methods at several sizes, in some views.
    cycles : of every view by the cycle model: no culling, paper's clusters, reach clusters.
    exploration : presets and wider machines, in some views.
    """

    cullings: tuple[Culling, ...]
    three_sigma: Culling
    pictures: Pictures
    counts: tuple[ViewCounts, ...]
    projection: Projection
    above: ClustersAbove
    pareto: Pareto
    cycles: Cycles
    exploration: Exploration


def packs(subject: Subject, track: Track = silent) -> Iterator[Pack]:
    """Packs of the scene, one after another: paper with safe radii and with 3sigma, then reach.

    The paper tests every cluster: its packs have one group of all.
    """
    scene, rules, params = subject.scene, subject.rules, Parameters()
    options = ClusterOptions(method="paper", per_group=0)
    clustering = cluster_gaussians(scene, options, track, params.count.max_int)
    yield pack_clusters(scene, clustering, options, rules, params, track)
    literal = replace(options, radius="3sigma")
    yield pack_clusters(scene, clustering, literal, rules, params, track)
    options = ClusterOptions(method="reach")
    clustering = cluster_gaussians(scene, options, track, params.count.max_int)
    yield pack_clusters(scene, clustering, options, rules, params, track)


def measure(
    subject: Subject, config: ModelConfig, *, rtl: bool, track: Track = silent
) -> Measurements:
    """Packs the scene, culls all views with each pack, models their cycles, and draws them.

    The RTL of the cluster test, where wanted, runs every view with both safe packs, that of the
    projection every view with reach clusters. Raises InputError where the scene
    does not fit the hardware's formats, and where a tool is missing.
    """
    cullings: list[Culling] = []
    literal: list[Culling] = []
    methods: dict[str, tuple[ModelledView, ...]] = {}
    for pack in packs(subject, track):
        safe = pack.meta.radius == "safe"
        culling = measure_culling(subject, pack, rtl=rtl and safe, track=track)
        (cullings if safe else literal).append(culling)
        if safe:
            methods |= model_views(subject, pack, config, track)
    above = clusters_above(subject, pack)  # of the last pack: reach
    views = len(subject.cameras)
    rtl_views = views if rtl else 0
    projection = measure_projection(subject, pack, rtl_views=rtl_views, track=track)
    safe_cullings = tuple(cullings)
    return Measurements(
        cullings=safe_cullings,
        three_sigma=literal[0],
        pictures=compare_pictures(subject, safe_cullings),
        counts=count_views(subject, safe_cullings, pack, splat_views=views, track=track),
        projection=projection,
        above=above,
        pareto=measure_pareto(subject, safe_cullings, methods, config, track),
        cycles=Cycles(config, methods),
        exploration=explore(subject, pack, config, track),
    )
