"""Counters of a frame of the accelerator, from what it will find: no data, only control."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError
from golden.params import Parameters
from golden.records import RECORD_BYTES
from golden.stages.depth_sort.integer import SortedLists
from golden.stages.rasterize.constants import RasterizeConstants
from golden.stages.rasterize.integer import fields_of
from golden.stages.tile_bin.constants import PAGE_BYTES, TileBinConstants
from golden.stages.tile_bin.integer import BinLists
from golden.view import ViewFrame
from hw.frame.phases import draws_beside
from hw.frame.splat_packer import output_lanes
from hw.host.register_map import frame_counters
from sim.model.dram_port import DRAM, idle_dram
from sim.model.frame_clock.hardware import IdleFrame, idle_frame
from sim.model.frame_clock.kernel import (
    ColorArrays,
    StreamArrays,
    simulate_picture,
    simulate_stream,
)
from sim.model.frame_clock.notes import Notes, no_notes
from sim.model.front_end.kernel import Found
from sim.model.memory import MemoryModel
from sim.model.outcome import FrameOutcome, frame_outcome
from sim.model.rasterize.cycles import lane_counters, raster_clock
from sim.model.rasterize.work import RasterWork, raster_work
from sim.model.stages.depth_sort_cycles import sort_clock
from sim.model.stages.tile_bin_cycles import list_arrays

Int64 = NDArray[np.int64]

# From the cycle in which all is quiet to the end of FrameControl; and where splats are given away:
# a beat is put out, is taken, and is known to be taken.
END_CYCLES, FINISH_CYCLES = 2, 3
PAGE_RECORDS = PAGE_BYTES // RECORD_BYTES
SECTION_REGISTERS = {
    "group_record": "groups",
    "cluster_record": "clusters",
    "gaussian_record": "geometry",
}


def knows_memory(memory: MemoryModel, params: Parameters) -> bool:
    """Whether a frame of the build behind this memory can be clocked."""
    stalls = memory.address_stall_256 or memory.output_stall_256
    fails = memory.fail_beat or memory.fail_write
    busy = memory.busy_256 if params.raster_lanes else 0
    return not (stalls or fails or busy) and memory.latency_cycles >= 1


def need_known_memory(memory: MemoryModel, params: Parameters) -> None:
    """Raises InputError where the memory is none that a frame can be clocked behind."""
    if knows_memory(memory, params):
        return
    if memory.latency_cycles < 1:
        raise InputError("a memory without latency answers before it is asked: set 1 cycle.")
    busy = ", busy_256 of a build that draws," if params.raster_lanes else ""
    raise InputError(
        f"the cycle model knows no stalled addresses or splats and no errors: set{busy} "
        "address_stall_256, output_stall_256, fail_beat and fail_write to 0."
    )


def found_of(outcome: FrameOutcome) -> Found:
    """The outcome as the kernel takes it: runs of what is visible, and a row of nothing, which is
    looked at where nothing waits."""
    group_runs, cluster_runs = (
        np.concatenate([runs[mask], np.zeros((1, 2), np.int64)])
        for runs, mask in (
            (outcome.group_runs, outcome.group_visible),
            (outcome.cluster_runs, outcome.cluster_visible),
        )
    )
    return Found(
        group_visible=np.array(outcome.group_visible),
        group_runs=group_runs,
        cluster_visible=np.array(outcome.cluster_visible),
        cluster_runs=cluster_runs,
        kept=np.array(outcome.kept),
    )


@dataclass(frozen=True, eq=False)
class FrameClock:
    """A frame that has been clocked.

    Parameters
    ----------
    frame : (1,) FRAME at its end. dram : (1,) DRAM, unused where the memory is none.
    raster : (1,) RASTER, of a build that draws.
    counters : by the names of hw.host.register_map.frame_counters, those that a clock enters.
    """

    frame: NDArray[np.void]
    dram: NDArray[np.void]
    counters: dict[str, int]
    raster: NDArray[np.void] | None = None


def stream_arrays(idle: IdleFrame, outcome: FrameOutcome) -> StreamArrays:
    """What stages 1 to 3 work on."""
    depth = int(idle.frame["project"]["depth"][0])
    return StreamArrays(
        found=found_of(outcome),
        pipeline=np.zeros(idle.test_cycles, np.int64),
        line=np.full(idle.project_cycles, -1, np.int64),
        beats=np.zeros(depth + 2, np.int64),
    )


def color_arrays(idle: IdleFrame, index: Int64) -> ColorArrays:
    """What stage 4 works on; index of the splats."""
    return ColorArrays(
        directions=np.zeros(idle.direction_cycles, np.int64),
        shades=np.zeros(idle.shade_cycles, np.int64),
        splat_index=index,
    )


def stream_clock(
    outcome: FrameOutcome,
    params: Parameters,
    memory: MemoryModel,
    index: Int64 | None = None,
    notes: Notes | None = None,
) -> FrameClock:
    """A frame of a build that gives its splats away, all of them taken at once.

    Parameters
    ----------
    index : (S,) of the splats, of a build with color.
    notes : filled.
    """
    need_known_memory(memory, params)
    idle = idle_frame(params)
    frame, dram = _begin(idle, outcome, params, memory)
    colors = None
    if params.color_cycles:
        colors = color_arrays(idle, np.zeros(0, np.int64) if index is None else index)
    simulate_stream(frame, dram, stream_arrays(idle, outcome), colors, notes or no_notes())
    cycles = int(frame["cycle"][0]) + 1 + FINISH_CYCLES
    lanes = output_lanes(params)
    if outcome.splats >= lanes and outcome.splats % lanes:
        cycles += 1
    return FrameClock(frame, dram, _counters(frame[0], cycles, cycles))


def _begin(
    idle: IdleFrame, outcome: FrameOutcome, params: Parameters, memory: MemoryModel
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Frame out of reset, before one of so many groups, and the memory's DRAM, or an unused one."""
    frame = idle.frame.copy()
    control, bus = frame["front"]["control"], frame["bus"]
    control["to_request"] = control["to_take"] = len(outcome.group_visible)
    bus["latency_cycles"], bus["busy_256"] = memory.latency_cycles, memory.busy_256
    bus["random"] = np.uint64(memory.seed).astype(np.int64)
    frame["writes"]["latency_cycles"] = memory.latency_cycles
    first = {name: (memory.address + at) // RECORD_BYTES for name, at in outcome.offsets.items()}
    frame["front"]["header_record"] = memory.address // RECORD_BYTES
    for register, section in SECTION_REGISTERS.items():
        frame["front"][register] = first.get(section, 0)
    frame["color_record"] = first.get("colors", 0)
    if memory.dram is None:
        return frame, np.zeros(1, DRAM)
    if not outcome.offsets:
        raise ValueError("behind a DRAM an outcome says where its tables lie.")
    bus["is_dram"] = frame["writes"]["is_dram"] = 1
    return frame, idle_dram(memory.dram, params)


def _counters(frame: np.void, cycles: int, stream_cycles: int) -> dict[str, int]:
    """Counters of the memory port and of stages 3 and 4 of a frame of so many cycles.

    Parameters
    ----------
    stream_cycles : until the counters of these stages are kept.
    """
    bus, project, color = frame["bus"], frame["project"], frame["color"]
    beats, waits = int(bus["beats"]), int(bus["wait_cycles"])
    stalled = int(project["stalled"])
    counters = {
        "frame_cycles": cycles,
        "bus_beats": beats,
        "bus_bursts": int(bus["bursts"]),
        "bus_wait_cycles": waits,
        "bus_idle_cycles": cycles - beats - waits,
        "output_stalled_cycles": 0,
        "project_starved_cycles": stream_cycles - stalled - int(project["beats"]),
        "project_stalled_cycles": stalled,
    }
    if frame["colors"]:
        counters |= {
            "color_runs": int(color["runs"]),
            "color_stalled_cycles": int(color["stalled"]),
            # Counted a cycle late.
            "color_starved_cycles": stream_cycles - 1 - int(color["stalled"] + color["passed"]),
        }
    return counters


def picture_clock(
    outcome: FrameOutcome,
    params: Parameters,
    memory: MemoryModel,
    splats: NDArray[np.void],
    binning: TileBinConstants,
    lists: BinLists,
    ordered: SortedLists,
    size: tuple[int, int],
    rastering: RasterizeConstants,
    picture_address: int = 0,
    top_px: int = 0,
    work: RasterWork | None = None,
    *,
    lists_only: bool = False,
    notes: Notes | None = None,
) -> FrameClock:
    """A frame of a build that draws.

    Parameters
    ----------
    splats : (S,) SPLAT_DTYPE. binning, lists, ordered : of tile_bin and depth_sort.
    size, rastering, top_px : of rasterize_entries.
    picture_address : of the strip's first pixel, bytes.
    work : raster_work of these, where it is at hand.
    lists_only : the clock stops when the lists are in memory; counters of what follows are short.
    notes : filled.
    """
    need_known_memory(memory, params)
    idle = idle_frame(params)
    frame, dram = _begin(idle, outcome, params, memory)
    frame["list_record"] = binning.list_page * PAGE_RECORDS
    frame["lists"]["across"], frame["lists"]["down"] = binning.across, binning.down
    if work is None:
        fields = fields_of(ordered.entries)
        work = raster_work(fields, ordered.offsets, size, rastering, params, top_px)
    frame["lists_only"] = int(lists_only)
    raster = raster_clock(work, rastering, params, picture_address)
    simulate_picture(
        frame,
        dram,
        stream_arrays(idle, outcome),
        color_arrays(idle, splats["index"].astype(np.int64)),
        list_arrays(splats, binning, params),
        *sort_clock(lists, params, idle.depths),
        raster.raster,
        raster.arrays,
        notes or no_notes(),
    )
    cycles = int(frame["cycle"][0]) + END_CYCLES
    counted, tiles, writes = raster.raster[0], frame[0]["lists"], frame[0]["writes"]
    # Of lanes they count from the turn on, of the stages before it to there where another follows.
    listed = int(frame["listed_cycle"][0])
    stream_cycles = listed - 1 if draws_beside(params) else cycles
    counters = _counters(frame[0], cycles, stream_cycles) | {
        "write_beats": int(writes["beats"]),
        "write_bursts": int(writes["bursts"]),
        "list_entries": int(tiles["entries"]),
        "list_chunks": int(tiles["chunks"]),
        "list_pages": int(tiles["pages"]),
        "drawn_bins": int(counted["drawn_bins"]),
        "drawn_entries": int(counted["drawn_entries"]),
        "dropped_entries": int(counted["dropped_entries"]),
    }
    counters |= lane_counters(raster, work, cycles - listed)
    return FrameClock(frame, dram, counters, raster.raster)


def frame_clock(
    view: ViewFrame,
    memory: MemoryModel | None = None,
    picture_address: int = 0,
    notes: Notes | None = None,
) -> FrameClock:
    """The frame of a view, or of a strip of one, by the build that `view.params` says.

    `counters` has the names and the values of the RTL's; those that no clock enters are the integer
    models'.

    Parameters
    ----------
    picture_address : of the part's first pixel, bytes.
    notes : filled.
    """
    memory, params = memory or MemoryModel(), view.params
    outcome = frame_outcome(view.pack, view.levels, view.projected.kept)
    if not params.raster_lanes:
        index = view.splats["index"].astype(np.int64) if params.color_cycles else None
        clock = stream_clock(outcome, params, memory, index, notes)
    else:
        clock = view_clock(view, outcome, memory, picture_address, notes=notes)
    counters = view.counters | clock.counters
    return replace(clock, counters={name: counters[name] for name in frame_counters(params)})


def view_work(view: ViewFrame) -> RasterWork:
    """RasterWork of a view, or of a strip of one."""
    size, top = _drawn_part(view)
    entries, offsets = fields_of(view.ordered.entries), view.ordered.offsets
    return raster_work(entries, offsets, size, view.rastering, view.params, top)


def view_clock(
    view: ViewFrame,
    outcome: FrameOutcome,
    memory: MemoryModel,
    picture_address: int,
    work: RasterWork | None = None,
    *,
    lists_only: bool = False,
    notes: Notes | None = None,
) -> FrameClock:
    """picture_clock of a view, or of a strip of one, whose front end finds `outcome`."""
    size, top = _drawn_part(view)
    return picture_clock(
        outcome,
        view.params,
        memory,
        view.splats,
        view.binning,
        view.lists,
        view.ordered,
        size,
        view.rastering,
        picture_address,
        top,
        work,
        lists_only=lists_only,
        notes=notes,
    )


def _drawn_part(view: ViewFrame) -> tuple[tuple[int, int], int]:
    """Size of what is drawn, px, and its first row of pixels."""
    side, rows = view.params.bin_px, view.rows
    top = 0 if rows is None else rows.start * side
    below = view.camera.height - top
    return (view.camera.width, below if rows is None else min(below, len(rows) * side)), top
