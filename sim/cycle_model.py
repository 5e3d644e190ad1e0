"""Cycles of a frame, stage by stage, from counts of the real frame.

Every stage is charged its own compute cycles and the bytes that it moves over the one memory bus.
Stages that stream into one another overlap: together they take the longest compute, or all their
bytes, whichever is more. The sort waits for all pairs, the blending for the sort:

    frame = stream(cluster_cull .. tile_bin) + depth_sort + rasterize

cluster_cull without stalls is exact against the RTL: sim.cull_timing gives its fill cycles. Of the
other stages the model knows rates and bytes; their latencies, tens of cycles, are not in it, nor
are row misses and refresh of the memory, whose peak rate is taken. Whatever the depth of the
queues and the order in which visible clusters come, later stages wait for clusters during
cluster_cull's compute cycles at most, so a stream takes so much longer at worst.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from golden.errors import InputError
from golden.records import CLUSTER_DTYPE, GEOMETRY_DTYPE
from golden.rules import TILE_PX
from sim.config import AcceleratorConfig

FRONT_END = ("cluster_cull", "gaussian_fetch", "gaussian_project")
STREAM = (*FRONT_END, "color", "tile_bin")
STAGES = (*STREAM, "depth_sort", "rasterize")

# Records between the stages that are not in RTL yet. Centre and conic of a splat, its colour (half
# a record each write, read as one of 32 bytes), and one entry of a tile's list.
SPLAT_DTYPE = np.dtype(
    [("center", "<i4", 2), ("conic", "<i4", 3), ("opacity", "<u2"), ("reserved", "<u2")]
)
SPLAT_COLOR_DTYPE = np.dtype([("rgb", "<u2", 3), ("reserved", "<u2")])
PAIR_DTYPE = np.dtype([("depth", "<u4"), ("splat", "<u4")])
PIXEL_BYTES = 4  # 8-bit R, G, B, and one of padding


@dataclass(frozen=True)
class FrameCounts:
    """What one view needs of each stage.

    Parameters
    ----------
    groups_tested, clusters_tested : balls read and tested; 0 where culling is off.
    clusters_visible : of the clusters, passed on.
    cull_fill_cycles : cycles of cluster_cull beyond one a ball: its pipeline filling, and waiting
        for the memory's first answer; sim.cull_timing gives them for a frame.
    gaussians_read : geometry records read and projected.
    splats : Gaussians that the projection emits.
    color_record_bytes : of one Gaussian's spherical harmonics in the pack.
    tile_pairs : pairs of tile and splat.
    fetched_splats : splats read by the rasteriser, over all tiles, until a tile's pixels are done.
    pixels : of the picture.

    Raises InputError on a negative number and on counts that contradict each other.
    """

    groups_tested: int
    clusters_tested: int
    clusters_visible: int
    cull_fill_cycles: int
    gaussians_read: int
    splats: int
    color_record_bytes: int
    tile_pairs: int
    fetched_splats: int
    pixels: int

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0:
                raise InputError(f"{name} is {value} in the counts of a frame: count it again.")
        for part, whole in (
            ("clusters_visible", "clusters_tested"),
            ("splats", "gaussians_read"),
            ("fetched_splats", "tile_pairs"),
        ):
            if getattr(self, part) > getattr(self, whole):
                raise InputError(
                    f"a frame has {getattr(self, part)} {part} of {getattr(self, whole)} {whole}: "
                    "count it again."
                )


@dataclass(frozen=True)
class StageCycles:
    """One stage of one frame, on its own.

    Parameters
    ----------
    name : of STAGES.
    compute_cycles : of its units, when nothing holds them up.
    memory_bytes : read and written.
    memory_cycles : of these bytes at the peak of the bus.
    """

    name: str
    compute_cycles: int
    memory_bytes: int
    memory_cycles: int

    @property
    def cycles(self) -> int:
        """The larger of the two."""
        return max(self.compute_cycles, self.memory_cycles)

    @property
    def bound(self) -> Literal["compute", "memory"]:
        """What the stage would wait for on its own."""
        return "memory" if self.memory_cycles > self.compute_cycles else "compute"


@dataclass(frozen=True)
class FrameCycles:
    """One frame.

    Parameters
    ----------
    stages : in the order of STAGES.
    front_end_cycles : cluster_cull, gaussian_fetch and gaussian_project, as if alone on the bus.
    stream_cycles : the five stages of STREAM together.
    sort_cycles, blend_cycles : of depth_sort and rasterize.
    """

    stages: tuple[StageCycles, ...]
    front_end_cycles: int
    stream_cycles: int
    sort_cycles: int
    blend_cycles: int

    @property
    def frame_cycles(self) -> int:
        """stream_cycles + sort_cycles + blend_cycles."""
        return self.stream_cycles + self.sort_cycles + self.blend_cycles

    def stage(self, name: str) -> StageCycles:
        """The stage of that name."""
        return self.stages[STAGES.index(name)]


def frame_cycles(counts: FrameCounts, config: AcceleratorConfig) -> FrameCycles:
    """Cycles of a frame: overlapped(STREAM) + depth_sort + rasterize."""
    stages = tuple(stage(counts, config) for stage in _STAGE_FUNCTIONS)
    by_name = {stage.name: stage for stage in stages}
    return FrameCycles(
        stages=stages,
        front_end_cycles=overlapped((by_name[name] for name in FRONT_END), config),
        stream_cycles=overlapped((by_name[name] for name in STREAM), config),
        sort_cycles=by_name["depth_sort"].cycles,
        blend_cycles=by_name["rasterize"].cycles,
    )


def accounting() -> dict[str, str]:
    """What each stage is charged, in words and formulas, by stage: the text of its function."""
    return {stage.__name__: " ".join((stage.__doc__ or "").split()) for stage in _STAGE_FUNCTIONS}


def overlapped(stages: Iterable[StageCycles], config: AcceleratorConfig) -> int:
    """Cycles of stages that stream into one another and share the bus:

    max(max_i compute_cycles_i, ceil(sum_i memory_bytes_i / memory_bytes_per_cycle)).
    """
    together = tuple(stages)
    compute = max(stage.compute_cycles for stage in together)
    return max(compute, _memory_cycles(sum(stage.memory_bytes for stage in together), config))


def cluster_cull(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 1. ceil(balls / cluster_tests_per_cycle) + cull_fill_cycles cycles, from the first
    group until not busy, where balls = groups_tested + clusters_tested; none where culling is off.
    Reads a record of 32 bytes a ball.
    """
    balls = counts.groups_tested + counts.clusters_tested
    cycles = 0
    if balls:
        cycles = _ceil_div(balls, config.cluster_tests_per_cycle) + counts.cull_fill_cycles
    return _stage("cluster_cull", cycles, balls * CLUSTER_DTYPE.itemsize, config)


