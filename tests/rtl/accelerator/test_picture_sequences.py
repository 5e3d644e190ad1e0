"""Pictures one after another on the compiled accelerator, never reset: queued, stopped, broken."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from golden.view import ViewFrame
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from tests.rtl.accelerator.picture_board import USUAL, PictureBoard
from tests.rtl.accelerator.picture_stimulus import (
    camera,
    cloud,
    drawn_pack,
    random_view,
    scenes,
    view,
)

pytestmark = pytest.mark.xdist_group("picture")

STALLS = MemoryModel(latency_cycles=60, busy_256=60, address_stall_256=60, seed=4)
STEP_CYCLES = 20
STANDSTILL_STEPS = 20_000


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


@dataclass(frozen=True, eq=False)
class Asked:
    """A frame: its view, which is placed in its slot, and the code that it must end in."""

    seen: ViewFrame
    slot: int
    code: StatusCode = StatusCode.DONE


def asked(board, views) -> list[Asked]:
    """The slots in turn."""
    return [Asked(board.placed(seen, n % 2), n % 2) for n, seen in enumerate(views)]


class Host:
    """Queues frames as soon as there is room, and looks at each picture as its frame ends."""

    def __init__(self, board: PictureBoard, frames: list[Asked]):
        self._board, self._left, self._under_way = board, list(frames), []
        self._frames, self._first = list(frames), board.driver.status().frames
        self.codes: list[StatusCode] = []
        self.counters: list[dict[str, int]] = []  # of frames that are done, where read in time

    def run(self, cycles: int | None = None):
        """Runs so many cycles, or until all have ended."""
        board, waited, passed = self._board, 0, 0
        while (self._left or board.driver.status().busy) and (cycles is None or passed < cycles):
            if self._left and not board.driver.status().queued:
                frame = self._left.pop(0)
                self._under_way.append(frame)
                board.set(frame.seen, frame.slot)
                board.driver.queue()
            passed += board.harness.run(STEP_CYCLES)
            waited = 0 if self._look() else waited + 1
            assert waited < STANDSTILL_STEPS, "the accelerator stands still"
        if cycles is None:
            self._look()
            assert len(self.codes) == len(self._frames)
            board.check_rest([(frame.seen, frame.slot) for frame in self._frames])

    def _look(self) -> bool:
        """Whether frames have ended: the code of each, and of those that are done the picture.

        A frame that was wrong early ends a few cycles behind the one before it: of two at once the
        first one is done, and only the last one's counters can be read.
        """
        board = self._board
        if not board.harness.counts().irq:
            return False
        well = "error" not in board.driver.acknowledge()
        status = board.driver.status()
        ended = (status.frames - self._first) % 65536 - len(self.codes)
        for number in range(ended):
            frame, is_last = self._under_way.pop(0), number == ended - 1
            code = status.code if is_last else StatusCode.DONE
            if code == StatusCode.NONE and well:
                code = StatusCode.DONE  # the next frame was queued meanwhile: its code is gone
            self.codes.append(code)
            if code == StatusCode.DONE:
                board.check_picture(frame.seen, frame.slot)
                if is_last:
                    counters = board.driver.counters()
                    assert {n: counters[n] for n in frame.seen.counters} == frame.seen.counters
                    self.counters.append(counters)
        return ended > 0


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


def random_frame(board, packs, rng, number):
    """A frame that goes well, or one of those that do not; it is right, or ends in its code."""
    seen, slot = random_view(packs[rng.integers(4)], rng), int(rng.integers(2))
    memory = MemoryModel(
        latency_cycles=int(rng.choice((1, 20, 100, 400))),
        busy_256=int(rng.choice((0, 0, 60, 160))),
        address_stall_256=int(rng.choice((0, 0, 60, 160))),
        seed=number,
    )
    kind = rng.choice(("good", "read", "write", "stop", "lists", "queue"))
    allowed = {StatusCode.DONE}
    placed = board.placed(seen, slot)
    if kind == "good":
        board.frame(seen, memory, slot)
        return {StatusCode.DONE}
    if kind == "queue":
        views = [seen, *(random_view(packs[rng.integers(4)], rng) for _ in range(2))]
        board.harness.set_memory(memory)
        host = Host(board, asked(board, views))
        host.run(int(rng.integers(100, 20_000)))
        board.driver.stop()
        host.run()
        assert host.codes.count(StatusCode.DONE) >= len(views) - 1
        return set(host.codes)
    if kind == "read":
        memory = replace(memory, fail_beat=int(rng.integers(1, 4000)))
        allowed.add(StatusCode.BUS_SLAVE_ERROR)
    if kind == "write":
        memory = replace(memory, fail_write=int(rng.integers(1, 3000)))
        allowed.add(StatusCode.WRITE_SLAVE_ERROR)
    if kind == "lists":
        pages = int(rng.integers(1, 5))
        placed = board.placed(seen, slot, pages)
        allowed = {StatusCode.LISTS_FULL if seen.lists.pages > pages else StatusCode.DONE}
    board.begin(placed, memory, slot)
    if kind == "stop":
        board.harness.run(int(rng.integers(0, 20_000)), until_irq=False)
        board.driver.stop()
        allowed.add(StatusCode.STOPPED)
    code = board.end().code
    assert code in allowed, kind
    if code == StatusCode.DONE:
        board.check_picture(placed, slot)
    board.check_rest([(placed, slot)])
    return {code}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 7))]
)
def test_thirty_frames_without_a_reset(board, packs, seed):
    """Errors and stops sprinkled in at random; in between all is right."""
    rng = np.random.default_rng(seed)
    codes = set()
    for number in range(30):
        codes |= random_frame(board, packs, rng, number)
    errors = {StatusCode.BUS_SLAVE_ERROR, StatusCode.WRITE_SLAVE_ERROR, StatusCode.STOPPED}
    assert codes & errors
    assert StatusCode.DONE in codes
