"""The blocks of a front end out of reset, by the constants of the hardware's own classes."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.records import RECORD_BYTES
from hw.accelerator import queue_beats
from hw.bus.burst_splitter import PAGE_BYTES, BurstSplitter
from hw.bus.read_queue import ReadQueue
from hw.frame.front_control import GROUP_RUN
from hw.frame.header_check import FRONT_END, HEADER_RECORDS
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.gaussian_fetch.gaussian_fetch import CLUSTERS_AHEAD, CLUSTERS_WAITING
from hw.stages.gaussian_fetch.run_merger import LONG_RUN_RECORDS
from hw.stages.gaussian_project.gaussian_project import GaussianProject
from hw.unused import unused_components
from sim.model.front_end.kernel import BLOCKS
from sim.model.front_end.read_master import CLIENT
from sim.model.stages.cluster_cull import idle_cull

# A queue's memory and output, without the register that ReadQueue puts behind them.
FIFO_CYCLES = ReadQueue.LATENCY_CYCLES - 1
# From the last record of the header to the groups: HeaderCheck's, and to know that it is done.
HEADER_CYCLES = 1 + 1 + 2 * len(FRONT_END)
QUEUE_BEATS = queue_beats(Parameters())  # the same whatever the parameters


@cache
def idle_blocks(params: Parameters) -> tuple[NDArray[np.void], NDArray[np.void], int]:
    """(1,) BLOCKS and (3,) CLIENT out of the frame's reset, and ClusterCull.test_cycles.

    All that is asked for them is copied by who runs a frame.
    """
    slot_bits = 8 * RECORD_BYTES
    slots = max(1, params.data_bits // slot_bits)
    with unused_components():
        project_cycles = GaussianProject(params).latency_cycles + GaussianProject.QUIET_CYCLES
        hardware = ClusterCull(params)
        cull, test_cycles = idle_cull(hardware), hardware.test_cycles
        del hardware  # it shall go, and amaranth's warning with it, while warnings are ignored
        burst_entries = [BurstSplitter(params, depth).burst_entries for depth in QUEUE_BEATS]
    blocks, clients = np.zeros(1, BLOCKS), np.zeros(len(QUEUE_BEATS), CLIENT)
    blocks["cull"] = cull
    fixed = {
        "control": {
            "header_records": HEADER_RECORDS,
            "header_cycles": HEADER_CYCLES,
            "group_run": GROUP_RUN,
            "request_count": HEADER_RECORDS,
        },
        "bus": {
            "slots": slots,
            "entry_beats": max(1, slot_bits // params.data_bits),
            "outstanding_limit": params.outstanding_bursts,
        },
        "merger": {"long_run": LONG_RUN_RECORDS},
        "fetch": {
            "lanes": params.lanes,
            "waiting_limit": CLUSTERS_WAITING,
            "ahead_limit": CLUSTERS_AHEAD,
        },
        "project": {
            "splat_cycles": project_cycles,
            "drop_cycles": project_cycles - FIFO_CYCLES - GaussianProject.QUIET_CYCLES,
        },
    }
    for block, values in fixed.items():
        for name, value in values.items():
            blocks[block][name] = value
    splitters = clients["splitter"]
    splitters["slots"], splitters["page_entries"] = slots, PAGE_BYTES // (RECORD_BYTES * slots)
    splitters["room"], splitters["burst_entries"] = QUEUE_BEATS, burst_entries
    return blocks, clients, test_cycles
