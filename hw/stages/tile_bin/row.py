"""The row of stage 5, tile_bin."""

from __future__ import annotations

from golden.stages.tile_bin.constants import constant_formats
from hw.stages.stage import Counter, Link, Stage
from hw.stages.tile_bin.tile_bin import TileBin

TILE_BIN = Stage(
    name="tile_bin",
    phase="list",
    parts={"tile_bin": TileBin},
    busy="splats of the frame are still to come, or a chunk is on its way to memory",
    formats=constant_formats,
    counters={
        "list_entries": Counter("entries", "entries of all lists"),
        "list_chunks": Counter("chunks", "chunks of 128 bytes written to the lists"),
        "list_pages": Counter("pages", "pages of 2 KiB that the lists take"),
    },
    links=(Link("tile_bin.i", "color.o"),),
)
