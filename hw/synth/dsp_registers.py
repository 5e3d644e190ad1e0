"""Registers around a multiplier of the ECP5 into the multiplier, which has its own for them."""

from __future__ import annotations

from collections import Counter
from typing import Any

Netlist = dict[str, Any]
OPERAND_BITS, PRODUCT_BITS = 18, 36
CLOCKS = ("REG_INPUTA_CLK", "REG_INPUTB_CLK", "REG_OUTPUT_CLK")
LOGIC = ("LUT4", "PFUMX", "L6MUX21", "CCU2C")
REGISTER = {"CLK": "CLK0", "CE": "CE0", "RST": "RST0"}


def with_dsp_registers(netlist: Netlist, top: str) -> tuple[Netlist, int]:
    """Uses the registers of every MULT18X18D whose operands and product are registered.

    Yosys leaves them unused, where vendors' tools do not: a wire to the multiplier and its product
    then share a cycle with its 2.5 ns. Taken are registers of one clock without enable and reset
    that start at 0: those of all operand bits, which stay where something else reads them too, and
    those of all product bits, if nothing else reads the product. Not where logic comes before an
    operand's register: it is placed where it belongs, and the wire from there to the multiplier
    would be in its cycle. What is computed in which cycle is the same, bit for bit.

    Parameters
    ----------
    netlist : as Yosys' write_json gives it after synth_ecp5, changed in place. top : its module.

    Returns it, and the number of multipliers changed.
    """
    cells = netlist["modules"][top]["cells"]
    drivers, readers = _ends(netlist["modules"][top])
    changed = 0
    for cell in list(cells.values()):
        if cell["type"] != "MULT18X18D" or any(
            cell["parameters"].get(name, "NONE") != "NONE" for name in CLOCKS
        ):
            continue
        before = [drivers.get(bit) for bit in _nets(cell, "AB", OPERAND_BITS)]
        read = [readers[bit] for bit in _nets(cell, "P", PRODUCT_BITS) if readers[bit]]
        behind = [names[0] for names in read if len(names) == 1]
        names = [*before, *behind]
        if len(behind) < len(read) or not all(_is_plain(cells.get(name)) for name in names):
            continue
        clocks = {cells[name]["connections"]["CLK"][0] for name in names}
        if len(clocks) != 1 or any(_has_logic(cells, drivers, n) for n in before):
            continue
        _move(cells, cell, before, behind, clocks.pop())
        changed += 1
    _drop_unread(netlist, top)
    return netlist, changed


def _move(cells: Netlist, cell: Netlist, before: list[str], behind: list[str], clock: int) -> None:
    """Operands from before their registers, products to where these went."""
    to_source = {cells[n]["connections"]["Q"][0]: cells[n]["connections"]["DI"] for n in before}
    to_target = {cells[n]["connections"]["DI"][0]: cells[n]["connections"]["Q"] for n in behind}
    for operand in "AB":
        for place in range(OPERAND_BITS):
            (bit,) = cell["connections"].get(f"{operand}{place}", [None])
            if bit in to_source:
                cell["connections"][f"{operand}{place}"] = list(to_source[bit])
        cell["parameters"] |= {f"REG_INPUT{operand}_{k}": v for k, v in REGISTER.items()}
    for place in range(PRODUCT_BITS):
        (bit,) = cell["connections"].get(f"P{place}", [None])
        if bit in to_target:
            cell["connections"][f"P{place}"] = list(to_target[bit])
    cell["parameters"] |= {f"REG_OUTPUT_{k}": v for k, v in REGISTER.items()}
    cell["connections"] |= {"CLK0": [clock], "CE0": ["1"], "RST0": ["0"]}
    cell["port_directions"] |= dict.fromkeys(("CLK0", "CE0", "RST0"), "input")
    for name in behind:
        del cells[name]


def _has_logic(cells: Netlist, drivers: dict[int, str], register: str) -> bool:
    """Whether a register's input comes out of logic."""
    (bit,) = cells[register]["connections"]["DI"]
    source = cells.get(drivers.get(bit, ""))
    return source is not None and source["type"] in LOGIC


def _drop_unread(netlist: Netlist, top: str) -> None:
    """Removes registers that nothing reads any more, and ports are read too."""
    module = netlist["modules"][top]
    read = Counter(
        bit
        for cell in module["cells"].values()
        for port, bits in cell["connections"].items()
        if cell["port_directions"][port] != "output"
        for bit in bits
    )
    read.update(bit for port in module["ports"].values() for bit in port["bits"])
    for name, cell in list(module["cells"].items()):
        if cell["type"] == "TRELLIS_FF" and not any(read[b] for b in cell["connections"]["Q"]):
            del module["cells"][name]


def _ends(module: Netlist) -> tuple[dict[int, str], dict[int, list[str]]]:
    """Names of the cell that drives each net, and of the cells and ports that read it."""
    drivers: dict[int, str] = {}
    readers: dict[int, list[str]] = {}
    for name, port in module["ports"].items():
        for bit in port["bits"]:
            readers.setdefault(bit, []).append(f"port {name}")
    for name, cell in module["cells"].items():
        for port, bits in cell["connections"].items():
            is_output = cell["port_directions"][port] == "output"
            for bit in bits:
                if is_output:
                    drivers[bit] = name
                    readers.setdefault(bit, [])
                else:
                    readers.setdefault(bit, []).append(name)
    return drivers, readers


def _nets(cell: Netlist, ports: str, bits: int) -> list[int]:
    """Nets of a port's bits, without constants."""
    names = [f"{port}{place}" for port in ports for place in range(bits)]
    found = [bit for name in names for bit in cell["connections"].get(name, [])]
    return [bit for bit in found if isinstance(bit, int)]


def _is_plain(cell: Netlist | None) -> bool:
    """Whether it is a register that takes its input in every cycle, and starts at 0."""
    return (
        cell is not None
        and cell["type"] == "TRELLIS_FF"
        and cell["parameters"].get("CEMUX", "").strip() == "1"
        and cell["parameters"].get("REGSET") == "RESET"
        and cell["connections"].get("LSR", ["0"]) == ["0"]
    )
