"""A channel of a DRAM, compiled: open page, rows, banks, refresh; times are whole picoseconds.

A channel holds up to `window` bursts of either direction and takes, of these, the oldest that hits
an open row in the direction of the data bus; without one, of that direction the one whose bank can
be opened first; without one, the same of the other direction. One that was passed over 4 x window
times goes first. A burst's row may be opened as soon as the burst is held and its bank is free,
while others move data.

    activate >= burst held, precharge + tRP, activate of another bank + tRRD, fourth last + tFAW
    precharge >= activate + tRAS, read + tRTP, end of written data + tWR
    data >= activate + tRCD + latency, data before + tCCD (+ turn-around)

Every tREFI all banks are closed, and open again tRFC after the last of them is precharged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from sim.model.clocked import registers, table
from sim.model.dram_config import DramConfig

MOST_BANKS, MOST_GROUPS, MOST_WINDOW = 64, 8, 256
LONG_AGO = -(1 << 40)
NONE = -1

# A burst that is held: where it goes, the bursts that were taken before it though they came later,
# when it came; the first beat that it brings, and how many.
HELD = registers("bank", "row", "write", "passed", "came_ps", "beat", "beats")

CHANNEL = registers(
    # Bursts held, and when the next one may be chosen: with the command of the one before.
    *("held", "next_ps"),
    # Direction and end of the data before; the last activate and how many; the next refresh.
    *("writes", "data_end_ps", "last_activate_ps", "activates", "refresh_ps"),
    # What it did; bursts written are of its bursts.
    *("bursts", "hits", "misses", "refreshes", "turns", "written"),
    # Of each bank: its row, NONE for none; activated; may be precharged; is closed for good.
    open_row=table(np.int64, MOST_BANKS),
    activated_ps=table(np.int64, MOST_BANKS),
    precharge_ps=table(np.int64, MOST_BANKS),
    closed_ps=table(np.int64, MOST_BANKS),
    group_data_ps=table(np.int64, MOST_GROUPS),
    activate_ps=table(np.int64, 4),
    # Places of the bursts held, the oldest first, then the free ones.
    order=table(np.int16, 2 * MOST_WINDOW),
    places=np.dtype((HELD, (2 * MOST_WINDOW,))),
)

# Of sim.model.dram_config.DramConfig, ps.
TIMES = tuple(
    f"{name}_ps"
    for name in (
        *("burst", "ccd_long", "rcd", "rp", "ras", "rrd", "faw", "rtp", "wr", "refi", "rfc"),
        *("read_latency", "write_latency", "read_to_write", "write_to_read"),
    )
)
TIMING = registers("banks", "bank_groups", "window", *TIMES)


def timing_of(config: DramConfig, window: int) -> NDArray[np.void]:
    """(1,) TIMING of a memory whose channels choose among that many bursts of either direction."""
    block = np.zeros(1, TIMING)
    block["banks"], block["bank_groups"], block["window"] = (
        config.banks,
        config.bank_groups,
        window,
    )
    for name in TIMES:
        block[name] = round(1e3 * getattr(config, name.removesuffix("_ps") + "_ns"))
    return block


@serial_kernel
def reset_channel(channel: Any, timing: Any) -> None:
    """Nothing held, every bank closed."""
    channel.data_end_ps = channel.last_activate_ps = LONG_AGO
    channel.refresh_ps = timing.refi_ps
    for n in range(MOST_BANKS):
        channel.open_row[n] = NONE
        channel.activated_ps[n] = channel.precharge_ps[n] = channel.closed_ps[n] = LONG_AGO
    for n in range(MOST_GROUPS):
        channel.group_data_ps[n] = LONG_AGO
    for n in range(4):
        channel.activate_ps[n] = LONG_AGO
    for n in range(2 * MOST_WINDOW):
        channel.order[n] = n


@serial_kernel
def hold_burst(
    channel: Any, timing: Any, page: int, write: int, now_ps: int, beat: int, beats: int
) -> None:
    """A burst comes; there is a place for it. `page`: row x banks + bank."""
    place = channel.order[channel.held]
    burst = channel.places[place]
    burst.row = page // timing.banks
    burst.bank = page - burst.row * timing.banks
    burst.write, burst.passed, burst.came_ps = write, 0, now_ps
    burst.beat, burst.beats = beat, beats
    channel.held += 1


@serial_kernel
def _bank_ready_ps(channel: Any, timing: Any, burst: Any) -> int:
    """When the bank of a burst may be activated for it, by what the bank itself asks for."""
    if channel.open_row[burst.bank] == NONE:
        return int(max(burst.came_ps, channel.closed_ps[burst.bank]))
    return int(max(burst.came_ps, channel.precharge_ps[burst.bank]) + timing.rp_ps)


@serial_kernel
def _best(channel: Any, timing: Any, write: int) -> int:
    """Number, of those held, of the burst of a direction that goes next; NONE for none."""
    best, best_ps = int(NONE), 0
    for n in range(channel.held):
        burst = channel.places[channel.order[n]]
        if burst.write != write:
            continue
        if channel.open_row[burst.bank] == burst.row:
            return n
        ready_ps = _bank_ready_ps(channel, timing, burst)
        if best < 0 or ready_ps < best_ps:
            best, best_ps = n, ready_ps
    return best


@serial_kernel
def _refresh(channel: Any, timing: Any) -> None:
    begin = channel.refresh_ps
    for bank in range(timing.banks):
        if channel.open_row[bank] == NONE:
            begin = max(begin, channel.closed_ps[bank])
        else:
            begin = max(begin, channel.precharge_ps[bank] + timing.rp_ps)
        channel.open_row[bank] = NONE
    for bank in range(timing.banks):
        channel.closed_ps[bank] = begin + timing.rfc_ps
    channel.refresh_ps += timing.refi_ps
    channel.refreshes += 1


@serial_kernel
def _activate(channel: Any, timing: Any, burst: Any) -> None:
    """Opens the row of a burst."""
    bank, oldest = burst.bank, channel.activates & 3
    at = max(
        _bank_ready_ps(channel, timing, burst),
        channel.last_activate_ps + timing.rrd_ps,
        channel.activate_ps[oldest] + timing.faw_ps,
    )
    channel.activate_ps[oldest] = channel.last_activate_ps = at
    channel.activates += 1
    channel.open_row[bank], channel.activated_ps[bank] = burst.row, at
    channel.precharge_ps[bank] = at + timing.ras_ps


@serial_kernel
def take_burst(channel: Any, timing: Any, now_ps: int) -> int:
    """Chooses a burst of those held, which are some, and moves its data; its place.

    Parameters
    ----------
    now_ps : at which it is chosen, not before `next_ps`.
    """
    while now_ps >= channel.refresh_ps:
        _refresh(channel, timing)
    number = 0
    if channel.places[channel.order[0]].passed < 4 * timing.window:
        number = _best(channel, timing, channel.writes)
        if number < 0:
            number = _best(channel, timing, 1 - channel.writes)
    place = channel.order[number]
    burst = channel.places[place]
    bank, write = burst.bank, burst.write
    if channel.open_row[bank] == burst.row:
        channel.hits += 1
    else:
        channel.misses += 1
        _activate(channel, timing, burst)
    group = bank % timing.bank_groups
    latency = timing.write_latency_ps if write else timing.read_latency_ps
    free_ps = channel.data_end_ps
    if write != channel.writes and channel.bursts != 0:
        channel.turns += 1
        free_ps += timing.read_to_write_ps if write else timing.write_to_read_ps
    data_ps = max(
        channel.activated_ps[bank] + timing.rcd_ps + latency,
        burst.came_ps + latency,
        channel.group_data_ps[group] + timing.ccd_long_ps,
        free_ps,
    )
    channel.writes, channel.data_end_ps = write, data_ps + timing.burst_ps
    channel.group_data_ps[group] = data_ps
    closes_ps = data_ps - latency + timing.rtp_ps
    if write:
        closes_ps = channel.data_end_ps + timing.wr_ps
    channel.precharge_ps[bank] = max(channel.precharge_ps[bank], closes_ps)
    channel.next_ps = data_ps - latency
    channel.bursts += 1
    channel.written += write
    for n in range(number, 0, -1):
        channel.places[channel.order[n - 1]].passed += 1
    channel.held -= 1
    for n in range(number, channel.held):
        channel.order[n] = channel.order[n + 1]
    channel.order[channel.held] = place
    return int(place)
