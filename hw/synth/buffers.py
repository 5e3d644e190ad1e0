"""Buffers for nets of many loads, which abc sees a module at a time and so not as they are."""

from __future__ import annotations

from functools import partial
from itertools import count

from golden.errors import InputError
from hw.synth.liberty import Cell, Library, attribute, groups
from hw.synth.memories import Netlist

MOST_LOADS = 8  # of a net; a gate of ASAP7's least drive takes some 50 ps for them
Sink = tuple[list, int]  # connections of a port, place of the bit in it


def with_buffers(netlist: Netlist, top: str, library: Library) -> int:
    """Splits every net but clocks into a tree of buffers, MOST_LOADS loads each; their number.

    Parameters
    ----------
    netlist : of Yosys, flat, of the library's cells, changed in place. top : its module.
    library : with a buffer.

    Raises InputError where a buffer is needed and the library has none.
    """
    cells = netlist["modules"][top]["cells"]
    left = {name: _clocks_and_outputs(cell) for name, cell in library.cells.items()}
    sinks: dict[int, list[Sink]] = {}
    used, clocked = 1, set()
    for cell in cells.values():
        clocks, outputs = left.get(cell["type"], ({"RD_CLK", "WR_CLK"}, {"RD_DATA"}))
        for port, bits in cell["connections"].items():
            nets = [bit for bit in bits if isinstance(bit, int)]
            used = max(used, *nets, 1)
            if port in clocks:
                clocked |= set(nets)
            elif port not in outputs:
                for place, bit in enumerate(bits):
                    if isinstance(bit, int):
                        sinks.setdefault(bit, []).append((bits, place))
    heavy = {n: s for n, s in sinks.items() if len(s) > MOST_LOADS and n not in clocked}
    if not heavy:
        return 0
    make = partial(_buffer, *_buffer_cell(library))
    numbers, made = count(used + 1 + _most(netlist, top)), 0
    for net, loads in heavy.items():
        while len(loads) > MOST_LOADS:
            above: list[Sink] = []
            for start in range(0, len(loads), MOST_LOADS):
                output = next(numbers)
                for bits, place in loads[start : start + MOST_LOADS]:
                    bits[place] = output
                buffer = make(net, output)
                cells[f"buffer_{made}"] = buffer
                made += 1
                above.append((next(iter(buffer["connections"].values())), 0))
            loads = above
    return made


def _buffer(kind: str, pin_in: str, pin_out: str, net: int, output: int) -> Netlist:
    return {
        "hide_name": 0,
        "type": kind,
        "parameters": {},
        "attributes": {},
        "port_directions": {pin_in: "input", pin_out: "output"},
        "connections": {pin_in: [net], pin_out: [output]},
    }


def _buffer_cell(library: Library) -> tuple[str, str, str]:
    """The smallest buffer that drives a quarter of what the strongest does; its input, output."""
    found = []
    for cell in library.cells.values():
        pins = {pin.name: pin.body for pin in groups(cell.body, "pin")}
        inputs = [name for name, body in pins.items() if attribute(body, "direction") == "input"]
        outputs = [name for name, body in pins.items() if attribute(body, "direction") == "output"]
        if len(inputs) != 1 or len(outputs) != 1 or not cell.area_um2:
            continue
        load = float(attribute(pins[outputs[0]], "max_capacitance") or 0)
        function = (attribute(pins[outputs[0]], "function") or "").strip("() ")
        if function == inputs[0]:
            found.append((cell.area_um2, load, (cell.name, inputs[0], outputs[0])))
    if not found:
        raise InputError(f"library {library.name} has no buffer: give one that has.")
    enough = max(load for _, load, _ in found) / 4
    return min(choice for choice in found if choice[1] >= enough)[2]


def _clocks_and_outputs(cell: Cell) -> tuple[set[str], set[str]]:
    """Pins of a cell that are not to be buffered."""
    pins = {pin.name: pin.body for pin in groups(cell.body, "pin")}
    clocks = {name for name, body in pins.items() if attribute(body, "clock") == "true"}
    return clocks, {n for n, body in pins.items() if attribute(body, "direction") == "output"}


def _most(netlist: Netlist, top: str) -> int:
    """The largest number of a net of the ports."""
    ports = netlist["modules"][top]["ports"].values()
    return max((bit for port in ports for bit in port["bits"] if isinstance(bit, int)), default=0)
