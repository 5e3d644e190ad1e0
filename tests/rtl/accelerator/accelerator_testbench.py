"""Testbench of bench_accelerator: host, memories and sink of other authors, and what is due."""

from __future__ import annotations

import random
from functools import cache

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge
from cocotbext.axi import (
    AxiRamRead,
    AxiReadBus,
    AxiStreamBus,
    AxiStreamSink,
)

from golden.params import Parameters
from golden.records import SPLAT_DTYPE
from golden.view import ViewFrame
from hw.host.status import StatusCode
from sim.rtl.driver import pack_image
from tests.rtl.accelerator.accelerator_stimulus import (
    random_views,
    small_pack,
    view_of_all,
)
from tests.rtl.accelerator.host_side import DONE, ERROR, IGNORED, START, HostSide
from tests.rtl.bus.axi_memory import Memory, pause_channels, pause_patterns

ADDRESS = 0x12_3456_7000
RAM_BYTES = 1 << 20  # the library's memory wraps around
PAGE_BYTES = 4096
PATTERNS = pause_patterns(41)

MEMBERS_TO = ("dropped_opacity", "dropped_near", "dropped_outside", "splats")


@cache
def scene():
    """A pack, which all tests share, and its image."""
    pack = small_pack(seed=5, gaussians=200, clusters=24, per_group=4)
    return pack, pack_image(pack)


