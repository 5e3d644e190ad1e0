"""The merger of depth_sort cycle by cycle, compiled: queues are counts, items lie in rings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import registers, table

Int64 = NDArray[np.int64]

# An item: key, index, buffer, last of its run, lone.
LONE, LAST, BUFFER, INDEX_SHIFT, KEY_SHIFT = 1, 2, 4, 3, 20
INDEX_MASK = (1 << (KEY_SHIFT - INDEX_SHIFT)) - 1
# Of a queue: entries in its memory, at its output, at the output of the register behind the head,
# held in that; at the head; where its ring is read and written; of a paced pair: at the head in the
# cycle before, too.
INNER, SHOWN, NEXT, BEHIND, HEAD, OUT_PLACE, IN_PLACE, STOOD = range(8)
OUT_RING = 4
SPARE_PLACES = 16  # of a queue's ring, beyond its memory's

MERGE_STAGE = registers(
    # Fixed: its order and lane; its rings; entries of a queue's memory, places of a queue's ring
    # less 1, all bits set.
    *("order", "lane", "ring", "depth", "ring_mask"),
    # Its output shows an item, one waits behind; even and odd run done; where the ring of outputs
    # is read and written.
    *("shows", "waits", "even_done", "odd_done", "taken", "given"),
    # The cycle before changed nothing, and whether an item came in it (of a pair: a bit a stream).
    *("still", "came"),
    queues=table(np.int64, 2, 8),
    outs=table(np.int64, OUT_RING),
)


@serial_kernel
def idle_merger(depths: Int64, lanes: int) -> NDArray[np.void]:
    """(stages,) MERGE_STAGE out of reset: of two lanes the stages of both chains, then the pair.

    Parameters
    ----------
    depths : (chain,) of the queues of each stage of a chain; of two lanes (chain + 1,), the pair's
        last.
    """
    chain = len(depths) - lanes + 1
    merger = np.zeros(lanes * chain + lanes - 1, MERGE_STAGE)
    for n in range(len(merger)):
        stage, depth = merger[n], depths[n % chain if n < lanes * chain else chain]
        places = 1
        while places < depth + SPARE_PLACES:
            places *= 2
        stage.order, stage.lane, stage.ring = n % chain + lanes - 1, n // chain, n
        stage.depth, stage.ring_mask = depth, places - 1
    return merger


@serial_kernel
def has_room(stage: Any, odd: int) -> bool:
    """Whether the queue of even or of odd runs takes an item."""
    return bool(stage.queues[odd, INNER] != stage.depth)


@serial_kernel
def stage_item(stage: Any) -> int:
    """The item at a stage's output."""
    return int(stage.outs[stage.taken % OUT_RING])


@serial_kernel
def stage_is_still(stage: Any, comes: bool, out_taken: bool) -> bool:
    """Whether a cycle changes nothing, as the one before; an item that is not taken stays."""
    return bool((stage.still != 0) & (not out_taken) & (int(comes) == stage.came))


@serial_kernel
def clock_stage(
    stage: Any, rings: Int64, count: int, comes: bool, item: int, out_taken: bool, paced: bool
) -> bool:
    """A MergeStage, one cycle; whether it takes the item that comes.

    Parameters
    ----------
    stage : MERGE_STAGE. rings : (stages, 2, n) items of all queues, even and odd.
    count : items of the batch that the item belongs to. paced : its pair is a PacedPair.
    """
    index = item >> INDEX_SHIFT & INDEX_MASK
    odd = index >> stage.order & 1
    taken = comes and has_room(stage, odd)
    lone = ((index >> stage.order | 1) << stage.order | stage.lane) >= count
    waiting = item | (LONE if lone else 0)
    even_comes, odd_comes = taken and odd == 0, taken and odd == 1
    if paced:
        clock_paced_pair(stage, rings, even_comes, odd_comes, waiting, out_taken)
    else:
        clock_pair(stage, rings, even_comes, waiting, odd_comes, waiting, out_taken, False)
    stage.came = int(comes)
    return taken


