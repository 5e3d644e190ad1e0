"""A memory behind an AXI write bus that keeps several bursts under way."""

from __future__ import annotations

from collections.abc import Callable

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiRamWrite, AxiWriteBus

from tests.rtl.bus.axi_memory import OKAY

MEMORY_BYTES = 1 << 62  # the library's largest; addresses beyond fold back


class WriteMemory(AxiRamWrite):
    """Takes addresses and data each as they come, and answers bursts in order.

    Each burst is answered after a latency of its own that runs beside the others'.

    Parameters
    ----------
    bench : with `dut` and the number of its `cycle`.
    reset : of the dut, low where it is reset; None for a memory that is not reset with it.

    latency_cycles : callable, of a last beat taken to the response.
    response : callable, BRESP of a burst from its address.
    """

    def __init__(self, bench, reset=None):
        self.bench, self._answer_task = bench, None
        self.latency_cycles: Callable[[], int] = lambda: 12
        self.response: Callable[[int], int] = lambda address: OKAY
        bus = AxiWriteBus.from_prefix(bench.dut, "m_axi")
        super().__init__(bus, bench.dut.aclk, reset, reset_active_level=False, size=MEMORY_BYTES)
        self.aw_channel.queue_occupancy_limit = self.w_channel.queue_occupancy_limit = -1
        self.b_channel.queue_occupancy_limit = -1

    def _handle_reset(self, state):
        if state and self._answer_task is not None:
            self._answer_task.cancel()
            self._answer_task = None
        super()._handle_reset(state)

    async def _process_write(self):
        waiting = Queue()
        self._answer_task = cocotb.start_soon(self._answer(waiting))
        while True:
            burst = await self.aw_channel.recv()
            address = int(burst.awaddr)
            for n in range(int(burst.awlen) + 1):
                beat = await self.w_channel.recv()
                assert bool(beat.wlast) == (n == int(burst.awlen))
                self._store(address + n * self.byte_lanes, int(beat.wdata), int(beat.wstrb))
            response = self.response(address)
            waiting.put_nowait((self.bench.cycle + self.latency_cycles(), response))

    def _store(self, address, data, strobe):
        place = address % MEMORY_BYTES
        before = self.read(place, self.byte_lanes)
        new = data.to_bytes(self.byte_lanes, "little")
        merged = [new[n] if strobe >> n & 1 else before[n] for n in range(self.byte_lanes)]
        self.write(place, bytes(merged))

    async def _answer(self, waiting):
        while True:
            due, response = await waiting.get()
            while self.bench.cycle < due:
                await RisingEdge(self.clock)
            answer = self.b_channel._transaction_obj()
            answer.bid, answer.bresp = 0, response
            await self.b_channel.send(answer)
