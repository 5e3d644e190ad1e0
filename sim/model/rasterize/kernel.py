"""rasterize cycle by cycle, compiled: bins and entries in, beats of the picture out.

Every block reads the registers of all others as they are before the edge; what goes from one to
another within a cycle is found first.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import registers
from sim.model.rasterize.engine import (
    BACKGROUND,
    ENDS,
    ENTRY_SHIFT,
    NO_ENTRY,
    clock_engine,
    head_of,
)
from sim.model.rasterize.work import QuadTables
from sim.model.rasterize.writer import IDLE, WRITER, clock_writer

Int64 = NDArray[np.int64]

START, RUN, GROUND, END = range(4)
BUFFERS = 2

RASTER = registers(
    # Fixed: places of the queues of bins and of prepared entries; words that a queue must have
    # room for; cycles from the last engine's end to a complete bin; groups; is the background not
    # black; do engines leave out quads that have ended; bytes of a row of the picture.
    *("bin_places", "entry_places", "words_ahead", "drain_cycles", "groups"),
    *("has_background", "filters", "stride"),
    "cycle",
    # Bins: of the next to be taken and to be started; its number; is one open.
    *("bin_level", "next_bin", "next_start", "is_open"),
    # Entries taken that are not yet given out; the queue of prepared ones; in the setup.
    *("pending", "prepared", "prepared_first"),
    # Dispatch.
    *("state", "active", "is_first", "group", "ground_group", "room", "under_way"),
    # Buffers, a bit each: taken, and the opaque ones; where a quad was left a cycle ago.
    *("taken_0", "taken_1", "opaque_0", "opaque_1", "left_0", "left_1"),
    # Live quads of each buffer, engines that have met its end, cycles until it is complete.
    *("live_0", "live_1", "ended_0", "ended_1", "drains_0", "drains_1"),
    # The bin in each buffer.
    *("bin_0", "bin_1"),
    # Counters.
    *("drawn_bins", "drawn_entries", "dropped_entries", "groups_tested"),
    *("works", "stalls"),
    writer=WRITER,
)


class RasterArrays(NamedTuple):
    """What the clock works on beside its registers.

    Members
    -------
    quads : QuadTables. bits : of bit_numbers.
    bins, groups, swaps, masks, ends, shown : of RasterWork. lasts : (E,) ends its list.
    addresses : (B,) of each bin's first pixel.
    setup : (latency,) ring of entries, -1 for none. queue : ring of prepared ones.
    tests : (latency + 1, 2) ring of heads, group; -1 for none.
    words : (engines, depth, 2). live : (engines, 2, slots).
    deaths : (done cycles + 1, engines) ring of quads that end, -1 for none.
    of_buffer, shown_of_buffer : (2, side^2), `ends` and `shown` of the bin in each buffer.
    line, beats : of clock_writer.
    """

    quads: QuadTables
    bits: Int64
    bins: Int64
    lasts: NDArray[np.uint8]
    groups: Int64
    swaps: NDArray[np.uint8]
    masks: Int64
    ends: Int64
    shown: NDArray[np.uint8]
    addresses: Int64
    setup: Int64
    queue: Int64
    tests: Int64
    words: Int64
    live: Int64
    deaths: Int64
    of_buffer: Int64
    shown_of_buffer: NDArray[np.uint8]
    line: Int64
    beats: Int64


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
    return bool((raster.is_open != 0) & (raster.pending != raster.entry_places))


@serial_kernel
def bin_ready(raster: Any) -> bool:
    """Whether a bin that is offered in this cycle is taken."""
    return bool((raster.is_open == 0) & (raster.bin_level != raster.bin_places))


@serial_kernel
def _start_bin(raster: Any, arrays: RasterArrays, buffer: int) -> None:
    """The next bin in a buffer: all of its quads in the picture are live."""
    quads, number = arrays.quads, raster.next_start
    arrays.live[:, buffer, :] = 0
    arrays.of_buffer[buffer] = arrays.ends[number]
    arrays.shown_of_buffer[buffer] = arrays.shown[number]
    count = 0
    for q in range(quads.side * quads.side):
        if arrays.shown[number, q]:
            count += 1
            for swap in range(2):
                arrays.live[quads.engine[q], buffer, quads.slot[swap, q]] |= 1 << quads.bit[swap, q]
    if buffer:
        raster.live_1, raster.bin_1 = count, number
    else:
        raster.live_0, raster.bin_0 = count, number


@serial_kernel
def _end_quads(raster: Any, arrays: RasterArrays) -> None:
    """Quads that LiveMap has cleared from this cycle on."""
    quads = arrays.quads
    due = arrays.deaths[raster.cycle % len(arrays.deaths)]
    for k in range(len(due)):
        if due[k] < 0:
            continue
        buffer, q = due[k] // (quads.side * quads.side), due[k] % (quads.side * quads.side)
        for swap in range(2):
            arrays.live[k, buffer, quads.slot[swap, q]] &= ~(1 << quads.bit[swap, q])
        if buffer:
            raster.live_1 -= 1
        else:
            raster.live_0 -= 1
        due[k] = -1


@serial_kernel
def clock_rasterize(
    raster: Any,
    engines: Any,
    arrays: RasterArrays,
    bin_valid: bool,
    entry_valid: bool,
    entry: int,
    beat_ready: bool,
) -> None:
    """Clocks rasterize; what it takes say bin_ready and entry_ready before.

    Parameters
    ----------
    raster : RASTER. engines : (n,) ENGINE.
    bin_valid : the next bin is offered. entry_valid : `entry` is, the next one of its list.
    beat_ready : a beat at the output, where writer.level is not 0, is taken.
    """
    cycle = raster.cycle
    _end_quads(raster, arrays)
    # What this cycle finds.
    taken = entry_valid & entry_ready(raster)
    opens = bin_valid & bin_ready(raster)
    active = raster.active ^ int(raster.state == START)
    opaque = raster.opaque_1 if active else raster.opaque_0
    is_free = (raster.taken_1 if active else raster.taken_0) == 0
    starts = (
        (raster.state == START) & (raster.bin_level != 0) & is_free & (raster.writer.was_clear == 0)
    )
    complete_0 = (raster.ended_0 == len(engines)) & (raster.drains_0 == 0)
    complete_1 = (raster.ended_1 == len(engines)) & (raster.drains_1 == 0)
    # Dispatch chooses what is tested.
    kind, tested_group, ends_entry = -1, raster.ground_group, False
    head = arrays.queue[raster.prepared_first]
    if raster.state == RUN:
        if raster.prepared != 0:
            none = arrays.groups[head, 0] < 0
            if none or opaque:
                ends_entry = True
                raster.dropped_entries += int(opaque)
            elif raster.room:
                kind = RUN
                tested_group = arrays.groups[head, 0] if raster.is_first else raster.group
                ends_entry = tested_group == arrays.groups[head, 1]
                raster.group = tested_group + 1
                raster.groups_tested += 1
    elif raster.state != START and raster.room:
        kind = raster.state
    ends_list = ends_entry and arrays.lasts[head] != 0
    # A group tested long enough ago becomes words, and engines work.
    place = cycle % len(arrays.tests)
    tested = arrays.tests[place, 0]
    ended_0 = ended_1 = 0
    is_full = False
    depth = arrays.words.shape[1]
    deaths = arrays.deaths[cycle % len(arrays.deaths)]
    for k in range(len(engines)):
        engine = engines[k]
        is_full |= engine.level > depth - raster.words_ahead
        if (
            engine.push
            | engine.level
            | engine.has_following
            | engine.has_chosen
            | engine.has_ahead
            | engine.valid
        ) or engine.mask != 0:
            met, deaths[k] = clock_engine(
                engine,
                arrays.words[k],
                arrays.live[k],
                raster.filters != 0,
                arrays.quads.quad[k],
                arrays.bits,
                arrays.of_buffer,
                arrays.shown_of_buffer,
            )
            ended_0 += int(met == 0)
            ended_1 += int(met == 1)
        engine.push = 0
        if tested >= 0:
            mask = np.int64(0)
            if tested & BACKGROUND:
                group = arrays.tests[place, 1]
                for bit in range(64):
                    mask |= np.int64(arrays.quads.quad[k, 2 * group, bit] >= 0) << bit
            elif not tested & ENDS:
                group = arrays.tests[place, 1]
                slot = 2 * group + arrays.swaps[tested >> ENTRY_SHIFT]
                mask = (
                    arrays.masks[tested >> ENTRY_SHIFT, group, k]
                    & arrays.live[k, tested >> 2 & 1, slot]
                )
            if mask != 0 or tested & ENDS:
                engine.push, engine.push_mask, engine.push_head = 1, mask, tested
    # Tests.
    arrays.tests[place, 0] = -1
    if kind == RUN:
        slot = 2 * tested_group + arrays.swaps[head]
        arrays.tests[place, 0] = head_of(head, slot, active, 0)
    elif kind == GROUND:
        arrays.tests[place, 0] = head_of(NO_ENTRY, 2 * tested_group, active, BACKGROUND)
    elif kind == END:
        arrays.tests[place, 0] = head_of(NO_ENTRY, 0, active, ENDS)
    arrays.tests[place, 1] = tested_group
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
    place = cycle % len(arrays.setup)
    done = arrays.setup[place]
    kept = False
    if done >= 0:
        kept = arrays.groups[done, 0] >= 0 or arrays.lasts[done] != 0
    if kept:
        at = (raster.prepared_first + raster.prepared) % len(arrays.queue)
        arrays.queue[at] = done
    raster.prepared += int(kept) - int(ends_entry)
    if ends_entry:
        raster.prepared_first = (raster.prepared_first + 1) % len(arrays.queue)
    raster.pending += int(taken) - int((done >= 0) and not kept) - int(ends_entry)
    arrays.setup[place] = entry if taken else -1
    raster.drawn_entries += int(taken)
    if opens:
        raster.is_open = 1
        raster.next_bin += 1
    elif taken and arrays.lasts[entry] != 0:
        raster.is_open = 0
    raster.bin_level += int(opens) - int(starts)
    # The writer.
    writer = raster.writer
    is_complete = complete_1 if writer.buffer else complete_0
    number = raster.bin_1 if writer.buffer else raster.bin_0
    sent = beat_ready & (writer.level != 0)
    released = clock_writer(
        writer,
        arrays.line,
        arrays.beats,
        sent,
        is_complete,
        arrays.addresses[number],
        arrays.bins[number, 2],
        arrays.bins[number, 3],
        raster.stride,
        cycle,
    )
    # Buffers.
    engine_count = len(engines)
    all_0, all_1 = raster.ended_0 == engine_count, raster.ended_1 == engine_count
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
    if starts:
        _start_bin(raster, arrays, active)
        raster.next_start += 1
    raster.cycle += 1
