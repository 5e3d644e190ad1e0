"""Frames of a machine that is a build: what they are made of, and what must not change them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.default_scene import default_cameras
from golden.errors import InputError
from golden.pack.file import pack_bytes, pack_size, section_offsets
from golden.records import GEOMETRY_DTYPE
from golden.rules import INRIA
from golden.view import view_frame
from sim.model.clocked_frame import clocked_frames, memory_of, placed_view
from sim.model.config import load_model_config
from sim.model.frame_clock.timing import frame_clock
from sim.model.memory import MemoryModel
from sim.model.picture_memory import picture_memory
from sim.model.stage import STAGES

EDGE = load_model_config("edge")


@pytest.fixture(scope="module")
def frames(pack, camera):
    return clocked_frames(pack, camera, INRIA, EDGE, without=True)


def test_the_frame_is_the_clocks(pack, camera, frames):
    """Cycles and bytes are those of frame_clock, which is held to the RTL."""
    view = placed_view(pack, camera, INRIA, EDGE)
    room = picture_memory(MemoryModel().address, pack_size(view.pack), camera, EDGE.built)
    clock = frame_clock(view, memory_of(EDGE), room.picture_address)
    frame, counters = frames[0].frame, frames[0].counters
    assert frame.frame_cycles == clock.counters["frame_cycles"]
    assert frame.stream_cycles == clock.frame[0]["listed_cycle"]
    beats = clock.counters["bus_beats"] + clock.counters["write_beats"]
    assert frame.bytes == beats * EDGE.data_bits // 8
    assert {n: counters[n] for n in clock.counters if n in counters} == {
        n: count for n, count in clock.counters.items() if n in counters
    }


def test_stages_add_up_and_phases_are_in_order(frames):
    waiting_bytes = EDGE.reorder_window * EDGE.memory.channels * EDGE.memory.burst_bytes
    for found in frames:
        frame = found.frame
        assert tuple(stage.name for stage in frame.stages) == STAGES
        for stage in frame.stages:
            assert stage.cycles == frame.frame_cycles
            assert min(stage.busy_cycles, stage.dram_stall_cycles, stage.idle_cycles) >= 0
        assert frame.front_end_cycles < frame.front_end_color_cycles < frame.stream_cycles
        assert frame.stream_cycles < frame.steady_cycles < frame.frame_cycles
        assert 0 < frame.core_balance <= 1
        for span, run in frame.dram.items():
            assert 0 < run.achieved_gb_per_s <= EDGE.memory.peak_gb_per_s, span
            # What waits in the channels as the lists are complete, the rendering moves.
            assert run.bytes <= run.burst_bytes + waiting_bytes
            assert run.hits + run.misses == run.burst_bytes // EDGE.memory.burst_bytes


def test_without_culling_the_same_picture_is_drawn(pack, frames):
    on, off = frames
    assert off.counters["members"] == len(pack) > on.counters["members"]
    assert off.counters["splats"] == on.counters["splats"]
    assert off.frame.render_cycles == on.frame.render_cycles
    assert off.frame.front_end_cycles > on.frame.front_end_cycles
    assert off.frame.dram["stream"].bytes > on.frame.dram["stream"].bytes


def test_colours_are_not_looked_at(pack, camera, frames):
    black = replace(pack, colors=np.zeros_like(pack.colors))
    assert clocked_frames(black, camera, INRIA, EDGE, without=False) == (frames[0],)


def test_a_picture_in_strips_is_their_sum(pack, camera):
    """Fewer bins than the picture has: each strip streams all splats."""
    config, wide = replace(EDGE, build="render_edge max_bins=16"), camera.resized(380, 260)
    whole = clocked_frames(pack, wide, INRIA, EDGE, without=False)[0]
    strips = len(placed_view(pack, wide, INRIA, config).parts)
    found = clocked_frames(pack, wide, INRIA, config, without=False)[0]
    assert strips > 1
    assert found.counters["drawn_bins"] == whole.counters["drawn_bins"] == 30
    assert found.counters["drawn_entries"] == whole.counters["drawn_entries"]
    least, most = strips * whole.frame.front_end_cycles, strips * whole.frame.stream_cycles
    assert least < found.frame.stream_cycles <= most


def test_the_build_fits_its_machine():
    with pytest.raises(InputError, match=r"build 'render' draws nothing with data_bits = 512"):
        _ = replace(EDGE, build="render").built
    with pytest.raises(InputError, match=r"build 'wide' draws nothing"):
        _ = replace(EDGE, build="wide").built
    assert not load_model_config("gscore").is_clocked


def test_sections_lie_where_the_file_has_them(pack):
    data, offsets = pack_bytes(pack), section_offsets(pack)
    assert pack_size(pack) == len(data)
    first = np.frombuffer(data, GEOMETRY_DTYPE, 1, offsets["geometry"])
    assert first[0].tobytes() == pack.geometry[0].tobytes()
    assert view_frame(pack, default_cameras(24)[0], INRIA).pack is pack


def test_a_build_with_a_parameter_changed(pack, camera, frames):
    """96 lanes draw the same pixels in fewer cycles; the lists are made in the same ones."""
    wide = replace(EDGE, build="render_edge raster_lanes=96")
    assert wide.built == replace(EDGE.built, raster_lanes=96)
    (found,) = clocked_frames(pack, camera, INRIA, wide, without=False)
    assert found.frame.stream_cycles == frames[0].frame.stream_cycles
    assert found.frame.render_cycles < frames[0].frame.render_cycles
    assert found.counters["drawn_entries"] == frames[0].counters["drawn_entries"]
    for build, message in (
        ("render_edge raster_lanes=95", "raster_lanes = 95 is none of"),
        ("render_edge lanes=1", "draws nothing with data_bits = 512 and lanes = 2"),
        ("render_edge raster_lanes", "raster_lanes sets no parameter"),
        ("base", "draws nothing"),
    ):
        with pytest.raises(InputError, match=message):
            _ = replace(EDGE, build=build).built
