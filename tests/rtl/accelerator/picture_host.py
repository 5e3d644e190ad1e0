"""A host that queues pictures as soon as there is room, and looks at each as its frame ends."""

from __future__ import annotations

from dataclasses import dataclass

from golden.view import ViewFrame
from hw.host.status import StatusCode
from tests.rtl.accelerator.picture_board import PictureBoard

STEP_CYCLES = 20
STANDSTILL_STEPS = 20_000


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
