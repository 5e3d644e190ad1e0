"""The row of stage 1, cluster_cull."""

from __future__ import annotations

from golden.stages.cluster_cull.constants import constant_formats
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.cluster_cull.cluster_reader import ClusterReader
from hw.stages.stage import Counter, Link, MemoryClient, Stage

CLUSTER_CULL = Stage(
    name="cluster_cull",
    phase="cull",
    parts={"cluster_cull": ClusterCull, "cluster_reader": ClusterReader},
    busy="a ball is under test, or clusters of a group that may be seen are still to come",
    formats=constant_formats,
    counters={
        "groups_tested": Counter("groups_tested", "groups tested"),
        "groups_visible": Counter("groups_visible", "groups that may be seen"),
        "clusters_tested": Counter("clusters_tested", "clusters tested"),
        "clusters_visible": Counter("clusters_visible", "clusters that may be seen"),
    },
    links=(
        Link("cluster_reader.runs", "cluster_cull.requests"),
        Link("cluster_cull.clusters", "cluster_reader.o"),
    ),
    clients=(MemoryClient("cluster_reader", "clusters", lambda _: 128),),
)
