"""Testbench of bench_picture: an accelerator that draws, behind memories of other authors."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiBus, AxiRam

from golden.view import ListMemory, ViewFrame
from hw.host.status import StatusCode
from sim.rtl.driver import pack_image
from tests.rtl.accelerator.accelerator_testbench import PAGE_BYTES, PATTERNS, random_latency
from tests.rtl.accelerator.host_side import DONE, ERROR, IGNORED, START, HostSide
from tests.rtl.accelerator.picture_board import pixels
from tests.rtl.accelerator.picture_stimulus import SMALL, camera, cloud, drawn_pack, view
from tests.rtl.bus.axi_memory import Memory, pause_channels
from tests.rtl.bus.write_memory import MEMORY_BYTES, WriteMemory

PACK = 0x12_3456_7000
LISTS = (0x12_4000_0000, 0x12_5000_0000)  # of the two frames that may be under way
PICTURES = (0x12_6000_0000, 0x12_7000_0000)
LIST_BYTES = 64 << 11
SIZES = ((40, 33), (17, 1), (1, 1), (33, 40), (64, 20))


@cache
def scene():
    """A pack, which all tests share, and its image."""
    pack = drawn_pack(cloud(120))
    return pack, pack_image(pack)


class Testbench(HostSide):
    """Host, memory, and a watcher of what no frame may break.

    Parameters
    ----------
    library_memory : the RAM of the library as it is; otherwise one that answers each burst after a
        latency of its own, and what it is told to.
    """

    def __init__(self, dut, library_memory: bool = False):
        super().__init__(dut, SMALL)
        self.pack, self.image = scene()
        if library_memory:
            bus = AxiBus.from_prefix(dut, "m_axi")
            self.memory = AxiRam(
                bus, dut.aclk, dut.m_axi_aresetn, reset_active_level=False, size=MEMORY_BYTES
            )
            self.writes, self.reads = self.memory.write_if, self.memory.read_if
        else:
            self.memory = self.writes = WriteMemory(self, dut.m_axi_aresetn)
            self.reads = Memory(self, self.memory.read, dut.m_axi_aresetn)
            self.writes.latency_cycles = self.reads.latency_cycles = random_latency
        self.memory.write(PACK, self.image)
        cocotb.start_soon(self._watch())

    def pause(self, idle: str, pressure: str):
        """`idle` on what the memory sends, `pressure` on what it takes."""
        sources = (self.reads.r_channel, self.writes.b_channel)
        sinks = (self.reads.ar_channel, self.writes.aw_channel, self.writes.w_channel)
        pause_channels(sources, PATTERNS[idle])
        pause_channels(sinks, PATTERNS[pressure])

    async def _watch(self):
        """What waits stays; bursts are legal and within a page."""
        waiting = {"ar": None, "aw": None, "w": None}
        while True:
            await RisingEdge(self.dut.aclk)
            self.cycle += 1
            for channel in waiting:
                waiting[channel] = self._offer(channel, waiting[channel])

    def _offer(self, channel: str, before):
        """The offer of a channel that is not taken, for the next cycle."""

        def wire(name: str) -> int:
            return int(getattr(self.dut, f"m_axi_{channel}{name}").value)

        if not self.dut.m_axi_aresetn.value or not wire("valid"):
            assert before is None or not self.dut.m_axi_aresetn.value, f"{channel} went away"
            return None
        if channel == "w":
            offer = wire("data"), wire("strb"), wire("last")
        else:
            offer = wire("addr"), wire("len")
            size = self.params.data_bits // 8
            assert offer[0] % PAGE_BYTES + (offer[1] + 1) * size <= PAGE_BYTES
            assert offer[1] < self.params.burst_beats
        assert before in (None, offer), f"{channel} changed before it was taken"
        return None if wire("ready") else offer

    async def reset(self, core_alone: bool = False):
        """Of all, the memory too, or of the core alone while the memory goes on."""
        self.dut.aresetn.value = 0
        self.dut.m_axi_aresetn.value = int(core_alone)
        await self.cycles(3)
        self.dut.aresetn.value = self.dut.m_axi_aresetn.value = 1
        await self.cycles(2)
        assert not self.dut.irq.value
        await self.write_pair("PACK_ADDRESS", PACK)
        await self.write_pair("PACK_BYTES", len(self.image))
        await self.write("INTERRUPT_ENABLE", DONE)

    def view(self, n: int, slot: int = 0, pages: int = LIST_BYTES >> 11) -> ViewFrame:
        """The n-th view, of another size, rules and background; its lists in a slot."""
        turn = 0.1 * (n % 3)
        seen = view(self.pack, camera(*SIZES[n % len(SIZES)], turn=turn), n)
        return replace(seen, memory=ListMemory(LISTS[slot], pages << 11))

    async def put(self, seen: ViewFrame, slot: int = 0):
        """All that the next frame needs."""
        await self.write_pair("PICTURE_ADDRESS", PICTURES[slot])
        await self.write_pair("PICTURE_BYTES", self.picture_bytes(seen))
        await self.set_view(seen)

    @staticmethod
    def picture_bytes(seen: ViewFrame) -> int:
        return seen.rastering.stride_bytes * seen.camera.height

    async def end(self) -> StatusCode:
        """Waits for the interrupt; what the frame ended with. Nothing is under way behind it."""
        await self.irq()
        status = await self.status()
        assert (status["busy"], status["queued"], status["done"]) == (0, 0, 1)
        code = StatusCode(status["code"])
        causes = DONE if code == StatusCode.DONE else DONE | ERROR
        assert await self.read("INTERRUPT") & ~IGNORED == causes
        await self.write("INTERRUPT", DONE | ERROR | IGNORED)
        for channel in ("ar", "aw", "w"):
            assert not getattr(self.dut, f"m_axi_{channel}valid").value
        return code

    def check_picture(self, seen: ViewFrame, slot: int = 0):
        """Every pixel is the model's."""
        data = self.memory.read(PICTURES[slot], self.picture_bytes(seen))
        found = pixels(np.frombuffer(data, np.uint8), 0, seen)
        np.testing.assert_array_equal(found, seen.picture)

    def check_rest(self):
        """Nothing was written but in windows: pages of the memory elsewhere are the pack's."""
        assert self.memory.read(PACK, len(self.image)) == self.image
        windows = [(first, LIST_BYTES) for first in LISTS]
        windows += [(first, 1 << 20) for first in PICTURES]
        windows.append((PACK // PAGE_BYTES * PAGE_BYTES, len(self.image) + PAGE_BYTES))
        for place in self.memory.mem.segs:
            assert any(first <= place < first + size for first, size in windows), hex(place)

    async def right(self, seen: ViewFrame, slot: int = 0) -> dict[str, int]:
        """A whole frame, pixel for pixel; its counters."""
        await self.put(seen, slot)
        await self.write("CONTROL", START)
        assert await self.end() == StatusCode.DONE
        self.check_picture(seen, slot)
        self.check_rest()
        counters = await self.counters()
        assert {name: counters[name] for name in seen.counters} == seen.counters
        return counters


async def start(dut, library_memory: bool = False) -> Testbench:
    """Out of reset, with the pack in memory."""
    bench = Testbench(dut, library_memory)
    await bench.reset()
    return bench


def any_pause(bench: Testbench):
    """Some patterns for all five channels."""
    bench.pause(random.choice(("always", "random")), random.choice(list(PATTERNS)))
