"""Frames behind a DRAM: the compiled accelerator's cycles and counters are the frame clock's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golden.errors import InputError
from golden.rules import GSPLAT
from sim.model.dram_config import load_dram
from sim.model.frame_clock.timing import frame_clock
from sim.model.memory import DramBehind, MemoryModel
from sim.views.frame import FrameRunner
from tests.rtl.accelerator.picture_board import PictureBoard
from tests.rtl.accelerator.picture_stimulus import SMALL, camera, drawn_pack, scenes, view

pytestmark = pytest.mark.xdist_group("picture")
LPDDR4, DDR4 = load_dram("lpddr4_3200_x128"), load_dram("ddr4_2400_x64")
# Bursts as long as a beat, longer, and shorter; cycles shorter than a burst, and longer; more that
# waits than there is room for.
BEHIND = {
    "lpddr4": DramBehind(LPDDR4),
    "ddr4 at 200 MHz": DramBehind(DDR4, clock_mhz=200, path_ns=15),
    "bursts of 16 bytes": DramBehind(
        replace(LPDDR4, channels=2, burst_bytes=16), clock_mhz=750, window=9
    ),
    "one slow channel": DramBehind(replace(DDR4, refi_ns=900), clock_mhz=1600, window=8),
}


@pytest.fixture(scope="module")
def packs():
    made = scenes()
    return {name: drawn_pack(made[name]) for name in ("cloud", "many in a bin", "walls")}


@pytest.fixture(scope="module")
def board(packs):
    with PictureBoard(list(packs.values())) as made:
        yield made


@pytest.mark.parametrize("name", BEHIND)
def test_cycles_and_counters_are_the_clocks(board, packs, name):
    memory = MemoryModel(dram=BEHIND[name])
    for scene in packs:
        for n, size in enumerate(((70, 50), (129, 34))):
            counters = board.frame(view(packs[scene], camera(*size), n), memory, slot=n)
            assert counters["bus_wait_cycles"] > 0


def test_a_frame_behind_another_memory_takes_other_cycles(packs):
    """Each number of the memory is heard."""
    seen = view(packs["cloud"], camera(129, 34), 1)
    lpddr4 = BEHIND["lpddr4"]
    changed = [
        lpddr4,
        replace(lpddr4, clock_mhz=500),
        replace(lpddr4, path_ns=90),
        *(
            replace(lpddr4, config=replace(LPDDR4, **{name: value}))
            for name, value in {
                "channels": 1,
                "banks": 1,
                "rcd_ns": 60,
                "rp_ns": 90,
                "read_latency_ns": 40,
                "refi_ns": 400,
                "burst_ns": 20,
            }.items()
        ),
    ]
    cycles = [
        frame_clock(seen, MemoryModel(dram=behind)).counters["frame_cycles"] for behind in changed
    ]
    assert len(set(cycles)) == len(cycles)


@pytest.mark.slow
def test_a_wide_bus(packs):
    params = replace(
        SMALL, data_bits=512, lanes=2, color_cycles=1, raster_lanes=16, bin_px=64, list_pages=256
    )
    runner = FrameRunner(packs["cloud"], "rtl", MemoryModel(dram=BEHIND["lpddr4"]), params)
    run = runner.run(camera(129, 70), GSPLAT)
    assert run.mismatches == 0
    assert run.expected is not None
    assert run.cycles == run.expected["frame_cycles"]


def test_what_a_dram_cannot_be():
    with pytest.raises(InputError, match="choose 8 to 256"):
        DramBehind(LPDDR4, window=7)
    with pytest.raises(InputError, match="stalls by its own rules"):
        MemoryModel(dram=BEHIND["lpddr4"], busy_256=1)
