"""The exported tops: each stage alone behind AXI4-Stream ports."""

from __future__ import annotations

from amaranth.lib.wiring import In, Out

from golden.params import Parameters
from golden.records import (
    CLUSTER_DTYPE,
    MEMBER_DTYPE,
    REQUEST_DTYPE,
    SPLAT_DTYPE,
    VISIBLE_DTYPE,
    streamed,
)
from hw.layouts import cluster_cull_constants, gaussian_project_constants
from hw.stages.cluster_cull.cluster_cull import COUNTERS as CULL_COUNTERS
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.gaussian_project.gaussian_project import COUNTERS as PROJECT_COUNTERS
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.stream_top import FlatStream, StreamTop


class ClusterCullTop(StreamTop):
    """cluster_cull alone.

    Streams: s_axis_group (group records, CLUSTER_DTYPE, 256 bits), m_axis_request (runs of clusters
    to read, REQUEST_DTYPE, 64 bits), s_axis_cluster (the records of those clusters in that order,
    CLUSTER_DTYPE), m_axis_visible (visible clusters, VISIBLE_DTYPE, 160 bits).
    """

    def __init__(self, params: Parameters):
        cull = ClusterCull(params)
        streams = (
            FlatStream("s_axis_group", In, cull.groups, CLUSTER_DTYPE),
            FlatStream("m_axis_request", Out, cull.requests, REQUEST_DTYPE),
            FlatStream("s_axis_cluster", In, cull.clusters, CLUSTER_DTYPE),
            FlatStream("m_axis_visible", Out, cull.o, VISIBLE_DTYPE),
        )
        super().__init__(cull, streams, cluster_cull_constants(params), CULL_COUNTERS)


class GaussianProjectTop(StreamTop):
    """gaussian_project alone.

    Streams, a record a lane in each beat, and in tuser a bit a lane: is there one? s_axis_member
    (MEMBER_DTYPE, 512 bits a lane), m_axis_splat (SPLAT_DTYPE, 352 bits a lane, or 512 with zeros
    above it where params.padded_splats).
    """

    def __init__(self, params: Parameters):
        project = GaussianProject(params)
        splat = streamed(SPLAT_DTYPE, params)
        streams = (
            FlatStream("s_axis_member", In, project.i, MEMBER_DTYPE, params.lanes),
            FlatStream("m_axis_splat", Out, project.o, splat, params.lanes),
        )
        super().__init__(project, streams, gaussian_project_constants(params), PROJECT_COUNTERS)
