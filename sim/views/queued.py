"""Pictures drawn one behind another: the next view is streamed while one is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.errors import InputError
from golden.pack import Pack, check_parameters
from golden.params import Parameters
from golden.rules import Rules
from golden.view import ViewFrame, view_frame
from sim.model.memory import MemoryModel
from sim.model.picture_memory import PictureMemory, picture_memory, read_picture
from sim.rtl.accelerator_harness import AcceleratorHarness
from sim.rtl.driver import Accelerator, pack_image

SLOTS = 2  # list memories and pictures, given to frames in turn
STEP_CYCLES = 50  # between two looks of the host
STANDSTILL_CYCLES = 20_000_000  # of one frame


@dataclass(frozen=True, eq=False)
class QueuedFrame:
    """A frame of several.

    Parameters
    ----------
    view : name of the camera.
    cycles : from the end of the frame before, or the start, to its end.
    picture : (height, width, 4) R, G, B, alpha.
    mismatches : pixels of it that differ from the integer model's.
    """

    view: str
    cycles: int
    picture: NDArray[np.uint8]
    mismatches: int


def run_queued(
    pack: Pack,
    cameras: Iterable[Camera],
    rules: Rules,
    params: Parameters,
    memory: MemoryModel | None = None,
) -> list[QueuedFrame]:
    """Draws views by the RTL, each asked for as soon as the one before has begun.

    Parameters
    ----------
    cameras : whose pictures fit the build without strips.
    params : of a build that draws.

    Raises InputError where a frame does not end well, RuntimeError where one comes to a standstill.
    """
    if not params.raster_lanes:
        raise InputError("this build draws no picture: take one with raster_lanes above 0.")
    check_parameters(pack, params)
    memory, image = memory or MemoryModel(), pack_image(pack)
    views = [view_frame(pack, camera, rules, params) for camera in cameras]
    largest = max((v.camera for v in views), key=lambda seen: (seen.width + 15) * seen.height)
    begins, end = [], memory.address + len(image)
    for _ in range(SLOTS):
        begins.append(end)
        end = picture_memory(end, 0, largest, params).end
    whole = image.ljust(end - memory.address, b"\0")
    with AcceleratorHarness(params, whole, memory) as bus:
        accelerator = Accelerator(bus, params)
        accelerator.check()
        accelerator.open(memory.address, len(image))
        accelerator.enable_interrupts("done")
        rooms = [
            picture_memory(begins[n % SLOTS], 0, view.camera, params)
            for n, view in enumerate(views)
        ]
        return _run(bus, accelerator, views, rooms)


def _run(
    bus: AcceleratorHarness,
    accelerator: Accelerator,
    views: list[ViewFrame],
    rooms: list[PictureMemory],
) -> list[QueuedFrame]:
    """The host: queues, and takes each picture as its frame ends, before another is drawn there."""
    asked, ended, waited = 0, list[QueuedFrame](), 0
    while len(ended) < len(views):
        if asked < len(views) and not accelerator.status().queued:
            room = rooms[asked]
            accelerator.open_picture(room.picture_address, room.picture_bytes)
            accelerator.set_camera(*replace(views[asked], memory=room.lists).constants)
            accelerator.queue()
            asked += 1
        waited += bus.run(STEP_CYCLES)
        if waited > STANDSTILL_CYCLES:
            raise RuntimeError(f"a frame has not ended in {STANDSTILL_CYCLES} cycles.")
        if bus.counts().irq:
            if "error" in accelerator.acknowledge():
                accelerator.wait(1.0).check()
            view, room = views[len(ended)], rooms[len(ended)]
            picture = read_picture(bus, room, view.camera)
            differs = int((picture != view.picture).any(axis=2).sum())
            cycles = accelerator.counters()["frame_cycles"]
            ended.append(QueuedFrame(view.camera.name, cycles, picture, differs))
            waited = 0
    return ended
