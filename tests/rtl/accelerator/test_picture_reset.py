"""The compiled accelerator that draws, reset while its memory goes on: writes end as they began."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.model.memory import MemoryModel
from tests.rtl.accelerator.picture_board import USUAL, PictureBoard, pixels
from tests.rtl.accelerator.picture_stimulus import camera, cloud, drawn_pack, scenes, view

pytestmark = pytest.mark.xdist_group("picture")

MEMORIES = {
    "usual": USUAL,
    "slow": replace(USUAL, latency_cycles=400),
    "stalls": MemoryModel(latency_cycles=60, busy_256=150, address_stall_256=200, seed=4),
}


@pytest.fixture(scope="module")
def packs():
    return {"cloud": drawn_pack(cloud()), "walls": drawn_pack(scenes()["walls"])}


@pytest.fixture(scope="module")
def board(packs):
    with PictureBoard(list(packs.values())) as made:
        yield made


@pytest.mark.parametrize("memory", MEMORIES.values(), ids=MEMORIES)
def test_of_the_core_alone(board, packs, memory):
    """STATUS is busy until the last answer; no burst lacks its data, no byte is wrong or outside;
    the next frame is drawn."""
    seen = board.placed(view(packs["cloud"], camera(60, 50), 2))
    other = view(packs["walls"], camera(37, 21), 1)
    cycles = board.frame(seen, memory)["frame_cycles"]
    written = 0
    for after in (1, 4, 20, 100, *np.linspace(150, 1.02 * cycles, 60, dtype=int).tolist()):
        board.begin(seen, memory)
        board.harness.run(after, until_irq=False)
        before = board.harness.counts().write_beats
        board.harness.reset(1 + after % 3)
        while board.driver.status().busy:
            board.harness.run(3, until_irq=False)
        counts = board.harness.counts()
        assert counts.owed == 0
        written += counts.write_beats > before
        check_pixels(board, seen)
        board.check_rest([(seen, 0)])
        board.driver.enable_interrupts("done")
        board.frame(other, memory)
    assert written > 5, "no reset came while data was due"


def check_pixels(board, seen):
    """Each of the picture is the model's, or as it was."""
    first = board.slots[0].picture - board.memory.address
    now, before = (pixels(each, first, seen) for each in (board.now(), board.before))
    assert ((now == seen.picture) | (now == before)).all()
