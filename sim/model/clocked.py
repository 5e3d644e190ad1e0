"""What clocked blocks share: records of registers, a queue, a register of a stream.

A kernel `clock_NAME` clocks what it is named after, one cycle: it reads the registers of its record
as they are and leaves them as the clock edge does. What a frame finds is known and moves in order,
so a queue is a count, and an item the next index of a table. Truths that registers hold are 0 or 1.

Each type of argument compiles a kernel once more: numbers are passed as registers hold them or as
comparisons give them, never as a constant of the source.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.jit import serial_kernel


def registers(*names: str, **blocks: np.dtype[Any]) -> np.dtype[np.void]:
    """The record of a block: int64 registers, then the records and tables within it."""
    return np.dtype([*((name, np.int64) for name in names), *blocks.items()])


def table(kind: type[np.generic], *shape: int) -> np.dtype[Any]:
    """A table within a record, as large as the largest build needs it: a kernel that is given the
    record is given it with one pointer, and is compiled once for all builds."""
    return np.dtype((kind, shape))


# SyncFIFOBuffered: entries in its memory, and whether its output shows one.
FIFO = registers("stored", "valid")

# StreamRegister: whether its output shows an item, and whether one is held behind it.
REGISTER = registers("valid", "held")


@serial_kernel
def clock_fifo(fifo: Any, write: bool, read: bool) -> None:
    """A SyncFIFOBuffered: a memory, and an output that it refills."""
    refill = (fifo.stored > 0) & (read | (fifo.valid == 0))
    fifo.stored += int(write) - int(refill)
    if refill:
        fifo.valid = 1
    elif read:
        fifo.valid = 0


@serial_kernel
def clock_lazy_fifo(fifo: Any, write: bool, read: bool) -> None:
    """A lazy PartQueue, as far as its last part goes: its output refills once it shows nothing."""
    refill = (fifo.stored > 0) & (fifo.valid == 0)
    fifo.stored += int(write) - int(refill)
    if refill:
        fifo.valid = 1
    elif read:
        fifo.valid = 0


@serial_kernel
def clock_register(register: Any, valid: bool, read: bool) -> None:
    """A StreamRegister: `valid` is its input's, `read` says that its output is taken."""
    free = read | (register.valid == 0)
    some = valid | (register.held == 1)
    register.held = int(some & ~free)
    if free:
        register.valid = int(some)


@serial_kernel
def clock_fifo_and_register(fifo: Any, register: Any, write: bool, read: bool) -> None:
    """A FIFO whose output goes into a REGISTER, of which `read` takes an item."""
    valid, ready = fifo.valid == 1, register.held == 0
    clock_register(register, valid, read)
    clock_fifo(fifo, write, ready)
