"""A unit in the cells of a Liberty library, by Yosys and abc a module at a time."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError
from hw.synth.buffers import with_buffers
from hw.synth.flow import YOSYS, run_tool
from hw.synth.liberty import Library
from hw.synth.lighter import with_shared_modules, without_first_zeros
from hw.synth.memories import Memory, Netlist, memories, with_boxes
from hw.synth.units import Unit

# Structure, the choice of cells, then buffers and drives for the loads; commas stand for spaces.
ABC_SCRIPT = "+strash;dc2;strash;&get,-n;&dch,-f;&nf;&put;buffer;upsize;dnsize"
# Cells of Yosys that are no hardware.
_NOTHING = ("$scopeinfo",)


@dataclass(frozen=True)
class Mapped:
    """A unit in gates.

    Parameters
    ----------
    cells : of the library, number by name, over all instances of all modules.
    boxes : memories that are macros, and how many instances of each.
    register_bits : of memories that became registers or, without a write port, logic.
    seconds : of Yosys. netlist : Verilog of the cells, flat. clock : its input.
    """

    cells: dict[str, int]
    boxes: list[tuple[Memory, int]]
    register_bits: int
    seconds: float
    netlist: Path
    clock: str = "clk"


def map_gates(unit: Unit, library: Library, folder: Path) -> Mapped:
    """Maps a unit; leaves its netlist and Yosys' logs in the folder.

    Raises InputError where Yosys is missing, fails, or ends without a whole netlist: abc can end
    the process and say nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name, cells = unit.name, f"{library.name}_mapping.lib"
    (folder / cells).write_text(library.for_mapping())
    (folder / f"{name}.v").write_text(with_shared_modules(without_first_zeros(unit.text)))
    # Registers begin anywhere: first values on wires that are constant in part conflict in opt.
    script = f"read_verilog {name}.v; hierarchy -check -top {unit.top}; proc; "
    script += "setattr -unset init w:*; opt; chformal -remove; memory -nomap; opt_clean"
    seconds, netlist = _yosys(script, f"{name}_memories", folder)
    count = instances(netlist, unit.top)
    register_bits = sum(
        memory.bits * count[module]
        for (module, _), memory in memories(netlist).items()
        if not memory.is_macro
    )
    netlist, boxes = with_boxes(netlist)
    (folder / f"{name}_boxes.json").write_text(json.dumps(netlist))
    script = f"read_json {name}_boxes.json; synth -noabc -top {unit.top}; "
    script += f"dfflibmap -liberty {cells}; abc -liberty {cells} -script {ABC_SCRIPT}; "
    script += "setundef -zero; flatten -noscopeinfo; opt_clean"
    more, netlist = _yosys(script, f"{name}_mapped", folder)
    found = cells_of(netlist, unit.top)
    check_mapped(found, library, boxes)
    with_buffers(netlist, unit.top, library)
    _name_cells(netlist["modules"][unit.top])
    found = cells_of(netlist, unit.top)
    last = _write_verilog(netlist, name, folder)
    return Mapped(
        {cell: n for cell, n in sorted(found.items()) if cell in library.cells},
        [(memory, found[box]) for box, memory in sorted(boxes.items())],
        register_bits,
        seconds + more + last,
        folder / f"{name}_cells.v",
        "aclk" if "aclk" in netlist["modules"][unit.top]["ports"] else "clk",
    )


def instances(netlist: Netlist, top: str) -> Counter[str]:
    """How often each module is in the top, itself once."""
    count: Counter[str] = Counter()
    waiting = Counter({top: 1})
    while waiting:
        module, n = waiting.popitem()
        count[module] += n
        for cell in netlist["modules"][module]["cells"].values():
            if cell["type"] in netlist["modules"]:
                waiting[cell["type"]] += n
    return count


def cells_of(netlist: Netlist, top: str) -> Counter[str]:
    """Cells that are no module with content, by type, over all instances."""
    found: Counter[str] = Counter()
    for module, n in instances(netlist, top).items():
        for kind in _leaves(netlist, module):
            found[kind] += n
    return found


def check_mapped(found: Counter[str], library: Library, boxes: dict[str, Memory]) -> None:
    """Raises InputError where a cell is neither of the library nor a box."""
    others = sorted(set(found) - set(library.cells) - set(boxes))
    if others:
        raise InputError(
            f"library {library.name} has no cell for {', '.join(others[:3])}: "
            "give one with gates, a flip-flop, and ties."
        )


def _name_cells(module: Netlist) -> None:
    """Cells that Yosys numbered take the path of their module and a number of their own."""
    cells = module["cells"]
    module["cells"] = {
        "".join(re.findall(r"\\([\w.]+\.)", name)) + f"cell_{n}" if "$" in name else name: cell
        for n, (name, cell) in enumerate(cells.items())
    }


def _leaves(netlist: Netlist, module: str) -> Iterator[str]:
    modules = netlist["modules"]
    for cell in modules[module]["cells"].values():
        kind = cell["type"]
        is_box = "blackbox" in modules.get(kind, {}).get("attributes", {})
        if kind not in _NOTHING and (kind not in modules or is_box):
            yield kind


def _yosys(script: str, name: str, folder: Path) -> tuple[float, Netlist]:
    """Runs a script; seconds, and the netlist at its end."""
    path = folder / f"{name}.json"
    path.unlink(missing_ok=True)
    seconds = run_tool(
        YOSYS, ["-q", "-l", f"{name}.log", "-p", f"{script}; write_json {name}.json"], folder
    )
    try:
        return seconds, json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        module = _last_module(folder / f"{name}.log")
        raise InputError(f"Yosys ended without a netlist{module}: see {folder}.") from error


def _write_verilog(netlist: Netlist, name: str, folder: Path) -> float:
    """Writes NAME_cells.v; seconds."""
    path = folder / f"{name}_cells.v"
    path.unlink(missing_ok=True)
    (folder / f"{name}_buffered.json").write_text(json.dumps(netlist))
    script = f"read_json {name}_buffered.json; write_verilog -noattr -noexpr {path.name}"
    seconds = run_tool(YOSYS, ["-q", "-p", script], folder)
    if not path.is_file():
        raise InputError(f"Yosys ended without the Verilog of {name}: see {folder}.")
    return seconds


def _last_module(log: Path) -> str:
    found = re.findall(r"netlist of module `\\?(\S+)'", log.read_text(encoding="utf-8"))
    return f", in abc on {found[-1]}" if found else ""
