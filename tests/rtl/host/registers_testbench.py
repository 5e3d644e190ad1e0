"""Testbench of bench_registers: a host, a frame that the bench plays, and a model of both."""

from __future__ import annotations

import itertools
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from golden.params import Parameters
from hw.host.register_map import WORD_BYTES, constant_register, frame_counters, register_map
from hw.host.status import StatusCode
from hw.layouts import cluster_cull_constants, gaussian_project_constants

PARAMS = Parameters()
MAP = {register.name: register for register in register_map(PARAMS)}
DONE, ERROR, IGNORED = 1, 2, 4
START, STOP, QUEUE = 1, 2, 4
PULSES = ("start", "stop", "queued_start")


class Testbench:
    """An AXI4-Lite master, watchers of the answers, and the pulses that were seen."""

    def __init__(self, dut):
        self.dut, self.cycle = dut, 0
        self.pulses: dict[str, list[int]] = {name: [] for name in PULSES}
        cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
        self.master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "bus_"), dut.clk, dut.rst)
        for name in ("busy", "waiting", "finished", "code", *frame_counters(PARAMS)):
            getattr(dut, name).value = 0
        cocotb.start_soon(self._watch_pulses())
        cocotb.start_soon(self._watch("b", "resp"))
        cocotb.start_soon(self._watch("r", "resp", "data"))

    async def _watch(self, channel: str, *parts: str):
        """An answer that waits must not change."""
        valid, ready = (getattr(self.dut, f"bus__{channel}{p}") for p in ("valid", "ready"))
        content = [getattr(self.dut, f"bus__{channel}{part}") for part in parts]
        waiting = None
        while True:
            await RisingEdge(self.dut.clk)
            await ReadOnly()
            if self.dut.rst.value:
                waiting = None
                continue
            now = [int(signal.value) for signal in content] if valid.value else None
            if waiting is not None:
                assert now == waiting, f"answer {channel} changed while it waited"
            waiting = None if ready.value else now

    async def _watch_pulses(self):
        while True:
            await RisingEdge(self.dut.clk)
            self.cycle += 1
            for name, seen in self.pulses.items():
                if getattr(self.dut, name).value:
                    seen.append(self.cycle)

    def pause(self):
        """Random waits on all five channels."""
        write, read = self.master.write_if, self.master.read_if
        channels = (
            write.aw_channel,
            write.w_channel,
            write.b_channel,
            read.ar_channel,
            read.r_channel,
        )
        for channel in channels:
            channel.set_pause_generator(random.random() < 0.5 for _ in itertools.count())

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.clk)

    async def reset(self):
        self.dut.rst.value = 1
        await self.cycles(3)
        self.dut.rst.value = 0
        await self.cycles(2)

    async def write(self, name: str, value: int):
        answer = await self.master.write(MAP[name].offset, value.to_bytes(WORD_BYTES, "little"))
        assert answer.resp == AxiResp.OKAY

    async def read(self, name: str) -> int:
        answer = await self.master.read(MAP[name].offset, WORD_BYTES)
        assert answer.resp == AxiResp.OKAY
        return int.from_bytes(answer.data, "little")

    async def status(self) -> dict[str, int]:
        word = await self.read("STATUS")
        return {field.name: field.of(word) for field in MAP["STATUS"].fields}

    async def finish(self, code: StatusCode):
        """The frame ends."""
        self.dut.finished.value, self.dut.code.value = 1, int(code)
        await self.cycles(1)
        self.dut.finished.value, self.dut.code.value = 0, 0
        await self.cycles(1)

    async def taken(self, *channels: str) -> int:
        """Cycle of the last of the next handshakes of those channels."""
        waiting = set(channels)
        while waiting:
            await RisingEdge(self.dut.clk)
            for name in list(waiting):
                valid, ready = (getattr(self.dut, f"bus__{name}{p}") for p in ("valid", "ready"))
                if valid.value and ready.value:
                    waiting.discard(name)
        await ReadOnly()
        return self.cycle


async def start(dut, pauses: bool = False) -> Testbench:
    bench = Testbench(dut)
    await bench.reset()
    if pauses:
        bench.pause()
    return bench


def read_back(name: str, word: int) -> int:
    """What a register gives after a word was written: its fields alone, a sign extended."""
    value = 0
    for field in MAP[name].fields:
        value |= field.of(word) << field.first_bit
    return value & 0xFFFFFFFF


def driven(bench: Testbench) -> dict[str, int]:
    """What the outputs say that the host wrote, by register."""
    dut = bench.dut
    address, size = int(dut.pack_address.value), int(dut.pack_bytes.value)
    words = {
        "PACK_ADDRESS_LOW": address & 0xFFFFFFFF,
        "PACK_ADDRESS_HIGH": address >> 32,
        "PACK_BYTES_LOW": size & 0xFFFFFFFF,
        "PACK_BYTES_HIGH": size >> 32,
    }
    for port, layout in (
        (dut.cluster_cull_constants, cluster_cull_constants(PARAMS)),
        (dut.gaussian_project_constants, gaussian_project_constants(PARAMS)),
    ):
        everything = int(port.value)
        for name, field in layout:
            bits = (everything >> field.offset) & ((1 << field.width) - 1)
            word = read_back(constant_register(name), bits)
            assert words.setdefault(constant_register(name), word) == word
    return words
