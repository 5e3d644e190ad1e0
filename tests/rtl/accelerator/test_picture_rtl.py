"""Whole frames of the compiled accelerator that draws: each pixel and counter is the model's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import sim.views.frame as frame_module
from golden.rules import GSPLAT, INRIA
from hw.host.status import StatusCode
from hw.package.presets import PRESETS
from sim.model.memory import MemoryModel
from sim.views.frame import FrameRunner
from tests.rtl.accelerator.picture_board import PictureBoard
from tests.rtl.accelerator.picture_stimulus import SMALL, camera, cloud, drawn_pack, scenes, view

pytestmark = pytest.mark.xdist_group("picture")

NAMES = (
    "one",
    "cloud",
    "needles",
    "walls",
    "many in a bin",
    "of one depth in a bin",
    "of five depths in a bin",
    "faint",
)
SIZES = [(1, 1), (17, 1), (1, 45), (33, 31), (64, 32), (95, 67), (129, 34), (256, 9)]


@pytest.fixture(scope="module")
def packs():
    made = scenes()
    assert tuple(made) == NAMES
    return {name: drawn_pack(scene) for name, scene in made.items()}


@pytest.fixture(scope="module")
def board(packs):
    with PictureBoard(list(packs.values())) as made:
        yield made


@pytest.mark.parametrize("rules_and_background", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_scenes(board, packs, name, rules_and_background):
    seen = view(packs[name], camera(50, 40), rules_and_background)
    counters = board.frame(seen)
    assert counters["splats"] > 0
    assert (seen.picture[:, :, 3] > 0).any()
    if name == "walls":
        assert counters["dropped_entries"] > 0
    assert (counters["ranged_lists"] > 0) == name.endswith("in a bin")


def test_lists_of_one_depth_are_longer_than_what_is_sorted_at_once(packs):
    """The scenes are what their names say: else the tests above show less than they seem to."""
    keys = {
        name: len(np.unique(view(packs[name], camera(50, 40)).splats["depth"]))
        for name in NAMES[4:7]
    }
    assert keys["of one depth in a bin"] == 1
    assert keys["of five depths in a bin"] == 5
    assert keys["many in a bin"] > 200


@pytest.mark.parametrize("size", SIZES)
def test_sizes(board, packs, size):
    for n in (1, 2):
        board.frame(view(packs["cloud"], camera(*size), n))


@pytest.mark.parametrize("principal", [(0.1, 0.9), (-0.4, 0.5), (1.3, 1.2)])
def test_principal_points_off_the_centre(board, packs, principal):
    for n in range(4):
        board.frame(view(packs["cloud"], camera(83, 61, principal=principal), n))


def test_nothing_visible(board, packs):
    """The background, and no entry but the one of each bin that has none."""
    for n in range(4):
        seen = view(packs["cloud"], camera(70, 40, turn=np.pi), n)
        counters = board.frame(seen)
        assert counters["list_entries"] == counters["blended_lane_cycles"] == 0
        assert counters["sorted_entries"] == counters["drawn_bins"] == 6
        assert (seen.picture == seen.picture[0, 0]).all()


def test_from_within(board, packs):
    """Gaussians all around and far larger than the picture."""
    for name in ("cloud", "needles", "walls"):
        board.frame(view(packs[name], camera(60, 44, (0.1, 0, -0.3), turn=0.4), 3))


@pytest.mark.parametrize(
    "memory",
    [
        MemoryModel(latency_cycles=1),
        MemoryModel(latency_cycles=400),
        MemoryModel(latency_cycles=20, busy_256=200, seed=1),
        MemoryModel(latency_cycles=60, address_stall_256=240, seed=2),
        MemoryModel(latency_cycles=7, busy_256=120, address_stall_256=120, seed=3),
    ],
    ids=["quick", "slow", "busy", "address stalls", "both"],
)
def test_any_memory(board, packs, memory):
    """It costs cycles and changes nothing else."""
    for name in ("cloud", "many in a bin"):
        for n in (1, 2):
            board.frame(view(packs[name], camera(70, 50), n), memory)


def test_a_picture_is_the_same_in_either_slot(board, packs):
    for slot in (1, 0, 1):
        board.frame(view(packs["cloud"], camera(90, 40), 2), slot=slot)


def test_a_picture_in_strips_by_the_runner(packs):
    """More bins than the build has, and lists longer than its memory: frame after frame."""
    runner = FrameRunner(packs["cloud"], "rtl", params=SMALL)
    for size, frames in (((260, 270), 2), ((50, 40), 1)):
        run = runner.run(camera(*size), GSPLAT)
        assert (run.mismatches, run.frames, run.status.code) == (0, frames, StatusCode.DONE)


def test_to_draw_for_long_is_no_standstill(packs, monkeypatch):
    """Large and faint: nothing is read or written while many entries cover all of a bin."""
    monkeypatch.setattr(frame_module, "STANDSTILL_CYCLES", 500)
    run = FrameRunner(packs["walls"], "rtl", params=SMALL).run(camera(50, 40), INRIA)
    assert (run.mismatches, run.status.code) == (0, StatusCode.DONE)
    runner = FrameRunner(packs["walls"], "rtl", MemoryModel(busy_256=256), SMALL)
    with pytest.raises(RuntimeError, match="stands still"):
        runner.run(camera(50, 40), INRIA)


ROOMY = replace(SMALL, list_pages=256)
OTHERS = {
    "128 bits": replace(ROOMY, data_bits=128, burst_beats=4, color_cycles=8, outstanding_bursts=2),
    "512 bits": replace(ROOMY, data_bits=512, lanes=2, color_cycles=1, raster_lanes=16, bin_px=64),
    **{name: preset.params for name, preset in PRESETS.items() if preset.draws},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_other_parameters(packs, name):
    """Widths, lanes, bins and sizes of the sorter; a list that is longer than the largest one."""
    params = OTHERS[name]
    many = scenes(9000)["many in a bin"]
    made = [packs["cloud"], packs["needles"], packs["walls"], drawn_pack(cloud(3000, 1))]
    made.append(drawn_pack(many))
    with PictureBoard(made, params) as board:
        for n, pack in enumerate(made):
            for size in ((50, 40), (131, 97)):
                counters = board.frame(view(pack, camera(*size), n, params), slot=n % 2)
        assert counters["ranged_lists"] > 0
