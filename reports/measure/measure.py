"""Everything that a report measures, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from golden.clustering.cluster import Clustering, ClusterOptions, cluster_gaussians
from golden.pack import Pack, pack_clusters
from golden.params import Parameters
from reports.measure.above import ClustersAbove, clusters_above
from reports.measure.coloring import Coloring, measure_coloring, narrow_pack
from reports.measure.culling import Culling, measure_culling
from reports.measure.cycles import Cycles, model_views
from reports.measure.explore import Exploration, explore
from reports.measure.pareto import Pareto, measure_pareto
from reports.measure.pictures import Pictures, ViewCounts, compare_pictures, count_views
from reports.measure.projection import Projection, measure_projection
from reports.measure.steps import (
    Step,
    coloring_line,
    culling_line,
    cycle_lines,
    pack_line,
    picture_lines,
    projection_line,
    untold,
)
from reports.measure.subject import Subject, Track, silent
from sim.model.config import ModelConfig
from sim.model.timeline import Timeline, frame_timeline
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
    coloring : of the splats of the same; None where the scene's colours fit no narrow records.
    above : reach clusters of the first view, seen from above.
    pareto : found fraction over ball tests, of all methods at several sizes, in some views.
    cycles : of every view by the cycle model: no culling, paper's clusters, reach clusters.
    exploration : presets and wider machines, in some views.
    timeline : of the first view with reach clusters; None of a machine modelled by formula.
    """

    cullings: tuple[Culling, ...]
    three_sigma: Culling
    pictures: Pictures
    counts: tuple[ViewCounts, ...]
    projection: Projection
    coloring: Coloring | None
    above: ClustersAbove
    pareto: Pareto
    cycles: Cycles
    exploration: Exploration
    timeline: Timeline | None


def forget(pack: Pack) -> None:
    """Keeps no pack."""


def packs(subject: Subject, track: Track = silent, step: Step = untold) -> Iterator[Pack]:
    """Packs of the scene, one after another: paper with safe radii and with 3sigma, then reach.

    The paper tests every cluster: its packs have one group of all.
    """
    scene, rules, params = subject.scene, subject.rules, Parameters()

    def packed(clustering: Clustering, options: ClusterOptions, found: list[str]) -> Pack:
        pack = pack_clusters(scene, clustering, options, rules, params, track)
        found.append(f"{options.method}, {options.radius} radii: {pack_line(pack)}")
        return pack

    options = ClusterOptions(method="paper", per_group=0)
    with step("Clustering and packing the paper's way") as found:
        clustering = cluster_gaussians(scene, options, track, params.count.max_int)
        pack = packed(clustering, options, found)
    yield pack
    with step("Packing the same clusters with the paper's own radius") as found:
        pack = packed(clustering, replace(options, radius="3sigma"), found)
    yield pack
    options = ClusterOptions(method="reach")
    with step("Clustering and packing by reach") as found:
        clustering = cluster_gaussians(scene, options, track, params.count.max_int)
        pack = packed(clustering, options, found)
    yield pack


def measure(
    subject: Subject,
    config: ModelConfig,
    *,
    rtl: bool,
    few_views: int | None = None,
    track: Track = silent,
    step: Step = untold,
    keep: Callable[[Pack], None] = forget,
) -> Measurements:
    """Packs the scene, culls all views with each pack, models their cycles, and draws them.

    The RTL of the cluster test, where wanted, runs every view with both safe packs, that of the
    projection, of color and of the whole accelerator every view with reach clusters.

    Parameters
    ----------
    rtl : whether the RTL is run.
    few_views : so many views, evenly spaced, are projected and coloured by the RTL and drawn from
        integer splats; all of them without it.
    track : shows how far a step is. step : tells what is done and found.
    keep : is given each pack in turn.

    Raises InputError where the scene does not fit the hardware's formats, and where a tool is
    missing.
    """
    cullings: list[Culling] = []
    literal: list[Culling] = []
    methods: dict[str, tuple[ModelledView, ...]] = {}
    for pack in packs(subject, track, step):
        keep(pack)
        safe = pack.meta.radius == "safe"
        with step(f"Culling all views ({pack.meta.method}, {pack.meta.radius})") as found:
            culling = measure_culling(subject, pack, rtl=rtl and safe, track=track)
            (cullings if safe else literal).append(culling)
            found.append(culling_line(culling))
        if safe:
            with step(f"Cycle model of all views ({pack.meta.method})") as found:
                modelled = model_views(subject, pack, config, track)
                methods |= modelled
                found += cycle_lines(modelled)
    few = len(subject.cameras) if few_views is None else few_views
    with step("Projecting all views of reach clusters") as found:
        projection = measure_projection(subject, pack, rtl_views=few if rtl else 0, track=track)
        found.append(projection_line(projection))
    narrow, coloring = narrow_pack(subject, pack), None
    if narrow is not None:
        with step("Evaluating the colours of all views") as found:
            coloring = measure_coloring(subject, narrow, rtl_views=few if rtl else 0, track=track)
            found.append(coloring_line(coloring))
    safe_cullings = tuple(cullings)
    with step("Drawing one view whole and from what culling leaves") as found:
        above = clusters_above(subject, pack)
        pictures = compare_pictures(subject, safe_cullings)
        found += picture_lines(pictures)
    with step("Drawing all views for the counts of the back end"):
        counts = count_views(subject, safe_cullings, pack, narrow, splat_views=few, track=track)
    with step("Trying other methods and sizes of clusters"):
        pareto = measure_pareto(subject, safe_cullings, methods, config, track)
    with step("Trying wider and narrower machines"):
        exploration = explore(subject, pack, config, track)
    timeline = None
    if config.is_clocked:
        with step("Following a frame through the stages"):
            timeline = frame_timeline(pack, subject.cameras[0], subject.rules, config)
    return Measurements(
        cullings=safe_cullings,
        three_sigma=literal[0],
        pictures=pictures,
        counts=counts,
        projection=projection,
        coloring=coloring,
        above=above,
        pareto=pareto,
        cycles=Cycles(config, methods),
        exploration=exploration,
        timeline=timeline,
    )