@serial_kernel
def leaving_head(
    stage: Any, rings: Int64, even_there: bool, odd_there: bool, by_arrival: bool
) -> int:
    """RunPair's choice: the stream whose head leaves in this cycle, 0 even, 1 odd, -1 neither.

    The head is given to the outputs.

    Parameters
    ----------
    stage, rings : of clock_stage. even_there, odd_there : that head may leave.
    """
    ring, mask = stage.ring, stage.ring_mask
    a = rings[ring, 0, stage.queues[0, OUT_PLACE] & mask]
    b = rings[ring, 1, stage.queues[1, OUT_PLACE] & mask]
    alone = stage.odd_done == 1 or (a & LONE) != 0
    # The key, and below it the index.
    first = a >> KEY_SHIFT <= b >> KEY_SHIFT
    if by_arrival:
        first = a >> INDEX_SHIFT < b >> INDEX_SHIFT
    even_done = stage.even_done == 1
    takes_even = even_there and not even_done and (alone or (odd_there and first))
    takes_odd = odd_there and (even_done or (even_there and not alone and not first))
    if not (takes_even or takes_odd):
        return -1
    merged = b if takes_odd else a
    was_last = (merged & LAST) != 0
    ends = was_last and (even_done if takes_odd else alone)
    stage.even_done = int(not ends and (even_done or (takes_even and was_last)))
    stage.odd_done = int(not ends and (stage.odd_done == 1 or (takes_odd and was_last)))
    stage.outs[stage.given % OUT_RING] = (merged & ~(LAST | LONE)) | (LAST if ends else 0)
    stage.given += 1
    return int(takes_odd)


@serial_kernel
def clock_run_queue(
    stage: Any, rings: Int64, n: int, comes: bool, item: int, reads: bool, gone: bool
) -> bool:
    """The queue of a stream, one cycle; whether what it shows has changed.

    Parameters
    ----------
    n : 0 of the even runs, 1 of the odd ones. comes : `item` is written.
    reads : what it shows is taken from it. gone : the head leaves.
    """
    inner = stage.queues[n, INNER]
    refill = inner > 0 and (reads or stage.queues[n, SHOWN] == 0)
    stage.queues[n, INNER] = inner + int(comes) - int(refill)
    if refill:
        stage.queues[n, SHOWN] = 1
    elif reads:
        stage.queues[n, SHOWN] = 0
    if comes:
        rings[stage.ring, n, stage.queues[n, IN_PLACE] & stage.ring_mask] = item
        stage.queues[n, IN_PLACE] += 1
    stage.queues[n, OUT_PLACE] += int(gone)
    return bool(refill | reads)


@serial_kernel
def clock_pair(
    stage: Any,
    rings: Int64,
    even_comes: bool,
    even: int,
    odd_comes: bool,
    odd: int,
    out_taken: bool,
    by_arrival: bool,
) -> None:
    """A MergePair, one cycle.

    Parameters
    ----------
    stage : MERGE_STAGE; its `came` is for the caller to say. rings : of clock_stage.
    even_comes, odd_comes : an item is written to that queue. even, odd : it, and LONE.
    """
    free = stage.waits == 0
    even_there, odd_there = stage.queues[0, HEAD] == 1, stage.queues[1, HEAD] == 1
    leaves = leaving_head(stage, rings, even_there and free, odd_there and free, by_arrival)
    moves = leaves >= 0
    changes = even_comes | odd_comes | out_taken | moves
    # The output's register.
    stage.taken += int(out_taken)
    free = out_taken or stage.shows == 0
    some = stage.waits == 1 or moves
    stage.waits = int(some and not free)
    if free:
        stage.shows = int(some)
    # The queues and their heads.
    for n in range(2):
        shown, follows, behind = (
            stage.queues[n, SHOWN],
            stage.queues[n, NEXT],
            stage.queues[n, BEHIND],
        )
        head_free = leaves == n or stage.queues[n, HEAD] == 0
        if head_free:
            stage.queues[n, HEAD] = follows
        into_next = shown == 1 and behind == 0
        next_free = head_free or follows == 0
        some_next = behind == 1 or into_next
        stage.queues[n, BEHIND] = int(some_next and not next_free)
        if next_free:
            stage.queues[n, NEXT] = int(some_next)
        changes |= head_free & (follows == 1)
        changes |= behind != stage.queues[n, BEHIND]
        comes, item = odd_comes if n == 1 else even_comes, odd if n == 1 else even
        changes |= clock_run_queue(stage, rings, n, comes, item, into_next, leaves == n)
    stage.still = int(not changes)


