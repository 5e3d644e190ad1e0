"""tile_bin clocked: splats into lists, their chunks to the write master."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.records import RECORD_BYTES
from golden.stages.tile_bin.constants import CHUNK_ENTRIES, PAGE_BYTES
from hw.stages.tile_bin.layouts import CHUNK_RECORDS
from sim.model.clocked import FIFO, REGISTER, clock_fifo, registers
from sim.model.stages.band_kernel import clock_bands

Int64 = NDArray[np.int64]

# What ListFiller and PageTable do.
REST, COUNT, CLEAR, FILL, READ, WAIT, LOOK, NEXT, REFUSE = range(9)
TABLE_WAIT, TABLE_READ, TABLE_TAKE, TABLE_OFFER = range(4)
CHUNK_BYTES = CHUNK_RECORDS * RECORD_BYTES
PAGE_CHUNKS = PAGE_BYTES // CHUNK_BYTES

TILE_BIN = registers(
    # Fixed: places of the encoder's queues, cycles that its splats are apart, and from one to where
    # it is dropped; bins of a row and rows, of the build, bytes of a beat.
    *("places", "apart", "drop_cycles", "across", "down", "max_bins", "beat_bytes"),
    # Encoder: is there room, may a splat be taken, cycles until the next one may begin; entries
    # under way, a place that came free; none of them; splats so far.
    *("open", "ready", "recent", "pending", "freed", "idle", "next_splat"),
    # Walker: whether it shows a band, and which; the place of its pipeline's last stage.
    *("walks", "band", "stage"),
    # Expander: the bin that it shows, how many follow, by which step; the next offer.
    *("expands", "bin", "bins_left", "bin_step", "next_offer"),
    # Filler: the three stages and their bins; the last one's fills its chunk, which that is.
    *("state", "rows", "total", "number", "finished"),
    *("valid_0", "valid_1", "valid_2", "bin_0", "bin_1", "bin_2", "fills", "fill_chunk"),
    # Store.
    *("left", "asked", "raw", "arrives", "room", "has_room", "record_gone"),
    # Chunks that left, and those of which a place was found, and that are through.
    *("chunks_in", "chunks_placed", "chunks_out"),
    # Table and writer: the page taken; the place that is shown, its records, the one that is next;
    # the part of a record that is next.
    *("table", "chosen", "place_shown", "place", "place_records", "place_half", "written", "part"),
    # Course and counters.
    *("busy", "done", "entries", "chunks", "pages"),
    spans=FIFO,
    bands=REGISTER,
    jobs=FIFO,
    records=FIFO,
)


class ListArrays(NamedTuple):
    """What the clock works on beside its registers.

    Members
    -------
    is_shown : (S,) whether a splat's rectangle has bins.
    bands : (n, 4) of the splats, as golden's list_bands has them. is_last : (n,) of its splat.
    offers : bands that the expander gets: with bins, or the last of a splat.
    line : (cycles,) ring of splats on their way, -1 for none.
    walk : (stages,) ring of bands in the walker's pipeline, -1 for none.
    length : (B,) of each list. page : (B,) the last page of it.
    pages_at : (B,) where the pages of each list begin in `pages`. pages : (P,) all of them.
    chunks : (n, 4) ring of chunks under way: bin, number in its list, records, is the last half.
    """

    is_shown: Int64
    bands: Int64
    is_last: Int64
    offers: Int64
    line: Int64
    walk: Int64
    length: Int64
    page: Int64
    pages_at: Int64
    pages: Int64
    chunks: Int64


@serial_kernel
def tile_bin_write(lists: Any) -> tuple[bool, int, bool]:
    """Whether a beat is offered, where in the list memory, bytes, and whether it ends a run."""
    if not ((lists.place_shown != 0) & (lists.records.valid != 0)):
        return False, 0, False
    is_last = lists.written == lists.place_records - 1
    address = lists.place + lists.written * RECORD_BYTES
    if lists.beat_bytes > RECORD_BYTES:
        is_second = lists.written & 1 != 0
        return bool(is_second | is_last), address - RECORD_BYTES * (lists.written & 1), is_last
    parts = RECORD_BYTES // lists.beat_bytes
    if is_last and lists.place_half != 0:
        parts = max(parts // 2, 1)
    ends = lists.part == parts - 1
    return True, address + lists.part * lists.beat_bytes, bool(is_last & ends)


@serial_kernel
def clock_tile_bin(
    lists: Any,
    arrays: ListArrays,
    start: bool,
    finish: bool,
    offered: bool,
    write_ready: bool,
    cycle: int,
) -> None:
    """TileBin.

    Parameters
    ----------
    lists : TILE_BIN. start : the frame begins. finish : all splats of it were taken.
    offered : a splat is; taken where `ready`. write_ready : a beat would be taken.
    """
    bins = lists.across * lists.down
    # The writer takes a record where it knows its place and what it becomes is taken.
    valid = tile_bin_write(lists)[0]
    shown = (lists.place_shown != 0) & (lists.records.valid != 0)
    is_last = shown & (lists.written == lists.place_records - 1)
    sent = valid & write_ready
    if lists.beat_bytes > RECORD_BYTES:
        moves = shown & ((not valid) | write_ready)
    else:
        parts = RECORD_BYTES // lists.beat_bytes
        if is_last and lists.place_half != 0:
            parts = max(parts // 2, 1)
        moves = sent & (lists.part == parts - 1)
        if sent:
            lists.part = 0 if moves else lists.part + 1
    through = moves & is_last
    # The store and the filler.
    store_ready = (lists.has_room != 0) & (lists.left == 0)
    full = (lists.valid_2 != 0) & (lists.fills != 0)
    move = (not full) | store_ready
    takes = (lists.state == FILL) & move
    expands = lists.expands != 0
    taken = expands & takes
    steps = takes | (lists.state == REFUSE)
    slots = 0
    if lists.state == LOOK:
        slots = arrays.length[lists.number] % CHUNK_ENTRIES
    flushes = (slots != 0) & store_ready
    leaves = (full & store_ready) | flushes
    job_records = (slots + 1) // 2 if flushes else CHUNK_RECORDS
    still = (lists.valid_0 | lists.valid_1 | lists.valid_2 | lists.expands) == 0
    last = finish & (lists.idle != 0)
    under_way = lists.chunks_in - lists.chunks_out
    quiet = (lists.busy != 0) & (lists.finished != 0) & (under_way == 0) & (not leaves)
    # The encoder.
    splat_taken = offered & (lists.ready != 0)
    begun = splat_taken
    if lists.apart > 1:
        begun = offered & (lists.open != 0) & (lists.recent == 0)
    place = cycle % len(arrays.line)
    arrived = arrays.line[place]
    known = arrays.line[(cycle - lists.drop_cycles) % len(arrays.line)]
    some = none = False
    if arrived >= 0:
        some = arrays.is_shown[arrived] != 0
    if known >= 0:
        none = arrays.is_shown[known] == 0
    arrays.line[place] = lists.next_splat if begun else -1
    # Clock: table.
    job_taken = (lists.table == TABLE_WAIT) & (lists.jobs.valid != 0)
    offers = (lists.table == TABLE_OFFER) & ((lists.place_shown == 0) | through)
    if through:
        lists.place_shown = 0
        lists.chunks_out += 1
        lists.chunks += 1
    if lists.table == TABLE_WAIT:
        if job_taken:
            lists.table = TABLE_READ
    elif lists.table == TABLE_READ:
        lists.table = TABLE_TAKE
    elif lists.table == TABLE_TAKE:
        chunk = arrays.chunks[lists.chunks_placed % len(arrays.chunks)]
        number = chunk[0]
        if chunk[1] % PAGE_CHUNKS == 0:
            page = lists.pages
            lists.pages += 1
            arrays.pages[arrays.pages_at[number] + chunk[1] // PAGE_CHUNKS] = page
            arrays.page[number] = page
        lists.chosen = arrays.page[number]
        lists.table = TABLE_OFFER
    elif offers:
        chunk = arrays.chunks[lists.chunks_placed % len(arrays.chunks)]
        lists.place_shown = 1
        lists.place = lists.chosen * PAGE_BYTES + chunk[1] % PAGE_CHUNKS * CHUNK_BYTES
        lists.place_records, lists.place_half = chunk[2], chunk[3]
        lists.chunks_placed += 1
        lists.table = TABLE_WAIT
    if moves:
        lists.written = 0 if is_last else lists.written + 1
    # Store.
    clock_fifo(lists.jobs, leaves, job_taken)
    clock_fifo(lists.records, lists.arrives != 0, moves)
    after = lists.room - (job_records if leaves else 0) + lists.record_gone
    lists.has_room = int(after >= CHUNK_RECORDS)
    lists.room = after
    lists.record_gone = int(moves)
    lists.arrives, lists.raw = lists.raw, lists.asked
    lists.asked = int(leaves | (lists.left != 0))
    if leaves:
        chunk = arrays.chunks[lists.chunks_in % len(arrays.chunks)]
        number = lists.number if flushes else lists.bin_2
        chunk[0] = number
        chunk[1] = arrays.length[number] // CHUNK_ENTRIES if flushes else lists.fill_chunk
        chunk[2], chunk[3] = job_records, int(flushes) * (slots & 1)
        lists.chunks_in += 1
        lists.left = job_records - 1
    elif lists.left != 0:
        lists.left -= 1
    # Filler.
    if move:
        lists.fills = 0
        if lists.valid_1:
            number = lists.bin_1
            arrays.length[number] += 1
            lists.fills = int(arrays.length[number] % CHUNK_ENTRIES == 0)
            lists.fill_chunk = (arrays.length[number] - 1) // CHUNK_ENTRIES
        lists.valid_2, lists.bin_2 = lists.valid_1, lists.bin_1
        lists.valid_1, lists.bin_1 = lists.valid_0, lists.bin_0
        lists.valid_0 = int(taken)
        if taken:
            lists.bin_0 = lists.bin
            lists.entries += 1
    if lists.state == REST:
        if start:
            lists.state, lists.finished = COUNT, 0
    elif lists.state == COUNT:
        counted = lists.rows == lists.down
        if (lists.total > lists.max_bins) | (counted & (lists.total == 0)):
            lists.state = REFUSE
        elif counted:
            lists.state = CLEAR
        else:
            lists.total += lists.across
            lists.rows += 1
    elif lists.state == CLEAR:
        lists.number += 1
        if lists.number == bins:
            lists.state = FILL
    elif lists.state == FILL:
        if last & still:
            lists.number, lists.state = 0, READ
    elif lists.state == READ:
        lists.state = WAIT
    elif lists.state == WAIT:
        lists.state = LOOK
    elif lists.state == LOOK:
        if slots == 0 or store_ready:
            lists.number += 1
            lists.state = NEXT
    elif lists.state == REFUSE:
        if last:
            lists.finished, lists.state = 1, REST
    elif lists.number == bins:
        lists.finished, lists.state = 1, REST
    else:
        lists.state = READ
    # Expander, walker, encoder.
    ends = clock_bands(lists, arrays, steps, some)
    lists.open = int(lists.pending < lists.places - 1)
    lists.recent = lists.apart - 1 if begun else max(lists.recent - 1, 0)
    lists.ready = int(lists.recent == 1) if lists.apart > 1 else lists.open
    lists.pending += int(begun) - int(none) - lists.freed
    lists.idle = int(lists.pending == 0)
    lists.freed = int(ends)
    lists.next_splat += int(splat_taken)
    # The end.
    if start:
        lists.busy, lists.done = 1, 0
    elif quiet:
        lists.busy, lists.done = 0, 1
