"""A frame's requests, one by one: as many as counted, inside what they are for, as text."""

from __future__ import annotations

import numpy as np
import pytest

from golden.clustering.cluster import ClusterOptions
from golden.default_scene import default_cameras, default_scene
from golden.errors import InputError
from golden.pack import build_pack
from golden.pack.file import pack_size
from golden.rules import INRIA
from sim.model.clocked_frame import clocked_frames, placed_view
from sim.model.config import load_model_config
from sim.model.dram import play_requests
from sim.model.memory import MemoryModel
from sim.model.memory_trace import frame_requests, ramulator_text
from sim.model.picture_memory import picture_memory
from sim.model.requests import Requests

EDGE = load_model_config("edge")


@pytest.fixture(scope="module")
def frame():
    """Pack, camera, the frame clocked, and its requests."""
    pack = build_pack(default_scene(3000), ClusterOptions("morton", 120), INRIA)
    camera = default_cameras(24)[8].resized(160, 120)
    (clocked,) = clocked_frames(pack, camera, INRIA, EDGE, without=False)
    return pack, camera, clocked, frame_requests(pack, camera, INRIA, EDGE)[0]


def test_as_many_bursts_and_bytes_as_counted(frame):
    _, _, clocked, requests = frame
    assert (~requests.write).sum() == clocked.counters["bus_bursts"]
    assert requests.write.sum() == clocked.counters["write_bursts"]
    assert requests.bytes == clocked.frame.bytes


def test_they_lie_in_pack_lists_and_picture(frame):
    pack, camera, _, requests = frame
    view, start = placed_view(pack, camera, INRIA, EDGE), MemoryModel().address
    memory, tables_end = view.memory, start + pack_size(view.pack)
    room = picture_memory(start, pack_size(view.pack), camera, EDGE.built)
    first, end = requests.address, requests.address + requests.size
    lists_end = memory.list_address + memory.list_bytes
    lists = (first >= memory.list_address) & (end <= lists_end)
    bytes_drawn = room.stride_bytes * camera.height
    picture = (first >= room.picture_address) & (end <= room.picture_address + bytes_drawn)
    tables = (first >= start) & (end <= tables_end)
    assert (lists | picture | tables).all()
    assert np.array_equal(requests.write & ~lists, picture)
    assert not (requests.write & tables).any()
    assert requests.size[picture].sum() == camera.width * camera.height * 4
    # What is read of lists was written before: no request leaves the order of the frame.
    assert np.flatnonzero(lists & ~requests.write)[0] > np.flatnonzero(lists & requests.write)[-1]


def test_the_drams_own_time_is_less_than_the_frames(frame):
    """Without waiting for the accelerator the memory is done sooner, with the same bursts."""
    _, _, clocked, requests = frame
    run = play_requests(requests, EDGE.memory, EDGE.reorder_window)
    assert run.time_ns * EDGE.clock_mhz / 1e3 < clocked.frame.frame_cycles
    lines = sum(text.count("\n") for text in ramulator_text(requests, EDGE.memory.burst_bytes))
    assert lines == run.hits + run.misses


def test_lines_of_a_request():
    requests = Requests(
        np.array([64, 100, 32]), np.array([64, 8, 32]), np.array([False, True, False])
    )
    text = "".join(ramulator_text(requests, 32))
    assert text == "0x40 R\n0x60 R\n0x60 W\n0x20 R\n"


def test_a_machine_by_formula_is_refused(frame):
    pack, camera, _, _ = frame
    with pytest.raises(InputError, match="base is modelled by formula"):
        frame_requests(pack, camera, INRIA, load_model_config("base"))
