"""FPGA families: how Yosys is asked for each, and which of its cells are which resource."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESOURCES = ("lut", "ff", "dsp", "bram", "lut_ram", "carry")


@dataclass(frozen=True)
class Family:
    """An FPGA family.

    Parameters
    ----------
    name : long name.
    command : Yosys' synthesis command, without -top.
    cells : resource -> regular expression that a cell's whole type matches.
    """

    name: str
    command: str
    cells: dict[str, str]

    def resources(self, cells: dict[str, int]) -> dict[str, int]:
        """Cells of each of RESOURCES, from their numbers by type."""
        return {
            resource: sum(
                n for cell, n in cells.items() if re.fullmatch(self.cells[resource], cell)
            )
            for resource in RESOURCES
        }


@dataclass(frozen=True)
class Part:
    """An ECP5 that nextpnr places on: name, and the options that choose it."""

    name: str
    options: tuple[str, ...]


_XILINX = {
    "lut": r"LUT\d",
    "ff": r"FD[RSCP]E(_1)?",
    "bram": r"RAMB(18|36)E\d",
    "lut_ram": r"RAM\d+(M|M16|X\dD|X\dS)\w*|SRL\w+",
    "carry": r"CARRY\d",
}
FAMILIES = {
    "ecp5": Family(
        "Lattice ECP5",
        "synth_ecp5 -no-rw-check",
        {
            "lut": r"LUT4",
            "ff": r"TRELLIS_FF",
            "dsp": r"MULT\d+X\d+D",
            "bram": r"DP16KD",
            "lut_ram": r"TRELLIS_DPR16X4",
            "carry": r"CCU2C",
        },
    ),
    "xc7": Family("Xilinx 7 series", "synth_xilinx -family xc7", _XILINX | {"dsp": r"DSP48E1"}),
    "xcup": Family(
        "Xilinx UltraScale+", "synth_xilinx -family xcup", _XILINX | {"dsp": r"DSP48E2"}
    ),
    "nexus": Family(
        "Lattice Nexus",
        "synth_nexus",
        {
            "lut": r"LUT4",
            "ff": r"FD1P3\w+",
            "dsp": r"MULT\w+",
            "bram": r"(P?DP|PDPSC|SP)16K\w*|\w*512K\w*",
            "lut_ram": r"DPR16X4",
            "carry": r"CCU2",
        },
    ),
    "gowin": Family(
        "Gowin GW2A",
        "synth_gowin",
        {
            "lut": r"LUT\d",
            "ff": r"DFF\w*",
            "dsp": r"MULT\w+",
            "bram": r"(SDP|DP|SP)(B|X9B?)|pROM(X9)?",
            "lut_ram": r"RAM16\w+",
            "carry": r"ALU",
        },
    ),
}

LARGE = Part("LFE5UM5G-85F", ("--um5g-85k", "--package", "CABGA756", "--speed", "8"))
SMALL = Part("LFE5UM5G-45F", ("--um5g-45k", "--package", "CABGA554", "--speed", "8"))
