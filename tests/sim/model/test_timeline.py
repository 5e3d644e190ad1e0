"""The timeline of a frame: nothing of the frame is left out, and phases are in order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import InputError
from golden.pack.file import pack_size
from golden.rules import INRIA
from reports.measure.timeline import timeline_part
from sim.model.clocked_frame import memory_of, placed_view
from sim.model.config import load_model_config
from sim.model.frame_clock.timing import frame_clock
from sim.model.memory import MemoryModel
from sim.model.picture_memory import picture_memory
from sim.model.stage import STAGES
from sim.model.timeline import Timeline, frame_timeline

EDGE = load_model_config("edge")
PIECES = 50


@pytest.fixture(scope="module")
def timeline(pack, camera):
    return frame_timeline(pack, camera, INRIA, EDGE, PIECES)


@pytest.fixture(scope="module")
def counters(pack, camera):
    view = placed_view(pack, camera, INRIA, EDGE)
    room = picture_memory(MemoryModel().address, pack_size(view.pack), camera, EDGE.built)
    return frame_clock(view, memory_of(EDGE), room.picture_address).counters


def test_pieces_follow_one_another_to_the_end(timeline, counters):
    lengths = np.diff(timeline.cycles)
    assert timeline.cycles[0] == 0
    assert set(lengths[:-1]) == {lengths[0]}
    assert 0 < lengths[-1] <= lengths[0]
    assert PIECES / 2 < len(lengths) <= PIECES
    assert 0 <= counters["frame_cycles"] - timeline.cycles[-1] <= 2


def test_all_work_is_in_a_piece(timeline, counters):
    lengths = np.diff(timeline.cycles)
    done = {stage: float(busy @ lengths) for stage, busy in timeline.busy.items()}
    assert tuple(done) == STAGES
    tests = counters["groups_tested"] + counters["clusters_tested"]
    assert done["cluster_cull"] == pytest.approx(tests)
    assert done["color"] / EDGE.built.color_cycles == pytest.approx(counters["splats"])
    assert done["tile_bin"] == pytest.approx(counters["list_entries"])
    assert done["depth_sort"] == pytest.approx(counters["drawn_entries"])
    working = sum(n for name, n in counters.items() if name.endswith("_lane_cycles"))
    working -= counters["stalled_lane_cycles"] + counters["starved_lane_cycles"]
    assert done["rasterize"] == pytest.approx(working / EDGE.built.raster_lanes)
    beat_bytes = EDGE.data_bits // 8
    assert timeline.read_bytes.sum() == counters["bus_beats"] * beat_bytes
    assert timeline.written_bytes.sum() == counters["write_beats"] * beat_bytes


def test_shares_of_a_stage_make_up_the_frame(timeline):
    part = timeline_part(timeline)
    for of in part["stages"].values():
        shares = [of[f"{name}_fraction"] for name in ("busy", "waits", "idle")]
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert min(shares) >= 0
        assert 0 <= of["first_cycle"] < of["last_cycle"] <= timeline.cycles[-1]
    assert part["stages"]["rasterize"]["first_cycle"] > part["stages"]["color"]["first_cycle"]
    assert timeline_part(None) is None


def test_a_stage_that_never_works():
    nothing = np.zeros(2)
    still = Timeline("a", np.array([0, 5, 9]), {"color": nothing}, nothing, nothing)
    of = timeline_part(still)["stages"]["color"]
    assert (of["first_cycle"], of["last_cycle"], of["idle_fraction"]) == (0, 0, 1.0)


def test_strip_follows_strip(pack, camera):
    config = replace(EDGE, build="render_edge max_bins=16")
    large = camera.resized(480, 360)
    found = frame_timeline(pack, large, INRIA, config, PIECES)
    view = placed_view(pack, large, INRIA, config)
    assert len(view.parts) > 1
    assert np.all(np.diff(found.cycles) > 0)
    rasters = found.busy["rasterize"] > 0.01
    # Drawn once a strip, with the lists of the next one between.
    assert np.count_nonzero(np.diff(rasters.astype(int)) == 1) >= len(view.parts) - 1


def test_a_machine_without_clock_has_none(pack, camera):
    with pytest.raises(InputError, match="modelled by formula"):
        frame_timeline(pack, camera, INRIA, load_model_config("gscore"))
