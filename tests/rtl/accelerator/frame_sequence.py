"""Queued frames on the compiled accelerator: packs in one memory, a host that queues early."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from golden.params import Parameters
from golden.view import ViewFrame
from hw.host.status import StatusCode
from sim.rtl.accelerator_harness import AcceleratorHarness, MemoryModel
from sim.rtl.driver import Accelerator

PAGE_BYTES = 4096
STEP_CYCLES = 10
STANDSTILL_STEPS = 5_000


@dataclass(frozen=True, eq=False)
class Ended:
    """A frame that ended: its code (NONE where the host looked too late), splats, counters."""

    code: StatusCode
    splats: np.ndarray
    counters: dict[str, int] | None


@dataclass(eq=False)
class Sequence:
    """An accelerator, packs in its memory, and the frames that it was asked for.

    Parameters
    ----------
    images : of the packs, each put at the next multiple of 4096.
    """

    images: list[bytes]
    params: Parameters
    memory: MemoryModel
    ended: list[Ended] = field(default_factory=list)
    errors: int = 0
    _seen: int = 0

    def __post_init__(self):
        self.places, whole = [], b""
        for image in self.images:
            self.places.append(self.memory.address + len(whole))
            whole += image.ljust(-(-len(image) // PAGE_BYTES) * PAGE_BYTES, b"\0")
        self.harness = AcceleratorHarness(self.params, whole, self.memory)
        self.driver = Accelerator(self.harness, self.params)
        self.driver.enable_interrupts("done")

    def queue(self, view: ViewFrame, pack: int = 0):
        """Asks for a frame; none may be waiting."""
        self.driver.open(self.places[pack], len(self.images[pack]))
        self.driver.set_camera(*view.constants)
        self.driver.queue()

    def run(self, views: list[tuple[ViewFrame, int]]) -> list[Ended]:
        """Queues each as soon as there is room, until all that were ever asked for have ended."""
        left, steps = list(views), 0
        while left or self.driver.status().busy:
            # The interrupt may rise in a step, or while the host reads or writes a register.
            steps = 0 if self.look() else steps + 1
            if left and not self.driver.status().queued:
                self.queue(*left.pop(0))
            self.harness.run(STEP_CYCLES)
            assert steps < STANDSTILL_STEPS, "the accelerator stands still"
        self.look()
        # An error between a read of INTERRUPT and its acknowledgement stands alone.
        self.errors += "error" in self.driver.acknowledge()
        ended, self.ended = self.ended, []
        *splats, rest = self.harness.frames()
        assert len(rest) == 0, "splats behind the last end"
        assert len(splats) == len(ended)
        return [Ended(e.code, s, e.counters) for e, s in zip(ended, splats, strict=True)]

    def look(self) -> bool:
        """Notes the frames that ended; code and, if read in time, counters are the last one's.

        Returns whether there was an interrupt.
        """
        if not self.harness.counts().irq:
            return False
        self.errors += "error" in self.driver.acknowledge()
        status, counters = self.driver.status(), self.driver.counters()
        seen, self._seen = self._seen, status.frames
        missed = Ended(StatusCode.NONE, np.empty(0), None)
        self.ended += [missed] * (self._seen - seen - 1)
        if self._seen > seen:
            is_whole = self.driver.status().frames == counters["frames"] == status.frames
            self.ended.append(Ended(status.code, np.empty(0), counters if is_whole else None))
        return True
