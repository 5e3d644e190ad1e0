"""One view of a pack by the integer models, stage after stage: the one place that joins them.

Each part is worked out when it is first asked for, from the parts before it, and kept. So whoever
asks for the culling alone pays for the culling alone, and whoever asks for the splats later does
not pay for the culling again. A stage that is added appends its constants, its result and its
counters here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.image import BLACK, Background
from golden.numbers.fixed import Int64
from golden.pack import Pack
from golden.params import Parameters
from golden.records import COLORED_DTYPE
from golden.rules import Rules
from golden.stages.cluster_cull.constants import ClusterCullConstants, cluster_cull_constants
from golden.stages.cluster_cull.integer import cluster_cull
from golden.stages.cluster_cull.result import LevelsResult
from golden.stages.color.constants import (
    ColorConstants,
    color_constants,
    need_narrow_colors,
)
from golden.stages.color.formats import COLOR
from golden.stages.color.integer import cut, uncut_color
from golden.stages.depth_sort.integer import SortedLists, depth_sort
from golden.stages.gaussian_fetch.integer import members_of, visible_records
from golden.stages.gaussian_project.constants import (
    GaussianProjectConstants,
    gaussian_project_constants,
)
from golden.stages.gaussian_project.decode import decode_splats
from golden.stages.gaussian_project.integer import ProjectedMembers, gaussian_project
from golden.stages.gaussian_project.reference import Splats
from golden.stages.rasterize.constants import RasterizeConstants, rasterize_constants
from golden.stages.rasterize.integer import Rasterized, fields_of, rasterize_entries
from golden.stages.tile_bin.constants import ListOutcome, TileBinConstants, tile_bin_constants
from golden.stages.tile_bin.integer import BinLists, tile_bin
from golden.stages.tile_bin.strips import halves, strips

# What strips of a view have in common.
_SHARED = ("culling", "projecting", "levels", "members", "projected", "coloring", "colored")


@dataclass(frozen=True)
class ListMemory:
    """Where tile_bin's lists lie.

    Parameters
    ----------
    list_address : bytes, a multiple of 2048.
    list_bytes : its length.
    """

    list_address: int = 0x8000_0000
    list_bytes: int = 8192 * 2048


class StageConstants(Protocol):
    """Frame constants of a stage."""

    def as_ports(self) -> dict[str, int]:
        """Each constant under the name of its hardware port."""


@dataclass(frozen=True, eq=False)
class ViewFrame:
    """A view of a pack, and what every stage makes of it, bit for bit as the hardware does.

    Parameters
    ----------
    pack : what is looked at.
    camera : from where.
    rules : of the renderer.
    params : of the hardware.
    memory : where the back end's lists lie.
    background : R, G, B behind the picture, 0 to 1023/512.
    rows : rows of bins of a strip of the picture; all of them where None.

    Every other member is found on first use and kept; it raises InputError where the view is out of
    reach of its stage's formats.
    """

    pack: Pack
    camera: Camera
    rules: Rules
    params: Parameters
    memory: ListMemory = ListMemory()
    background: Background = BLACK
    rows: range | None = None

    def strip(self, rows: range) -> ViewFrame:
        """A strip of this view; what is the same in both is worked out once, here."""
        part = replace(self, rows=rows)
        for name in _SHARED:
            part.__dict__[name] = getattr(self, name)
        return part

    @cached_property
    def culling(self) -> ClusterCullConstants:
        """Constants of cluster_cull."""
        return cluster_cull_constants(self.camera, self.rules, self.pack.meta.grid, self.params)

    @cached_property
    def projecting(self) -> GaussianProjectConstants:
        """Constants of gaussian_project."""
        return gaussian_project_constants(self.camera, self.rules, self.pack.meta.grid, self.params)

    @cached_property
    def levels(self) -> LevelsResult:
        """Outcome of cluster_cull, groups and clusters."""
        return cluster_cull(self.pack.groups, self.pack.clusters, self.culling, self.params)

    @cached_property
    def visible(self) -> NDArray[np.void]:
        """(V,) VISIBLE_DTYPE, the visible clusters as gaussian_fetch gets them, in pack order."""
        return visible_records(self.pack.clusters, self.levels)

    @cached_property
    def members(self) -> NDArray[np.void]:
        """(N,) MEMBER_DTYPE, the Gaussians of the visible clusters, in pack order."""
        return members_of(self.pack, self.visible)

    @cached_property
    def projected(self) -> ProjectedMembers:
        """Outcome of gaussian_project."""
        return gaussian_project(self.members, self.projecting, self.params)

    @property
    def splats(self) -> NDArray[np.void]:
        """(S,) SPLAT_DTYPE, in the order of the hardware's stream."""
        return self.projected.splats

    @cached_property
    def decoded(self) -> Splats:
        """The splats as real numbers, in the scene's order."""
        return decode_splats(self.splats, self.pack, self.camera, self.params)

    @cached_property
    def coloring(self) -> ColorConstants:
        """Constants of color."""
        return color_constants(self.camera, self.params)

    @cached_property
    def uncut_colors(self) -> Int64:
        """(S, 3) R, G, B of the splats in units of COLOR, before they are cut to its range; raises
        InputError where the pack's colours are not narrow records."""
        need_narrow_colors(self.pack)
        return uncut_color(self.splats, self.pack.colors, self.coloring, self.params)

    @cached_property
    def colored(self) -> NDArray[np.void]:
        """(S,) COLORED_DTYPE, the splats with their colours; raises InputError where the pack's
        colours are not narrow records."""
        colored = np.zeros(len(self.splats), COLORED_DTYPE)
        colored["splat"] = self.splats
        colored["color"] = cut(self.uncut_colors)
        return colored

    @property
    def color_cuts(self) -> dict[str, int]:
        """Splats with a channel that is cut: above the largest of COLOR, and below 0."""
        return {
            "cut_above": int((self.uncut_colors > COLOR.max_int).any(axis=1).sum()),
            "cut_below": int((self.uncut_colors < 0).any(axis=1).sum()),
        }

    @cached_property
    def binning(self) -> TileBinConstants:
        """Constants of tile_bin and depth_sort."""
        memory = self.memory
        return tile_bin_constants(
            self.camera, self.pack, self.params, memory.list_address, memory.list_bytes, self.rows
        )

    @cached_property
    def rastering(self) -> RasterizeConstants:
        """Constants of rasterize."""
        return rasterize_constants(self.rules, self.camera.width, self.background)

    @cached_property
    def lists(self) -> BinLists:
        """Outcome of tile_bin: the lists in memory."""
        return tile_bin(self.splats, self.colored["color"], self.binning, self.params)

    @cached_property
    def ordered(self) -> SortedLists:
        """Outcome of depth_sort; raises InputError where the lists do not fit their memory."""
        if self.lists.outcome != ListOutcome.COMPLETE:
            raise InputError(
                f"the lists of view {self.camera.name} do not fit {self.binning.pages} pages of "
                "2 KiB: give them more memory."
            )
        return depth_sort(self.lists, self.params)

    @cached_property
    def drawn(self) -> Rasterized:
        """Outcome of rasterize, of a strip or of a view whose lists fit as a whole."""
        return self._rasterized(keep_sums=False)

    @property
    def color_sums(self) -> Int64:
        """(height, width, 3) colour sums of rasterize, of what `drawn` is of; see Rasterized."""
        sums = self._rasterized(keep_sums=True).sums
        assert sums is not None
        return sums

    def _rasterized(self, keep_sums: bool) -> Rasterized:
        rows, side = self.rows, self.params.bin_px
        top = 0 if rows is None else rows.start * side
        below = self.camera.height - top
        return rasterize_entries(
            fields_of(self.ordered.entries),
            self.ordered.offsets,
            (self.camera.width, below if rows is None else min(below, len(rows) * side)),
            side,
            self.rastering,
            top_px=top,
            keep_sums=keep_sums,
        )

    @cached_property
    def parts(self) -> tuple[ViewFrame, ...]:
        """What is drawn one after another: the view itself where its lists fit, otherwise strips,
        each halved until its lists fit."""
        if self.rows is not None or self.lists.outcome == ListOutcome.COMPLETE:
            return (self,)
        pending, found = strips(self.camera, self.params), []
        while pending:
            rows = pending.pop(0)
            part, cut = self.strip(rows), halves(rows, self.params)
            if part.lists.outcome == ListOutcome.FULL and len(cut) > 1:
                pending[:0] = cut
            else:
                found.append(part)
        return tuple(found)

    @cached_property
    def picture(self) -> NDArray[np.uint8]:
        """(height, width, 4) R, G, B, alpha = 1 - T, as rasterize writes it: of a strip its rows
        of pixels, of a view whose lists do not fit as a whole in strips."""
        return np.concatenate([part.drawn.image for part in self.parts])

    @property
    def output(self) -> NDArray[np.void]:
        """What leaves the hardware: `colored` of a build with color, `splats` otherwise."""
        return self.colored if self.params.color_cycles else self.splats

    @property
    def constants(self) -> tuple[StageConstants, ...]:
        """Frame constants of every stage of the build that has any, in the order of the stages."""
        stages: list[StageConstants] = [self.culling, self.projecting]
        if self.params.color_cycles:
            stages.append(self.coloring)
        if self.params.raster_lanes:
            stages += [self.binning, self.rastering]
        return tuple(stages)

    @property
    def ports(self) -> dict[str, int]:
        """Frame constants of all stages of the build, each under the name of its port."""
        return {name: value for stage in self.constants for name, value in stage.as_ports().items()}

    @property
    def cull_counters(self) -> dict[str, int]:
        """What cluster_cull counts, under the names of the registers."""
        levels = self.levels
        return {
            "groups_tested": len(levels.group_visible),
            "groups_visible": int(levels.group_visible.sum()),
            "clusters_tested": int(levels.tested.sum()),
            "clusters_visible": int(levels.visible.sum()),
        }

    @property
    def project_counters(self) -> dict[str, int]:
        """What gaussian_project counts, under the names of the registers."""
        projected = self.projected
        return {
            "members": len(projected.kept),
            **{f"dropped_{reason}": count for reason, count in projected.dropped.items()},
            "splats": len(projected.splats),
        }

    @property
    def list_counters(self) -> dict[str, int]:
        """What tile_bin counts, under the names of the registers."""
        lists = self.lists
        return {
            "list_entries": lists.entries,
            "list_chunks": lists.chunks,
            "list_pages": lists.pages,
        }

    @property
    def picture_counters(self) -> dict[str, int]:
        """What depth_sort and rasterize count, under the names of the registers."""
        ordered = self.ordered
        return {
            "sorted_entries": len(ordered.entries),
            "ranged_lists": ordered.ranged,
            "list_reads": ordered.reads,
            "read_entries": ordered.read_entries,
            "sort_batches": ordered.batches,
            "drawn_bins": len(ordered.offsets) - 1,
            "drawn_entries": len(ordered.entries),
            "blended_lane_cycles": int(self.drawn.blended.sum()),
        }

    @property
    def counters(self) -> dict[str, int]:
        """What all stages of the build count: what no clock enters, nor how reads join. Those of
        lists and picture are left out where it is drawn in strips."""
        found = self.cull_counters | self.project_counters
        if self.params.raster_lanes and len(self.parts) == 1:
            found |= self.list_counters | self.picture_counters
        return found


def view_frame(
    pack: Pack,
    camera: Camera,
    rules: Rules,
    params: Parameters | None = None,
    background: Background = BLACK,
) -> ViewFrame:
    """The view, nothing of it worked out yet.

    Parameters
    ----------
    pack : that golden.pack.check_parameters takes for `params`.
    params : of the hardware, the default ones if not given.
    background : R, G, B behind the picture of a build that draws.
    """
    return ViewFrame(pack, camera, rules, params or Parameters(), background=background)
