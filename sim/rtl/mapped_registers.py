"""The register window where it is mapped into the memory of a process."""

from __future__ import annotations

import mmap

from hw.host.register_map import WINDOW_BITS, WORD_BYTES


class MappedRegisters:
    """A Bus of sim.rtl.driver on mapped memory, such as `mmap` gives of /dev/uio0.

    PYNQ's MMIO has the same two calls.

    Parameters
    ----------
    memory : writable, its first 4096 bytes are the window, little-endian as the host.
    """

    def __init__(self, memory: bytearray | memoryview | mmap.mmap):
        self._words = memoryview(memory).cast("B")[: 1 << WINDOW_BITS].cast("I")

    def read(self, offset: int) -> int:
        """The 32-bit word at an offset in bytes."""
        return int(self._words[offset // WORD_BYTES])

    def write(self, offset: int, value: int) -> None:
        """Writes a 32-bit word, 0 to 2^32 - 1, at an offset in bytes."""
        self._words[offset // WORD_BYTES] = value
