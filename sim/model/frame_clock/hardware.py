"""The accelerator out of a frame's reset, by the constants of the hardware's own classes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.records import RECORD_BYTES
from hw.bus.write_splitter import WriteSplitter
from hw.frame.back_end import write_queue_beats
from hw.stages.color.color import Color
from hw.stages.color.color_fetch import WAIT_CYCLES, run_records
from hw.stages.depth_sort.depth_sort import DepthSort
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.unused import unused_components
from sim.model.frame_clock.kernel import FRAME
from sim.model.front_end.hardware import idle_blocks
from sim.model.stages.depth_sort_cycles import merge_depths
from sim.model.stages.tile_bin_cycles import idle_lists

WRITE_BURSTS = 16  # closed bursts that a WriteSplitter keeps


@dataclass(frozen=True, eq=False)
class IdleFrame:
    """Registers out of reset, to be copied by who runs a frame, and lengths of pipelines.

    Parameters
    ----------
    frame : (1,) FRAME.
    test_cycles, project_cycles, direction_cycles, shade_cycles : from an item taken
        to its result in the queue.
    depths : (stages,) of the merger's queues.
    """

    frame: NDArray[np.void]
    test_cycles: int
    project_cycles: int
    direction_cycles: int
    shade_cycles: int
    depths: NDArray[np.int64]


@cache
def idle_frame(params: Parameters) -> IdleFrame:
    """IdleFrame of a build."""
    blocks, clients, test_cycles = idle_blocks(params)
    frame = np.zeros(1, FRAME)
    frame["front"] = blocks
    frame["clients"][0, : len(clients)] = clients
    slot_bits = 8 * RECORD_BYTES
    with unused_components():
        project = GaussianProject(params)
        project_cycles, depth = project.latency_cycles - 3, project.queue_depth
        del project
    fixed: dict[str, dict[str, int]] = {
        "bus": {
            "slots": max(1, params.data_bits // slot_bits),
            "entry_beats": max(1, slot_bits // params.data_bits),
            "outstanding_limit": params.outstanding_bursts,
            "clients": len(clients),
        },
        "project": {"depth": depth, "apart": params.project_cycles},
    }
    direction_cycles = shade_cycles = 1
    if params.color_cycles:
        frame["colors"] = 1
        with unused_components():
            color = Color(params)
            fixed["color"] = {
                "apart": params.color_cycles,
                "depth": color.queue_depth,
                "longest": run_records(params),
                "wait_cycles": WAIT_CYCLES,
            }
            direction_cycles, shade_cycles = color.direction_cycles - 2, color.latency_cycles - 2
            del color
    depths = np.zeros(0, np.int64)
    if params.raster_lanes:
        write_depths = write_queue_beats(params)
        frame["draws"], frame["clear_cycles"] = 1, DepthSort.CLEAR_CYCLES
        beat_bytes = params.data_bits // 8
        fixed["lists"] = idle_lists(params)
        fixed["writes"] = {
            "outstanding_limit": params.outstanding_bursts,
            "has_room": 1,
            "clients": len(write_depths),
        }
        with unused_components():
            longest = [WriteSplitter(params, depth).burst_entries for depth in write_depths]
        depths = merge_depths(params)
        for name, values in {
            "depth": write_depths,
            "burst_entries": longest,
            "beat_bytes": beat_bytes,
            "burst_limit": WRITE_BURSTS - WriteSplitter.MARGIN,
            "ready": 1,
            "drained": 1,
        }.items():
            frame["write_clients"][name] = values
    for block, registers in fixed.items():
        for name, value in registers.items():
            frame[block][name] = value
    return IdleFrame(
        frame,
        test_cycles,
        project_cycles,
        direction_cycles,
        shade_cycles,
        depths,
    )