@serial_kernel
def clock_paced_pair(
    stage: Any, rings: Int64, even_comes: bool, odd_comes: bool, item: int, out_taken: bool
) -> None:
    """A PacedPair, one cycle.

    Parameters
    ----------
    stage : MERGE_STAGE; its `came` is for the caller to say. rings : of clock_stage.
    even_comes, odd_comes : an item is written to that queue. item : it, and LONE.
    """
    free = stage.shows == 0
    even_there, odd_there = stage.queues[0, STOOD] == 1, stage.queues[1, STOOD] == 1
    leaves = leaving_head(stage, rings, even_there and free, odd_there and free, False)
    moves = leaves >= 0
    changes = even_comes | odd_comes | out_taken | moves
    stage.taken += int(out_taken)
    if out_taken:
        stage.shows = 0
    if moves:
        stage.shows = 1
    for n in range(2):
        shown, head, gone = stage.queues[n, SHOWN], stage.queues[n, HEAD], leaves == n
        stood = int(head == 1 and not gone)
        changes |= stood != stage.queues[n, STOOD]
        stage.queues[n, STOOD] = stood
        head_free = gone or head == 0
        if head_free:
            stage.queues[n, HEAD] = shown
        comes = odd_comes if n == 1 else even_comes
        changes |= clock_run_queue(stage, rings, n, comes, item, head_free and shown == 1, gone)
    stage.still = int(not changes)


@serial_kernel
def clock_chain(
    sort: Any, chain: NDArray[np.void], rings: Int64, lane: int, goes: bool, out_taken: bool
) -> None:
    """The stages of a lane of the merger, one cycle, from the last to the first.

    Parameters
    ----------
    sort : DEPTH_SORT. chain : (stages,) MERGE_STAGE. rings : of SortArrays.
    lane : of the loader, whose entry goes in. out_taken : what the last stage shows is taken.
    """
    for n in range(len(chain) - 1, -1, -1):
        if n > 0:
            comes, value = chain[n - 1].shows == 1, stage_item(chain[n - 1])
        else:
            comes = goes
            key, index = sort.picked[lane], 2 * sort.places[lane] + lane
            value = key << KEY_SHIFT | index << INDEX_SHIFT | sort.buffer << 2 | LAST
        if stage_is_still(chain[n], comes, out_taken):
            out_taken = False
            continue
        in_batch = sort.counts[(value & BUFFER) >> 2]
        paced = sort.merge_lanes == 1
        out_taken = clock_stage(chain[n], rings, in_batch, comes, value, out_taken, paced)


@serial_kernel
def clock_merger(
    sort: Any, merger: NDArray[np.void], rings: Int64, goes_even: bool, goes_odd: bool, takes: bool
) -> None:
    """Merger, one cycle, from the pair to the first stages.

    Parameters
    ----------
    sort : DEPTH_SORT. merger, rings : of SortArrays. goes_even, goes_odd : an entry goes in, of
        each lane. takes : the item that it shows is taken.
    """
    if sort.merge_lanes == 1:
        clock_chain(sort, merger, rings, int(goes_odd), goes_even or goes_odd, takes)
        return
    chain = len(merger) // 2
    pair, even, odd = merger[2 * chain], merger[chain - 1], merger[2 * chain - 1]
    even_shows, odd_shows = even.shows == 1, odd.shows == 1
    even_taken = even_shows and has_room(pair, 0)
    odd_taken = odd_shows and has_room(pair, 1)
    come = int(even_shows) + 2 * int(odd_shows)
    if (pair.still == 0) | takes | (come != pair.came):
        value = stage_item(even)
        lone = sort.counts[(value & BUFFER) >> 2] == 1
        value |= LONE if lone else 0
        clock_pair(pair, rings, even_taken, value, odd_taken, stage_item(odd), takes, True)
        pair.came = come
    clock_chain(sort, merger[:chain], rings, 0, goes_even, even_taken)
    clock_chain(sort, merger[chain : 2 * chain], rings, 1, goes_odd, odd_taken)
