"""Which bytes a frame moves, and where they lie: the pack, then the buffers between the stages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from golden.records import RECORD_BYTES
from hw.frame.header_check import HEADER_RECORDS
from sim.model.config import ModelConfig
from sim.model.counts import FrameCounts, FrontEndCounts
from sim.model.requests import Requests, contiguous, interleaved, runs

PAIR_BYTES = 8  # depth key and number of the splat, 32 bits each
PIXEL_BYTES = 4  # 8-bit R, G, B, and one of padding
SECTION_BYTES = 4096  # sections of a pack begin at a multiple of this


@dataclass(frozen=True, eq=False)
class FrontEndTraffic:
    """Requests of stages 1 to 3 by what they are for; addresses are bytes from the pack's begin.

    tables, geometry : reads of the front end, as its runs have it.
    """

    counts: FrontEndCounts
    config: ModelConfig

    @cached_property
    def bases(self) -> dict[str, int]:
        """First byte of each section and buffer."""
        place, bases = 0, {}
        for name, size in self.sections():
            bases[name] = place
            place += -(-size // SECTION_BYTES) * SECTION_BYTES
        return bases

    def sections(self) -> tuple[tuple[str, int], ...]:
        """Names and bytes of the sections and buffers, in the order in which they lie."""
        c = self.counts
        return (
            ("header", HEADER_RECORDS * RECORD_BYTES),
            ("groups", c.groups * RECORD_BYTES),
            ("clusters", c.clusters * RECORD_BYTES),
            ("geometry", c.gaussians * RECORD_BYTES),
        )

    @cached_property
    def tables(self) -> Requests:
        """Header, groups, and the clusters of visible groups."""
        o = self.counts.outcome
        seen = o.group_runs[o.group_visible]
        begins = [self.bases["header"], self.bases["groups"]]
        sizes = [HEADER_RECORDS * RECORD_BYTES, len(o.group_visible) * RECORD_BYTES]
        return runs(
            np.concatenate([begins, self.bases["clusters"] + RECORD_BYTES * seen[:, 0]]),
            np.concatenate([sizes, RECORD_BYTES * seen[:, 1]]),
            False,
        )

    @cached_property
    def geometry(self) -> Requests:
        """Gaussians of visible clusters; neighbouring clusters are one run, as in the RTL."""
        o = self.counts.outcome
        seen = o.cluster_runs[o.cluster_visible]
        end = seen[:, 0] + seen[:, 1]
        begins = np.flatnonzero(np.concatenate([[True], seen[1:, 0] != end[:-1]]))[: len(seen)]
        last = np.concatenate([begins[1:], [len(seen)]])[: len(begins)] - 1
        address = self.bases["geometry"] + RECORD_BYTES * seen[begins, 0]
        return runs(address, RECORD_BYTES * (end[last] - seen[begins, 0]), False)

    def front_end(self) -> Requests:
        """Stages 1 to 3."""
        return interleaved(self.tables, self.geometry)


@dataclass(frozen=True, eq=False)
class Traffic(FrontEndTraffic):
    """Requests of a whole frame.

    color : a record each splat.
    splats : the splat records, written in the order of the stream. pairs : lists of the bins,
    written in the order of the stream into chunks that are handed out one after another, so that
    writing is contiguous. lists : the same chunks read, bin by bin, where each chunk of a bin lies
    apart. fetches : splat records, in drawing order, bin by bin. pixels : the picture, bin by bin.
    """

    counts: FrameCounts

    def sections(self) -> tuple[tuple[str, int], ...]:
        """Those of the front end, then what the later stages read and write."""
        c, config = self.counts, self.config
        return (
            *super().sections(),
            ("colors", c.gaussians * config.color_record_bytes),
            ("splats", c.splats * config.splat_record_bytes),
            ("pairs", c.bin_pairs * PAIR_BYTES),
            ("image", c.width_px * c.height_px * PIXEL_BYTES),
        )

    @cached_property
    def color(self) -> Requests:
        """Colour records of the splats, in pack order."""
        size = self.config.color_record_bytes
        index = np.flatnonzero(self.counts.kept)
        address = self.bases["colors"] + size * index
        return Requests(address, np.full(len(index), size), np.zeros(len(index), np.bool_))

    @cached_property
    def splats(self) -> Requests:
        """Splat records with their colours."""
        size = self.counts.splats * self.config.splat_record_bytes
        return contiguous(self.bases["splats"], size, True)

    @cached_property
    def pairs(self) -> Requests:
        """Entries of the bins' lists."""
        return contiguous(self.bases["pairs"], self.counts.bin_pairs * PAIR_BYTES, True)

    @cached_property
    def lists(self) -> Requests:
        """The same entries, read chunk by chunk of one burst; a bin's chunks lie apart."""
        chunk = self.config.memory.burst_bytes
        entries = chunk // PAIR_BYTES
        lengths = np.diff(self.counts.lists.offsets)
        chunks = -(-lengths // entries)
        total = int(chunks.sum())
        # A chunk is handed out when its bin's list begins it: by its place in the list, evenly over
        # the stream, so the chunks of all bins lie interleaved.
        owner = np.repeat(np.arange(len(lengths)), chunks)
        number = np.arange(total) - np.repeat(np.cumsum(chunks) - chunks, chunks)
        handed = np.argsort((number + 0.5) / np.maximum(chunks, 1)[owner], kind="stable")
        place = np.empty(total, np.int64)
        place[handed] = np.arange(total)
        address = self.bases["pairs"] + chunk * place
        return Requests(address, np.full(total, chunk), np.zeros(total, np.bool_))

    @cached_property
    def fetches(self) -> Requests:
        """Splat records that the rasterisers fetch."""
        size, lists = self.config.splat_record_bytes, self.counts.lists
        number = np.arange(len(lists)) - np.repeat(lists.offsets[:-1], np.diff(lists.offsets))
        kept = number < np.repeat(self.counts.bins.fetched_splats, np.diff(lists.offsets))
        address = self.bases["splats"] + size * lists.splat[kept].astype(np.int64)
        return Requests(address, np.full(len(address), size), np.zeros(len(address), np.bool_))

    @cached_property
    def pixels(self) -> Requests:
        """Rows of each bin's part of the picture."""
        c, side = self.counts, self.counts.bin_px
        across, down = c.lists.grid
        x0 = np.arange(across) * side
        bins_x, rows = np.meshgrid(x0, np.arange(down * side).reshape(down, side)[0], indexing="ij")
        begin: list[NDArray[np.int64]] = []
        size: list[NDArray[np.int64]] = []
        for y0 in range(0, c.height_px, side):
            inside = rows + y0 < c.height_px
            width = np.minimum(side, c.width_px - bins_x)[inside]
            begin.append(((rows + y0) * c.width_px + bins_x)[inside] * PIXEL_BYTES)
            size.append(width * PIXEL_BYTES)
        return runs(self.bases["image"] + np.concatenate(begin), np.concatenate(size), True)

    def front_end_color(self) -> Requests:
        """Stages 1 to 4."""
        return interleaved(self.tables, self.geometry, self.color)

    def front_end_color_stored(self) -> Requests:
        """Stages 1 to 4, and the splats with their colours written."""
        return interleaved(self.tables, self.geometry, self.color, self.splats)

    def stream(self) -> Requests:
        """Stages 1 to 5."""
        return interleaved(self.tables, self.geometry, self.color, self.splats, self.pairs)

    def render(self) -> Requests:
        """Stages 6 and 7."""
        return interleaved(self.lists, self.fetches, self.pixels)
