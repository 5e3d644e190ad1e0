"""What the cocotb benches share: patterns of pauses, and a memory behind an AXI read bus."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiReadBus
from cocotbext.axi.axi_slave import AxiSlaveRead

OKAY, SLVERR, DECERR = 0, 2, 3
Pauses = Callable[[], Iterator[bool]]


def pause_patterns(pause_cycles: int) -> dict[str, Pauses | None]:
    """Generators of whether a side pauses, by name; "bursts" pauses for so many cycles."""
    return {
        "always": None,
        "random": lambda: (random.random() < 0.4 for _ in itertools.count()),
        "bursts": lambda: itertools.cycle([False] * 23 + [True] * pause_cycles),
        "rarely": lambda: itertools.cycle([True] * 6 + [False]),
    }


def pause_channels(channels: Iterable, pauses: Pauses | None) -> None:
    """Channels of the library pause by a pattern of pause_patterns, or, by None, no more."""
    for channel in channels:
        if pauses:
            channel.set_pause_generator(pauses())
        else:
            channel.clear_pause_generator()
            channel.pause = False


class Memory(AxiSlaveRead):
    """Answers bursts in order, each after a latency of its own that runs beside the others'.

    Parameters
    ----------
    bench : with `dut` and the number of its `cycle`.
    content : the bytes of a beat from its address and length; None where there is no memory.
    reset : of the dut, low where it is reset.

    latency_cycles : callable, of an address taken to its first beat.
    odd_beats : callable, how many beats a burst of that address has beyond its length.
    response : callable, RRESP of a beat from its address; DECERR where there is no memory.
    """

    def __init__(self, bench, content: Callable[[int, int], bytes | None], reset=None):
        self.bench, self.content, self._answer_task = bench, content, None
        self.latency_cycles = lambda: 12
        self.response = lambda address: OKAY
        self.odd_beats = lambda address: 0
        bus = AxiReadBus.from_prefix(bench.dut, "m_axi")
        super().__init__(bus, bench.dut.aclk, reset, reset_active_level=False)
        self.ar_channel.queue_occupancy_limit = -1

    def _handle_reset(self, state):
        if state and self._answer_task is not None:
            self._answer_task.cancel()
            self._answer_task = None
        super()._handle_reset(state)

    async def _process_read(self):
        waiting = Queue()
        self._answer_task = cocotb.start_soon(self._answer(waiting))
        while True:
            burst = await self.ar_channel.recv()
            waiting.put_nowait((self.bench.cycle + self.latency_cycles(), burst))

    async def _answer(self, waiting):
        while True:
            due, burst = await waiting.get()
            while self.bench.cycle < due:
                await RisingEdge(self.clock)
            count = max(1, int(burst.arlen) + 1 + self.odd_beats(int(burst.araddr)))
            for n in range(count):
                address = int(burst.araddr) + n * self.byte_lanes
                data = self.content(address, self.byte_lanes)
                response = DECERR if data is None else self.response(address)
                word = 0xA5 if data is None else int.from_bytes(data, "little")
                await self.send(rlast=n == count - 1, rresp=response, rdata=word)

    async def send(self, **fields: int):
        """A beat, asked for or not."""
        beat = self.r_channel._transaction_obj()
        beat.rid = 0
        for name, value in fields.items():
            setattr(beat, name, value)
        await self.r_channel.send(beat)
