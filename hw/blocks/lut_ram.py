"""Small memories that are to be of LUTs, where a block RAM would be nearly empty."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib.fifo import SyncFIFOBuffered

# As Yosys, Vivado and Synplify read it on a memory; others choose for themselves.
LUT_RAM = {"ram_style": "distributed"}
BLOCK_RAM = {"ram_style": "block"}
LUT_ROM = {"rom_style": "logic"}


class LutRamQueue(SyncFIFOBuffered):
    """SyncFIFOBuffered, cycle for cycle, with its memory in LUTs."""

    def elaborate(self, platform) -> Module:
        m = super().elaborate(platform)
        m.submodules.storage.attrs.update(LUT_RAM)
        return m
