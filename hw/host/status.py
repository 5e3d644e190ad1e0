"""How a frame ends: the codes of STATUS."""

from __future__ import annotations

from enum import IntEnum

CODE_BITS = 5


class StatusCode(IntEnum):
    """How the last frame ended; IGNORED never ends a frame and has a bit of its own in STATUS."""

    NONE = 0
    DONE = 1
    BUS_SLAVE_ERROR = 2
    BUS_DECODE_ERROR = 3
    BAD_MAGIC = 4
    BAD_VERSION = 5
    TABLE_OUTSIDE = 6
    RUN_OUTSIDE = 7
    EMPTY = 8
    IGNORED = 9
    STOPPED = 10
    BAD_COLORS = 11
    WRITE_SLAVE_ERROR = 12
    WRITE_DECODE_ERROR = 13
    WRITE_OUTSIDE = 14
    LISTS_FULL = 15
    TOO_MANY_BINS = 16
    BUS_LENGTH = 17


STATUS_MEANINGS = {
    StatusCode.NONE: "no frame has ended since the last start",
    StatusCode.DONE: "the frame is complete",
    StatusCode.BUS_SLAVE_ERROR: "the memory answered a read with SLVERR",
    StatusCode.BUS_DECODE_ERROR: "the memory answered a read with DECERR",
    StatusCode.BAD_MAGIC: "there is no pack at the pack's address",
    StatusCode.BAD_VERSION: "the pack has a version that this hardware does not read",
    StatusCode.TABLE_OUTSIDE: "a table of the pack lies outside its bytes",
    StatusCode.RUN_OUTSIDE: "a group or cluster names none, or members outside its table",
    StatusCode.EMPTY: "the pack has no groups, clusters or Gaussians",
    StatusCode.IGNORED: "a start came while none could be taken, and was ignored",
    StatusCode.STOPPED: "the host stopped the frame",
    StatusCode.BAD_COLORS: "the pack's colours are not narrow records, which this build reads",
    StatusCode.WRITE_SLAVE_ERROR: "the memory answered a write with SLVERR",
    StatusCode.WRITE_DECODE_ERROR: "the memory answered a write with DECERR",
    StatusCode.WRITE_OUTSIDE: "a write lay outside its window, and was not done",
    StatusCode.LISTS_FULL: "the lists need more memory than their window has: draw in strips",
    StatusCode.TOO_MANY_BINS: "the picture has more bins than the build: draw in strips",
    StatusCode.BUS_LENGTH: "the memory ended a burst of reads early or late: rlast, against arlen",
}
