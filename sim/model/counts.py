"""What one view asks of every stage, measured on the pack by the integer models."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.pack import Pack
from golden.params import Parameters
from golden.rules import TILE_PX, Rules
from golden.stages.cluster_cull.result import LevelsResult
from golden.stages.depth_sort.reference import TileLists, depth_sort_reference
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.counts import BinCounts, count_bins
from golden.stages.tile_bin.reference import tile_bin_reference
from golden.view import view_frame
from sim.model.config import ModelConfig
from sim.model.outcome import FrameOutcome, frame_outcome

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FrontEndCounts:
    """What one view asks of stages 1 to 3.

    Parameters
    ----------
    view : name of the camera.
    gaussians, clusters, groups : of the pack.
    outcome : what the front end finds, with culling.
    """

    view: str
    gaussians: int
    clusters: int
    groups: int
    outcome: FrameOutcome

    @property
    def splats(self) -> int:
        """Gaussians that the projection emits."""
        return self.outcome.splats

    @property
    def gaussians_read(self) -> int:
        """Of visible clusters."""
        return len(self.outcome.kept)

    @property
    def tests(self) -> int:
        """Balls tested."""
        return len(self.outcome.group_visible) + len(self.outcome.cluster_visible)


@dataclass(frozen=True, eq=False)
class FrameCounts(FrontEndCounts):
    """One view through all stages. Masks and runs in pack order, as the hardware meets them.

    Parameters
    ----------
    width_px, height_px : of the picture.
    group_visible, cluster_visible : (G,), (M,) bool.
    kept : (N,) bool, of all Gaussians of the pack, those that become splats.
    grid : bins across, bins down. bin_px, subtile_px, subtile_test : as the configuration has it.
    lists : drawing order of each bin; numbers of splats in the order of the stream.
    bins : work of each bin.
    """

    width_px: int
    height_px: int
    group_visible: NDArray[np.bool_]
    cluster_visible: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    bin_px: int
    subtile_px: int
    subtile_test: str
    lists: TileLists
    bins: BinCounts

    @property
    def bin_pairs(self) -> int:
        """Pairs of bin and splat."""
        return len(self.lists)

    @property
    def fetched_splats(self) -> int:
        """Splats that the rasterisers fetch, over all bins."""
        return int(self.bins.fetched_splats.sum())

    @property
    def blended_pixel_splats(self) -> int:
        """Splats added to a pixel, over all pixels."""
        return int(self.bins.blended_pixel_splats.sum())


@dataclass(frozen=True, eq=False)
class ViewSplats:
    """One view up to its splats: what no width of the hardware, no bin and no sub-tile changes.

    Parameters
    ----------
    pack, camera, rules : of the view.
    levels : of golden.stages.cluster_cull.integer.cluster_cull.
    outcome : what the front end finds. kept : (N,) bool, of the pack, those that become splats.
    splats : in the scene's order. place : (S,) int32, of each in the stream.
    """

    pack: Pack
    camera: Camera
    rules: Rules
    levels: LevelsResult
    outcome: FrameOutcome
    kept: NDArray[np.bool_]
    splats: Splats
    place: NDArray[np.int32]


def front_end_counts(
    pack: Pack, camera: Camera, rules: Rules, params: Parameters
) -> FrontEndCounts:
    """Counts of a view up to its splats, none decoded, listed or drawn.

    Raises InputError where the view is out of reach of the formats.
    """
    frame = view_frame(pack, camera, rules, params)
    return FrontEndCounts(
        view=camera.name,
        gaussians=len(pack),
        clusters=len(pack.clusters),
        groups=len(pack.groups),
        outcome=frame_outcome(pack, frame.levels, frame.projected.kept),
    )


def view_splats(pack: Pack, camera: Camera, rules: Rules, params: Parameters) -> ViewSplats:
    """Both stages of the front end by the integer models, the same for all data_bits and lanes.

    Raises InputError where the view is out of reach of the formats.
    """
    frame = view_frame(pack, camera, rules, params)
    projected = frame.projected
    kept = np.zeros(len(pack), np.bool_)
    kept[frame.members["index"][projected.kept]] = True
    splats, place = _in_scene_order(projected.splats, pack, camera, params)
    outcome = frame_outcome(pack, frame.levels, projected.kept)
    return ViewSplats(pack, camera, rules, frame.levels, outcome, kept, splats, place)


def frame_counts(pack: Pack, camera: Camera, rules: Rules, config: ModelConfig) -> FrameCounts:
    """Counts of a view: both stages of the front end by the integer models, then bins and blending.

    Only the configuration's front-end parameters, bin_px, subtile_px and subtile_test matter; one
    that differs in other fields may be modelled from the same counts.

    Raises InputError where the view is out of reach of the formats.
    """
    return binned_counts(view_splats(pack, camera, rules, config.params), config)


def binned_counts(view: ViewSplats, config: ModelConfig) -> FrameCounts:
    """Counts of a view whose splats are known, for bins and sub-tiles of the configuration."""
    pack, camera = view.pack, view.camera
    lists = bin_lists(view.splats, camera, config.bin_px)
    work = count_bins(
        view.splats,
        lists,
        camera,
        view.rules,
        config.bin_px,
        config.subtile_px,
        config.subtile_test,
    )
    return FrameCounts(
        view=camera.name,
        width_px=camera.width,
        height_px=camera.height,
        gaussians=len(pack),
        clusters=len(pack.clusters),
        groups=len(pack.groups),
        outcome=view.outcome,
        group_visible=view.levels.group_visible,
        cluster_visible=view.levels.visible,
        kept=view.kept,
        bin_px=config.bin_px,
        subtile_px=config.subtile_px,
        subtile_test=config.subtile_test,
        lists=replace(lists, splat=view.place[lists.splat]),
        bins=work,
    )


def without_culling(counts: FrameCounts) -> FrameCounts:
    """The same view on the same hardware with nothing culled: one group, and clusters as large as a
    record allows, all seen, so that the tables cost next to nothing; all Gaussians are read. The
    pack lies in the memory as it does with culling, so the rendering asks for the same bytes.

    The splats are the same: culling drops none that reaches a pixel. A culled Gaussian whose extent
    rounds up onto the picture would add a splat here that is not counted.
    """
    outcome = whole_outcome(counts.gaussians, counts.kept, counts.outcome.offsets)
    return replace(
        counts,
        outcome=outcome,
        group_visible=outcome.group_visible,
        cluster_visible=outcome.cluster_visible,
    )


def whole_outcome(gaussians: int, kept: NDArray[np.bool_], offsets: dict[str, int]) -> FrameOutcome:
    """Nothing culled, by such tables; kept and offsets of FrameOutcome."""
    largest = Parameters().count.max_int
    base = np.arange(0, gaussians, largest)
    runs = np.stack([base, np.minimum(largest, gaussians - base)], axis=1)
    return FrameOutcome(
        group_visible=np.ones(1, np.bool_),
        group_runs=np.array([[0, len(runs)]]),
        cluster_visible=np.ones(len(runs), np.bool_),
        cluster_runs=runs,
        kept=kept,
        offsets=offsets,
    )


def bin_lists(splats: Splats, camera: Camera, bin_px: int) -> TileLists:
    """Splats of each bin in drawing order, by the rectangle of tiles of each splat."""
    tiles = bin_px // TILE_PX
    rect = splats.tile_rect.copy()
    rect[:, :2] //= tiles
    rect[:, 2:] = -(-rect[:, 2:] // tiles)
    grid = -(-camera.width // bin_px), -(-camera.height // bin_px)
    return depth_sort_reference(
        tile_bin_reference(replace(splats, tile_rect=rect), grid), splats.depth
    )


def _in_scene_order(
    records: NDArray[np.void], pack: Pack, camera: Camera, params: Parameters
) -> tuple[Splats, NDArray[np.int32]]:
    """Splats as the float stages take them, and the place of each in the stream."""
    at = np.full(len(pack), -1, np.int32)
    at[pack.order[records["index"]]] = np.arange(len(records), dtype=np.int32)
    place = at[at >= 0]  # pack.order is a permutation: a sort without comparing
    # Records as plain bytes: numpy moves those at once, and fields one by one.
    whole = records.view(np.dtype((np.void, records.dtype.itemsize)))
    return decode_splats(whole[place].view(records.dtype), pack, camera, params), place
