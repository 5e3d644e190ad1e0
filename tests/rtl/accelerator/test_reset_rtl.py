"""The compiled accelerator, reset while its memory goes on: busy until quiet, then right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from sim.rtl.driver import Status
from tests.rtl.accelerator.accelerator_stimulus import random_views
from tests.rtl.accelerator.board import LIMIT_CYCLES, PARAMS, USUAL, assert_equal

pytestmark = pytest.mark.xdist_group("accelerator")

STALLS = MemoryModel(latency_cycles=60, busy_256=100, address_stall_256=200, seed=2)
MEMORIES = {"usual": USUAL, "slow": replace(USUAL, latency_cycles=700), "stalls": STALLS}
EACH = pytest.mark.parametrize("memory", MEMORIES.values(), ids=MEMORIES)
AFTER = (
    0,
    1,
    2,
    3,
    4,
    8,
    20,
    50,
    100,
    150,
    230,
    400,
    800,
    1500,
    2200,
    2900,
)  # cycles behind the start


def begin_and_reset(board, view, memory, after, **reset):
    """Resets a frame under way, and sets the pack up anew; a view must be set before a start."""
    board.begin(view, memory)
    board.harness.run(after, until_irq=False)
    board.harness.reset(**reset)


def set_up(board, image):
    board.driver.check()
    board.driver.open(USUAL.address, len(image))
    board.driver.enable_interrupts("done")


@EACH
@pytest.mark.parametrize("cycles", [1, 2, 30])
def test_of_the_core_alone(board, pack, image, memory, cycles):
    """STATUS is busy exactly until the last answer came; the next frame is right."""
    view, other = random_views(pack, 2, PARAMS, seed=3)
    owed = set()
    for after in AFTER:
        begin_and_reset(board, view, memory, after, cycles=cycles)
        owed.add(board.harness.counts().owed)
        while (status := board.driver.status()).busy:
            board.harness.run(7, until_irq=False)
        assert status == Status(False, False, False, False, StatusCode.NONE, 0)
        assert board.harness.counts().owed == 0, after
        set_up(board, image)
        assert not board.driver.status().busy
        board.frame(other)
        assert board.driver.counters()["frames"] == 1
    assert 0 in owed
    assert max(owed) > 2, "nothing was outstanding at a reset"


def test_busy_ends_soon_after_the_last_answer(board, pack, image):
    view = random_views(pack, 1, PARAMS, seed=3)[0]
    begin_and_reset(board, view, MEMORIES["slow"], 100)
    assert board.harness.counts().owed
    while board.harness.counts().owed:
        assert board.driver.status().busy
    board.harness.run(4, until_irq=False)
    assert not board.driver.status().busy
    set_up(board, image)
    board.frame(view)


@EACH
@pytest.mark.parametrize("after", [4, 20, 100])
def test_a_frame_that_is_queued_meanwhile(board, pack, image, memory, after):
    """It begins once the memory is quiet; a start is ignored until then, and recorded."""
    view, other = random_views(pack, 2, PARAMS, seed=3)
    begin_and_reset(board, view, MEMORIES["slow"], after)
    set_up(board, image)
    board.driver.set_camera(other.culling, other.projecting)
    assert board.driver.status().busy
    board.driver._ask("start")
    board.driver.queue()
    status = board.driver.status()
    assert status.start_ignored
    assert status.queued
    board.harness.set_memory(memory)
    board.harness.run(LIMIT_CYCLES)
    board.driver.wait(0.0).check()
    assert board.driver.acknowledge() == {"done", "start_ignored"}
    (splats, rest), counters = board.harness.frames(), board.driver.counters()
    assert_equal(splats, other.splats)
    assert len(rest) == 0
    assert {name: counters[name] for name in other.counters} == other.counters
    bus = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
    assert sum(counters[name] for name in bus) == counters["frame_cycles"]


def test_again_and_again(board, pack, image):
    """Resets within the latency of one another: all of before them is awaited."""
    view = random_views(pack, 1, PARAMS, seed=3)[0]
    begin_and_reset(board, view, MEMORIES["slow"], 100)
    for pause in (0, 1, 2, 3, 40, 100):
        board.harness.run(pause, until_irq=False)
        board.harness.reset()
    assert board.harness.counts().owed
    while board.driver.status().busy:
        pass
    assert board.harness.counts().owed == 0
    set_up(board, image)
    board.frame(view)


@EACH
def test_of_the_port_with_the_core_while_the_memory_goes_on(board, pack, image, memory):
    """What it answers is ignored: once it is quiet, all is right."""
    view, other = random_views(pack, 2, PARAMS, seed=3)
    for after in AFTER:
        begin_and_reset(board, view, memory, after, port=True)
        assert not board.driver.status().busy
        while board.harness.counts().owed:
            board.harness.run(1, until_irq=False)
            assert not board.driver.status().busy
        set_up(board, image)
        board.frame(other)
