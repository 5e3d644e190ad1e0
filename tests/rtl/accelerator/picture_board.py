"""The compiled accelerator that draws, with packs, two list memories and two picture windows.

Between the windows and around them lie bytes that nothing may write: they are compared after every
frame, as is all of a picture's window that no pixel lies in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from golden.pack import Pack
from golden.params import Parameters
from golden.stages.rasterize.constants import ALIGNMENT_BYTES
from golden.stages.tile_bin.constants import PAGE_BYTES
from golden.view import ListMemory, ViewFrame
from hw.host.status import StatusCode
from sim.model.frame_clock.timing import frame_clock, knows_memory
from sim.rtl.accelerator_harness import AcceleratorHarness, MemoryModel
from sim.rtl.driver import Accelerator, Status, pack_image
from tests.rtl.accelerator.board import check_sums
from tests.rtl.accelerator.picture_stimulus import SMALL

REGION_BYTES = 4096  # packs, lists and pictures begin at multiples of it
PIXEL_BYTES = 4
USUAL = MemoryModel(latency_cycles=20)
LIMIT_CYCLES = 2_000_000  # of a frame; a list of 35 times what is sorted at once takes 1.5 million
MOST_PX = 256  # side of a picture
CHUNK_BYTES = 128


@dataclass(frozen=True)
class Slot:
    """Where a frame's lists and its picture lie."""

    lists: int
    picture: int


@dataclass(eq=False)
class PictureBoard:
    """An accelerator out of reset, with interrupts on.

    Parameters
    ----------
    packs : each at the next multiple of 4096.
    ends_in : the memory ends a page of 2 KiB behind the begin of that window of slot 1: lists or
        picture; None where all is in memory.
    netlist : in place of the RTL.
    """

    packs: list[Pack]
    params: Parameters = SMALL
    memory: MemoryModel = USUAL
    ends_in: str | None = None
    netlist: str | None = None
    slots: list[Slot] = field(default_factory=list)

    def __post_init__(self):
        images = [pack_image(pack) for pack in self.packs]
        self.places, end = [], self.memory.address
        for image in images:
            self.places.append((end, len(image)))
            end = _up(end + len(image)) + REGION_BYTES
        self.list_bytes = self.params.list_pages * PAGE_BYTES
        for _ in range(2):
            picture = end + self.list_bytes + REGION_BYTES
            self.slots.append(Slot(end, picture))
            end = picture + PIXEL_BYTES * MOST_PX**2 + REGION_BYTES
        self.size = end - self.memory.address
        memory = np.random.default_rng(1).integers(0, 256, self.size, np.uint8)
        for (place, size), image in zip(self.places, images, strict=True):
            first = place - self.memory.address
            memory[first : first + size] = np.frombuffer(image, np.uint8)
        if self.ends_in:
            end = getattr(self.slots[1], self.ends_in) + PAGE_BYTES
        self.behind = self.memory
        self.before = memory[: end - self.memory.address]
        image = self.before.tobytes()
        self.harness = AcceleratorHarness(self.params, image, self.memory, netlist=self.netlist)
        self.driver = Accelerator(self.harness, self.params)
        self.driver.check()
        self.driver.enable_interrupts("done")

    def __enter__(self) -> PictureBoard:
        return self

    def __exit__(self, *error: object) -> None:
        self.harness.__exit__(None, None, None)

    def placed(self, seen: ViewFrame, slot: int = 0, pages: int | None = None) -> ViewFrame:
        """The view with its lists in a slot, in all of its pages or in so many."""
        size = self.list_bytes if pages is None else pages * PAGE_BYTES
        return replace(seen, memory=ListMemory(self.slots[slot].lists, size))

    def set(self, seen: ViewFrame, slot: int = 0):
        """Registers of a view that is `placed`, for the next frame to begin."""
        self.driver.open(*self.places[self.packs.index(seen.pack)])
        self.driver.open_picture(self.slots[slot].picture, picture_bytes(seen))
        self.driver.set_camera(*seen.constants)

    def begin(self, seen: ViewFrame, memory: MemoryModel | None = None, slot: int = 0):
        """Starts the frame of a view that is `placed`."""
        if memory is not None:
            self.harness.set_memory(memory)
        self.harness.clear_counts()
        self.set(seen, slot)
        self.driver.start()

    def end(self, limit_cycles: int = LIMIT_CYCLES) -> Status:
        """Runs to the interrupt."""
        cycles = self.harness.run(limit_cycles)
        assert cycles < limit_cycles, "the frame did not end"
        status = self.driver.wait(0.0)
        causes = {"done"} if status.code == StatusCode.DONE else {"done", "error"}
        assert self.driver.acknowledge() == causes
        counts, counters = self.harness.counts(), self.driver.counters()
        for name in ("beats", "bursts"):
            assert counters[f"bus_{name}"] == getattr(counts, name)
            assert counters[f"write_{name}"] == getattr(counts, f"write_{name}")
        check_sums(counters)
        return status

    def frame(
        self, seen: ViewFrame, memory: MemoryModel | None = None, slot: int = 0
    ) -> dict[str, int]:
        """A whole frame, its picture and counters held against the models; its counters."""
        seen = self.placed(seen, slot)
        self.begin(seen, memory, slot)
        assert self.end().code == StatusCode.DONE
        self.check_picture(seen, slot)
        self.check_rest([(seen, slot)])
        counters = self.driver.counters()
        if memory is not None:
            self.behind = memory
        if knows_memory(self.behind, self.params):
            pack = self.places[self.packs.index(seen.pack)][0]
            behind = replace(self.behind, address=pack)
            clocked = frame_clock(seen, behind, self.slots[slot].picture).counters
            assert {name: counters[name] for name in clocked} == clocked
        assert {name: counters[name] for name in seen.counters} == seen.counters
        assert counters["write_beats"] == written_beats(seen)
        return counters

    def check_picture(self, seen: ViewFrame, slot: int = 0):
        """Every pixel is the model's."""
        found, expected = pixels(self.now(), self._first(slot), seen), seen.picture
        differs = np.argwhere((found != expected).any(axis=2))
        assert not len(differs), (
            f"{len(differs)} px differ, the first {differs[0]}: {found[tuple(differs[0])]} where "
            f"{expected[tuple(differs[0])]} is due"
        )

    def check_rest(self, drawn: list[tuple[ViewFrame, int]]):
        """Nothing was written but lists and pixels of these views; then all is as it was made."""
        may = np.zeros(self.size, bool)
        for seen, slot in drawn:
            first = seen.memory.list_address - self.memory.address
            may[first : first + seen.binning.pages * PAGE_BYTES] = True
            pixels(may, self._first(slot), seen)[:] = True
        now = self.now()
        differs = np.flatnonzero((now != self.before) & ~may[: len(now)])
        assert not len(differs), (
            f"{len(differs)} bytes outside, from {self.memory.address + differs[0]:#x} on"
        )
        self.harness.set_memory_bytes(self.memory.address, self.before.tobytes())

    def now(self) -> NDArray[np.uint8]:
        """All of the memory."""
        data = self.harness.memory_bytes(self.memory.address, len(self.before))
        return np.frombuffer(data, np.uint8)

    def _first(self, slot: int) -> int:
        return self.slots[slot].picture - self.memory.address


