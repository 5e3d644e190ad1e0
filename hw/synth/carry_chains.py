"""Carry chains of the ECP5 that begin and end within their own cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from typing import Any

Netlist = dict[str, Any]
Cell = dict[str, Any]
Half = dict[str, Any]
CONSTANTS = ("0", "1", "x")
OUTPUTS = ("S0", "S1", "COUT")
PORTS = ("CIN", *(f"{port}{n}" for port in "ABCD" for n in range(2)), *OUTPUTS)
NO_CARRY, A_CARRY = f"{0:016b}", f"{0x000F:016b}"  # what a first half hands on, C and D being 1


def with_own_ends(netlist: Netlist, top: str) -> tuple[Netlist, int]:
    """Moves every chain of CCU2C half a cell on, so that its first half makes the constant carry.

    Yosys ties the carry into a chain to a constant and names the carry out of it; for each of both
    nextpnr adds a cell, which is two LUTs. Here the first half of a chain hands on the constant,
    and a half behind the last one shows a carry that is read as its sum. What is computed is the
    same, bit for bit. Chains whose carry is read halfway are left alone.

    Parameters
    ----------
    netlist : as Yosys' write_json gives it after synth_ecp5, changed in place. top : its module.

    Returns it, and the number of chains changed.
    """
    cells = netlist["modules"][top]["cells"]
    nets = count(1 + max(_nets(netlist["modules"][top]), default=0))
    following, read = _carries(netlist["modules"][top])
    changed = 0
    for chain in list(_chains(cells, following)):
        carries = [cells[name]["connections"].get("COUT", []) for name in chain]
        if any(bit in read for out in carries[:-1] for bit in out):
            continue
        halves = [half for name in chain for half in _halves(cells[name])]
        (carry_in,) = cells[chain[0]]["connections"].get("CIN", ["0"]) or ["0"]
        last = carries[-1][0] if carries[-1] and carries[-1][0] in read else None
        if last is not None:
            halves.append(_half(NO_CARRY, [last]))
        elif not halves[-1]["S"] or halves[-1]["S"][0] not in read:
            halves.pop()
        first = _half(A_CARRY if carry_in == "1" else NO_CARRY, [])
        _write(cells, chain, [first, *halves], nets)
        changed += 1
    return netlist, changed


def with_open_ports(netlist: Netlist, top: str) -> Netlist:
    """Names every port of a CCU2C, as nextpnr wants it; Yosys wants open ones left out."""
    for cell in netlist["modules"][top]["cells"].values():
        if cell["type"] == "CCU2C":
            for port in PORTS:
                cell["connections"].setdefault(port, ["x"])
                cell["port_directions"].setdefault(port, _direction(port))
    return netlist


def _carries(module: Netlist) -> tuple[dict[int, str], set[int]]:
    """The cell whose CIN a net is, and all nets that anything but a CIN reads."""
    following: dict[int, str] = {}
    read = {bit for port in module["ports"].values() for bit in port["bits"]}
    for name, cell in module["cells"].items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "output":
                continue
            if cell["type"] == "CCU2C" and port == "CIN":
                following |= {bit: name for bit in bits if isinstance(bit, int)}
            else:
                read |= {bit for bit in bits if isinstance(bit, int)}
    return following, read


def _chains(cells: dict[str, Cell], following: dict[int, str]) -> Iterator[list[str]]:
    """Names of the cells of each chain that begins with a constant, first to last."""
    users: dict[int, int] = defaultdict(int)
    for cell in cells.values():
        if cell["type"] == "CCU2C":
            for bit in cell["connections"].get("CIN", []):
                users[bit] += 1
    for name, cell in cells.items():
        if cell["type"] != "CCU2C" or not _is_plain(cell):
            continue
        if any(bit not in CONSTANTS for bit in cell["connections"].get("CIN", [])):
            continue
        chain = [name]
        while True:
            out = cells[chain[-1]]["connections"].get("COUT", [])
            if not out or out[0] not in following:
                break
            chain.append(following[out[0]])
        carries = [cells[name]["connections"]["COUT"][0] for name in chain[:-1]]
        if all(users[bit] == 1 for bit in carries) and all(_is_plain(cells[n]) for n in chain):
            yield chain


def _is_plain(cell: Cell) -> bool:
    """Whether its halves are what INIT0 and INIT1 say, with the carry between them."""
    parameters = cell["parameters"]
    return all(parameters.get(f"INJECT1_{n}", "NO") == "NO" for n in range(2))


def _direction(port: str) -> str:
    return "output" if port in OUTPUTS else "input"


def _halves(cell: Cell) -> Iterator[Half]:
    for n in range(2):
        ports = {port: f"{port}{n}" for port in "ABCDS" if f"{port}{n}" in cell["connections"]}
        found = {port: cell["connections"][name] for port, name in ports.items()}
        yield {"S": [], **found, "INIT": cell["parameters"][f"INIT{n}"]}


def _half(init: str, total: list[int]) -> Half:
    """A half of constants: of its inputs those are open that do not matter.

    nextpnr ties C and D to 1 where they are used; to A and B it would lay wires.
    """
    inputs: Half = {port: ["1"] for port in ("CD" if init == A_CARRY else "")}
    return inputs | {"S": total, "INIT": init}


def _nets(module: Netlist) -> Iterator[int]:
    for cell in module["cells"].values():
        for bits in cell["connections"].values():
            yield from (bit for bit in bits if isinstance(bit, int))


def _write(
    cells: dict[str, Cell], chain: list[str], halves: list[Half], nets: Iterator[int]
) -> None:
    """The halves into the cells of a chain, and into as many more or fewer as it takes.

    Parameters
    ----------
    nets : numbers of new nets, for the carries.
    """
    if len(halves) % 2:
        halves = [*halves, _half(NO_CARRY, [])]
    names = [*chain, f"{chain[-1]}_end"][: len(halves) // 2]
    for name in chain[len(names) :]:
        del cells[name]
    model = cells[chain[0]]
    carries = [[next(nets)] for _ in names[1:]]
    for place, name in enumerate(names):
        made = {**model, "parameters": dict(model["parameters"]), "connections": {}}
        for n, half in enumerate(halves[2 * place : 2 * place + 2]):
            made["parameters"][f"INIT{n}"] = half["INIT"]
            made["connections"] |= {f"{port}{n}": half[port] for port in "ABCDS" if half.get(port)}
        if place:
            made["connections"]["CIN"] = carries[place - 1]
        if place < len(carries):
            made["connections"]["COUT"] = carries[place]
        made["port_directions"] = {port: _direction(port) for port in made["connections"]}
        cells[name] = made | {"attributes": cells.get(name, model)["attributes"]}