def gaussian_fetch(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 2. ceil(gaussians_read / project_lanes) cycles: one record a cycle and lane.
    Reads gaussians_read geometry records of 32 bytes, in bursts that start and end on a record.
    """
    cycles = _ceil_div(counts.gaussians_read, config.project_lanes)
    return _stage("gaussian_fetch", cycles, counts.gaussians_read * GEOMETRY_DTYPE.itemsize, config)


def gaussian_project(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 3. ceil(gaussians_read / project_lanes) cycles.
    Writes splats x 24 bytes (centre, conic, opacity), as a GPU's projection kernel does.
    """
    cycles = _ceil_div(counts.gaussians_read, config.project_lanes)
    return _stage("gaussian_project", cycles, counts.splats * SPLAT_DTYPE.itemsize, config)


def color(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 4. ceil(splats / color_lanes) cycles.
    Reads splats x color_record_bytes (96 bytes at degree 3), writes splats x 8 bytes of colour.
    """
    record_bytes = counts.color_record_bytes + SPLAT_COLOR_DTYPE.itemsize
    cycles = _ceil_div(counts.splats, config.color_lanes)
    return _stage("color", cycles, counts.splats * record_bytes, config)


def tile_bin(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 5. ceil(tile_pairs / bin_pairs_per_cycle) cycles.
    Writes tile_pairs x 8 bytes (depth and index) to the lists of the tiles.
    """
    cycles = _ceil_div(counts.tile_pairs, config.bin_pairs_per_cycle)
    return _stage("tile_bin", cycles, counts.tile_pairs * PAIR_DTYPE.itemsize, config)


def depth_sort(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 6. ceil(tile_pairs x sort_passes / sort_keys_per_cycle) cycles.
    Reads and writes each pair once, 2 x 8 bytes: a tile's list is sorted on the chip.
    """
    cycles = _ceil_div(counts.tile_pairs * config.sort_passes, config.sort_keys_per_cycle)
    return _stage("depth_sort", cycles, 2 * counts.tile_pairs * PAIR_DTYPE.itemsize, config)


def rasterize(counts: FrameCounts, config: AcceleratorConfig) -> StageCycles:
    """Stage 7. ceil(fetched_splats x 16 x 16 / blend_pixels_per_cycle) cycles: a tile's pixels go
    in lockstep, done or not, until all are done; arrays larger than a tile work on several.
    Reads 8 + 32 bytes a fetched splat (list entry, splat with colour), writes 4 bytes a pixel.
    """
    cycles = _ceil_div(counts.fetched_splats * TILE_PX * TILE_PX, config.blend_pixels_per_cycle)
    splat_bytes = PAIR_DTYPE.itemsize + SPLAT_DTYPE.itemsize + SPLAT_COLOR_DTYPE.itemsize
    memory_bytes = counts.fetched_splats * splat_bytes + counts.pixels * PIXEL_BYTES
    return _stage("rasterize", cycles, memory_bytes, config)


_STAGE_FUNCTIONS = (
    cluster_cull,
    gaussian_fetch,
    gaussian_project,
    color,
    tile_bin,
    depth_sort,
    rasterize,
)


def _stage(
    name: str, compute_cycles: int, memory_bytes: int, config: AcceleratorConfig
) -> StageCycles:
    return StageCycles(name, compute_cycles, memory_bytes, _memory_cycles(memory_bytes, config))


def _memory_cycles(memory_bytes: int, config: AcceleratorConfig) -> int:
    # 51.2 is no binary fraction: without rounding, 512 bytes could take 11 cycles and not 10.
    return math.ceil(round(memory_bytes / config.memory_bytes_per_cycle, 6))


def _ceil_div(items: int, rate: int) -> int:
    return -(-items // rate)
