"""Pictures one after another on the compiled accelerator, never reset: queued, stopped, broken."""

from __future__ import annotations

import numpy as np
import pytest

from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from tests.rtl.accelerator.picture_board import USUAL, PictureBoard
from tests.rtl.accelerator.picture_host import Asked, Host, asked
from tests.rtl.accelerator.picture_stimulus import camera, cloud, drawn_pack, scenes, view
from tests.rtl.accelerator.random_frames import RandomFrames

pytestmark = pytest.mark.xdist_group("picture")

STALLS = MemoryModel(latency_cycles=60, busy_256=60, address_stall_256=60, seed=4)


@pytest.fixture(scope="module")
def packs():
    """Two that differ in all their tables, and one that is opaque."""
    named = scenes()
    made = [cloud(), cloud(180, seed=5), named["walls"], named["of five depths in a bin"]]
    return [drawn_pack(scene) for scene in made]


@pytest.fixture(scope="module")
def board(packs):
    with PictureBoard(packs) as made:
        yield made


@pytest.mark.parametrize(
    "memory",
    [USUAL, STALLS, MemoryModel(latency_cycles=1), MemoryModel(latency_cycles=400)],
    ids=["usual", "stalls", "quick", "slow"],
)
def test_queued_frames(board, packs, memory):
    """Packs, sizes, backgrounds, lists and windows differ from frame to frame."""
    sizes = [(60, 50), (33, 70), (1, 1), (64, 64), (90, 20), (17, 1)]
    views = [view(packs[n % 4], camera(*size), n) for n, size in enumerate(sizes)]
    views.insert(3, view(packs[0], camera(40, 40, turn=np.pi)))
    board.harness.set_memory(memory)
    host = Host(board, asked(board, views))
    host.run()
    assert host.codes == [StatusCode.DONE] * len(views)


def test_a_stop_of_the_older_of_two(board, packs):
    """It ends with code 10, and the younger one and the one behind it are drawn."""
    views = [view(packs[n], camera(50, 40), n) for n in (0, 1, 0)]
    codes = []
    for memory in (USUAL, STALLS):
        board.harness.set_memory(memory)
        for after in range(300, 16_000, 1700):
            host = Host(board, asked(board, views))
            host.run(after)
            board.driver.stop()
            host.run()
            assert host.codes.count(StatusCode.DONE) >= 2
            codes.append(host.codes)
    assert [StatusCode.STOPPED, StatusCode.DONE, StatusCode.DONE] in codes


@pytest.mark.parametrize("wrong", ["lists", "bins"])
def test_a_frame_that_cannot_be_drawn_between_two_that_can(board, packs, wrong):
    views = [view(packs[n], camera(60, 50), n) for n in (0, 1, 0)]
    frames = asked(board, views)
    if wrong == "lists":
        frames[1] = Asked(board.placed(views[1], 1, pages=2), 1, StatusCode.LISTS_FULL)
    else:
        many = board.placed(view(packs[1], camera(288, 256)), 1)
        frames[1] = Asked(many, 1, StatusCode.TOO_MANY_BINS)
    for memory in (USUAL, STALLS):
        board.harness.set_memory(memory)
        host = Host(board, frames)
        host.run()
        assert host.codes[1] in (frames[1].code, StatusCode.NONE)
        assert host.codes[::2] == [StatusCode.DONE] * 2


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 7))]
)
def test_thirty_frames_without_a_reset(board, packs, seed):
    """Errors and stops sprinkled in at random; in between all is right."""
    frames = RandomFrames(board, packs, np.random.default_rng(seed))
    for _ in range(30):
        frames.step(("good", "read", "write", "stop", "lists", "queue"))
    errors = {StatusCode.BUS_SLAVE_ERROR, StatusCode.WRITE_SLAVE_ERROR, StatusCode.STOPPED}
    assert errors & set(frames.codes)
    assert frames.codes[StatusCode.DONE]