def stride_bytes(seen: ViewFrame) -> int:
    """From a row of the picture to the next one."""
    return -(-PIXEL_BYTES * seen.camera.width // ALIGNMENT_BYTES) * ALIGNMENT_BYTES


def picture_bytes(seen: ViewFrame) -> int:
    """Of the window: up to the end of the last row."""
    return stride_bytes(seen) * seen.camera.height


def pixels(memory: np.ndarray, first: int, seen: ViewFrame) -> np.ndarray:
    """(height, width, 4) the picture's pixels, a part of the memory."""
    rows = memory[first : first + picture_bytes(seen)].reshape(seen.camera.height, -1, PIXEL_BYTES)
    return rows[:, : seen.camera.width]


def written_beats(seen: ViewFrame) -> int:
    """Beats of lists and picture: a chunk as far as it holds entries, a row of each bin."""
    beat, side = seen.params.data_bits // 8, seen.params.bin_px
    length = seen.lists.length
    whole, rest = length // 8, length % 8
    lists = whole.sum() * (CHUNK_BYTES // beat) + (-(-16 * rest // beat)).sum()
    width, height = seen.camera.width, seen.camera.height
    columns = [min(side, width - x) for x in range(0, width, side)]
    return int(lists + height * sum(-(-PIXEL_BYTES * n // beat) for n in columns))


def _up(value: int) -> int:
    return -(-value // REGION_BYTES) * REGION_BYTES
