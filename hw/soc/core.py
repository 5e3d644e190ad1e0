"""The core as a LiteX module: registers, memory port, splats, interrupt as LiteX has them."""

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
from hw.soc.splat_writer import SplatWriter

WINDOW_BITS = 12  # of a byte address, 4 KiB of registers
# Not cached by the processor: VexRiscv's caches leave addresses from 0x8000_0000 on alone.
REGISTERS_ADDRESS = 0x9000_0000
CHANNEL = re.compile(r"(s_axil|m_axi)_(aw|w|b|ar|r)([a-z]+)")
SPLATS = "m_axis_splat_t"


class SplatsieveCore(LiteXModule):
    """A build with registers, in the clock domain `sys`; `splats` in one that does not draw.

    Parameters
    ----------
    name : of the Verilog module.
    ports : of it, as the JSON beside the Verilog has them.
    params : it was made of.
    """

    def __init__(self, name: str, ports: list[dict], params: Parameters):
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
        widths = {port["name"]: port["bits"] for port in ports}
        self.splats = None
        if f"{SPLATS}data" in widths:
            self.splats = SplatWriter(widths[f"{SPLATS}data"])
            names = ("data", "keep", "last", "valid", "ready")
            signals |= {SPLATS + name: getattr(self.splats.sink, name) for name in names}
        buses = {"s_axil": self.registers, "m_axi": self.memory}
        for port in widths.keys() - signals.keys():
            bus, channel, field = CHANNEL.fullmatch(port).groups()
            signal = getattr(getattr(buses[bus], channel), field)
            # LiteX's bus gives whole addresses.
            signals[port] = signal[:WINDOW_BITS] if (bus, field) == ("s_axil", "addr") else signal
        letters = {"input": "i", "output": "o"}
        self.specials += Instance(
            name, **{f"{letters[p['direction']]}_{p['name']}": signals[p["name"]] for p in ports}
        )


def add_splatsieve(soc: SoC, core: SplatsieveCore, verilog: Path) -> None:
    """Puts the core into a system with a LiteDRAM controller: registers, memory, interrupt, splats.

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
    if core.splats is not None:
        soc.bus.add_master("splatsieve_splats", core.splats.bus)
    soc.add_module(
        "splatsieve_memory",
        LiteDRAMAXI2Native(
            core.memory,
            soc.sdram.crossbar.get_port(data_width=core.memory.data_width),
            base_address=soc.bus.regions["main_ram"].origin,
        ),
    )
