"""The blocks of a front end out of reset, by the constants of the hardware's own classes."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from golden.params import Parameters
from golden.records import RECORD_BYTES
from hw.accelerator import queue_beats
from hw.bus.burst_splitter import PAGE_BYTES, BurstSplitter
from hw.frame.front_control import GROUP_RUN
from hw.frame.header_check import header_records
from hw.stages.cluster_cull.cluster_cull import ClusterCull
from hw.stages.gaussian_fetch.gaussian_fetch import CLUSTERS_AHEAD, CLUSTERS_WAITING
from hw.stages.gaussian_fetch.run_merger import LONG_RUN_RECORDS
from hw.stages.rows import tables_of
from hw.unused import unused_components
from sim.model.front_end.kernel import BLOCKS
from sim.model.front_end.read_master import CLIENT
from sim.model.stages.cluster_cull import idle_cull


@cache
def idle_blocks(params: Parameters) -> tuple[NDArray[np.void], NDArray[np.void], int]:
    """(1,) BLOCKS and (clients,) CLIENT out of the frame's reset, and ClusterCull.test_cycles.

    All that is asked for them is copied by who runs a frame.
    """
    slot_bits = 8 * RECORD_BYTES
    slots = max(1, params.data_bits // slot_bits)
    depths, tables = queue_beats(params), tables_of(params)
    if params.raster_lanes:  # depth_sort's, served before the stages' that stream, is here the last
        depths = depths[0], *depths[2:], depths[1]
    records = header_records(tables)
    with unused_components():
        hardware = ClusterCull(params)
        cull, test_cycles = idle_cull(hardware), hardware.test_cycles
        del hardware  # freed here, so that Amaranth's warning comes while warnings are ignored
        burst_entries = [BurstSplitter(params, depth).burst_entries for depth in depths]
    blocks, clients = np.zeros(1, BLOCKS), np.zeros(len(depths), CLIENT)
    blocks["cull"] = cull
    fixed = {
        "control": {
            "header_records": records,
            # From its last record to the groups: HeaderCheck's, and to know that it is done.
            "header_cycles": 1 + 1 + 2 * len(tables),
            "group_run": GROUP_RUN,
            "request_count": records,
        },
        "merger": {"long_run": LONG_RUN_RECORDS},
        "fetch": {
            "lanes": params.lanes,
            "waiting_limit": CLUSTERS_WAITING,
            "ahead_limit": CLUSTERS_AHEAD,
        },
    }
    for block, values in fixed.items():
        for name, value in values.items():
            blocks[block][name] = value
    clients["queue"]["paced"] = params.has_paced_reads
    splitters = clients["splitter"]
    splitters["slots"], splitters["page_entries"] = slots, PAGE_BYTES // (RECORD_BYTES * slots)
    splitters["room"], splitters["burst_entries"] = depths, burst_entries
    return blocks, clients, test_cycles
