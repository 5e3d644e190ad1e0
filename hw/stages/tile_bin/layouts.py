"""Payloads of tile_bin: entries, the bins that one goes to, chunks on their way to memory."""

from __future__ import annotations

from amaranth.hdl import signed
from amaranth.lib import data

from golden.params import Parameters
from golden.stages.tile_bin.constants import (
    CHUNK_ENTRIES,
    PAGE_CHUNKS,
    PAGE_ENTRIES,
    constant_formats,
)
from golden.stages.tile_bin.entry import ENTRY_FIELDS
from golden.stages.tile_bin.spans import band_bits
from hw.layouts import shape

RECORD_ENTRIES = 2  # of 256 bits
CHUNK_RECORDS = CHUNK_ENTRIES // RECORD_ENTRIES

# Parts of an entry and of its spans by the time at which they are known, no more than 36 bits of
# each: what a block RAM has. Of the last part of the spans more is known at once.
ENTRY_PARTS = (
    ("red", "green", "blue"),
    ("opacity", "key", "far", "swap"),
    ("u", "v"),
    ("slope", "w1", "w2"),
)
SPAN_PARTS = (
    ("first", "bands", "places", "swap", "whole"),
    ("edge", "slope"),
    ("middle", "height", "clip", "low", "high"),
)

# Of entry_spans. Centres are within +-4096 px and bins in 0 to 4096, a reach is below 2^14 px.
EDGE_BITS = 20  # +-8192 px, 1/32 px
MIDDLE_BITS = 20  # +-8188 px, 1/64 px
HEIGHT_BITS = 19  # below 2^14 px, 1/16 px, and its sign
PLACE_BITS = 20  # +-24,576 px, 1/16 px


def tile_bin_constants(params: Parameters) -> data.StructLayout:
    """Frame constants of tile_bin and depth_sort, named by TileBinConstants.as_ports."""
    return data.StructLayout({k: shape(v) for k, v in constant_formats(params).items()})


def splat_cycles(params: Parameters) -> int:
    """Cycles that splats are apart, 1 or more: as many as those of color."""
    return max(params.color_cycles, 1)


def list_entry() -> data.StructLayout:
    """A list entry, as golden.stages.tile_bin.entry lays it out."""
    return data.StructLayout({name: shape(fixed) for name, (_, fixed) in ENTRY_FIELDS.items()})


def bin_bits(params: Parameters) -> int:
    """Width of a bin's number."""
    return (params.max_bins - 1).bit_length()


def page_bits(params: Parameters) -> int:
    """Width of a page's number."""
    return (params.list_pages - 1).bit_length()


def length_bits(params: Parameters) -> int:
    """Width of a list's length: one bin may take all pages."""
    return (params.list_pages * PAGE_ENTRIES).bit_length()


def entry_spans(params: Parameters) -> data.StructLayout:
    """Where an entry lies in its bins, as golden.stages.tile_bin.spans.entry_spans has it.

    Members
    -------
    first : number of the first bin. bands, places : bands, and bins of one, less 1.
    swap : bands are columns. whole : all bins count. edge, middle, slope, height, clip, low, high :
        of the test.
    """
    return data.StructLayout(
        {
            "first": bin_bits(params),
            "bands": band_bits(params),
            "places": band_bits(params),
            "swap": 1,
            "whole": 1,
            "edge": signed(EDGE_BITS),
            "middle": signed(MIDDLE_BITS),
            "slope": shape(ENTRY_FIELDS["slope"][1]),
            "height": signed(HEIGHT_BITS),
            "clip": signed(MIDDLE_BITS + 1),
            "low": signed(PLACE_BITS),
            "high": signed(PLACE_BITS),
        }
    )


def bin_band(params: Parameters) -> data.StructLayout:
    """Bins of a band that an entry goes to.

    Members
    -------
    number : of the first. places : how many, less 1. is_column : each is a row below the last.
    is_empty : there is none. is_last : of its entry.
    """
    return data.StructLayout(
        {
            "number": bin_bits(params),
            "places": band_bits(params),
            "is_column": 1,
            "is_empty": 1,
            "is_last": 1,
        }
    )


def chunk_job(params: Parameters) -> data.StructLayout:
    """A chunk that leaves its place on the chip.

    Members
    -------
    number : of its bin. chunk : in its page. is_first : of its list.
    records : of 256 bits, less 1. is_half : the last record holds one entry.
    """
    return data.StructLayout(
        {
            "number": bin_bits(params),
            "chunk": (PAGE_CHUNKS - 1).bit_length(),
            "is_first": 1,
            "records": (CHUNK_RECORDS - 1).bit_length(),
            "is_half": 1,
        }
    )
