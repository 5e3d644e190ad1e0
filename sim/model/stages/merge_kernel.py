"""The merger of depth_sort cycle by cycle, compiled: queues are counts, items lie in rings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel

Int64 = NDArray[np.int64]

# An item: key, index, buffer, last of its run, lone. A ring of a queue holds N + 16.
LONE, LAST, BUFFER, INDEX_SHIFT, KEY_SHIFT = 1, 2, 4, 3, 20
INDEX_MASK = (1 << (KEY_SHIFT - INDEX_SHIFT)) - 1
# Of a queue: entries in its memory, at its output, at its head's output, behind that; where its
# ring is read and written.
INNER, SHOWN, HEAD, BEHIND, OUT_PLACE, IN_PLACE = range(6)
# Of a stage: its output shows an item, one waits behind; even and odd run done; where the ring of
# outputs is read and written.
OUT, OUT_WAITS, EVEN_DONE, ODD_DONE, TAKEN, GIVEN = range(6)
OUT_RING = 4


@serial_kernel
def clock_stage(
    order: int,
    depth: int,
    queues: Int64,
    rings: Int64,
    stage: Int64,
    outs: Int64,
    counts: Int64,
    comes: bool,
    item: int,
    out_taken: bool,
) -> bool:
    """A MergeStage, one cycle; whether it takes the item that comes.

    Parameters
    ----------
    depth : entries of a queue's memory.
    queues : (2, 6), even and odd. rings : (2, n) their items. stage : (6,).
    outs : (OUT_RING,) items at the output. counts : (2,) items of the batch in each buffer.
    """
    size = rings.shape[1]
    index = item >> INDEX_SHIFT & INDEX_MASK
    odd = index >> order & 1
    taken = comes and queues[odd, INNER] != depth
    # What is merged.
    even_there, odd_there = queues[0, HEAD] == 1, queues[1, HEAD] == 1
    a, b = rings[0, queues[0, OUT_PLACE] % size], rings[1, queues[1, OUT_PLACE] % size]
    alone = stage[ODD_DONE] == 1 or (a & LONE) != 0
    first = a >> KEY_SHIFT <= b >> KEY_SHIFT
    even_done = stage[EVEN_DONE] == 1
    takes_even = even_there and not even_done and (alone or (odd_there and first))
    takes_odd = odd_there and (even_done or (even_there and not alone and not first))
    moves = (takes_even or takes_odd) and stage[OUT_WAITS] == 0
    if moves:
        merged = b if takes_odd else a
        was_last = (merged & LAST) != 0
        ends = was_last and (even_done if takes_odd else alone)
        stage[EVEN_DONE] = int(not ends and (even_done or (takes_even and was_last)))
        stage[ODD_DONE] = int(not ends and (stage[ODD_DONE] == 1 or (takes_odd and was_last)))
        outs[stage[GIVEN] % OUT_RING] = (merged & ~(LAST | LONE)) | (LAST if ends else 0)
        stage[GIVEN] += 1
    # The output's register.
    stage[TAKEN] += int(out_taken)
    free = out_taken or stage[OUT] == 0
    some = stage[OUT_WAITS] == 1 or moves
    stage[OUT_WAITS] = int(some and not free)
    if free:
        stage[OUT] = int(some)
    # The queues and their heads.
    for n in range(2):
        q = queues[n]
        gone = moves and (takes_odd == (n == 1))
        q[OUT_PLACE] += int(gone)
        into_head = q[SHOWN] == 1 and q[BEHIND] == 0
        head_free = gone or q[HEAD] == 0
        some_head = q[BEHIND] == 1 or into_head
        q[BEHIND] = int(some_head and not head_free)
        if head_free:
            q[HEAD] = int(some_head)
        write = taken and odd == n
        refill = q[INNER] > 0 and (into_head or q[SHOWN] == 0)
        q[INNER] += int(write) - int(refill)
        if refill:
            q[SHOWN] = 1
        elif into_head:
            q[SHOWN] = 0
        if write:
            lone = (index >> order | 1) << order >= counts[(item & BUFFER) >> 2]
            rings[n, q[IN_PLACE] % size] = item | (LONE if lone else 0)
            q[IN_PLACE] += 1
    return taken
