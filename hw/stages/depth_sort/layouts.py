"""Payloads of depth_sort: what a list is read for, items that are merged, entries in order."""

from __future__ import annotations

from amaranth.lib import data, enum

from golden.params import Parameters
from golden.stages.depth_sort.formats import BUCKET_BITS
from golden.stages.tile_bin.constants import PAGE_ENTRIES
from golden.stages.tile_bin.entry import KEY_BITS
from hw.stages.tile_bin.layouts import length_bits, list_entry, page_bits


class ReadFor(enum.Enum, shape=2):
    """What a list is read for."""

    SORT = 0
    UPPER = 1  # a histogram of the keys' upper half
    LOWER = 2  # of the lower half
    NOTHING = 3  # an empty list, which is sent on as the null entry


def sort_job(params: Parameters) -> data.StructLayout:
    """A reading of a list.

    Members
    -------
    kind : ReadFor. low, high : keys that count, both included.
    count : entries that have them, for SORT. final : 1, they are the list's last.
    """
    return data.StructLayout(
        {
            "kind": ReadFor,
            "low": KEY_BITS,
            "high": KEY_BITS,
            "count": length_bits(params),
            "final": 1,
        }
    )


def list_place(params: Parameters) -> data.StructLayout:
    """Where a list lies: its length and first page."""
    return data.StructLayout({"length": length_bits(params), "page": page_bits(params)})


def planned_list(params: Parameters) -> data.StructLayout:
    """A list as in list_place; is_long : of more than N entries."""
    return data.StructLayout({**list_place(params).members, "is_long": 1})


def list_head(params: Parameters) -> data.StructLayout:
    """A list to be read, as in list_place, and the upper halves of the keys that count: low to
    high, both included."""
    return data.StructLayout(
        {**list_place(params).members, "low": BUCKET_BITS, "high": BUCKET_BITS}
    )


def page_run() -> data.StructLayout:
    """Entries of a page that were asked for, 0 where none were; `last`: the list ends with it."""
    return data.StructLayout({"entries": range(PAGE_ENTRIES + 1), "last": 1})


def index_bits(params: Parameters) -> int:
    """Width of an entry's place in a buffer."""
    return (params.sort_entries - 1).bit_length()


def sort_item(params: Parameters) -> data.StructLayout:
    """A key on its way through the merger, and where its entry is.

    Members
    -------
    key : 20. index : order of arrival in its batch, and place in the buffer. buffer : 1.
    last : 1, of its run.
    """
    return data.StructLayout({"key": KEY_BITS, "index": index_bits(params), "buffer": 1, "last": 1})


def sorted_entry() -> data.StructLayout:
    """An entry in its place; the last one of a bin is marked."""
    return data.StructLayout({"entry": list_entry(), "last": 1})
