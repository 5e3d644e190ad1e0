"""rasterize cycle by cycle, compiled: bins and entries in, beats of the picture out.

Every block reads the registers of all others as they are before the edge; what goes from one to
another within a cycle is found first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from hw.stages.rasterize.dispatch import PREPARED_WORDS
from sim.model.clocked import registers, table
from sim.model.rasterize.engine import (
    BACKGROUND,
    ENDS,
    ENGINE,
    ENTRY_SHIFT,
    IN_BUFFERS,
    MASK_BITS,
    MOST_QUADS,
    NO_ENTRY,
    SLOT_BITS,
    SLOT_SHIFT,
    clock_engine,
    engine_is_idle,
    head_of,
)
from sim.model.rasterize.writer import IDLE, MOST_CYCLES, WRITER, clock_writer

Int64 = NDArray[np.int64]

START, RUN, GROUND, END = range(4)
MOST_ENGINES = 24
# An entry is a number: which, the first group of its lines and 1, 0 where it has none, the last
# one, and these bits.
SWAP, IS_LAST = 1, 2
LAST_SHIFT, FIRST_SHIFT, NUMBER_SHIFT = 2, 8, 16
GROUP_MASK = (1 << 6) - 1

RASTER = registers(
    # Fixed: places of the queues of bins and of prepared entries; words that a queue must have
    # room for; cycles from the last engine's end to a complete bin; groups; is the background not
    # black; do engines leave out quads that have ended; bytes of a row of the picture.
    *("bin_places", "entry_places", "words_ahead", "drain_cycles", "groups"),
    *("has_background", "stride"),
    # Fixed: cycles of the setup, of a test until its live quads are read, and until a quad is known
    # to have ended; engines, quads of a bin's side.
    *("setup_cycles", "test_cycles", "done_cycles", "engine_count", "side"),
    # Fixed: cycles that entries are apart. Cycles since the setup of the one that is offered began.
    *("apart", "turn"),
    "cycle",
    # Bins: of the next to be taken and to be started; its number; is one open.
    *("bin_level", "next_bin", "next_start", "is_open"),
    # Entries taken that are not yet given out, one of them a cycle ago; the queue of prepared ones.
    *("pending", "popped", "prepared", "prepared_first"),
    # Dispatch.
    *("state", "active", "is_first", "group", "ground_group", "room", "under_way"),
    # Buffers, a bit each: taken, and the opaque ones; where a quad was left a cycle ago.
    *("taken_0", "taken_1", "opaque_0", "opaque_1", "left_0", "left_1"),
    # Live quads of each buffer, engines that have met its end, cycles until it is complete.
    *("live_0", "live_1", "ended_0", "ended_1", "drains_0", "drains_1"),
    # What the cycle does: the words that it gives to engines, their group, -1 for none; the buffer
    # in which it starts a bin, -1 for none.
    *("given", "given_group", "started"),
    # Counters.
    *("drawn_bins", "drawn_entries", "dropped_entries", "groups_tested"),
    *("works", "stalls"),
    writer=WRITER,
    known=IN_BUFFERS,
    # Rings by cycle: entries in the setup; heads and groups in the test; quads that end, of each
    # engine; -1 for none. The queue of prepared entries.
    setup=table(np.int64, MOST_CYCLES),
    tests=table(np.int64, MOST_CYCLES, 2),
    deaths=table(np.int64, MOST_CYCLES, MOST_ENGINES),
    queue=table(np.int64, PREPARED_WORDS),
    # Bins in the buffers: columns and rows, px, and the address of the first pixel.
    places=table(np.int64, 2, 3),
    # QuadTables.
    engine=table(np.int16, MOST_QUADS),
    slot=table(np.int16, 2, MOST_QUADS),
    bit=table(np.int16, 2, MOST_QUADS),
    engines=np.dtype((ENGINE, (MOST_ENGINES,))),
)


class RasterArrays(NamedTuple):
    """What a picture asks for.

    Members
    -------
    entries : (E,) numbers. places : (B, 3) columns and rows of a bin, px, address of its first
    pixel. masks, ends, shown : of RasterWork.
    """

    entries: Int64
    places: Int64
    masks: Int64
    ends: Int64
    shown: NDArray[np.uint8]


@serial_kernel
def raster_is_busy(raster: Any) -> bool:
    """Whether a bin is under way or a beat waits."""
    writer = raster.writer
    under_way = raster.pending | raster.bin_level | raster.state | raster.taken_0 | raster.taken_1
    writes = writer.converts | writer.level | writer.was_clear
    return bool((under_way | writes) != 0) or writer.state > IDLE


@serial_kernel
def entry_ready(raster: Any) -> bool:
    """Whether an entry that is offered in this cycle is taken."""
    if raster.apart > 1:
        return bool(raster.turn == raster.apart - 1)
    return _has_room(raster)


@serial_kernel
def _has_room(raster: Any) -> bool:
    """Whether the setup of an entry that is offered begins, where none is under way."""
    return bool((raster.is_open != 0) & (raster.pending != raster.entry_places))


@serial_kernel
def bin_ready(raster: Any) -> bool:
    """Whether a bin that is offered in this cycle is taken."""
    return bool((raster.is_open == 0) & (raster.bin_level != raster.bin_places))


@serial_kernel
def start_bin(raster: Any, places: Int64, ends: Int64, shown: NDArray[np.uint8]) -> None:
    """The next bin in the buffer `started`: all of its quads in the picture are live."""
    buffer, number, known = raster.started, raster.next_start, raster.known
    for k in range(raster.engine_count):
        for slot in range(2 * raster.groups):
            raster.engines[k].live[buffer, slot] = 0
    for n in range(3):
        raster.places[buffer, n] = places[number, n]
    count = 0
    for q in range(raster.side * raster.side):
        known.ends[buffer, q] = ends[number, q]
        known.shown[buffer, q] = shown[number, q]
        if shown[number, q]:
            count += 1
            engine = raster.engines[raster.engine[q]]
            for swap in range(2):
                engine.live[buffer, raster.slot[swap, q]] |= 1 << raster.bit[swap, q]
    if buffer:
        raster.live_1 = count
    else:
        raster.live_0 = count
    raster.next_start += 1


@serial_kernel
def give_words(raster: Any, masks: Int64) -> None:
    """The group `given` becomes words of the engines, in the cycle after the next."""
    tested, group = raster.given, raster.given_group
    of_entry = tested & (BACKGROUND | ENDS) == 0
    for k in range(raster.engine_count):
        engine, mask = raster.engines[k], 0
        if of_entry:
            mask = masks[tested >> ENTRY_SHIFT, group, k]
        mask = _engine_mask(engine, tested, group, mask)
        if mask != 0 or tested & ENDS:
            engine.coming, engine.coming_mask, engine.coming_head = 1, mask, tested


@serial_kernel
def _end_quads(raster: Any) -> None:
    """Quads that LiveMap has cleared from this cycle on."""
    place = (raster.cycle - raster.done_cycles) & (MOST_CYCLES - 1)
    for k in range(raster.engine_count):
        due = raster.deaths[place, k]
        if due < 0:
            continue
        buffer, q = due // MOST_QUADS, due % MOST_QUADS
        for swap in range(2):
            raster.engines[k].live[buffer, raster.slot[swap, q]] &= ~(1 << raster.bit[swap, q])
        if buffer:
            raster.live_1 -= 1
        else:
            raster.live_0 -= 1
        raster.deaths[place, k] = -1


@serial_kernel
def _engine_mask(engine: Any, tested: int, group: int, mask: int) -> int:
    """What of a group that was tested is work of an engine; `mask` are the entry's quads there."""
    if tested & BACKGROUND:
        mask = 0
        for bit in range(MASK_BITS):
            mask |= int(engine.quads[2 * group, bit] >= 0) << bit
        return mask
    if tested & ENDS:
        return 0
    slot = tested >> SLOT_SHIFT & ((1 << SLOT_BITS) - 1)
    return int(mask & engine.live[tested >> 2 & 1, slot])


