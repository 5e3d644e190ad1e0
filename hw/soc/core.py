"""The core as a LiteX module: registers, memory port and interrupt as a LiteX system has them."""

from __future__ import annotations

import re
from pathlib import Path

from litedram.frontend.axi import LiteDRAMAXI2Native
from litex.gen import LiteXModule
from litex.soc.integration.soc import SoC, SoCRegion
from litex.soc.interconnect.axi import AXIInterface, AXILiteInterface
from litex.soc.interconnect.csr_eventmanager import EventManager, EventSourceLevel
from migen import ClockSignal, Instance, ResetSignal

from golden.params import Parameters

WINDOW_BITS = 12  # of a byte address, 4 KiB of registers
# Not cached by the processor: VexRiscv's caches leave addresses from 0x8000_0000 on alone.
REGISTERS_ADDRESS = 0x9000_0000
CHANNEL = re.compile(r"(s_axil|m_axi)_(aw|w|b|ar|r)([a-z]+)")


class SplatsieveCore(LiteXModule):
    """A build that draws, in the clock domain `sys`.

    Parameters
    ----------
    name : of the Verilog module.
    ports : name -> direction of every port of it.
    params : it was made of.
    """

    def __init__(self, name: str, ports: dict[str, str], params: Parameters):
        self.registers = AXILiteInterface(data_width=32, address_width=32)
        self.memory = AXIInterface(
            data_width=params.data_bits, address_width=params.address_bits, id_width=1
        )
        self.ev = EventManager()
        self.ev.done = EventSourceLevel(description="The core's interrupt, a level.")
        self.ev.finalize()
        # Memory and core are reset together, so both resets are one.
        signals = {
            "aclk": ClockSignal(),
            "aresetn": ~ResetSignal(),
            "m_axi_aresetn": ~ResetSignal(),
            "irq": self.ev.done.trigger,
        }
        buses = {"s_axil": self.registers, "m_axi": self.memory}
        for port in ports.keys() - signals.keys():
            bus, channel, field = CHANNEL.fullmatch(port).groups()
            signal = getattr(getattr(buses[bus], channel), field)
            # LiteX's bus gives whole addresses.
            signals[port] = signal[:WINDOW_BITS] if (bus, field) == ("s_axil", "addr") else signal
        letters = {"input": "i", "output": "o"}
        self.specials += Instance(
            name, **{f"{letters[way]}_{port}": signals[port] for port, way in ports.items()}
        )


def add_splatsieve(soc: SoC, core: SplatsieveCore, verilog: Path) -> None:
    """Puts the core into a system with a LiteDRAM controller: registers, memory, interrupt.

    The memory port has a port of the controller's crossbar for itself, beside the processor's bus
    and its caches. Width converters of LiteDRAM keep whole bursts.

    Parameters
    ----------
    soc : with `sdram` and a processor.
    core : is named `splatsieve` in it.
    verilog : its source.
    """
    soc.platform.add_source(str(verilog))
    soc.add_module("splatsieve", core)
    soc.bus.add_slave(
        "splatsieve",
        core.registers,
        SoCRegion(origin=REGISTERS_ADDRESS, size=1 << WINDOW_BITS, cached=False),
    )
    soc.irq.add("splatsieve")
    soc.add_module(
        "splatsieve_memory",
        LiteDRAMAXI2Native(
            core.memory,
            soc.sdram.crossbar.get_port(data_width=core.memory.data_width),
            base_address=soc.bus.regions["main_ram"].origin,
        ),
    )
