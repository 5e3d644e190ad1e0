"""The bit-exact integer model of tile_bin: splats with colours in, lists of entries in memory out.

Every splat becomes one entry, and the entry goes to the lists of those bins of the splat's tiles
that spans.py finds, band after band, splats in order of arrival. A list is a chain of pages of
2 KiB in chunks of 8 entries. A chunk is written once it is full; those that are not full at the
end follow in the order of the bins, only as far as they hold entries. A page is taken, the next
one of the memory, when a list's next chunk has none. Where there is none left, that chunk and all
later ones are not written, and the frame ends in FULL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.numbers.fixed import Int64
from golden.params import Parameters
from golden.stages.tile_bin.bands import entry_bands
from golden.stages.tile_bin.constants import (
    CHUNK_ENTRIES,
    PAGE_BYTES,
    PAGE_CHUNKS,
    PAGE_ENTRIES,
    ListOutcome,
    TileBinConstants,
)
from golden.stages.tile_bin.encode import encode
from golden.stages.tile_bin.entry import ENTRY_BYTES, ENTRY_DTYPE
from golden.stages.tile_bin.spans import BAND_COUNT, BAND_ENTRY, BAND_FIRST, BAND_STEP

UInt64 = NDArray[np.uint64]

ENTRY_WORDS = ENTRY_BYTES // 8
PAGE_WORDS = PAGE_BYTES // 8


@dataclass(frozen=True, eq=False)
class BinLists:
    """The lists of a frame.

    Parameters
    ----------
    outcome : COMPLETE, or why the lists must not be read.
    memory : (pages taken * 256,) uint64, the list memory from its first page on; what is not
        written is 0.
    length : (bins,) entries of each list, also those that were not written.
    first_page : (bins,) of each list; 0 where it has no entry.
    next_page : (pages taken,) the page that follows each one in its list; 0 where none does.
    entries : entries of all lists. chunks, pages : written, taken.
    """

    outcome: ListOutcome
    memory: UInt64
    length: Int64
    first_page: Int64
    next_page: Int64
    entries: int
    chunks: int
    pages: int

    def read(self, number: int) -> NDArray[np.void]:
        """(n,) ENTRY_DTYPE, the list of a bin, followed page by page through the memory."""
        left, page, parts = int(self.length[number]), int(self.first_page[number]), []
        while left > 0:
            count = min(left, PAGE_ENTRIES)
            first = page * PAGE_WORDS
            parts.append(self.memory[first : first + count * ENTRY_WORDS])
            left, page = left - count, int(self.next_page[page])
        words = np.concatenate(parts) if parts else np.zeros(0, np.uint64)
        return words.view(ENTRY_DTYPE)


def tile_bin(
    splats: NDArray[np.void],
    colors: NDArray[np.integer],
    constants: TileBinConstants,
    params: Parameters,
) -> BinLists:
    """The lists of a frame, or of a strip of it.

    Parameters
    ----------
    splats : (N,) SPLAT_DTYPE, in order of arrival. colors : (N, 3) R, G, B, 0 to 1023.
    """
    if not 1 <= constants.bins <= params.max_bins:
        none = np.zeros(0, np.int64)
        nothing = np.zeros(0, np.uint64)
        return BinLists(ListOutcome.TOO_MANY_BINS, nothing, none, none, none, 0, 0, 0)
    entries = encode(splats, colors, constants.depth_shift, params)
    return fill_lists(entries, entry_bands(entries, splats, constants, params), constants)


def fill_lists(entries: NDArray[np.void], bands: Int64, constants: TileBinConstants) -> BinLists:
    """The lists of entries whose bins are known.

    Parameters
    ----------
    entries : (N,) ENTRY_DTYPE. bands : (B, 4) as list_bands gives them.
    """
    bins = constants.bins
    length, first, current = (np.zeros(bins, np.int64) for _ in range(3))
    following = np.zeros(constants.pages, np.int64)
    # As many pages as the lists can take at most: every bin's last one may hold one entry.
    most = min(constants.pages, int(bands[:, BAND_COUNT].sum()) // PAGE_ENTRIES + bins)
    memory = np.zeros(most * PAGE_WORDS, np.uint64)
    counts = np.zeros(4, np.int64)
    _fill(
        np.ascontiguousarray(entries["words"]),
        bands,
        constants.pages,
        length,
        first,
        current,
        following,
        memory,
        counts,
    )
    pages = int(counts[2])
    return BinLists(
        outcome=ListOutcome(int(counts[3])),
        memory=memory[: pages * PAGE_WORDS],
        length=length,
        first_page=first,
        next_page=following[:pages],
        entries=int(counts[0]),
        chunks=int(counts[1]),
        pages=pages,
    )


@serial_kernel
def _flush(
    number: int,
    count: int,
    before: int,
    pages: int,
    chunk: UInt64,
    first: Int64,
    current: Int64,
    following: Int64,
    memory: UInt64,
    counts: Int64,
) -> None:
    """Writes `count` entries of a bin's open chunk, which follows `before` chunks of its list."""
    if counts[3]:
        return
    if before % PAGE_CHUNKS == 0:
        if counts[2] == pages:
            counts[3] = 1
            return
        page = counts[2]
        counts[2] += 1
        if before == 0:
            first[number] = page
        else:
            following[current[number]] = page
        current[number] = page
    place = current[number] * PAGE_WORDS + before % PAGE_CHUNKS * CHUNK_ENTRIES * ENTRY_WORDS
    for word in range(count * ENTRY_WORDS):
        memory[place + word] = chunk[word]
    counts[1] += 1


@serial_kernel
def _fill(
    words: UInt64,
    bands: Int64,
    pages: int,
    length: Int64,
    first: Int64,
    current: Int64,
    following: Int64,
    memory: UInt64,
    counts: Int64,
) -> None:
    chunks = np.zeros((len(length), CHUNK_ENTRIES * ENTRY_WORDS), np.uint64)
    for b in range(len(bands)):
        entry, step = bands[b, BAND_ENTRY], bands[b, BAND_STEP]
        for place in range(bands[b, BAND_COUNT]):
            number = bands[b, BAND_FIRST] + place * step
            slot = length[number] % CHUNK_ENTRIES
            for word in range(ENTRY_WORDS):
                chunks[number, slot * ENTRY_WORDS + word] = words[entry, word]
            length[number] += 1
            counts[0] += 1
            if slot == CHUNK_ENTRIES - 1:
                before = length[number] // CHUNK_ENTRIES - 1
                _flush(
                    number,
                    slot + 1,  # a chunk, as a number like `left` below: _flush is compiled once
                    before,
                    pages,
                    chunks[number],
                    first,
                    current,
                    following,
                    memory,
                    counts,
                )
    for number in range(len(length)):
        left = length[number] % CHUNK_ENTRIES
        if left:
            before = length[number] // CHUNK_ENTRIES
            _flush(
                number,
                left,
                before,
                pages,
                chunks[number],
                first,
                current,
                following,
                memory,
                counts,
            )