@serial_kernel
def clock_rasterize(
    raster: Any, bin_valid: bool, entry_valid: bool, entry: int, beat_ready: bool
) -> None:
    """Clocks rasterize; what it takes say bin_ready and entry_ready before.

    Behind it, start_bin and give_words finish the cycle where `started` and `given` ask for them.

    Parameters
    ----------
    raster : RASTER.
    bin_valid : the next bin is offered. entry_valid : `entry` is, the next one of its list.
    beat_ready : a beat at the output, where writer.level is not 0, is taken.
    """
    cycle = raster.cycle
    _end_quads(raster)
    # What this cycle finds.
    taken = entry_valid & entry_ready(raster)
    begins = taken
    if raster.apart > 1:
        begins = (raster.turn == 0) & entry_valid & _has_room(raster)
    opens = bin_valid & bin_ready(raster)
    active = raster.active ^ int(raster.state == START)
    opaque = raster.opaque_1 if active else raster.opaque_0
    is_free = (raster.taken_1 if active else raster.taken_0) == 0
    starts = (
        (raster.state == START) & (raster.bin_level != 0) & is_free & (raster.writer.was_clear == 0)
    )
    complete_0 = (raster.ended_0 == raster.engine_count) & (raster.drains_0 == 0)
    complete_1 = (raster.ended_1 == raster.engine_count) & (raster.drains_1 == 0)
    # Dispatch chooses what is tested.
    kind, tested_group, ends_entry = -1, raster.ground_group, False
    head = raster.queue[raster.prepared_first]
    if raster.state == RUN:
        if raster.prepared != 0:
            first = (head >> FIRST_SHIFT & GROUP_MASK) - 1
            if first < 0 or opaque:
                ends_entry = True
                raster.dropped_entries += int(opaque)
            elif raster.room:
                kind = RUN
                tested_group = first if raster.is_first else raster.group
                ends_entry = tested_group == head >> LAST_SHIFT & GROUP_MASK
                raster.group = tested_group + 1
                raster.groups_tested += 1
    elif raster.state != START and raster.room:
        kind = raster.state
    ends_list = ends_entry and head & IS_LAST != 0
    # A group tested long enough ago becomes words, and engines work.
    place = (cycle - raster.test_cycles) & (MOST_CYCLES - 1)
    raster.given, raster.given_group = raster.tests[place, 0], raster.tests[place, 1]
    place = cycle & (MOST_CYCLES - 1)
    ended_0 = ended_1 = 0
    is_full = False
    for k in range(raster.engine_count):
        engine = raster.engines[k]
        is_full |= engine.level > engine.depth - raster.words_ahead
        if not engine_is_idle(engine):
            met, raster.deaths[place, k] = clock_engine(engine, raster.known)
            ended_0 += int(met == 0)
            ended_1 += int(met == 1)
    # Tests.
    raster.tests[place, 0], raster.tests[place, 1] = -1, tested_group
    if kind == RUN:
        slot = 2 * tested_group + (head & SWAP)
        raster.tests[place, 0] = head_of(head >> NUMBER_SHIFT, slot, active, 0)
    elif kind == GROUND:
        raster.tests[place, 0] = head_of(NO_ENTRY, 2 * tested_group, active, BACKGROUND)
    elif kind == END:
        raster.tests[place, 0] = head_of(NO_ENTRY, 0, active, ENDS)
    # Course of the bins.
    if raster.state == START:
        if starts:
            raster.state = RUN
            raster.active = active
            raster.drawn_bins += 1
    elif raster.state == RUN:
        if ends_list:
            raster.state = GROUND if raster.has_background else END
    elif kind == GROUND:
        raster.ground_group += 1
        if raster.ground_group == raster.groups:
            raster.state, raster.ground_group = END, 0
    elif kind == END:
        raster.state = START
    if ends_entry:
        raster.is_first = 1
    elif kind == RUN:
        raster.is_first = 0
    raster.room = int(not is_full)
    # Entries: those that leave the setup, the queue behind it, those that are taken.
    done = raster.setup[(cycle - raster.setup_cycles) & (MOST_CYCLES - 1)]
    kept = False
    if done >= 0:
        kept = done >> FIRST_SHIFT & GROUP_MASK != 0 or done & IS_LAST != 0
    if kept:
        raster.queue[(raster.prepared_first + raster.prepared) % PREPARED_WORDS] = done
    raster.prepared += int(kept) - int(ends_entry)
    if ends_entry:
        raster.prepared_first = (raster.prepared_first + 1) % PREPARED_WORDS
    raster.pending += int(taken) - int((done >= 0) and not kept) - raster.popped
    raster.popped = int(ends_entry)
    raster.setup[place] = entry if begins else -1
    if begins or raster.turn != 0:
        raster.turn = (raster.turn + 1) % raster.apart
    raster.drawn_entries += int(taken)
    if opens:
        raster.is_open = 1
        raster.next_bin += 1
    elif taken and entry & IS_LAST != 0:
        raster.is_open = 0
    raster.bin_level += int(opens) - int(starts)
    # The writer.
    writer = raster.writer
    is_complete = complete_1 if writer.buffer else complete_0
    sent = beat_ready & (writer.level != 0)
    released = clock_writer(
        writer,
        sent,
        is_complete,
        raster.places[writer.buffer, 2],
        raster.places[writer.buffer, 0],
        raster.places[writer.buffer, 1],
        raster.stride,
        cycle,
    )
    # Buffers.
    all_0 = raster.ended_0 == raster.engine_count
    all_1 = raster.ended_1 == raster.engine_count
    raster.drains_0 = max(raster.drains_0 - 1, 0) if all_0 else raster.drain_cycles
    raster.drains_1 = max(raster.drains_1 - 1, 0) if all_1 else raster.drain_cycles
    raster.ended_0 = 0 if released == 0 else raster.ended_0 + ended_0
    raster.ended_1 = 0 if released == 1 else raster.ended_1 + ended_1
    starts_0, starts_1 = starts & (active == 0), starts & (active == 1)
    raster.taken_0 = int((raster.taken_0 != 0 or starts_0) and released != 0)
    raster.taken_1 = int((raster.taken_1 != 0 or starts_1) and released != 1)
    raster.opaque_0 = int((raster.left_0 == 0) & (not starts_0))
    raster.opaque_1 = int((raster.left_1 == 0) & (not starts_1))
    raster.left_0 = int((raster.live_0 != 0) | starts_0)
    raster.left_1 = int((raster.live_1 != 0) | starts_1)
    raster.started = active if starts else -1
    raster.cycle += 1
