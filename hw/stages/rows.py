"""The rows of the stages, in the order in which a frame passes them.

To add a stage: a folder here with its component and `row.py`, and its row below.
"""

from __future__ import annotations

from golden.params import Parameters
from hw.frame.phases import RENDER
from hw.stages.cluster_cull.row import CLUSTER_CULL
from hw.stages.color.row import COLOR
from hw.stages.depth_sort.row import DEPTH_SORT
from hw.stages.gaussian_fetch.row import GAUSSIAN_FETCH
from hw.stages.gaussian_project.row import GAUSSIAN_PROJECT
from hw.stages.rasterize.row import RASTERIZE
from hw.stages.stage import Counter, MemoryClient, Stage
from hw.stages.tile_bin.row import TILE_BIN

FRONT_END: tuple[Stage, ...] = (CLUSTER_CULL, GAUSSIAN_FETCH, GAUSSIAN_PROJECT)
BACK_END: tuple[Stage, ...] = (TILE_BIN, DEPTH_SORT, RASTERIZE)
STAGES: tuple[Stage, ...] = (*FRONT_END, COLOR, *BACK_END)


def stages_of(params: Parameters) -> tuple[Stage, ...]:
    """The stages that a build of these parameters has."""
    if params.raster_lanes:
        return STAGES
    return (*FRONT_END, COLOR) if params.color_cycles else FRONT_END


def stage_counters(params: Parameters) -> dict[str, tuple[Stage, Counter]]:
    """Register name -> stage and counter, of all stages of the build."""
    return {
        name: (stage, counter)
        for stage in stages_of(params)
        for name, counter in stage.counters.items()
    }


def tables_of(params: Parameters) -> tuple[str, ...]:
    """Tables of the pack that a build reads, of hw.frame.header_check.TABLES, groups first."""
    return "groups", *(client.table for client in memory_clients(params) if client.table)


def memory_clients(params: Parameters) -> tuple[MemoryClient, ...]:
    """Clients of the read master behind the header's, first served first.

    What draws the older frame goes before what streams the younger one. The culling runs ahead of
    the geometry, as far as its queues let it, so that the geometry's runs are always known in time.
    """
    drawn_first = sorted(stages_of(params), key=lambda stage: stage.phase != RENDER.name)
    return tuple(client for stage in drawn_first for client in stage.clients)
