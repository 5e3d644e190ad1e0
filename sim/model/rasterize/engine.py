"""QuadIssue and QuadBlend of one engine, clocked: words in, quads worked on out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import registers, table

Int64 = NDArray[np.int64]

# A word's head is a number: entry, slot, and these bits.
ENDS, BACKGROUND, BUFFER = 1, 2, 4
SLOT_SHIFT, SLOT_BITS = 3, 7
ENTRY_SHIFT = SLOT_SHIFT + SLOT_BITS
NO_ENTRY = 1 << 50  # of the background: behind all of them

# Most that a build has: words of an engine's queue, slots of a bin, quads of it, bits of a mask.
MOST_WORDS, MOST_SLOTS, MOST_QUADS, MASK_BITS = 128, 64, 1024, 64

ENGINE = registers(
    # What Dispatch gives it in this cycle, and in the next one: is there a word, and which.
    *("push", "push_mask", "push_head", "coming", "coming_mask", "coming_head"),
    # The queue: its words, a power of two; the first one's place, and how many are in it.
    *("depth", "first", "level"),
    # The word behind the one whose quads are chosen; that one.
    *("has_following", "following_mask", "following_head", "mask", "head"),
    # The quad chosen, the one ahead, the one worked on: which, and its word's head.
    *("has_chosen", "chosen", "chosen_head"),
    *("has_ahead", "ahead", "ahead_head"),
    *("valid", "job", "job_head"),
    # Counters: cycles in which it worked and in which a quad waited for the same one; quads that
    # had ended before they were worked on, by the pixels of them in the picture; the background's.
    *("works", "stalls"),
    *("late_quads", "late_pixels", "background_quads", "background_pixels"),
    # Masks and heads of the queue; LiveMap of each buffer; which quads a slot's bits are.
    words=table(np.int64, MOST_WORDS, 2),
    live=table(np.int64, 2, MOST_SLOTS),
    quads=table(np.int16, MOST_SLOTS, MASK_BITS),
)

# What engines know of the bins in both buffers, from RasterWork's `ends` and `shown`; bit_numbers.
IN_BUFFERS = registers(
    "filters",
    ends=table(np.int64, 2, MOST_QUADS),
    shown=table(np.uint8, 2, MOST_QUADS),
    bits=table(np.int64, MASK_BITS),
)

DE_BRUIJN = 0x03F79D71B4CB0A89


def bit_numbers() -> Int64:
    """(64,) the number of a bit by its product with DE_BRUIJN, bits 58 up."""
    table = np.zeros(64, np.int64)
    for n in range(64):
        table[(DE_BRUIJN << n & (1 << 64) - 1) >> 58] = n
    return table


@serial_kernel
def head_of(entry: int, slot: int, buffer: int, flags: int) -> int:
    """A word's head; flags of ENDS and BACKGROUND."""
    return entry << ENTRY_SHIFT | slot << SLOT_SHIFT | buffer * BUFFER | flags


@serial_kernel
def _live(engine: Any, mask: int, head: int, filters: int) -> int:
    """The quads of a word that are live."""
    if (head & BACKGROUND) or filters == 0:
        return mask
    slot = head >> SLOT_SHIFT & ((1 << SLOT_BITS) - 1)
    return int(mask & engine.live[(head & BUFFER) >> 2, slot])


@serial_kernel
def engine_is_idle(engine: Any) -> bool:
    """Whether a cycle would change nothing in it."""
    words = engine.push | engine.coming | engine.level | engine.has_following | engine.mask
    return bool((words | engine.has_chosen | engine.has_ahead | engine.valid) == 0)


@serial_kernel
def clock_engine(engine: Any, known: Any) -> tuple[int, int]:
    """The buffer whose end is met, and the quad that ends, buffer x MOST_QUADS + q: -1 for none.

    Parameters
    ----------
    engine : ENGINE. known : IN_BUFFERS; where `filters`, quads that are not live are left out.
    """
    met, ended = -1, -1
    # The quad that is worked on.
    if engine.valid:
        engine.works += 1
        head = engine.job_head
        buffer = (head & BUFFER) >> 2
        q = engine.job
        if head & BACKGROUND:
            engine.background_quads += 1
            engine.background_pixels += known.shown[buffer, q]
        elif head >> ENTRY_SHIFT == known.ends[buffer, q]:
            ended = q + buffer * MOST_QUADS
        elif head >> ENTRY_SHIFT > known.ends[buffer, q]:
            engine.late_quads += 1
            engine.late_pixels += known.shown[buffer, q]
    # Does the quad ahead wait for it, and what of the chosen one?
    mask, level = engine.mask, engine.level
    waits = (
        (engine.has_ahead != 0)
        & (engine.valid != 0)
        & (engine.ahead == engine.job)
        & ((engine.ahead_head ^ engine.job_head) & BUFFER == 0)
    )
    passes = holds = False
    if waits:
        is_other = (
            engine.chosen != engine.ahead or (engine.chosen_head ^ engine.ahead_head) & BUFFER
        )
        passes = (engine.has_chosen != 0) & bool(is_other)
        holds = (engine.has_chosen != 0) & (not is_other)
        engine.stalls += int(not passes)
    picks = (mask != 0) & (not holds)
    without = mask & (mask - 1)
    frees = (without == 0) & (picks | (mask == 0))
    has_following = engine.has_following != 0
    ends_bin = engine.following_head & ENDS != 0
    takes = has_following & (frees | ((engine.following_mask == 0) & (not ends_bin)))
    loads = (level != 0) & (takes | (not has_following))
    if takes & frees & ends_bin:
        met = (engine.following_head & BUFFER) >> 2
    # Clock, from the last register to the first.
    if waits:
        engine.valid = int(passes)
        engine.job, engine.job_head = engine.chosen, engine.chosen_head
    else:
        engine.valid, engine.job, engine.job_head = (
            engine.has_ahead,
            engine.ahead,
            engine.ahead_head,
        )
        engine.has_ahead, engine.ahead, engine.ahead_head = (
            engine.has_chosen,
            engine.chosen,
            engine.chosen_head,
        )
    if not holds:
        engine.has_chosen = int(picks)
        if picks:
            number = known.bits[((mask & -mask) * DE_BRUIJN >> 58) & 63]
            slot = engine.head >> SLOT_SHIFT & ((1 << SLOT_BITS) - 1)
            engine.chosen, engine.chosen_head = engine.quads[slot, number], engine.head
    if takes & frees:
        engine.head = engine.following_head
        engine.mask = _live(engine, engine.following_mask, engine.head, known.filters)
    elif mask != 0:
        engine.mask = _live(engine, without if picks else mask, engine.head, known.filters)
    if loads:
        engine.following_head = engine.words[engine.first, 1]
        engine.following_mask = _live(
            engine, engine.words[engine.first, 0], engine.following_head, known.filters
        )
        engine.first = (engine.first + 1) & (engine.depth - 1)
    engine.has_following = int(loads | (has_following & (not takes)))
    if engine.push:
        place = (engine.first + level - int(loads)) & (engine.depth - 1)
        engine.words[place, 0], engine.words[place, 1] = engine.push_mask, engine.push_head
    engine.level = level + engine.push - int(loads)
    engine.push, engine.coming = engine.coming, 0
    engine.push_mask, engine.push_head = engine.coming_mask, engine.coming_head
    return met, ended
