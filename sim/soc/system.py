"""The simulated system as LiteX builds it: VexRiscv, its bus, LiteDRAM with DDR3, and the core."""

from __future__ import annotations

from pathlib import Path

from litedram.init import get_sdram_phy_c_header
from litedram.modules import MT41K128M16
from litedram.phy.model import SDRAMPHYModel
from litex.build.generic_platform import Pins, Subsignal
from litex.build.io import CRG
from litex.build.sim import SimPlatform
from litex.soc.integration.export import (
    get_csr_header,
    get_linker_regions,
    get_mem_header,
    get_soc_header,
)
from litex.soc.integration.soc_core import SoCCore

from golden.params import Parameters
from hw.soc.core import SplatsieveCore, add_splatsieve
from hw.soc.packages import without_comments
from hw.verilog import Design
from sim.soc.firmware import REGIONS

TOP = "soc"
CLOCK_HZ = 100_000_000
ROM_BYTES, SRAM_BYTES = 0x2_0000, 0x2000
DATA_BITS = 32  # of the DDR3, two chips side by side
BEAT_BYTES = DATA_BITS  # a burst of 8 words, a beat of the controller
SERIAL = (
    "serial",
    0,
    *(
        Subsignal(f"{way}_{name}", Pins(bits))
        for way in ("source", "sink")
        for name, bits in (("valid", 1), ("ready", 1), ("data", 8))
    ),
)


class SmallDdr3(MT41K128M16):  # type: ignore[misc]
    """The chip with 2,048 rows of its 16,384: 64 MiB of two, which a simulator soon has ready."""

    nrows = 2048


class System(SoCCore):  # type: ignore[misc]
    """The system around a build that draws, finalised. LiteX reads all attributes as it does so.

    Parameters
    ----------
    design : of the core. params : it was made of.
    verilog : where its source is.
    """

    def __init__(self, design: Design, params: Parameters, verilog: Path):
        platform = SimPlatform("SIM", [("sys_clk", 0, Pins(1)), ("sys_rst", 0, Pins(1)), SERIAL])
        super().__init__(
            platform,
            CLOCK_HZ,
            cpu_type="vexriscv",
            integrated_rom_size=ROM_BYTES,
            integrated_sram_size=SRAM_BYTES,
            uart_name="sim",
            ident="",
        )
        self.crg = CRG(platform.request("sys_clk"))
        module = SmallDdr3(CLOCK_HZ, "1:4")
        self.sdrphy = SDRAMPHYModel(module, data_width=DATA_BITS, clk_freq=CLOCK_HZ)
        self.add_config("BIOS_NO_DELAYS")  # of LiteX's start of the memory: the model needs none
        # Without a second-level cache, which would not see what the core writes.
        self.add_sdram(phy=self.sdrphy, module=module, l2_cache_size=0)
        add_splatsieve(self, SplatsieveCore(design.name, design.metadata["ports"], params), verilog)
        self.finalize()

    def verilog(self) -> str:
        """LiteX's part of the system, without comments, which have the date."""
        made = self.platform.get_verilog(self.get_fragment(), name=TOP)
        return str(without_comments(made.main_source))

    def others(self) -> dict[str, str]:
        """Verilog of the parts that LiteX takes as they are, processor and core, by file name."""
        paths = [Path(path) for path, *_ in self.platform.sources]
        return {path.name: path.read_text(encoding="utf-8") for path in paths}

    def headers(self) -> dict[str, str]:
        """LiteX's headers in C, and what the linker must know: text by path, without comments."""
        controller = self.sdram.controller.settings
        texts = {
            "csr": get_csr_header(self.csr_regions, self.constants),
            "mem": get_mem_header(self.mem_regions),
            "soc": get_soc_header(self.constants, with_access_functions=False),
            "sdram_phy": get_sdram_phy_c_header(controller.phy, controller.timing, controller.geom),
        }
        files = {f"generated/{name}.h": without_comments(text) for name, text in texts.items()}
        return files | {REGIONS: get_linker_regions(self.mem_regions)}
