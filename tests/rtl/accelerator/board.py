"""The compiled accelerator with a pack in memory and its driver, and what every frame must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from golden.params import Parameters
from golden.view import ViewFrame
from hw.host.status import StatusCode
from sim.rtl.accelerator_harness import AcceleratorHarness, MemoryModel
from sim.rtl.driver import Accelerator, Status

MEMBERS_TO = ("dropped_opacity", "dropped_near", "dropped_outside", "splats")
PARAMS = Parameters()
LIMIT_CYCLES = 400_000  # of a frame of a small pack, whatever the memory
USUAL = MemoryModel(latency_cycles=20)
UTILISATION = 0.95


@dataclass(frozen=True, eq=False)
class Board:
    """An accelerator with a pack in its memory and a driver."""

    harness: AcceleratorHarness
    driver: Accelerator

    def begin(self, view: ViewFrame, memory: MemoryModel | None = None):
        if memory is not None:
            self.harness.set_memory(memory)
        self.harness.clear_counts()
        self.driver.set_camera(*view.constants)
        self.driver.start()

    def end(self, limit_cycles: int = LIMIT_CYCLES) -> tuple[Status, np.ndarray]:
        """Runs to the interrupt; the one frame that ended, with nothing behind it."""
        cycles = self.harness.run(limit_cycles)
        assert cycles < limit_cycles, "the frame did not end"
        status = self.driver.wait(0.0)
        causes = {"done"} if status.code == StatusCode.DONE else {"done", "error"}
        assert self.driver.acknowledge() == causes
        frames = self.harness.frames()
        assert [len(frames), len(frames[-1])] == [2, 0], "tlast did not come exactly once"
        return status, frames[0]

    def frame(self, view: ViewFrame, memory: MemoryModel | None = None) -> dict[str, int]:
        """A whole frame, held against the model bit for bit; its counters."""
        self.begin(view, memory)
        status, splats = self.end()
        assert status.code == StatusCode.DONE
        assert_equal(splats, view.output)
        counters = self.driver.counters()
        assert {name: counters[name] for name in view.counters} == view.counters
        assert counters["members"] == sum(counters[name] for name in MEMBERS_TO)
        check_sums(counters)
        counts = self.harness.counts()
        assert counters["bus_beats"] == counts.beats
        assert counters["bus_bursts"] == counts.bursts
        return counters


def assert_equal(found: np.ndarray, expected: np.ndarray):
    assert len(found) == len(expected)
    differs = np.flatnonzero(found != expected)
    assert not len(differs), (differs[0], found[differs[0]], expected[differs[0]])


def check_sums(counters: dict[str, int]):
    """What holds between the counters of any frame."""
    bus = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
    assert sum(counters[name] for name in bus) == counters["frame_cycles"]
    # A frame that breaks off loses the members that are under way.
    assert counters["members"] >= sum(counters[name] for name in MEMBERS_TO)


def open_board(
    image: bytes,
    params: Parameters = PARAMS,
    memory: MemoryModel = USUAL,
    pack_bytes: int | None = None,
) -> Board:
    """Out of reset, with the image where `memory` has it and interrupts on."""
    harness = AcceleratorHarness(params, image, memory)
    driver = Accelerator(harness, params)
    driver.check()
    driver.open(memory.address, len(image) if pack_bytes is None else pack_bytes)
    driver.enable_interrupts("done")
    return Board(harness, driver)
