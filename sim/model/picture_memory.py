"""Where pack, lists and picture lie in the memory of an accelerator that draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from golden.camera import Camera
from golden.numbers.bits import round_up
from golden.params import Parameters
from golden.stages.rasterize.constants import ALIGNMENT_BYTES
from golden.stages.tile_bin.constants import PAGE_BYTES
from golden.view import ListMemory

REGION_BYTES = 4096  # each region begins at a multiple of it
PIXEL_BYTES = 4


class Memory(Protocol):
    """What holds the picture."""

    def memory_bytes(self, address: int, size: int) -> bytes:
        """Its bytes from an address on."""


@dataclass(frozen=True)
class PictureMemory:
    """Regions behind the pack.

    Parameters
    ----------
    lists : of tile_bin.
    picture_address : byte address of the first pixel.
    picture_bytes : rows of stride_bytes.
    stride_bytes : from a row of the picture to the next one.
    """

    lists: ListMemory
    picture_address: int
    picture_bytes: int
    stride_bytes: int

    @property
    def end(self) -> int:
        """Byte address behind all of it."""
        return self.picture_address + self.picture_bytes


def picture_memory(
    pack_address: int, pack_bytes: int, camera: Camera, params: Parameters
) -> PictureMemory:
    """Lists behind the pack, the picture behind the lists.

    Parameters
    ----------
    pack_address, pack_bytes : of the pack.
    """
    lists = ListMemory(
        round_up(pack_address + pack_bytes, REGION_BYTES), params.list_pages * PAGE_BYTES
    )
    stride = round_up(PIXEL_BYTES * camera.width, ALIGNMENT_BYTES)
    picture = round_up(lists.list_address + lists.list_bytes, REGION_BYTES)
    return PictureMemory(lists, picture, stride * camera.height, stride)


def read_picture(memory: Memory, room: PictureMemory, camera: Camera) -> NDArray[np.uint8]:
    """(height, width, 4) R, G, B, alpha."""
    data = memory.memory_bytes(room.picture_address, room.picture_bytes)
    rows = np.frombuffer(data, np.uint8).reshape(camera.height, room.stride_bytes // 4, 4)
    return rows[:, : camera.width].copy()
