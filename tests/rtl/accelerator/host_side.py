"""What the cocotb benches of whole accelerators share: clock, reset lines and the host's bus."""

from __future__ import annotations

import logging

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from golden.params import Parameters
from golden.view import ViewFrame
from hw.host.register_map import (
    WORD_BYTES,
    constant_register,
    counter_register,
    frame_counters,
    register_map,
)
from tests.rtl.accelerator.accelerator_stimulus import words_of

CYCLE_NS = 10
START, STOP, QUEUE = 1, 2, 4
DONE, ERROR, IGNORED = 1, 2, 4


class HostSide:
    """The host's registers by name, through another author's AXI-Lite master."""

    def __init__(self, dut, params: Parameters):
        self.dut, self.params, self.cycle = dut, params, 0
        # The models of the library tell of every access: a third of the bench's time.
        logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.WARNING)
        self.map = {register.name: register for register in register_map(params)}
        cocotb.start_soon(Clock(dut.aclk, CYCLE_NS, unit="ns").start())
        dut.m_axi_aresetn.value = 1
        lite = AxiLiteBus.from_prefix(dut, "s_axil")
        self.host = AxiLiteMaster(lite, dut.aclk, dut.aresetn, reset_active_level=False)

    async def cycles(self, count: int):
        for _ in range(count):
            await RisingEdge(self.dut.aclk)

    async def write(self, name: str, value: int):
        word = (value % (1 << 32)).to_bytes(WORD_BYTES, "little")
        answer = await self.host.write(self.map[name].offset, word)
        assert answer.resp == AxiResp.OKAY

    async def write_pair(self, name: str, value: int):
        """A register pair of 64 bits."""
        low, high = words_of(value)
        await self.write(f"{name}_LOW", low)
        await self.write(f"{name}_HIGH", high)

    async def read(self, name: str) -> int:
        answer = await self.host.read(self.map[name].offset, WORD_BYTES)
        assert answer.resp == AxiResp.OKAY
        return int.from_bytes(answer.data, "little")

    async def status(self) -> dict[str, int]:
        word = await self.read("STATUS")
        return {field.name: field.of(word) for field in self.map["STATUS"].fields}

    async def counters(self) -> dict[str, int]:
        return {
            name: await self.read(counter_register(name)) for name in frame_counters(self.params)
        }

    async def set_view(self, view: ViewFrame):
        for name, value in view.ports.items():
            await self.write(constant_register(name), value)

    async def irq(self):
        while not self.dut.irq.value:
            await RisingEdge(self.dut.aclk)
