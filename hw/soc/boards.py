"""Boards of litex-boards with the core beside their processor, up to where the vendor's tool, or
Yosys and nextpnr, take over."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from litex.soc.integration.export import get_csr_header, get_mem_header, get_soc_header

from golden.errors import InputError
from golden.params import Parameters
from hw.soc.core import SplatsieveCore, add_splatsieve
from hw.soc.packages import without_comments
from hw.verilog import Design


@dataclass(frozen=True)
class Board:
    """A board.

    Parameters
    ----------
    what : the FPGA and the memory, in a phrase.
    target : module of litex_boards.targets.
    parameters : of the core, besides those of its preset: its port is as wide as the controller's.
    options : of the target.
    """

    what: str
    target: str
    parameters: dict[str, int]
    options: dict[str, object] = field(default_factory=dict)


BOARDS = {
    "ecpix5": Board(
        "LambdaConcept ECPIX-5: ECP5 85F, DDR3 16 bits wide",
        "lambdaconcept_ecpix5",
        {"data_bits": 128, "burst_beats": 16},
        {"device": "85F"},
    ),
    "genesys2": Board(
        "Digilent Genesys 2: Kintex-7 325T, DDR3 32 bits wide",
        "digilent_genesys2",
        {},
    ),
}


def write_board(board: Board, design: Design, params: Parameters, folder: Path) -> None:
    """Writes the system's Verilog, constraints, the script of the tool, and headers in C.

    Its ROM is empty: LiteX's BIOS, which trains the DDR3, goes there.

    Parameters
    ----------
    design : of the core. params : it was made of, with those of the board.
    folder : is there.

    Raises InputError where the port of the core is not as wide as the controller's.
    """
    folder = folder.resolve()
    verilog = folder / f"{design.name}.v"
    verilog.write_text(design.text, encoding="utf-8")
    soc = import_module(f"litex_boards.targets.{board.target}").BaseSoC(
        l2_size=0, integrated_rom_size=0x1_0000, **board.options
    )
    width = soc.sdram.crossbar.controller.data_width
    if width != params.data_bits:
        raise InputError(
            f"the memory controller has a port of {width} bits, the core one of "
            f"{params.data_bits}: leave --set data_bits out."
        )
    add_splatsieve(soc, SplatsieveCore(design.name, design.metadata["ports"], params), verilog)
    soc.finalize()
    # The scripts name no folder of this machine.
    sources = [(Path(path), *rest) for path, *rest in soc.platform.sources]
    for path, *_ in sources:
        if path.parent != folder:
            shutil.copy(path, folder)
    soc.platform.sources = [(path.name, *rest) for path, *rest in sources]
    soc.build(build_dir=str(folder), build_name="board", run=False)
    for script in (*folder.glob("*.ys"), *folder.glob("*.tcl")):
        script.write_text(script.read_text().replace(f"{folder.resolve()}/", ""))
    texts = {
        "csr": get_csr_header(soc.csr_regions, soc.constants),
        "mem": get_mem_header(soc.mem_regions),
        "soc": get_soc_header(soc.constants, with_access_functions=False),
    }
    (folder / "generated").mkdir(exist_ok=True)
    for name, text in texts.items():
        path = folder / "generated" / f"{name}.h"
        path.write_text(without_comments(text), encoding="utf-8")
