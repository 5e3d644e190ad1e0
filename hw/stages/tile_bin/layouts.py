"""Payloads of tile_bin: entries, the bins that one goes to, chunks on their way to memory."""

from __future__ import annotations

from amaranth.hdl import unsigned
from amaranth.lib import data

from golden.params import Parameters
from golden.stages.tile_bin.constants import (
    BIN_BITS,
    CHUNK_ENTRIES,
    PAGE_CHUNKS,
    PAGE_ENTRIES,
    constant_formats,
)
from golden.stages.tile_bin.entry import ENTRY_FIELDS
from hw.layouts import shape

RECORD_ENTRIES = 2  # of 256 bits
CHUNK_RECORDS = CHUNK_ENTRIES // RECORD_ENTRIES


def tile_bin_constants(params: Parameters) -> data.StructLayout:
    """Frame constants of tile_bin and depth_sort, named by TileBinConstants.as_ports."""
    return data.StructLayout({k: shape(v) for k, v in constant_formats(params).items()})


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


def binned_entry(params: Parameters) -> data.StructLayout:
    """An entry and the rectangle of bins that it goes to.

    Members
    -------
    entry : list_entry. first : number of the bin in the upper left corner.
    columns, rows : bins beyond the first, 0 or more.
    """
    return data.StructLayout(
        {
            "entry": list_entry(),
            "first": bin_bits(params),
            "columns": unsigned(BIN_BITS),
            "rows": unsigned(BIN_BITS),
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
