"""The row of stage 2, gaussian_fetch."""

from __future__ import annotations

from hw.stages.gaussian_fetch.gaussian_fetch import GaussianFetch
from hw.stages.stage import Link, MemoryClient, Stage

GAUSSIAN_FETCH = Stage(
    name="gaussian_fetch",
    phase="fetch",
    parts={"gaussian_fetch": GaussianFetch},
    busy="a visible cluster of the frame is not yet read in full, or its members wait",
    links=(Link("gaussian_fetch.i", "cluster_cull.o"),),
    clients=(MemoryClient("gaussian_fetch", "geometry", lambda _: 512),),
    served=("gaussian_fetch",),
)