class Testbench(HostSide):
    """Host, memory, sink, and a watcher of what no frame may break."""

    def __init__(self, dut, library_memory: bool = False):
        lanes = len(dut.m_axis_splat_tkeep) // SPLAT_DTYPE.itemsize
        super().__init__(dut, Parameters(data_bits=len(dut.m_axi_rdata), lanes=lanes))
        self.beats = self.lasts = 0
        self.pack, self.image = scene()
        self.held_image = self.image  # what the memory holds
        self.owed = 0  # bursts of the memory that have not ended
        reset = {"reset": dut.aresetn, "reset_active_level": False}
        of_memory = {"reset": dut.m_axi_aresetn, "reset_active_level": False}
        stream = AxiStreamBus.from_prefix(dut, "m_axis_splat")
        self.sink = AxiStreamSink(stream, dut.aclk, **reset)
        if library_memory:
            bus = AxiReadBus.from_prefix(dut, "m_axi")
            self.memory = AxiRamRead(bus, dut.aclk, size=RAM_BYTES, **of_memory)
            self.memory.write(ADDRESS % RAM_BYTES, self.image)
        else:
            self.memory = Memory(self, self._content, dut.m_axi_aresetn)
        cocotb.start_soon(self._watch())

    def _content(self, address: int, length: int) -> bytes | None:
        place = address - ADDRESS
        inside = place >= 0 and place + length <= len(self.held_image)
        return self.held_image[place : place + length] if inside else None

    def pause(self, idle: str, pressure: str):
        """`idle` on what the memory and host send, `pressure` on what memory and sink take."""
        write, read = self.host.write_if, self.host.read_if
        sources = (self.memory.r_channel, write.aw_channel, write.w_channel, read.ar_channel)
        sinks = (self.sink, self.memory.ar_channel, write.b_channel, read.r_channel)
        pause_channels(sources, PATTERNS[idle])
        pause_channels(sinks, PATTERNS[pressure])

    async def _watch(self):
        """Addresses and splats stay while they wait; bursts are legal; data is never held up."""
        dut, address, splat = self.dut, None, None
        while True:
            await RisingEdge(dut.aclk)
            self.cycle += 1
            if not dut.m_axi_aresetn.value:
                address, self.owed = None, 0
            else:
                address = self._watch_memory(address)
            if not dut.aresetn.value:
                splat = None
                continue
            offered = None
            if dut.m_axis_splat_tvalid.value:
                last = bool(dut.m_axis_splat_tlast.value)
                keep = int(dut.m_axis_splat_tkeep.value)
                offered = last, keep, int(dut.m_axis_splat_tdata.value)
                assert last or keep == (1 << len(dut.m_axis_splat_tkeep)) - 1, "a gap"
                assert keep & (keep + 1) == 0, "a gap"
                if dut.m_axis_splat_tready.value:
                    self.lasts += last
            assert splat in (None, offered), "a splat changed before it was taken"
            splat = None if dut.m_axis_splat_tready.value else offered

    def _watch_memory(self, address):
        """The address that is offered and not taken, for the next cycle."""
        dut, size, offered = self.dut, self.params.data_bits // 8, None
        assert dut.m_axi_rready.value
        if dut.m_axi_rvalid.value:
            self.beats += 1
            self.owed -= bool(dut.m_axi_rlast.value)
        if dut.m_axi_arvalid.value:
            offered = int(dut.m_axi_araddr.value), int(dut.m_axi_arlen.value) + 1
            assert offered[0] % size == 0
            assert offered[1] <= self.params.burst_beats
            assert offered[0] % PAGE_BYTES + offered[1] * size <= PAGE_BYTES
        assert address in (None, offered), "an address changed before it was taken"
        if not dut.m_axi_arready.value:
            return offered
        self.owed += offered is not None
        return None

    async def reset(self, core_alone: bool = False, cycles: int = 3):
        """Of all, the memory too, or of the core alone while the memory goes on."""
        self.dut.aresetn.value = 0
        self.dut.m_axi_aresetn.value = int(core_alone)
        await self.cycles(cycles)
        while not self.sink.empty():
            self.sink.recv_nowait()
        self.lasts = 0
        self.dut.aresetn.value = self.dut.m_axi_aresetn.value = 1
        await self.cycles(2)
        assert not self.dut.irq.value
        assert not self.dut.m_axis_splat_tvalid.value
        assert core_alone or not self.dut.m_axi_arvalid.value

    async def open(self, address: int = ADDRESS, size: int | None = None):
        await self.write_pair("PACK_ADDRESS", address)
        await self.write_pair("PACK_BYTES", size or len(self.image))
        await self.write("INTERRUPT_ENABLE", DONE)

    async def end(self) -> tuple[StatusCode, np.ndarray]:
        """Waits for the interrupt; what the frame ended with, and its splats."""
        await self.irq()
        status = await self.status()
        assert (status["busy"], status["queued"], status["done"]) == (0, 0, 1)
        code = StatusCode(status["code"])
        causes = DONE if code == StatusCode.DONE else DONE | ERROR
        assert await self.read("INTERRUPT") & ~IGNORED == causes
        await self.write("INTERRUPT", DONE | ERROR | IGNORED)
        splats = self.taken()
        self.at_rest()
        return code, splats

    def taken(self) -> np.ndarray:
        """The splats of the oldest frame that the sink took whole."""
        frame = self.sink.recv_nowait(compact=True)
        return np.frombuffer(bytes(frame.tdata), dtype=SPLAT_DTYPE)

    def at_rest(self):
        """Nothing is left anywhere, and each frame had its end."""
        assert self.sink.empty(), "splats behind the end of the frame"
        assert self.lasts == 1, "tlast did not come exactly once"
        self.lasts = 0
        assert not self.dut.m_axis_splat_tvalid.value
        assert not self.dut.m_axi_arvalid.value
        assert self.memory.ar_channel.empty()
        assert self.memory.r_channel.idle()

    async def right(self, view: ViewFrame, control: int = START) -> dict[str, int]:
        """A whole frame, bit for bit; its counters."""
        await self.set_view(view)
        self.beats = 0
        await self.write("CONTROL", control)
        code, splats = await self.end()
        assert code == StatusCode.DONE
        assert_equal(splats, view.splats)
        counters = await self.counters()
        assert {name: counters[name] for name in view.counters} == view.counters
        assert counters["members"] == sum(counters[name] for name in MEMBERS_TO)
        self.check_sums(counters)
        return counters

    def check_sums(self, counters: dict[str, int]):
        bus = ("bus_beats", "bus_wait_cycles", "bus_idle_cycles")
        assert sum(counters[name] for name in bus) == counters["frame_cycles"]
        assert counters["bus_beats"] == self.beats
        # A frame that breaks off loses the members that are under way.
        assert counters["members"] >= sum(counters[name] for name in MEMBERS_TO)

    def views(self, count: int, seed: int = 0) -> list[ViewFrame]:
        return random_views(self.pack, count, self.params, seed)

    @property
    def of_all(self) -> ViewFrame:
        return view_of_all(self.pack, self.params)


def assert_equal(found: np.ndarray, expected: np.ndarray):
    assert len(found) == len(expected), f"{len(found)} splats where {len(expected)} are due"
    differs = np.flatnonzero(found != expected)
    assert not len(differs), f"splat {differs[0]}: {found[differs[0]]} != {expected[differs[0]]}"


def random_latency() -> int:
    return random.choice((0, 1, 5, 40, 150))


async def start(dut, library_memory: bool = False) -> Testbench:
    bench = Testbench(dut, library_memory)
    await bench.reset()
    await bench.open()
    return bench
