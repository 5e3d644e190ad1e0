"""A DRAM behind a bus, clocked: what the compiled accelerator and the cycle model both stand on.

The controller takes every address at once. Beats go to their channels in the order of the bursts,
a beat a cycle of each direction, where the channel has room: it holds `window` bursts of either
direction. Channels choose as sim.model.dram_channel says. Data read leaves in the order of
the bursts, a beat a cycle. A burst written is answered once all of it waits in the channels, as
controllers do that keep the order of an address. What lies between the bus and the DRAM takes
`path_cycles`, all of it on the way back.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import c_function, record_array, serial_kernel
from golden.params import Parameters
from sim.model.clocked import registers, table
from sim.model.dram_channel import (
    CHANNEL,
    NONE,
    TIMING,
    hold_burst,
    reset_channel,
    take_burst,
    timing_of,
)
from sim.model.memory import DramBehind

MOST_CHANNELS = 64
MOST_BURSTS = 256  # under way on the bus, a power of two
MOST_BEATS = 1 << 14  # of them, a power of two
# What the port does in the next cycle: it has a beat, takes a beat, has an answer.
HAS_BEAT, TAKES_BEAT, HAS_ANSWER = 1, 2, 4

DRAM = registers(
    # Fixed: channels; bursts of a block, blocks go to one channel after another; blocks of a
    # channel in a row of a bank, the next ones lie in the next bank; bytes of a burst and of a
    # beat; a clock cycle; cycles of the path.
    *("channels", "block_bursts", "row_blocks", "burst_bytes", "beat_bytes", "period_ps"),
    # Cycles since the first address was taken: with it time begins, and refreshes are due.
    *("path_cycles", "is_begun", "cycle"),
    # Bursts to be read: the rings' ends, beats of the first one that are in the channels; beats.
    *("read_in", "read_out", "read_beat", "beat_in", "beat_out"),
    # Bursts to be written; their answers.
    *("write_in", "write_out", "write_beat", "answer_in", "answer_out"),
    timing=TIMING,
    # Of each channel, bursts held of either direction.
    reads_held=table(np.int64, MOST_CHANNELS),
    writes_held=table(np.int64, MOST_CHANNELS),
    # Address and beats; of a beat, bursts that it waits for, and its cycle; an answer's cycle.
    reads=table(np.int64, MOST_BURSTS, 2),
    writes=table(np.int64, MOST_BURSTS, 2),
    beat_waits=table(np.int64, MOST_BEATS),
    beat_cycle=table(np.int64, MOST_BEATS),
    answers=table(np.int64, MOST_BURSTS),
    channel=np.dtype((CHANNEL, (MOST_CHANNELS,))),
)


@serial_kernel
def reset_dram(dram: Any) -> None:
    """Nothing under way, every bank closed."""
    for n in range(dram.channels):
        reset_channel(dram.channel[n], dram.timing)


@serial_kernel
def channel_and_page(dram: Any, burst: int) -> tuple[int, int]:
    """Where a burst lies: its channel, and row x banks + bank there."""
    block = burst // dram.block_bursts
    here = block // dram.channels
    return block - here * dram.channels, here // dram.row_blocks


@serial_kernel
def _bursts_of(dram: Any, address: int, left: int) -> tuple[int, int]:
    """Bursts that a beat needs beside those that the beats before it brought, and the first beat
    behind those that they bring too; `left` : beats of its burst on the bus, this one included."""
    if dram.beat_bytes >= dram.burst_bytes:
        return dram.beat_bytes // dram.burst_bytes, 1
    beats = (dram.burst_bytes - address % dram.burst_bytes) // dram.beat_bytes
    return 1, min(beats, left)


@serial_kernel
def _feed_read(dram: Any) -> None:
    """The next beats to be read go to their channel, where it has room."""
    place = dram.read_out & (MOST_BURSTS - 1)
    address = dram.reads[place, 0] + dram.read_beat * dram.beat_bytes
    left = dram.reads[place, 1] - dram.read_beat
    bursts, beats = _bursts_of(dram, address, left)
    number, page = channel_and_page(dram, address // dram.burst_bytes)
    if dram.reads_held[number] + bursts > dram.timing.window:
        return
    channel, now_ps = dram.channel[number], dram.cycle * dram.period_ps
    for _ in range(bursts):
        hold_burst(channel, dram.timing, page, 0, now_ps, dram.beat_in, beats)
    dram.reads_held[number] += bursts
    for n in range(beats):
        place = (dram.beat_in + n) & (MOST_BEATS - 1)
        dram.beat_waits[place], dram.beat_cycle[place] = bursts, 0
    dram.beat_in += beats
    dram.read_beat += beats
    if beats == left:
        dram.read_out += 1
        dram.read_beat = 0


@serial_kernel
def _take_write(dram: Any) -> None:
    """A beat that is written is taken; it goes to its channel when its burst there is whole."""
    place = dram.write_out & (MOST_BURSTS - 1)
    address = dram.writes[place, 0] + dram.write_beat * dram.beat_bytes
    left = dram.writes[place, 1] - dram.write_beat
    bursts, beats = _bursts_of(dram, address, left)
    if beats == 1:
        number, page = channel_and_page(dram, address // dram.burst_bytes)
        channel, now_ps = dram.channel[number], dram.cycle * dram.period_ps
        for _ in range(bursts):
            hold_burst(channel, dram.timing, page, 1, now_ps, NONE, beats)
        dram.writes_held[number] += bursts
    dram.write_beat += 1
    if left == 1:
        dram.write_out += 1
        dram.write_beat = 0
        dram.answers[dram.answer_in & (MOST_BURSTS - 1)] = dram.cycle + dram.path_cycles
        dram.answer_in += 1


@serial_kernel
def _has_room(dram: Any) -> bool:
    """Whether the next beat written would be taken."""
    if dram.write_out == dram.write_in:
        return False
    place = dram.write_out & (MOST_BURSTS - 1)
    address = dram.writes[place, 0] + dram.write_beat * dram.beat_bytes
    bursts = _bursts_of(dram, address, dram.writes[place, 1] - dram.write_beat)[0]
    number = channel_and_page(dram, address // dram.burst_bytes)[0]
    return bool(dram.writes_held[number] + bursts <= dram.timing.window)


@serial_kernel
def _move_data(dram: Any, number: int, now_ps: int) -> None:
    """A channel moves what it has to in this cycle."""
    channel, timing = dram.channel[number], dram.timing
    while channel.held != 0 and channel.next_ps <= now_ps:
        burst = channel.places[take_burst(channel, timing, now_ps)]
        if burst.write:
            dram.writes_held[number] -= 1
            continue
        dram.reads_held[number] -= 1
        cycle = -(-channel.data_end_ps // dram.period_ps) + dram.path_cycles
        for n in range(burst.beats):
            place = (burst.beat + n) & (MOST_BEATS - 1)
            dram.beat_waits[place] -= 1
            dram.beat_cycle[place] = max(dram.beat_cycle[place], cycle)


@serial_kernel
def clock_dram(
    dram: Any,
    read_address: int,
    read_beats: int,
    write_address: int,
    write_beats: int,
    moved: int,
) -> int:
    """A cycle of the bus, and what the port does in the next one: of HAS_BEAT to HAS_ANSWER.

    Parameters
    ----------
    dram : DRAM.
    read_address, read_beats : of a burst whose address is taken; 0 beats for none.
    write_address, write_beats : the same of a burst written.
    moved : of what the port said that it would do in this cycle, what it did.
    """
    if not dram.is_begun:
        if read_beats + write_beats == 0:
            return 0
        dram.is_begun = 1
    dram.beat_out += int(moved & HAS_BEAT != 0)
    dram.answer_out += int(moved & HAS_ANSWER != 0)
    if moved & TAKES_BEAT:
        _take_write(dram)
    if write_beats:
        place = dram.write_in & (MOST_BURSTS - 1)
        dram.writes[place, 0], dram.writes[place, 1] = write_address, write_beats
        dram.write_in += 1
    if read_beats:
        place = dram.read_in & (MOST_BURSTS - 1)
        dram.reads[place, 0], dram.reads[place, 1] = read_address, read_beats
        dram.read_in += 1
    if dram.read_in != dram.read_out:
        _feed_read(dram)
    now_ps = dram.cycle * dram.period_ps
    for number in range(dram.channels):
        if dram.reads_held[number] + dram.writes_held[number] != 0:
            _move_data(dram, number, now_ps)
    dram.cycle += 1
    says = 0
    if dram.beat_out != dram.beat_in:
        place = dram.beat_out & (MOST_BEATS - 1)
        if dram.beat_waits[place] == 0 and dram.beat_cycle[place] <= dram.cycle:
            says |= HAS_BEAT
    if _has_room(dram):
        says |= TAKES_BEAT
    answer_cycle = dram.answers[dram.answer_out & (MOST_BURSTS - 1)]
    if dram.answer_out != dram.answer_in and answer_cycle <= dram.cycle:
        says |= HAS_ANSWER
    return says


def idle_dram(behind: DramBehind, params: Parameters) -> NDArray[np.void]:
    """(1,) DRAM out of reset, behind the bus of a build."""
    config, block = behind.config, np.zeros(1, DRAM)
    fixed = {
        "channels": config.channels,
        "block_bursts": config.interleave_bytes // config.burst_bytes,
        "row_blocks": config.row_bytes // config.interleave_bytes,
        "burst_bytes": config.burst_bytes,
        "beat_bytes": params.data_bits // 8,
        "period_ps": round(1e6 / behind.clock_mhz),
        "path_cycles": math.ceil(behind.path_ns * behind.clock_mhz / 1e3),
    }
    for name, value in fixed.items():
        block[name] = value
    block["timing"] = timing_of(config, behind.window)
    reset_dram(block[0])
    return block


@cache
def clock_of_c() -> Any:
    """clock_dram as C calls it: with the address of its DRAM, and numbers of 64 bits."""
    return c_function(_clock_at, DRAM, 5)


def _clock_at(
    pointer: Any,
    read_address: int,
    read_beats: int,
    write_address: int,
    write_beats: int,
    moved: int,
) -> int:
    dram = record_array(pointer, 1)[0]
    return int(clock_dram(dram, read_address, read_beats, write_address, write_beats, moved))
