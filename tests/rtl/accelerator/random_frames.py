"""Frames at random on one accelerator that draws: good ones, queues, errors, stops and resets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from golden.pack import Pack
from golden.view import ViewFrame
from hw.host.status import StatusCode
from sim.model.memory import MemoryModel
from tests.rtl.accelerator.picture_board import (
    PIXEL_BYTES,
    PictureBoard,
    picture_bytes,
    pixels,
    stride_bytes,
)
from tests.rtl.accelerator.picture_host import Host, asked
from tests.rtl.accelerator.picture_stimulus import camera, random_view, view

LATEST_CYCLE = 20_000  # at which a frame is stopped or reset; many are done by then
TOO_WIDE = (288, 256)  # px, more bins than a small build has
QUIET_CYCLES = 100_000  # in which a memory answers all that is owed
FRAMES_MODULUS = 1 << 16  # of the count of frames in STATUS


class RandomFrames:
    """Frame after frame of random scenes, sizes and memories; each is right, or ends in its code.

    Parameters
    ----------
    board : with all of `packs`. rng : by which all is chosen.

    `kinds` and `codes` count steps by kind and frames by how they ended, `checked` the frames whose
    picture was held against the model's. `stalled` counts frames behind a memory that makes the
    accelerator wait at random, `begun` all frames, those that a reset ended too.
    """

    def __init__(self, board: PictureBoard, packs: Sequence[Pack], rng: np.random.Generator):
        self._board, self._packs, self._rng = board, packs, rng
        self.kinds: Counter[str] = Counter()
        self.codes: Counter[StatusCode] = Counter()
        self.begun = self.checked = self.stalled = 0
        self._since_reset = board.driver.status().frames

    def step(self, kinds: Sequence[str]) -> None:
        """A frame, or a queue of three, of one of these kinds: the name of a method behind _."""
        kind = str(self._rng.choice(kinds))
        memory = self._memory()
        codes = getattr(self, f"_{kind}")(self._view(), int(self._rng.integers(2)), memory)
        self.kinds[kind] += 1
        self.begun += len(codes) or 1
        self.codes.update(codes)
        self.checked += codes.count(StatusCode.DONE)
        self.stalled += len(codes) * bool(memory.busy_256 or memory.address_stall_256)
        self._since_reset = 0 if kind == "reset" else self._since_reset + len(codes)
        assert self._board.driver.status().frames == self._since_reset % FRAMES_MODULUS

    def _view(self) -> ViewFrame:
        return random_view(self._packs[self._rng.integers(len(self._packs))], self._rng)

    def _memory(self) -> MemoryModel:
        return MemoryModel(
            latency_cycles=int(self._rng.choice((1, 20, 100, 400))),
            busy_256=int(self._rng.choice((0, 0, 60, 160))),
            address_stall_256=int(self._rng.choice((0, 0, 60, 160))),
            seed=self.kinds.total(),
        )

    def _good(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        self._board.frame(seen, memory, slot)
        return [StatusCode.DONE]

    def _queue(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """Three frames, of which one may be stopped."""
        self._board.harness.set_memory(memory)
        host = Host(self._board, asked(self._board, [seen, self._view(), self._view()]))
        host.run(int(self._rng.integers(100, LATEST_CYCLE)))
        self._board.driver.stop()
        host.run()
        assert host.codes.count(StatusCode.DONE) >= 2
        return host.codes

    def _read(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """A beat fails, where the frame has so many."""
        memory = replace(memory, fail_beat=int(self._rng.integers(1, 4000)))
        self._board.begin(self._board.placed(seen, slot), memory, slot)
        return self._ended(self._board.placed(seen, slot), slot, StatusCode.BUS_SLAVE_ERROR)

    def _write(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """The answer to a write is an error."""
        memory = replace(memory, fail_write=int(self._rng.integers(1, 3000)))
        self._board.begin(self._board.placed(seen, slot), memory, slot)
        return self._ended(self._board.placed(seen, slot), slot, StatusCode.WRITE_SLAVE_ERROR)

    def _stop(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        self._board.begin(self._board.placed(seen, slot), memory, slot)
        self._board.harness.run(int(self._rng.integers(0, LATEST_CYCLE)), until_irq=False)
        self._board.driver.stop()
        return self._ended(self._board.placed(seen, slot), slot, StatusCode.STOPPED)

    def _lists(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """Few pages for the lists: full exactly where more are needed."""
        pages = int(self._rng.integers(1, 5))
        placed = self._board.placed(seen, slot, pages)
        self._board.begin(placed, memory, slot)
        codes = self._ended(placed, slot, StatusCode.LISTS_FULL)
        assert (codes == [StatusCode.LISTS_FULL]) == (seen.lists.pages > pages)
        return codes

    def _bins(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """A picture of too many bins, of which nothing is written."""
        wide = self._board.placed(view(seen.pack, camera(*TOO_WIDE)), slot)
        self._board.begin(wide, memory, slot)
        code = self._board.end().code
        assert code == StatusCode.TOO_MANY_BINS
        self._board.check_rest([])
        return [code]

    def _window(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """A window that ends within the picture: nothing is written behind it."""
        board, placed = self._board, self._board.placed(seen, slot)
        size = int(self._rng.integers(1, picture_bytes(seen)))
        board.harness.set_memory(memory)
        board.harness.clear_counts()
        board.set(placed, slot)
        board.driver.open_picture(board.slots[slot].picture, size)
        board.driver.start()
        code = board.end().code
        if code == StatusCode.DONE:  # it was only what no pixel lies in that was cut off
            last_row = PIXEL_BYTES * seen.camera.width
            assert size >= picture_bytes(seen) - stride_bytes(seen) + last_row
            board.check_picture(placed, slot)
        else:
            assert code == StatusCode.WRITE_OUTSIDE
        first = board.slots[slot].picture + size - board.memory.address
        behind = slice(first, first + picture_bytes(seen) - size)
        assert (board.now()[behind] == board.before[behind]).all()
        board.check_rest([(placed, slot)])
        return [code]

    def _reset(self, seen: ViewFrame, slot: int, memory: MemoryModel) -> list[StatusCode]:
        """The core alone, while the memory goes on: each pixel is the model's or as it was."""
        board, placed = self._board, self._board.placed(seen, slot)
        board.begin(placed, memory, slot)
        board.harness.run(int(self._rng.integers(0, LATEST_CYCLE)), until_irq=False)
        board.harness.reset(int(self._rng.integers(1, 4)))
        cycles = 0
        while board.driver.status().busy:
            cycles += board.harness.run(3, until_irq=False)
            assert cycles < QUIET_CYCLES, "the accelerator stays busy after a reset"
        assert board.harness.counts().owed == 0
        first = board.slots[slot].picture - board.memory.address
        now, before = (pixels(each, first, seen) for each in (board.now(), board.before))
        assert ((now == seen.picture) | (now == before)).all()
        board.check_rest([(placed, slot)])
        board.driver.enable_interrupts("done")
        return []

    def _ended(self, placed: ViewFrame, slot: int, error: StatusCode) -> list[StatusCode]:
        """The frame under way is right, or ends in that error; nothing lies outside it."""
        board = self._board
        code = board.end().code
        assert code in (StatusCode.DONE, error)
        if code == StatusCode.DONE:
            board.check_picture(placed, slot)
            counters = board.driver.counters()
            assert {name: counters[name] for name in placed.counters} == placed.counters
        board.check_rest([(placed, slot)])
        return [code]
