"""Registers of the front end that its timing model keeps: record types of the kernel."""

from __future__ import annotations

import numpy as np


def _registers(*names: str) -> np.dtype[np.void]:
    return np.dtype([(name, np.int64) for name in names])


# What is fixed during a frame: parameters, constants of the hardware's classes, the memory.
HARDWARE = _registers(
    # Records a beat; beats and entries of a record and of a 4 KiB page.
    *("lanes", "slots", "entry_beats", "page_entries", "outstanding_bursts"),
    # Records of the header, cycles from the last of them to the groups; groups of one read.
    *("header_records", "header_cycles", "group_run"),
    # Groups, clusters under way at most, cycles of a test; clusters that wait and ahead, records
    # of a long run.
    *("requests", "places", "test_cycles", "clusters_waiting", "clusters_ahead", "long_run"),
    # From members taken to a splat passed on, and to all of them dropped.
    *("splat_cycles", "drop_cycles"),
    *("latency_cycles", "busy_256"),
)

# A client of the read master.
CLIENT = _registers(
    # BurstSplitter.
    *("burst_entries", "loaded", "fresh", "decided", "offered", "page_left", "run_left", "length"),
    *("ends_run", "ends_page", "skip_first", "skip_last", "room"),
    # ReadQueue: its output, a place that came free, entries so far; RecordStream.
    *("shown", "freed", "written", "taken", "second"),
)

# SyncFIFOBuffered: entries in its memory, and whether its output shows one.
FIFO = _registers("inner", "shown")

# StreamRegister: whether its output shows an item, and whether one waits behind it.
REGISTER = _registers("shown", "waits")

STATE = _registers(
    # Bus: bursts asked for and answered, what is left of the one that is; the beat that came.
    *("asked", "answered", "beats_left", "part", "outstanding", "address", "random"),
    *("beat", "beat_last", "beat_client", "beat_slots"),
    # FrameControl, HeaderCheck.
    *("course", "to_ask", "to_take", "group_place", "header_records", "checked_cycle"),
    # ClusterCull: groups and clusters under way, the stage that is next, and what is tested next;
    # whether there is room, and what left in the cycle before.
    *("pending", "places", "awaited", "stage", "group", "cluster", "visible"),
    *("has_room", "has_place", "run_gone", "cluster_gone", "cluster_came"),
    # ClusterReader: the next run, the one that is checked, the one that is asked for.
    *("run", "run_held", "held_run", "run_asked", "asked_run"),
    # RunMerger: clusters that came and were checked, the run that grows, the run that is asked for.
    *("came", "came_base", "came_count", "came_follows", "end"),
    *("checked", "follows", "base", "count", "grows", "run_base", "run_count", "run_long"),
    *("geometry_asked", "geometry_base", "geometry_count"),
    # GaussianFetch: its cluster, the next one, the beat of members; GaussianProject.
    *("here", "left", "queued", "second", "members", "member", "project_until"),
)

COUNTS = _registers(
    *("frame_cycles", "bus_beats", "bus_bursts", "bus_wait_cycles", "bus_idle_cycles"),
    *("member_beats", "first_members_cycle", "last_members_cycle"),
)
