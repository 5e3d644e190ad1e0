"""A frame of the accelerator cycle by cycle: control without data, compiled.

Who moves in a cycle is found from what the registers hold; then every block is clocked, stages by
sim.model.stages and sim.model.rasterize, the memory ports by sim.model.front_end and
sim.model.write_master.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.jit import serial_kernel
from golden.records import RECORD_BYTES
from golden.stages.tile_bin.constants import PAGE_BYTES
from sim.model.clocked import registers, table
from sim.model.dram_port import HAS_ANSWER, HAS_BEAT, TAKES_BEAT, clock_dram
from sim.model.frame_clock.course import (
    COURSE,
    LISTS,
    SORT,
    WALK_OFFER,
    WRITTEN,
    clock_course,
)
from sim.model.frame_clock.notes import Notes, note_burst, note_moment
from sim.model.front_end.bus import BUS, clock_bus, granted_client
from sim.model.front_end.kernel import BLOCKS, Found, clock_front_end, front_end_is_done
from sim.model.front_end.read_master import CLIENT, clock_queue, clock_splitter, take_record
from sim.model.rasterize.kernel import (
    RasterArrays,
    bin_ready,
    clock_rasterize,
    entry_ready,
    give_words,
    raster_is_busy,
    start_bin,
)
from sim.model.stages.color_kernel import (
    COLOR,
    clock_color,
    color_ready,
    color_valid,
    record_ready,
)
from sim.model.stages.depth_sort_kernel import clock_depth_sort, show_depth_sort
from sim.model.stages.depth_sort_registers import SortArrays
from sim.model.stages.gaussian_project import GAUSSIAN_PROJECT, clock_gaussian_project
from sim.model.stages.tile_bin_kernel import (
    TILE_BIN,
    ListArrays,
    clock_tile_bin,
    tile_bin_write,
)
from sim.model.write_master import WRITE_CLIENT, WRITES, clock_write_master

Int64 = NDArray[np.int64]

# Clients of the read master: Gaussians, and those behind the front end's three; of the write
# master.
GEOMETRY, COLORS, SORTED, MOST_CLIENTS = 2, 3, 4, 5
LISTS_CLIENT, PICTURE_CLIENT = range(2)
START_CYCLE = 1  # from the header's read offered to the start of the lists

FRAME = registers(
    # Fixed: is there a color, does the build draw; the first record of the list memory and of the
    # colours; cycles in which depth_sort clears its histogram.
    *("colors", "draws", "list_record", "color_record", "clear_cycles"),
    # Fixed: it ends when the lists are in memory.
    "lists_only",
    "cycle",
    # When all splats were through, the lists were in memory, the picture was.
    *("streamed_cycle", "listed_cycle"),
    # Beats read and written when the lists were in memory.
    *("listed_reads", "listed_writes"),
    # Bursts of the bus that were taken down.
    "noted",
    front=BLOCKS,
    bus=BUS,
    project=GAUSSIAN_PROJECT,
    color=COLOR,
    lists=TILE_BIN,
    course=COURSE,
    writes=WRITES,
    clients=np.dtype((CLIENT, (MOST_CLIENTS,))),
    write_clients=np.dtype((WRITE_CLIENT, (2,))),
    # What the DRAM had done then: bursts, hits, misses, refreshes, turns, bursts written.
    listed=table(np.int64, 6),
)


class StreamArrays(NamedTuple):
    """What stages 1 to 3 work on beside their registers.

    Members
    -------
    found : of the front end. pipeline : of clock_cluster_cull. line, beats : of
    clock_gaussian_project.
    """

    found: Found
    pipeline: Int64
    line: Int64
    beats: Int64


class ColorArrays(NamedTuple):
    """What stage 4 works on beside its registers.

    Members
    -------
    directions, shades : of clock_color. splat_index : (S,).
    """

    directions: Int64
    shades: Int64
    splat_index: Int64


@serial_kernel
def _clock_stream(
    frame: Any,
    stream: StreamArrays,
    colors: ColorArrays | None,
    granted: int,
    client: int,
    slots: int,
    passed: bool,
) -> None:
    """Stages 1 to 4. `passed`: the splat at the end of the build's color, or projection, leaves.

    Of a build without color stage 4 is not even compiled, since its arrays are None.
    """
    project, color, cycle = frame.project, frame.color, frame.cycle
    clients = frame.clients
    beat_passes = project.queue.valid != 0
    if colors is not None:
        beat_passes &= (color.serial == 0) | ((color.serial == 1) & color_ready(color))
        reader = clients[COLORS]
        record = reader.queue.valid == 1
        record_taken = record & record_ready(color)
        offered = color.offered != 0
        requested = offered & (reader.splitter.loaded == 0)
        base, count = color.offered_base + frame.color_record, color.offered_count
        clock_splitter(reader.splitter, reader.queue, granted == COLORS, offered, base, count)
        taken = take_record(reader.queue, record_taken)
        clock_queue(reader.queue, slots * int(client == COLORS), taken)
        beat = stream.beats[project.read_place] * int(beat_passes)
        clock_color(
            color,
            colors.directions,
            colors.shades,
            colors.splat_index,
            beat,
            record,
            requested,
            passed,
            cycle,
        )
    members_taken = clock_gaussian_project(
        project,
        stream.line,
        stream.beats,
        frame.front.fetch.members,
        beat_passes,
        stream.found.kept,
        cycle,
    )
    clock_front_end(
        frame.front,
        clients,
        stream.pipeline,
        stream.found,
        granted,
        client,
        slots,
        members_taken,
    )


@serial_kernel
def _is_streamed(frame: Any) -> bool:
    """Whether all splats are through color, or the projection."""
    under_way = frame.project.pending
    if frame.colors:
        under_way |= frame.color.pending | frame.color.serial
    return bool(under_way == 0) and front_end_is_done(frame.front)


@serial_kernel
def _clock_ports(frame: Any, dram: Any, granted: int, bursts: Int64, writes: Any) -> None:
    """The bus, the write master, and the memory behind them.

    `writes`: of the frame; None where nothing is written, and then it is not even compiled.
    """
    bus = frame.bus
    read_beats, read_address = bus.burst_beats * bus.address, bus.burst_address
    write_beats, write_address = 0, 0
    if writes is not None:
        write_beats, write_address = writes.address_beats * writes.address, writes.burst_address
    moved = HAS_BEAT * int(clock_bus(bus, frame.clients, granted, frame.cycle))
    if writes is not None:
        sent, answered = clock_write_master(writes, frame.write_clients, frame.cycle)
        moved |= TAKES_BEAT * int(sent) | HAS_ANSWER * int(answered)
    if bus.is_dram:
        note_burst(frame, bursts, read_address, read_beats, 0)
        if writes is not None:
            note_burst(frame, bursts, write_address, write_beats, 1)
        says = clock_dram(dram, read_address, read_beats, write_address, write_beats, moved)
        bus.says = says
        if writes is not None:
            writes.says = says


@serial_kernel
def simulate_stream(
    frames: NDArray[np.void],
    drams: NDArray[np.void],
    stream: StreamArrays,
    colors: ColorArrays | None,
    notes: Notes,
) -> None:
    """Clocks a frame of a build that gives its splats away, until all is quiet.

    Parameters
    ----------
    frames : (1,) FRAME. drams : (1,) DRAM, looked at where the memory is one.
    colors : None of a build without color. notes : its bursts are filled.
    """
    frame, dram = frames[0], drams[0]
    while not _is_streamed(frame):
        granted = granted_client(frame.bus, frame.clients)
        client, slots = frame.bus.entry_client, frame.bus.entry_slots
        _clock_ports(frame, dram, granted, notes.bursts, None)
        passed = color_valid(frame.color)
        _clock_stream(frame, stream, colors, granted, client, slots, passed)
        frame.cycle += 1
    frame.streamed_cycle = frame.cycle


@serial_kernel
def simulate_picture(
    frames: NDArray[np.void],
    drams: NDArray[np.void],
    stream: StreamArrays,
    colors: ColorArrays,
    lists: ListArrays,
    sort_block: NDArray[np.void],
    sorts: SortArrays,
    rasters: NDArray[np.void],
    raster_arrays: RasterArrays,
    notes: Notes,
) -> None:
    """Clocks a frame of a build that draws, until its picture is in memory.

    Parameters
    ----------
    frames : (1,) FRAME out of reset; holds the counters at the end.
    notes : filled.
    """
    frame, raster, sort, dram = frames[0], rasters[0], sort_block[0], drams[0]
    bus, course, clients = frame.bus, frame.course, frame.clients
    to_lists, to_picture = frame.write_clients[LISTS_CLIENT], frame.write_clients[PICTURE_CLIENT]
    tile_bin, color = frame.lists, frame.color
    streamed, sorting, waits = False, False, False
    next_entry = fetched = 0
    reader = clients[SORTED]
    bins, entries = len(sorts.lengths), raster_arrays.entries
    while not (streamed and course.rendered != 0):
        cycle = frame.cycle
        if not streamed and _is_streamed(frame):
            streamed = True
            frame.streamed_cycle = cycle
        granted = granted_client(bus, clients)
        client, slots = bus.entry_client, bus.entry_slots
        if cycle % notes.apart_cycles == 0:
            note_moment(frame, raster, notes, fetched, next_entry)
        fetched += int((client == GEOMETRY) & (slots != 0))
        # What the write master is offered.
        to_lists.offers = to_picture.offers = 0
        writing = course.state <= WRITTEN
        if writing:
            valid, at, ends = tile_bin_write(tile_bin)
            to_lists.offers, to_lists.offered_last = int(valid), int(ends)
            to_lists.offered_address = at + frame.list_record * RECORD_BYTES
        lists_ready, picture_ready = to_lists.ready != 0, to_picture.ready != 0
        lists_drained, picture_drained = to_lists.drained != 0, to_picture.drained != 0
        writer = raster.writer
        if writer.level:
            to_picture.offers = 1
            to_picture.offered_address = writer.beats[writer.first, 0]
            to_picture.offered_last = writer.beats[writer.first, 1]
        _clock_ports(frame, dram, granted, notes.bursts, frame.writes)
        # Lists.
        lists_done, starts = tile_bin.done != 0, cycle == START_CYCLE
        if writing:
            was_streamed = streamed and frame.streamed_cycle < cycle
            finish = (was_streamed & (course.state == LISTS)) | (course.state == WRITTEN)
            offered = color_valid(color)
            passed = offered & (tile_bin.ready != 0)
            if not streamed:
                _clock_stream(frame, stream, colors, granted, client, slots, passed)
            clock_tile_bin(tile_bin, lists, starts, finish, offered, lists_ready, cycle)
        # The order: requests and records pass between depth_sort and its client.
        entry_valid = False
        if waits and cycle >= frame.clear_cycles:
            waits, sorting = False, True
            show_depth_sort(sort, sorts.bounds, sorts.merger)
        sort_busy = waits
        if sorting:
            sort_busy = sort.is_busy != 0
            entry_valid = sort.valid != 0
            due, has_room = reader.queue.valid == 1, reader.splitter.loaded == 0
            taken = take_record(reader.queue, due & (sort.takes_record != 0))
            asks = sort.asks != 0
            page = 0
            if asks:
                page = lists.pages[lists.pages_at[sort.of_list] + sort.of_page]
            first = frame.list_record + page * (PAGE_BYTES // RECORD_BYTES)
            clock_splitter(
                reader.splitter, reader.queue, granted == SORTED, asks, first, sort.records
            )
            clock_queue(reader.queue, slots * int(client == SORTED), taken)
            clock_depth_sort(sort, sorts, entry_ready(raster), due, has_room)
        # The picture.
        drawing = sort_busy or raster_is_busy(raster) or not picture_drained
        bin_valid = course.walk == WALK_OFFER
        bin_taken = bin_valid & bin_ready(raster)
        entry_taken = entry_valid & entry_ready(raster)
        if course.state >= SORT or raster.writer.was_clear:
            entry = 0
            if entry_valid:
                entry = entries[next_entry]
            clock_rasterize(raster, bin_valid, entry_valid, entry, picture_ready)
            if raster.given >= 0:
                give_words(raster, raster_arrays.masks)
            if raster.started >= 0:
                start_bin(raster, raster_arrays.places, raster_arrays.ends, raster_arrays.shown)
        next_entry += int(entry_taken)
        was_sorting = course.state
        clock_course(course, starts, lists_done, lists_drained, drawing, bin_taken, bins, cycle)
        if was_sorting == SORT:
            waits = True
            frame.listed_cycle = cycle
            frame.listed_reads, frame.listed_writes = bus.beats, frame.writes.beats
            for number in range(dram.channels):
                channel = dram.channel[number]
                frame.listed[0] += channel.bursts
                frame.listed[1] += channel.hits
                frame.listed[2] += channel.misses
                frame.listed[3] += channel.refreshes
                frame.listed[4] += channel.turns
                frame.listed[5] += channel.written
            if frame.lists_only:
                break
        frame.cycle += 1
    note_moment(frame, raster, notes, fetched, next_entry)
